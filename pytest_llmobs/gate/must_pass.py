"""``must_pass``: examples that may not fail, baseline or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.gate.suspects import PASSING
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.wording import count, known, nearest

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline

_NAMED = 10
"""Values named in a complaint."""


def must_pass_failures(suite: SuitePair, rule: GateRule) -> Iterator[tuple[str, str]]:
    """Yield each example that had to pass and did not, with what happened instead.

    A test passes or fails; a score passes from .5 (up to .5 where lower is better). A repeat without a verdict
    does not pass.
    """
    if rule.must_pass is None:
        return
    values = suite.values(rule.metric)
    exempt = suite.measured.exempt.get(rule.metric, set())
    for example in _marked(suite, _condition(rule)):
        verdicts, wanted = values.get(example, []), suite.repeats[example]
        passed = sum(_passes(value, rule) for value in verdicts)
        required = wanted
        if example in exempt:  # in some repeats the evaluator had nothing to say, and said so
            required = len(verdicts)
        if passed < required:
            yield example, _failure(rule, passed, len(verdicts), wanted)


def must_pass_errors(suite: SuitePair, rule: GateRule) -> Iterator[str]:
    """Yield a complaint where ``must_pass`` fits no example: misspelt, it would guard nothing.

    A selection may leave out every example that it is about, so a partial run is not blamed.
    """
    if not isinstance(rule.must_pass, Mapping) or suite.plan.partial:
        return
    if not _marked(suite, rule.must_pass):
        yield (
            f"must_pass={dict(rule.must_pass)!r} of llm_gate({rule.metric!r}) fits the metadata "
            f"of no example.{_choices(suite, rule.must_pass)}"
        )


def must_pass_range_problem(rule: GateRule, baseline: Baseline) -> str:
    """Return why ``must_pass`` can't hold a metric to a passing mark, or an empty string; for collection.

    Args:
        rule: One ``llm_gate``.
        baseline: Of its suite.
    """
    if rule.must_pass is None or rule.scale is not None or rule.metric == PASS:
        return ""
    for example, row in baseline.rows.items():
        for value in row.values(rule.metric):
            if not 0 <= value <= 1:
                return (
                    f"must_pass of llm_gate({rule.metric!r}) needs scores between 0 and 1, of which those from .5 "
                    f"pass, and the baseline has {value:g} for example {example!r}. Say what its scores lie between, "
                    "such as scale=(1, 5)."
                )
    return ""


def _failure(rule: GateRule, passed: int, verdicts: int, wanted: int) -> str:
    pairs = [f"{key}={value!r}" for key, value in _condition(rule).items()]
    marked = ", ".join(pairs) or "every example"
    failure = f"must pass ({marked}): {passed} of {count(wanted, 'trial')} passed"
    if verdicts < wanted:
        return f"{failure}, {wanted - verdicts} without a verdict"
    return failure


def _condition(rule: GateRule) -> Mapping[str, Any]:
    """Return the metadata that mark the examples; what is no dict is complained about, and marks every one."""
    if isinstance(rule.must_pass, Mapping):
        return rule.must_pass
    return {}


def _marked(suite: SuitePair, condition: Mapping[str, Any]) -> list[str]:
    """Return the examples whose metadata have these values, sorted."""
    marked = []
    for example, trial in sorted(suite.expected.items()):
        if condition.items() <= trial.metadata.items():
            marked.append(example)
    return marked


def _choices(suite: SuitePair, wanted: Mapping[str, Any]) -> str:
    """Return what the metadata have instead: the keys, or the values of the first key that fits nothing."""
    choices: dict[str, set[str]] = {}
    for trial in suite.expected.values():
        for key, value in trial.metadata.items():
            choices.setdefault(key, set()).add(str(value))
    for key, value in wanted.items():
        values = choices.get(key, set())
        if not values:
            keys = list(map(str, choices))
            return f"{nearest(key, keys)} {known(keys)}"
        if str(value) not in values:
            return (
                f"{nearest(str(value), values)} Of {key!r} there are: {', '.join(sorted(values)[:_NAMED])}."
            )
    return ""


def _passes(value: float, rule: GateRule) -> bool:
    if rule.metric == PASS:
        return value == 1
    if rule.lower_is_better:
        return value <= 1 - PASSING
    return value >= PASSING
