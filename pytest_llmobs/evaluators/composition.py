"""Evaluators made of evaluators.

A part that does not apply to an example is left out; where none applies, neither does the whole. A part passes with
true or 1; wrap one that returns other numbers in ``at_least``. A part that is unscored leaves the whole unscored,
unless the other parts decide it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.subject import NotApplicable, NotTimed, Subject
from pytest_llmobs.evaluators.rules.outputs import requirement
from pytest_llmobs.evaluators.rules.rule import Composed, bind_parts, where
from pytest_llmobs.records.scores import UNTIMED, Score

__all__ = ["AllOf", "AnyOf", "AtLeast", "Weighted", "all_of", "any_of", "at_least", "weighted", "where"]


def _applicable(results: Sequence[list[Score]]) -> list[Score]:
    """Return the scores of the parts that apply to this example.

    Raises:
        NotApplicable: None does.
    """
    applicable = []
    reasons: dict[str, None] = {}  # a dict and no set: reasons are told once, in the order of the parts
    untimed = True
    for scores in results:
        for score in scores:
            if score.exempt:
                reasons[str(score.error)] = None
                untimed = untimed and bool(score.metadata.get(UNTIMED))
            else:
                applicable.append(score)
    if not applicable:
        raise (NotTimed if untimed else NotApplicable)("; ".join(reasons))
    return applicable


def _shown(score: Score) -> str:
    if score.comment:
        return f"{score.key} {score} ({score.comment})"
    return f"{score.key} {score}"


def _passed(score: Score) -> bool:
    return not score.unscored and score.number() >= 1


@dataclass(frozen=True)
class AllOf(Composed):
    """True where every part passes."""

    key: str = "all_of"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        scores = _applicable(results)
        failed = [score for score in scores if not score.unscored and score.number() < 1]
        if failed:
            return Score(self.key, score=False, comment="; ".join(map(_shown, failed)))
        # Only a failed part decides the whole without the rest.
        _check_scored(scores)
        return Score(self.key, score=True, comment=f"all {len(scores)} pass")


@dataclass(frozen=True)
class AnyOf(Composed):
    """True where one part passes or more."""

    key: str = "any_of"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        scores = _applicable(results)
        passed = list(filter(_passed, scores))
        # One that passes decides; where none does, an unscored part might have.
        if passed:
            return Score(self.key, score=True, comment="; ".join(map(_shown, passed)))
        _check_scored(scores)
        return Score(self.key, score=False, comment="; ".join(map(_shown, scores)))


def _check_scored(scores: Sequence[Score]) -> None:
    for score in scores:
        if score.unscored:
            score.number()  # raises, naming the part and its reason


@dataclass(frozen=True)
class Weighted(Composed):
    """The weighted mean of the parts' numbers; the weights of parts that do not apply are shared among the rest."""

    weights: tuple[float, ...] = ()
    """One for each part."""
    key: str = "weighted"

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        applicable = _applicable(results)
        weights = self._weights_of_scores(results)
        total = sum(weights)
        if not total:
            raise UnscoredError("None of the parts that apply has a weight.")
        products = []
        for score, weight in zip(applicable, weights, strict=True):
            products.append(score.number() * weight)
        return Score(self.key, score=sum(products) / total, comment="; ".join(map(_shown, applicable)))

    def _weights_of_scores(self, results: Sequence[list[Score]]) -> list[float]:
        """Return the weight of every score that applies: a part may make several, each with its weight."""
        weights = []
        for scores, weight in zip(results, self.weights, strict=True):
            for score in scores:
                if not score.exempt:
                    weights.append(weight)
        return weights


@dataclass(frozen=True)
class AtLeast(Composed):
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
        bound: Any = self.bound
        if self.field is not None:
            bound = requirement(subject, self.field)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise UnscoredError(f"outputs.{self.field} is {bound!r}; write a number.")
        return bound

    def _combine(self, subject: Subject, results: Sequence[list[Score]]) -> Score:
        bound = self._bound(subject)  # `_check` has made sure that it can be read
        scores = _applicable(results)
        holds = all(score.number() >= bound for score in scores)
        comment = "; ".join(map(_shown, scores)) + f", at least {bound:g} wanted"
        return Score(self.key, score=holds, comment=comment)


def all_of(*specs: Any, key: str = "all_of") -> AllOf:
    """Return an evaluator that is true where every one of ``specs`` passes."""
    return AllOf(bind_parts(specs), key)


def any_of(*specs: Any, key: str = "any_of") -> AnyOf:
    """Return an evaluator that is true where one of ``specs`` passes."""
    return AnyOf(bind_parts(specs), key)


def weighted(*pairs: tuple[Any, float], key: str = "weighted") -> Weighted:
    """Return the weighted mean: ``weighted((tone, 2), (required_keywords, 1), key="quality")``.

    Raises:
        EvaluatorError: A weight is no number of 0 or more, or all are 0.
    """
    specs, weights = [], []
    for pair in pairs:
        if not _is_weighted(pair):
            raise EvaluatorError(
                f"{key}: {repr(pair)[:60]} is no pair of an evaluator and its weight (0 or more). "
                "Write weighted((tone, 2), (required_keywords, 1))."
            )
        spec, weight = pair
        specs.append(spec)
        weights.append(float(weight))
    if pairs and not any(weights):
        raise EvaluatorError(f"{key}: all weights are 0.")
    return Weighted(bind_parts(specs), tuple(weights), key)


def _is_weighted(pair: Any) -> bool:
    if not isinstance(pair, tuple) or len(pair) != 2:
        return False
    weight = pair[1]
    return isinstance(weight, int | float) and weight >= 0


def at_least(
    spec: Any, bound: float | None = None, *, field: str | None = None, key: str | None = None
) -> AtLeast:
    """Return an evaluator that is true where ``spec`` reaches ``bound``, or the bound in the example's ``field``."""
    (part,) = bind_parts([spec])
    return AtLeast((part,), bound, field, key or f"{part.key}_at_least")
