"""An LLM as a judge: a rubric in, a score with its reason out.

The reply is structured (a forced tool, or JSON where the model is a callable), the reason comes before the
score, what is judged can't instruct the judge (see ``judging.prompt``), an unusable reply is asked for once
more and is then unscored, never a middling number. Each judgement is a trace of its own that names the run
it evaluates, so its cost is not the application's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.fingerprint import fingerprint
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.judging import cache as caching
from pytest_llmobs.evaluators.judging import prompt
from pytest_llmobs.evaluators.judging.examination import examine, examine_async
from pytest_llmobs.evaluators.judging.model import JudgeModel, read_model
from pytest_llmobs.evaluators.judging.prompt import Assignment, Material, Question, Sample, shown
from pytest_llmobs.evaluators.judging.scale import Labels, Scale, UnusableReplyError, read_scale
from pytest_llmobs.evaluators.judging.served import DEFAULT_MODEL
from pytest_llmobs.evaluators.judging.verdict import Verdict, read_reply, read_verdict, schema_of
from pytest_llmobs.evaluators.judging.votes import AGGREGATES, Vote, decide
from pytest_llmobs.evaluators.rules.rule import Rule, check_choice
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.scores import Score

__all__ = ["DEFAULT_MODEL", "Judge"]

_SHOWN = 200
"""Characters of an unusable reply that a message shows."""

Step = tuple[JudgeModel, Question]
"""A model to ask, and what."""


# Compared by identity: lists, dicts and clients among its fields have no hash.
@dataclass(frozen=True, eq=False)
class Judge(Rule):
    """A judge. ``judge(model="…")`` returns the same judge with other options.

    Example::

        tone = Judge("tone_quality", rubric="Does the reply match the expected tone and solve the query?")
    """

    cheap: ClassVar[bool] = False
    revision: ClassVar[int] = prompt.REVISION

    key: str
    """The metric's name."""
    rubric: str = ""
    """What a good output is, in words. May be empty where ``criteria`` say it."""
    model: Any = DEFAULT_MODEL
    """The name of a Claude or of an OpenAI model, a callable ``(prompt) -> text``, or a ``JudgeModel``."""
    scale: Any = "0-1"
    """``0-1``, ``boolean``, ``1-5``, ``(low, high)``, a list of labels, or a dict from label to number."""
    examples: Sequence[Mapping[str, Any]] = ()
    """Graded examples: dicts with ``outputs``, ``score``, ``reason``, and ``inputs`` and ``reference``
    where known."""
    criteria: Sequence[str] = ()
    """A checklist instead of a scale; the score is the share that is met."""
    reference: bool | str | None = None
    """None: shown where the example has one; True: required; False: never shown; a name: only that output."""
    votes: int = 1
    """How often each model is asked."""
    panel: Sequence[Any] = ()
    """Several models instead of ``model``."""
    aggregate: str = "auto"
    """How votes become one: ``median``, ``mean`` or ``majority``; ``auto`` suits the scale."""
    context: Callable[[Subject], Any] | None = None
    """Finds further material to show, such as ``retrieved_context``."""
    temperature: float | None = None
    """Sent only where it is set: newer models refuse it."""
    max_tokens: int = 1024
    """Longest reply of a Claude model."""
    max_chars: int = 40_000
    """Longest input, output, reference and context shown; the middle of a longer one is left out."""
    client: Any = field(default=None, repr=False, metadata={"version": False})
    """A client of your own, of the anthropic or the openai SDK; default one for the whole process."""

    def __post_init__(self) -> None:
        _check(self)
        # Read now, so that a mistake is shown where the judge is written and not in its first trial.
        for name in ("scale_read", "models", "assignment"):
            getattr(self, name)

    @cached_property
    def scale_read(self) -> Scale:
        """The scale, read."""
        return read_scale(self.scale)

    @cached_property
    def models(self) -> tuple[JudgeModel, ...]:
        """The panel, or the one model."""
        options = {"max_tokens": self.max_tokens, "temperature": self.temperature, "client": self.client}
        specs = self.panel or (self.model,)
        return tuple(read_model(spec, **options) for spec in specs)

    @cached_property
    def assignment(self) -> Assignment:
        """What the prompt says besides the material."""
        samples = [_sample(self, example) for example in self.examples]
        schema = schema_of(self.scale_read, self.criteria)
        return Assignment(self.rubric, self.scale_read.instruction(), self.criteria, samples, schema)

    @cached_property
    def version(self) -> str:
        """Hash over all that moves its verdicts: rubric, scale, criteria, examples, models, our wording."""
        return fingerprint(self)

    def evaluate(self, subject: Subject) -> Score:
        """Judge one run.

        Raises:
            UnscoredError: There is nothing to judge, or no usable verdict after a second try.
            NotApplicable: A reference is required and the example has none.
        """
        return examine(self.key, subject, self._deliberate(subject))

    async def aevaluate(self, subject: Subject) -> Score:
        """Judge one run without blocking the loop; see ``evaluate``."""
        return await examine_async(self.key, subject, self._deliberate(subject))

    def question(self, subject: Subject) -> Question:
        """Return what the models are asked about ``subject``."""
        if not subject.outputs:
            raise UnscoredError("The run has no outputs, so there is nothing to judge.")
        material = Material(
            input=shown(subject.inputs, self.max_chars),
            output=shown(subject.outputs, self.max_chars),
            reference=_reference(self, subject),
            context=self._context(subject),
        )
        return self.assignment.question(material)

    def _context(self, subject: Subject) -> str | None:
        if self.context is None:
            return None
        return shown(self.context(copied(subject)), self.max_chars)

    def _deliberate(self, subject: Subject) -> Generator[Step, Any, Score]:
        """Yield every question to be asked, take the replies, and return the score."""
        question = self.question(subject)
        votes: list[Vote] = []
        for model in self.models:
            for _ in range(self.votes):
                vote = yield from self._vote(model, question, len(votes))
                votes.append(vote)
        return decide(self.key, votes, self._aggregate())

    def _aggregate(self) -> str:
        if self.aggregate != "auto":
            return self.aggregate
        if self.criteria or self.scale_read.ordered:
            return "median"
        return "majority"

    def _vote(self, model: JudgeModel, question: Question, number: int) -> Generator[Step, Any, Vote]:
        cache = caching.installed
        place = ""
        if cache is not None:
            place = caching.cache_key(self.version, model.name, question, number)
            kept = self._cached_verdict(cache, place)
            if kept is not None:
                return Vote(model.name, kept, cached=True)
        # Twice, because most unusable replies are accidents; a third try would be paid for a question that is at fault.
        attempt = question
        problem = ""
        for _ in range(2):
            reply: Any = None
            try:
                reply = yield model, attempt
                answer = read_reply(reply)
                verdict = self._read(answer)
            except UnusableReplyError as error:
                problem = f"{error}{_said(reply)}"
                attempt = question.again(str(error))
                continue
            if cache is not None:
                cache.put(place, answer)
            return Vote(model.name, verdict)
        return Vote(model.name, None, f"{model.name}, asked twice: {problem}")

    def _cached_verdict(self, cache: caching.JudgeCache, place: str) -> Verdict | None:
        answer = cache.get(place)
        if answer is None:
            return None
        try:
            return self._read(answer)
        except UnusableReplyError as error:
            # A cache of the user's own may have no such way.
            set_aside = getattr(cache, "set_aside", None)
            if set_aside is not None:
                set_aside(place, str(error))
            return None

    def _read(self, answer: Mapping[str, Any]) -> Verdict:
        return read_verdict(answer, self.scale_read, self.criteria)


