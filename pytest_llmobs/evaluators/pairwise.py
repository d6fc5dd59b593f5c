"""Which of two outputs is better, example by example: two experiments, two prompts, two models.

People and models favour what they see first. So the order is drawn for each example (by a hash, the same in every
process), every comparison may be asked in both orders, and how often the first place won is part of the result.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.base import identify
from pytest_llmobs.evaluators.bound import unscored, wait_for
from pytest_llmobs.evaluators.judge import Judge
from pytest_llmobs.evaluators.signature import Signature, read_signature
from pytest_llmobs.evaluators.subject import Subject
from pytest_llmobs.records.scores import Score

Winner = Literal["first", "second", "tie"]
PARAMETERS = ("runs", "example", "inputs", "outputs", "reference_outputs")
"""What a pairwise evaluator may ask for; ``runs`` and ``outputs`` are lists of two, in the order shown."""


@dataclass(frozen=True)
class Pair:
    """Two runs of one example."""

    first: Subject
    """Of the first experiment."""
    second: Subject
    """Of the second."""

    @property
    def example_id(self) -> str:
        """The id of the example they share."""
        example = self.first.example
        return example.id if example is not None else self.first.run.id


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


@dataclass(frozen=True)
class Preference:
    """The word on one pair."""

    example_id: str
    winner: Winner | None
    """Which experiment won; None where the evaluator failed."""
    first_shown: bool
    """True where the first experiment's output stood first (of the first asking)."""
    place: Literal[1, 2] | None = None
    """The place that won, or None for ties, failures, and where both orders were asked and disagreed."""
    comment: str = ""
    error: str | None = None


@dataclass(frozen=True)
class PairwiseResult:
    """Two experiments compared by one evaluator."""

    key: str
    preferences: Sequence[Preference] = ()

    def count(self, winner: Winner | None) -> int:
        """Return how many pairs have this winner; None counts the failures."""
        return sum(preference.winner == winner for preference in self.preferences)

    @property
    def win_rate(self) -> float | None:
        """The share of scored pairs that the second experiment won, ties counted half; None without any."""
        scored = len(self.preferences) - self.count(None)
        return (self.count("second") + self.count("tie") / 2) / scored if scored else None

    @property
    def p_value(self) -> float:
        """Two-sided sign test over the decided pairs: how likely so lopsided a result is between equals."""
        return sign_test(self.count("first"), self.count("second"))

    @property
    def position_bias(self) -> float | None:
        """The share of decided pairs that whichever output stood first won; 0.5 is none, None without any."""
        places = [preference.place for preference in self.preferences if preference.place is not None]
        return places.count(1) / len(places) if places else None

    @property
    def position_p(self) -> float:
        """Two-sided sign test of the position bias; below 0.05 the evaluator goes by position."""
        places = [preference.place for preference in self.preferences]
        return sign_test(places.count(1), places.count(2))


def sign_test(first: int, second: int) -> float:
    """Return the two-sided exact binomial p of ``first`` against ``second`` successes at one half."""
    n, k = first + second, min(first, second)
    tail: float = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return min(1.0, 2 * tail)


@dataclass(frozen=True, eq=False)
class PairwiseJudge:
    """A judge that says which of two outputs is better; takes the options of ``Judge``."""

    revision: ClassVar[int] = 1
    key: str
    rubric: str
    """What makes one output better than another."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of ``Judge``: ``model``, ``votes``, ``panel``, ``reference``, …"""

    def evaluate(self, pair: Any) -> Score:
        """Return which output of a shown pair is better: ``A``, ``B`` or ``tie``."""
        first, second = pair.subjects
        for subject in pair.subjects:
            if not subject.outputs:
                raise UnscoredError("One of the two runs has no outputs, so there is nothing to compare.")
        both = {"output A": first.outputs, "output B": second.outputs}
        together = Subject(first.run, first.example, first.inputs, both, first.reference_outputs)
        return self._judge().evaluate(together)

    def _judge(self) -> Judge:
        rubric = (
            "Two outputs, A and B, answer the same input. Which is better by this measure?\n\n"
            f"{self.rubric.strip()}\n\n"
            "Their order is drawn by lot and means nothing. Say tie only where neither is better."
        )
        return Judge(self.key, rubric=rubric, scale=["A", "B", "tie"], **self.options)


