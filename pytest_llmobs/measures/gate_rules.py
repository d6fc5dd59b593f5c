"""What the ``llm_gate`` markers ask for: the rule of each metric, and complaints about rules that make no sense."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pytest_llmobs.errors import GateError
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.wording import known, nearest

PASS = "pass"
"""The metric every suite has: the share of trials whose test passed."""

_RULES = ("paired", "mean", "off")
_SHARES = ("min_mean", "max_drop")
"""Bounds that are shares where the metric is ``pass``."""
_NUMBERS = (*_SHARES, "calibrated")
MAX_DROP = 0.02
"""ε, the share of a metric's range by which its mean must fall at least, unless ``max_drop`` says otherwise."""


@dataclass(frozen=True, kw_only=True)
class ScoredMetrics:
    """The metrics that an experiment scored in one suite, by what can be done with them."""

    numbers: Set[str]
    """They gave a number; ``pass`` always does."""
    labels: Set[str]
    """They gave nothing but labels."""
    body: Set[str]
    """Scored only inside the test body."""
    summarised: Set[str]
    """Scores of summary evaluators, unscored ones included: they have a row that says so."""
    ran: bool
    """Whether any trial ran; where none did, a declared evaluator's silence proves nothing."""


def rule_of(plan: SuitePlan, metric: str) -> GateRule:
    """Return the rule of a metric: its ``llm_gate``, the last one where several name it, or the defaults.

    A rule that makes no sense gives way to the defaults: it is complained about, and that is red already.
    """
    for gate in reversed(plan.gates):
        if gate.metric == metric and not _first_problem(gate):
            return gate
    return GateRule(metric=metric)


def least_drop(rule: GateRule, reach: float = 1.0) -> float:
    """Return ε: a drop of the mean below it is no regression.

    Args:
        rule: The metric's.
        reach: How far its values reach: 1 between 0 and 1.
    """
    if rule.max_drop is not None:
        return rule.max_drop
    return MAX_DROP * reach


def check_rule(rule: GateRule) -> None:
    """Refuse a rule with an impossible bound; call it where the marker is read.

    Raises:
        GateError: ``max_drop`` is negative, a bound is no finite number or no share, or ``rule`` is unknown.
    """
    problem = _first_problem(rule)
    if problem:
        raise GateError(problem)


def rule_errors(plan: SuitePlan, scored: ScoredMetrics) -> Iterator[str]:
    """Yield what is wrong with the gates of a suite, without its name.

    Args:
        plan: The suite.
        scored: What this experiment scored in it.
    """
    if PASS in {*plan.metrics, *scored.labels}:
        yield f"an evaluator calls its score {PASS!r}, the name of the tests' own verdict. Rename it."
    for metric in _named_twice(plan.gates):
        yield (
            f"its tests have different llm_gate({metric!r}), and a suite has one rule a metric. "
            "Give all of them the same, such as by pytestmark."
        )
    for gate in plan.gates:
        yield from filter(None, (_first_problem(gate), _misfit(gate, plan, scored)))


def _named_twice(gates: Sequence[GateRule]) -> list[str]:
    counts = Counter(map(attrgetter("metric"), gates))
    return [metric for metric, count in counts.items() if count > 1]


def _first_problem(rule: GateRule) -> str:
    """Return what makes a rule impossible, or an empty string; later checks rely on the earlier ones."""
    return next(_problems(rule, f"llm_gate({rule.metric!r})"), "")


def _problems(rule: GateRule, where: str) -> Iterator[str]:
    if rule.rule not in _RULES:
        yield f"Unknown rule {rule.rule!r} in {where}.{nearest(str(rule.rule), _RULES)} {known(_RULES)}"
    for name, bound in _bounds(rule, _NUMBERS):
        if not _is_number(bound):
            yield f"{name}={bound!r} in {where} is no finite number, such as 0.9."
    if not isinstance(rule.lower_is_better, bool):
        yield f"lower_is_better={rule.lower_is_better!r} in {where} must be True or False."
    if rule.max_drop is not None and rule.max_drop < 0:
        yield f"max_drop={rule.max_drop!r} in {where} is negative; a drop is given as a positive number."
    if rule.metric == PASS:
        yield from _no_shares(rule, where)
    yield from _scale_problems(rule, where)
    if not isinstance(rule.must_pass, Mapping | None):
        yield (
            f"must_pass={rule.must_pass!r} in {where} is no dict. Give the metadata that marks the examples, "
            'such as must_pass={"tier": "critical"}, or {} for every example.'
        )