def _said(reply: Any) -> str:
    """Return what a model said, for the message about a reply that is no verdict."""
    if reply is None:
        return ""
    text = repr(reply)
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN - 1]}…"
    return f"; it said {text}"


def _check(judge: Judge) -> None:
    if not isinstance(judge.key, str) or not judge.key.strip():
        raise EvaluatorError(f"A judge needs a name, not {judge.key!r}: Judge('tone', rubric='…').")
    if not judge.rubric.strip() and not judge.criteria:
        raise EvaluatorError(
            f"Judge {judge.key!r} has neither a rubric nor criteria: it would judge by taste."
        )
    _check_criteria(judge)
    if not isinstance(judge.votes, int) or judge.votes < 1:
        raise EvaluatorError(f"Judge {judge.key!r}: votes is {judge.votes!r}; it must be 1 or more.")
    check_choice(judge.aggregate, AGGREGATES, f"aggregate of judge {judge.key!r}")
    scale = read_scale(judge.scale)
    if judge.aggregate in ("median", "mean") and isinstance(scale, Labels) and scale.numbers is None:
        raise EvaluatorError(
            f"Judge {judge.key!r}: labels without numbers have no {judge.aggregate}; use majority."
        )


def _check_criteria(judge: Judge) -> None:
    if isinstance(judge.criteria, str) or not all(map(_is_text, judge.criteria)):
        raise EvaluatorError(f"Judge {judge.key!r}: criteria is {judge.criteria!r}; write a list of texts.")
    if len(set(judge.criteria)) < len(judge.criteria):
        raise EvaluatorError(f"Judge {judge.key!r} has one criterion twice.")
    if judge.criteria and judge.scale != "0-1":
        raise EvaluatorError(
            f"Judge {judge.key!r} has criteria and a scale; a checklist has a scale of its own."
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _reference(judge: Judge, subject: Subject) -> str | None:
    stated = subject.reference_outputs or {}
    if judge.reference is False or (judge.reference is None and not stated):
        return None
    value: Any = stated
    wanted = "reference outputs"
    if isinstance(judge.reference, str):
        value = stated.get(judge.reference)
        wanted = f"outputs.{judge.reference}"
    if value is None or value == {}:
        raise NotApplicable(f"the example has no {wanted} to judge against")
    return shown(value, judge.max_chars)


def _sample(judge: Judge, example: Mapping[str, Any]) -> Sample:
    needed = ["outputs"]
    if not judge.criteria:
        needed += ["score", "reason"]
    lacking = [name for name in needed if name not in example]
    if lacking:
        raise EvaluatorError(
            f"Judge {judge.key!r}: the example {dict(example)!r} lacks {', '.join(lacking)}."
        )
    verdict = dict(example)
    inputs = verdict.pop("inputs", None)
    outputs = verdict.pop("outputs")
    reference = verdict.pop("reference", None)
    try:
        read_verdict(verdict, judge.scale_read, judge.criteria)
    except UnusableReplyError as error:
        raise EvaluatorError(
            f"Judge {judge.key!r}: the example {dict(example)!r} is wrong: {error}."
        ) from None
    if not judge.criteria:
        # The model sees an example of its own answer: nothing else, and the reason before the score.
        verdict = {"reason": verdict["reason"], "score": verdict["score"]}
    limit = judge.max_chars
    material = Material(shown(inputs or "", limit), shown(outputs, limit))
    if reference is not None:
        material = replace(material, reference=shown(reference, limit))
    return Sample(material, verdict)
