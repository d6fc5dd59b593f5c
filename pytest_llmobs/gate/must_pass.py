"""``must_pass``: examples that may not fail, baseline or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.gate.suspects import PASSING
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.wording import known, nearest

_NAMED = 10
"""Values named in a complaint."""


def must_pass_failures(suite: SuitePair, rule: GateRule) -> Iterator[tuple[str, str]]:
    """Yield each example that had to pass and did not, with what happened instead.

    A test passes or fails; a score passes from .5 (up to .5 where lower is better). A repeat without a verdict
    does not pass.
    """
    values = suite.measured.values.get(rule.metric, {})
    for example in _marked(suite, rule):
        wanted, found = suite.repeats[example], values.get(example, [])
        passed = sum(_passes(value, rule) for value in found)
        exempt = example in suite.measured.exempt.get(rule.metric, ())
        if passed < (len(found) if exempt else wanted):
            lacking = "" if len(found) >= wanted else f", {wanted - len(found)} without a verdict"
            yield example, f"must pass ({_condition(rule)}): {passed} of {wanted} passed{lacking}"


def must_pass_errors(suite: SuitePair, rule: GateRule) -> Iterator[str]:
    """Yield a complaint where ``must_pass`` fits no example: misspelt, it would guard nothing.

    A selection may leave out every example that it is about, so a partial run is not blamed.
    """
    if isinstance(rule.must_pass, Mapping) and not suite.plan.partial and not any(_marked(suite, rule)):
        yield (
            f"must_pass={dict(rule.must_pass)!r} of llm_gate({rule.metric!r}) fits the metadata "
            f"of no example.{_choices(suite, rule.must_pass)}"
        )


def _choices(suite: SuitePair, wanted: Mapping[str, Any]) -> str:
    """Return what the metadata have instead: the keys, or the values of the first key that fits nothing."""
    every = [trial.metadata for trial in suite.expected.values()]
    keys = {str(key) for metadata in every for key in metadata}
    for key, value in wanted.items():
        values = {str(metadata[key]) for metadata in every if key in metadata}
        if not values:
            return f"{nearest(key, keys)} {known(keys)}"
        if str(value) not in values:
            return f"{nearest(str(value), values)} Values of {key!r}: {known(sorted(values)[:_NAMED])}"
    return ""


def _marked(suite: SuitePair, rule: GateRule) -> list[str]:
    wanted: Mapping[str, Any] = rule.must_pass if isinstance(rule.must_pass, Mapping) else {}
    return [
        example
        for example, trial in sorted(suite.expected.items())
        if all(key in trial.metadata and trial.metadata[key] == value for key, value in wanted.items())
    ]


def _passes(value: float, rule: GateRule) -> bool:
    if rule.metric == PASS:
        return value == 1
    if rule.lower_is_better:
        return value <= 1 - PASSING
    return value >= PASSING


def _condition(rule: GateRule) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in (rule.must_pass or {}).items()) or "every example"