def compare_pairs(
    spec: Any, pairs: Sequence[Pair], *, seed: str = "", both_orders: bool = False, concurrency: int = 8
) -> PairwiseResult:
    """Compare two experiments pair by pair.

    Args:
        spec: A ``PairwiseJudge``, or a function over any subset of ``PARAMETERS`` that returns ``A``/``B``/``tie``,
            two scores (a list, the higher wins), 0 or 1 (the better one's place), or LangSmith's
            ``{"scores": {run id: score}}``.
        pairs: Runs of the same examples.
        seed: Another seed draws other orders.
        both_orders: Ask in both orders; where the answers disagree it is a tie. Twice the cost.
        concurrency: Comparisons at once.

    Raises:
        EvaluatorError: It is no evaluator, or has a parameter that stands for nothing.
    """
    key = identify(spec)
    function = getattr(spec, "evaluate", None) or spec
    ask = _Asking(key, function, read_signature(function, key, PARAMETERS, "pair"))
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        return PairwiseResult(key, list(pool.map(lambda pair: ask.prefer(pair, seed, both_orders), pairs)))


def first_is_shown_first(example_id: str, seed: str) -> bool:
    """Return the lot drawn for an example: the same in every process."""
    return hashlib.sha256(f"{seed}\0{example_id}".encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class _Asking:
    key: str
    function: Callable[..., Any]
    signature: Signature

    def prefer(self, pair: Pair, seed: str, both_orders: bool) -> Preference:
        straight = first_is_shown_first(pair.example_id, seed)
        once = self._once(pair, straight)
        if not both_orders or once.winner is None:
            return once
        again = self._once(pair, not straight)
        if again.winner in (once.winner, None):
            return once if again.winner is not None else again
        comment = f"the answer changes with the order; first: {once.comment}; then: {again.comment}"
        return Preference(pair.example_id, "tie", straight, once.place, comment)

    def _once(self, pair: Pair, straight: bool) -> Preference:
        subjects = (pair.first, pair.second) if straight else (pair.second, pair.first)
        try:
            returned = self.signature.call(self.function, _Shown(subjects))
            place, comment = _place(
                wait_for(returned) if hasattr(returned, "__await__") else returned, subjects
            )
        except Exception as error:
            return Preference(pair.example_id, None, straight, error=unscored(self.key, error).error)
        if place is None:
            return Preference(pair.example_id, "tie", straight, None, comment)
        winner: Winner = "first" if (place == 1) == straight else "second"
        return Preference(pair.example_id, winner, straight, place, comment)


_LABELS = {"A": 1, "B": 2, "tie": None}


def _place(returned: Any, subjects: tuple[Subject, Subject]) -> tuple[Literal[1, 2] | None, str]:
    """Return the place that won and the reason."""
    comment = ""
    if isinstance(returned, Score):
        returned, comment = returned.value, returned.comment or ""
    if isinstance(returned, Mapping) and isinstance(returned.get("scores"), Mapping):
        comment = str(returned.get("comment") or "")
        returned = [returned["scores"].get(subject.run.id) for subject in subjects]
    if isinstance(returned, str) and returned in _LABELS:
        return _LABELS[returned], comment  # type: ignore[return-value]
    if isinstance(returned, int) and not isinstance(returned, bool) and returned in (0, 1):
        return 1 if returned == 0 else 2, comment
    numbers = list(returned) if isinstance(returned, list | tuple) else []
    if len(numbers) == 2 and all(
        isinstance(each, bool | int | float) and math.isfinite(each) for each in numbers
    ):
        return None if numbers[0] == numbers[1] else 1 if numbers[0] > numbers[1] else 2, comment
    raise EvaluatorError(
        f"A pairwise evaluator returns 'A', 'B', 'tie', 0, 1 or two scores, not {returned!r}."
    )
