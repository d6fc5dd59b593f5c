"""Which of two outputs is better, example by example: two experiments, two prompts, two models.

People and models favour what they see first. So the order is drawn for each example (by a hash, the same in every
process), every comparison may be asked in both orders, and how often the first place won is part of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.bound import interrupts, unscored, wait_for
from pytest_llmobs.evaluators.binding.declaration import identify
from pytest_llmobs.evaluators.binding.signature import PAIR_PARTS, Signature, read_signature
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.evaluators.pair_answers import TIE, PairAnswer, read_answer
from pytest_llmobs.evaluators.pair_results import PairwiseResult, Preference, Winner
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.files import text_hash
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class RunPair:
    """Two runs of one example."""

    first: Subject
    """Of the first experiment."""
    second: Subject
    """Of the second."""
    repeat: int = 1
    """Which repeat of the example."""

    @property
    def example_id(self) -> str:
        """The id of the example they share."""
        example = self.first.example
        if example is not None:
            return example.id
        return self.first.run.id

    @property
    def runs(self) -> tuple[Run, Run]:
        """Both runs, the first experiment's first."""
        return self.first.run, self.second.run


@dataclass(frozen=True)
class _Shown:
    """A pair in the order in which the evaluator sees it."""

    subjects: tuple[Subject, Subject]

    @property
    def runs(self) -> list[Any]:
        return [subject.run for subject in self.subjects]

    @property
    def outputs(self) -> list[Any]:
        return [subject.outputs for subject in self.subjects]

    @property
    def example(self) -> Any:
        return self.subjects[0].example

    @property
    def inputs(self) -> Any:
        return self.subjects[0].inputs

    @property
    def reference_outputs(self) -> Any:
        return self.subjects[0].reference_outputs

    @property
    def pair(self) -> _Shown:
        return self


# Compared by identity, as `Judge`: its options have no hash.
@dataclass(frozen=True, eq=False)
class PairwiseJudge:
    """A judge that says which of two outputs is better; takes the options of ``Judge``."""

    revision: ClassVar[int] = 2
    key: str
    rubric: str
    """What makes one output better than another."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of ``Judge``: ``model``, ``votes``, ``panel``, ``reference``, …"""

    def evaluate(self, pair: Any) -> Score:
        """Return which output of a shown pair is better: ``first``, ``second`` or ``tie``.

        Not A or B: those are the experiments in a report, and either may stand first.
        """
        first, second = pair.subjects
        both = {"first output": first.outputs, "second output": second.outputs}
        together = Subject(first.run, first.example, first.inputs, both, first.reference_outputs)
        return self._judge().evaluate(together)

    def _judge(self) -> Judge:
        rubric = (
            "Two outputs, the first and the second, answer the same input. Which is better by this measure?\n\n"
            f"{self.rubric.strip()}\n\n"
            "Their order is drawn by lot and means nothing. Say tie only where neither is better."
        )
        return Judge(self.key, rubric=rubric, scale=["first", "second", "tie"], **self.options)


def compare_pairs(
    spec: Any,
    pairs: Sequence[RunPair],
    *,
    seed: str | None = "",
    both_orders: bool = False,
    concurrency: int = 8,
) -> PairwiseResult:
    """Compare two experiments pair by pair.

    Args:
        spec: A ``PairwiseJudge``, or a function over any subset of ``PAIR_PARTS`` that returns ``A``/``B``/``tie``,
            two scores (a list, the higher wins), 0 or 1 (the better one's place), or LangSmith's
            ``{"scores": {run id: score}}`` or ``{"scores": [first, second]}``, which may have a ``key`` and a
            ``comment`` (a text, or one for each run id); also as an object.
        pairs: Runs of the same examples.
        seed: Another seed draws other orders; None always shows the first experiment's output first.
        both_orders: Ask in both orders; where the answers disagree it is a tie. Twice the cost.
        concurrency: Comparisons at once.

    Raises:
        EvaluatorError: It is no evaluator, scores single runs, or has a parameter that stands for nothing.
    """
    bound = bind_pairwise(spec)
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        preferences = list(pool.map(lambda pair: bound.prefer(pair, seed, both_orders), pairs))
    return PairwiseResult(_told_key(preferences, bound.key), preferences)


