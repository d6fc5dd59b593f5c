"""Evaluators made of evaluators.

A part that does not apply to an example is left out; where none applies, neither does the whole. A part passes with
true or 1; wrap one that returns other numbers in ``at_least``. A part that is unscored leaves the whole unscored,
unless the other parts decide it alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators import builtin
from pytest_llmobs.evaluators.binding.bound import BoundEvaluator
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.rules.outputs import requirement
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.records.scores import Score


@dataclass(frozen=True)
class _Composed(Rule):
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
        return self._whole(subject, [part.score(subject) for part in self.parts])

    async def aevaluate(self, subject: Subject) -> Score | list[Score]:
        """Score one run without blocking the loop."""
        self._check(subject)
        return self._whole(subject, [await part.ascore(subject) for part in self.parts])

    def _check(self, subject: Subject) -> None:
        """Raise what keeps it from scoring, before a part is asked: a judge among them costs money."""

    def _whole(self, subject: Subject, results: Sequence[list[Score]]) -> Score | list[Score]:
        combined = self._combine(subject, results)
        hits = sum(int(score.metadata.get("cached", 0)) for part in results for score in part)
        if hits and isinstance(combined, Score):
            return replace(combined, metadata={**combined.metadata, "cached": hits})
        return combined

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score | list[Score]:
        raise NotImplementedError


def _applicable(results: Sequence[list[Score]]) -> list[Score]:
    scores = [score for part in results for score in part]
    left = [score for score in scores if not score.exempt]
    if not left:
        raise NotApplicable("; ".join(dict.fromkeys(str(score.error) for score in scores)))
    return left


def _said(score: Score) -> str:
    return f"{score.key} {score}" + (f" ({score.comment})" if score.comment else "")


@dataclass(frozen=True)
class AllOf(_Composed):
    """True where every part passes."""

    key: str = "all_of"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        scores = _applicable(results)
        failed = [score for score in scores if not score.unscored and score.number() < 1]
        if not failed:
            _check_scored(scores)
        comment = "; ".join(map(_said, failed)) or f"all {len(scores)} pass"
        return Score(self.key, score=not failed, comment=comment)


@dataclass(frozen=True)
class AnyOf(_Composed):
    """True where one part passes or more."""

    key: str = "any_of"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        scores = _applicable(results)
        passed = [score for score in scores if not score.unscored and score.number() >= 1]
        if not passed:
            _check_scored(scores)
        return Score(self.key, score=bool(passed), comment="; ".join(map(_said, passed or scores)))


def _check_scored(scores: Sequence[Score]) -> None:
    for score in scores:
        if score.unscored:
            score.number()  # raises, naming the part and its reason


@dataclass(frozen=True)
class Weighted(_Composed):
    """The weighted mean of the parts' numbers; the weights of parts that do not apply are shared among the rest."""

    weights: tuple[float, ...] = ()
    """One for each part."""
    key: str = "weighted"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        _applicable(results)
        weighed = [
            (score, weight)
            for part, weight in zip(results, self.weights, strict=True)
            for score in part
            if not score.exempt
        ]
        total = sum(weight for _, weight in weighed)
        if not total:
            raise UnscoredError("None of the parts that apply has a weight.")
        mean = sum(score.number() * weight for score, weight in weighed) / total
        return Score(self.key, score=mean, comment="; ".join(_said(score) for score, _ in weighed))


@dataclass(frozen=True)
class AtLeast(_Composed):
    """True where a part's number reaches a bound."""

    bound: float | None = None
    """The bound, where the example doesn't say."""
    field: str | None = None
    """The reference output that gives the bound."""
    key: str = "at_least"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.bound is None) == (self.field is None):
            raise EvaluatorError(f"{self.key}: give a bound or the field that holds it, one of the two.")

    def _check(self, subject: Subject) -> None:
        self._bound(subject)

    def _bound(self, subject: Subject) -> float:
        bound = self.bound if self.field is None else requirement(subject, self.field)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise UnscoredError(f"outputs.{self.field} is {bound!r}; write a number.")
        return bound

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        bound = self._bound(subject)
        scores = _applicable(results)
        holds = all(score.number() >= bound for score in scores)
        comment = "; ".join(map(_said, scores)) + f", at least {bound:g} wanted"
        return Score(self.key, score=holds, comment=comment)


Condition = Any
"""A value, a collection of allowed values, or a function from the value to a bool."""


@dataclass(frozen=True)
class Where(_Composed):
    """A part that applies only to examples whose metadata fit; its scores are the part's own."""

    conditions: Mapping[str, Condition] | None = None
    """What each metadata key must be."""
    key: str = "where"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> list[Score]:
        return results[0]

    def _check(self, subject: Subject) -> None:
        metadata = subject.example.metadata if subject.example is not None else {}
        for name, condition in (self.conditions or {}).items():
            if not _fits(metadata.get(name), condition):
                raise NotApplicable(
                    f"it is for examples with other metadata: {name} is {metadata.get(name)!r}"
                )


def _fits(value: Any, condition: Condition) -> bool:
    if callable(condition):
        return bool(condition(value))
    if isinstance(condition, Collection) and not isinstance(condition, str | Mapping):
        return value in condition
    return bool(value == condition)


def all_of(*specs: Any, key: str = "all_of") -> AllOf:
    """Return an evaluator that is true where every one of ``specs`` passes."""
    return AllOf(_bound(specs), key)


def any_of(*specs: Any, key: str = "any_of") -> AnyOf:
    """Return an evaluator that is true where one of ``specs`` passes."""
    return AnyOf(_bound(specs), key)


def weighted(*pairs: tuple[Any, float], key: str = "weighted") -> Weighted:
    """Return the weighted mean: ``weighted((tone, 2), (required_keywords, 1), key="quality")``.

    Raises:
        EvaluatorError: A weight is no number of 0 or more, or all are 0.
    """
    for pair in pairs:
        if not (
            isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], int | float) and pair[1] >= 0
        ):
            raise EvaluatorError(
                f"{key}: {repr(pair)[:60]} is no pair of an evaluator and its weight (0 or more). "
                "Write weighted((tone, 2), (required_keywords, 1))."
            )
    if pairs and not any(weight for _, weight in pairs):
        raise EvaluatorError(f"{key}: all weights are 0.")
    return Weighted(_bound([spec for spec, _ in pairs]), tuple(float(weight) for _, weight in pairs), key)


def at_least(
    spec: Any, bound: float | None = None, *, field: str | None = None, key: str | None = None
) -> AtLeast:
    """Return an evaluator that is true where ``spec`` reaches ``bound``, or the bound in the example's ``field``."""
    (part,) = _bound([spec])
    return AtLeast((part,), bound, field, key or f"{part.key}_at_least")


def where(spec: Any, /, **conditions: Condition) -> Where:
    """Return ``spec`` for those examples only whose metadata fit: ``where(tone, tier=["gold", "platinum"])``.

    Args:
        spec: An evaluator; its key stays.
        conditions: For each metadata key its value, a collection of allowed values, or a function to a bool.
    """
    (part,) = _bound([spec])
    return Where((part,), conditions, part.key)


def _bound(specs: Sequence[Any]) -> tuple[BoundEvaluator, ...]:
    return tuple(bind(spec, builtin()) for spec in specs)
