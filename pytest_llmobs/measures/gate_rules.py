"""What the ``llm_gate`` markers ask for: the rule of each metric, and complaints about rules that make no sense."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from pytest_llmobs.errors import GateError
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.wording import known, nearest

PASS = "pass"
"""The metric every suite has: the share of trials whose test passed."""

_RULES = ("paired", "mean", "off")
_DEFAULTS = GateRule(metric="")


def rule_of(plan: SuitePlan, metric: str) -> GateRule:
    """Return the rule of a metric: its ``llm_gate``, the last one where several name it, or the defaults.

    A rule that makes no sense gives way to the defaults: it is complained about, and that is red already.
    """
    for gate in reversed(plan.gates):
        if gate.metric == metric and _makes_sense(gate):
            return gate
    return GateRule(metric=metric)


def check_rule(rule: GateRule) -> None:
    """Refuse a rule with an impossible bound; call it where the marker is read.

    Raises:
        GateError: ``max_drop`` is negative, a bound is no finite number or no share, or ``rule`` is unknown.
    """
    where = f"llm_gate({rule.metric!r})"
    if rule.rule not in _RULES:
        raise GateError(
            f"Unknown rule {rule.rule!r} in {where}.{nearest(str(rule.rule), _RULES)} {known(_RULES)}"
        )
    for name in ("min_mean", "max_drop", "calibrated"):
        bound = getattr(rule, name)
        if bound is not None and not _is_number(bound):
            raise GateError(f"{name}={bound!r} in {where} is no finite number.")
    if rule.max_drop < 0:
        raise GateError(
            f"max_drop={rule.max_drop!r} in {where} is negative; a drop is given as a positive number."
        )
    if rule.metric == PASS:
        _check_share(rule, where)
    if rule.must_pass is not None and not isinstance(rule.must_pass, Mapping):
        raise GateError(
            f"must_pass={rule.must_pass!r} in {where} is no dict. Give the metadata that marks the examples, "
            'such as must_pass={"tier": "critical"}, or {} for every example.'
        )


def _check_share(rule: GateRule, where: str) -> None:
    for name in ("min_mean", "max_drop"):
        bound = getattr(rule, name)
        if bound is not None and not 0 <= bound <= 1:
            hint = f" {bound:g} % is {bound / 100:g}." if 1 < bound <= 100 else ""
            raise GateError(f"{name}={bound!r} in {where} is no share: it must be between 0 and 1.{hint}")


def rule_errors(
    plan: SuitePlan,
    produced: Iterable[str],
    labels: Iterable[str],
    body: Iterable[str],
    summarised: Iterable[str],
    anything: bool,
) -> Iterator[str]:
    """Yield what is wrong with the gates of a suite.

    Args:
        plan: The suite.
        produced: Metrics that gave a number in this experiment.
        labels: Metrics that gave nothing but labels.
        body: Scores made only inside the test body.
        summarised: Scores of summary evaluators, unscored ones included: they have a row that says so.
        anything: Whether any trial ran; where none did, a declared evaluator's silence proves nothing.
    """
    numbers, labels, body, summarised = {PASS, *produced}, set(labels), set(body), set(summarised)
    if PASS in plan.metrics or PASS in labels:
        yield f"{plan.name}: an evaluator calls its score {PASS!r}, the name of the tests' own verdict. Rename it."
    declared = set() if anything else {*plan.metrics, *plan.summaries}
    named = [gate.metric for gate in plan.gates]
    for metric in dict.fromkeys(metric for metric in named if named.count(metric) > 1):
        yield (
            f"{plan.name}: its tests have different llm_gate({metric!r}), and a suite has one rule a metric. "
            "Give all of them the same, such as by pytestmark."
        )
    for gate in plan.gates:
        try:
            check_rule(gate)
        except GateError as error:
            yield f"{plan.name}: {error}"
        if gate.metric in summarised:
            if problem := _unsuited(gate):
                yield f"{plan.name}: llm_gate({gate.metric!r}) {problem}"
        elif gate.metric not in numbers | declared:
            known_ones = numbers | summarised
            yield f"{plan.name}: {_unknown(gate.metric, known_ones, labels, body, set(plan.metrics))}"


def _unsuited(gate: GateRule) -> str:
    """Return what a gate asks that a summary evaluator's one number can't give, or an empty string."""
    if gate.must_pass is not None:
        return "has must_pass, and a summary evaluator scores the suite, not its examples. Use min_mean."
    if gate.rule != "mean" and gate.max_drop != _DEFAULTS.max_drop:
        return "has max_drop, and a summary evaluator gives no pairs to test. Say rule='mean' to compare two numbers."
    return ""


def _makes_sense(rule: GateRule) -> bool:
    try:
        check_rule(rule)
    except GateError:
        return False
    return True


def _unknown(metric: str, numbers: set[str], labels: set[str], body: set[str], evaluators: set[str]) -> str:
    if metric in labels:
        return (
            f"llm_gate({metric!r}) can't gate: {metric!r} gives labels, and a gate needs numbers or booleans."
        )
    if metric in body:
        return (
            f"llm_gate({metric!r}) can't gate: {metric!r} is scored inside the test body. "
            "Scores gate when their evaluator is on the llm_dataset marker."
        )
    if metric in evaluators:
        return f"llm_gate({metric!r}) can't gate: evaluator {metric!r} gave no number in any trial. {known(numbers)}"
    hint = nearest(metric, numbers | labels | body)
    return f"llm_gate({metric!r}) names a metric that nothing produced.{hint} {known(numbers)}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