def bind_pairwise(spec: Any) -> BoundPairwise:
    """Read a pairwise evaluator once.

    Raises:
        EvaluatorError: It is no evaluator, scores single runs, or has a parameter that stands for nothing.
    """
    if isinstance(spec, BoundPairwise):
        return spec
    key = identify(spec)
    if isinstance(spec, Rule):
        judge = f"PairwiseJudge({key!r}, rubric=…)"
        raise EvaluatorError(
            f"{key!r} scores single runs. To compare two, write {judge}, or a function of outputs."
        )
    function = getattr(spec, "evaluate", None) or spec
    return BoundPairwise(key, function, read_signature(function, key, PAIR_PARTS))


def first_is_shown_first(example_id: str, seed: str) -> bool:
    """Return the lot drawn for an example: the same in every process."""
    # Not `hash`, which is another in each process, and no random generator, which would follow the order of the pairs.
    return int(text_hash(f"{seed}\0{example_id}")[:2], 16) % 2 == 0


@dataclass(frozen=True)
class BoundPairwise:
    """A pairwise evaluator, ready to compare."""

    key: str
    function: Callable[..., Any]
    signature: Signature

    def prefer(self, pair: RunPair, seed: str | None, both_orders: bool) -> Preference:
        """Compare one pair; an evaluator that fails prefers none of the two, and the preference says why."""
        drawn_for = pair.example_id
        if pair.repeat != 1:
            drawn_for = f"{pair.example_id}\0{pair.repeat}"
        straight = seed is None or first_is_shown_first(drawn_for, seed)
        once = self._ask(pair, straight)
        if not both_orders or once.winner is None:
            return once
        again = self._ask(pair, not straight)
        if again.winner is None:
            return again
        if again.winner == once.winner:
            return once
        comment = f"the answer changes with the order; first: {once.comment}; then: {again.comment}"
        return replace(once, winner="tie", comment=comment, comments=None, scores=TIE)

    def _ask(self, pair: RunPair, straight: bool) -> Preference:
        """Compare a pair in one order; ``straight`` shows the first experiment's output first."""
        shown = _Shown((pair.first, pair.second))
        if not straight:
            shown = _Shown((pair.second, pair.first))
        undecided = Preference(pair.example_id, None, straight, repeat=pair.repeat)
        try:
            answer = self._answer(shown)
        except BaseException as error:
            if interrupts(error):
                raise
            return replace(undecided, error=unscored(self.key, error).error)
        return _preference(undecided, answer)

    def _answer(self, shown: _Shown) -> PairAnswer:
        for subject in shown.subjects:
            if not subject.outputs:
                raise UnscoredError("One of the two has no outputs: it failed, or its trace isn't stored.")
        returned = self.signature.call(self.function, shown)
        if hasattr(returned, "__await__"):
            returned = wait_for(returned)
        first, second = shown.runs
        return read_answer(returned, (first.id, second.id))


def _preference(undecided: Preference, answer: PairAnswer) -> Preference:
    """Return what an answer means: of the two as they were shown, the preference of the two experiments."""
    scores, comments = answer.scores, answer.comments
    if not undecided.first_shown:
        scores, comments = _turned(scores), comments and _turned(comments)
    winner: Winner = "tie"
    if scores[0] != scores[1]:
        winner = "first" if scores[0] > scores[1] else "second"
    return replace(
        undecided,
        winner=winner,
        place=answer.place,
        comment=answer.comment,
        scores=scores,
        comments=comments,
        key=answer.key,
    )


def _turned(both: tuple[_Item, _Item]) -> tuple[_Item, _Item]:
    first, second = both
    return second, first


def _told_key(preferences: Sequence[Preference], key: str) -> str:
    """Return the metric's name: what the evaluator called it each time, or its own name."""
    told = set(map(attrgetter("key"), filter(attrgetter("winner"), preferences)))
    return (told.pop() if len(told) == 1 else None) or key