def _no_shares(rule: GateRule, where: str) -> Iterator[str]:
    for name, bound in _bounds(rule, _SHARES):
        if 0 <= bound <= 1:
            continue
        hint = ""
        if 1 < bound <= 100:
            hint = f" {bound:g} % is {bound / 100:g}."
        yield f"{name}={bound!r} in {where} is no share: it must be between 0 and 1.{hint}"


def _scale_problems(rule: GateRule, where: str) -> Iterator[str]:
    if rule.scale is None:
        return
    said = f"scale={rule.scale!r} in {where}"
    if rule.metric == PASS:
        yield f"{said}: a test passes or fails, that is 0 or 1 already. Leave scale out."
    elif not _is_pair(rule.scale):
        yield f"{said} is no pair of numbers. Give the worst and the best score that there are, such as scale=(1, 5)."
    elif rule.scale[0] >= rule.scale[1]:
        yield (f"{said} is no range: the lower score comes first. lower_is_better=True turns a metric round.")


def _is_pair(scale: object) -> bool:
    return isinstance(scale, tuple | list) and len(scale) == 2 and all(map(_is_number, scale))


def mapped(values: Mapping[str, Sequence[float]], rule: GateRule) -> Mapping[str, Sequence[float]]:
    """Return the values of a metric, by example, on the scale 0..1 that its rule maps it to; as they are without one.

    Formula: (x - low)/(high - low).

    Args:
        values: Example -> what its trials scored.
        rule: The metric's; ``scale`` is ``(low, high)``.
    """
    if rule.scale is None:
        return values
    mapped_values: dict[str, Sequence[float]] = {}
    for example, scores in values.items():
        mapped_values[example] = [map_score(score, rule) for score in scores]
    return mapped_values


def map_score(score: float, rule: GateRule) -> float:
    """Return one score on the scale 0..1 that its rule maps it to; as it is without one."""
    if rule.scale is None:
        return score
    low, high = rule.scale
    return (score - low) / (high - low)


def _bounds(rule: GateRule, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the bounds that a rule sets; a marker may give them any type."""
    for name in names:
        bound = getattr(rule, name)
        if bound is not None:
            yield name, bound


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _misfit(gate: GateRule, plan: SuitePlan, scored: ScoredMetrics) -> str:
    """Return why a gate can't judge the metric it names, or an empty string."""
    if gate.metric in scored.summarised:
        return _unsuited(gate)
    promised = set(scored.numbers)
    if not scored.ran:
        promised.update(plan.metrics, plan.summaries)
    if gate.metric in promised:
        return ""
    return _unknown(gate.metric, plan, scored)


def _unsuited(gate: GateRule) -> str:
    """Return what a gate asks that a summary evaluator's one number can't give, or an empty string."""
    where = f"llm_gate({gate.metric!r})"
    if gate.must_pass is not None:
        return f"{where} has must_pass, and a summary evaluator scores the suite, not its examples. Use min_mean."
    if gate.rule != "mean" and gate.max_drop is not None:
        return (
            f"{where} has max_drop, and a summary evaluator gives no pairs to test. "
            "Say rule='mean' to compare two numbers."
        )
    return ""


def _unknown(metric: str, plan: SuitePlan, scored: ScoredMetrics) -> str:
    """Return why no number goes by a metric's name."""
    where = f"llm_gate({metric!r})"
    choices = known(scored.numbers | scored.summarised)
    if metric in scored.labels:
        return f"{where} can't gate: {metric!r} gives labels, and a gate needs numbers or booleans."
    if metric in scored.body:
        return (
            f"{where} can't gate: {metric!r} is scored inside the test body. "
            "Scores gate when their evaluator is on the llm_dataset marker."
        )
    if metric in plan.metrics:
        return f"{where} can't gate: evaluator {metric!r} gave no number in any trial. {choices}"
    hint = nearest(metric, scored.numbers | scored.summarised | scored.labels | scored.body)
    return f"{where} names a metric that nothing produced.{hint} {choices}"
