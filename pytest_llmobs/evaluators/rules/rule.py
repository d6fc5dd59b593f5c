"""What all rule-based evaluators share: they are cheap, count their revisions, and take options by a call.

``Where`` is here and not with the other compositions, because every rule can be narrowed by ``rule.where(…)``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.binding.bound import BoundEvaluator
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.registry import builtin
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import known, nearest

Same = TypeVar("Same", bound="Rule")

Condition = Any
"""A value, a collection of allowed values, or a function from the value to a bool."""


@dataclass(frozen=True)
class Rule:
    """Base of the ready-made evaluators: usable bare (``min_length``) and called (``min_length(50)``)."""

    cheap: ClassVar[bool] = True
    revision: ClassVar[int] = 1
    """Raised when the same outputs would get another score; it is part of the evaluator's version."""
    summarises: ClassVar[bool] = False
    """True for one that scores a whole suite; see ``suites``."""
    needs: ClassVar[Mapping[str, str]] = {}
    """Modules that it imports when it scores, each with the extra of this package that installs it."""
    sample_reference: ClassVar[Mapping[str, Any]] = {}
    """What an example may state for it, by the names of reference outputs; the tests of all evaluators try it so."""
    sample_options: ClassVar[Mapping[str, Any]] = {}
    """Options without which it can't score, for the same tests."""

    def __call__(self: Same, *values: Any, **options: Any) -> Same:
        """Return the same evaluator with other options; its fields name them, in the order of ``values``.

        Raises:
            EvaluatorError: An option is unknown, or there are more values than options.
        """
        names = [field.name for field in fields(self)]
        for option in options:
            if option not in names:
                who = getattr(self, "key", type(self).__name__)
                raise EvaluatorError(
                    f"{who}() has no option {option!r}.{nearest(option, names)} {known(names)}"
                )
        if len(values) > len(names):
            raise EvaluatorError(f"{type(self).__name__} takes {len(names)} options, not {len(values)}.")
        return replace(self, **dict(zip(names, values, strict=False)), **options)

    def where(self, **conditions: Condition) -> Rule:
        """Return the same evaluator for those examples only whose metadata fit; see ``where`` of this module."""
        return where(self, **conditions)


@dataclass(frozen=True)
class Composed(Rule):
    """An evaluator made of evaluators."""

    parts: tuple[BoundEvaluator, ...] = ()
    """What it is made of."""

    def __post_init__(self) -> None:
        if not self.parts:
            raise EvaluatorError(f"{type(self).__name__} needs at least one evaluator.")

    @property
    def cheap(self) -> bool:  # type: ignore[override]
        """True where every part is."""
        return all(part.cheap for part in self.parts)

    def evaluate(self, subject: Subject) -> Score | list[Score]:
        """Score one run."""
        self._check(subject)
        results = []
        for part in self.parts:
            results.append(part.score(subject))
        return self._combine_counting(subject, results)

    async def aevaluate(self, subject: Subject) -> Score | list[Score]:
        """Score one run without blocking the loop."""
        self._check(subject)
        results = []
        for part in self.parts:  # one after the other: what runs at once is the session's to bound
            results.append(await part.ascore(subject))
        return self._combine_counting(subject, results)

    def _check(self, subject: Subject) -> None:
        """Raise what keeps it from scoring, before a part is asked: a judge among them costs money."""

    def _combine_counting(self, subject: Subject, results: Sequence[list[Score]]) -> Score | list[Score]:
        """Combine the parts' scores; the metadata says how many of their verdicts came from the judge cache."""
        combined = self._combine(subject, results)
        cached = 0
        for scores in results:
            for score in scores:
                cached += int(score.metadata.get("cached", 0))
        if cached and isinstance(combined, Score):
            return replace(combined, metadata={**combined.metadata, "cached": cached})
        return combined

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score | list[Score]:
        raise NotImplementedError


@dataclass(frozen=True)
class Where(Composed):
    """A part that applies only to examples whose metadata fit; its scores are the part's own."""

    conditions: Mapping[str, Condition] | None = None
    """What each metadata key must be."""
    key: str = "where"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> list[Score]:
        return results[0]

    def _check(self, subject: Subject) -> None:
        metadata: Mapping[str, Any] = {}
        if subject.example is not None:
            metadata = subject.example.metadata
        for name, condition in (self.conditions or {}).items():
            if not _fits(metadata.get(name), condition):
                raise NotApplicable(
                    f"it is for examples with other metadata: {name} is {metadata.get(name)!r}"
                )


def _fits(value: Any, condition: Condition) -> bool:
    if callable(condition):
        return bool(condition(copied(value)))
    if isinstance(condition, Collection) and not isinstance(condition, str | Mapping):
        return value in condition
    return bool(value == condition)


def where(spec: Any, /, **conditions: Condition) -> Where:
    """Return ``spec`` for those examples only whose metadata fit: ``where(tone, tier=["gold", "platinum"])``.

    Args:
        spec: An evaluator; its key stays.
        conditions: For each metadata key its value, a collection of allowed values, or a function to a bool.
    """
    (part,) = bind_parts([spec])
    return Where((part,), conditions, part.key)


def bind_parts(specs: Sequence[Any]) -> tuple[BoundEvaluator, ...]:
    """Bind what a composition is made of; a name among them is a ready-made evaluator's."""
    return tuple(bind(spec, builtin()) for spec in specs)


def check_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Make sure that ``value`` is one of ``choices``.

    Raises:
        EvaluatorError: It isn't.
    """
    if value not in choices:
        raise EvaluatorError(f"Unknown {what} {value!r}.{nearest(str(value), choices)} {known(choices)}")
