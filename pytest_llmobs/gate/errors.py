"""What is red for another reason than a metric: nothing ran, no baseline, a gate that makes no sense."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate.must_pass import must_pass_errors
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS, rule_errors
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import Settings


def complaints(
    suites: Sequence[SuitePair],
    baselines: Mapping[str, Baseline | BaselineError],
    settings: Settings,
    suite_scores: Sequence[SuiteScore] = (),
) -> Iterator[str]:
    """Yield the errors of a session, each written for the user.

    Args:
        suites: All suites.
        baselines: By suite; what could not be read is given as its error.
        settings: Of the session.
        suite_scores: What summary evaluators say.
    """
    if not any(suite.expected for suite in suites):
        yield (
            "Nothing was evaluated: no test of this session is a trial. "
            "Give tests the llm_dataset marker or the llm_run fixture, or leave --llm-experiment out."
        )
    for suite in suites:
        found = baselines.get(suite.plan.name)
        if isinstance(found, BaselineError):
            yield str(found)
        elif found is None and settings.ci and not settings.update_baseline:
            yield (
                f"No baseline for {suite.plan.name}. Record one where you trust the results and commit it: "
                f"{record_command(suite.plan.name)}"
            )
        measured = suite.measured
        body = measured.body - measured.values.keys()
        labels = {key for key in measured.labels if key == PASS or key not in measured.values}
        summarised = {score.metric for score in suite_scores if score.suite == suite.plan.name}
        yield from rule_errors(suite.plan, measured.values, labels, body, summarised, not suite.nothing_ran)
        for gate in suite.plan.gates:
            if gate.metric not in summarised:
                yield from must_pass_errors(suite, gate)
                yield from _needless(suite, gate)
            yield from _calibration_errors(suite, gate)


def record_command(suite: str) -> str:
    """Return the command that records a suite's baseline."""
    test = suite.partition("[")[0]  # pytest knows no suite by its parameters alone
    return f"pytest {shlex.quote(test)} --llm-experiment --llm-update-baseline"


def _needless(suite: SuitePair, gate: GateRule) -> Iterator[str]:
    """Yield a complaint about a drop that no score can make: 2 where 2 % was meant."""
    values = suite.measured.values.get(gate.metric, {})
    if gate.max_drop < 1 or gate.rule == "off" or not values:
        return
    if all(0 <= value <= 1 for found in values.values() for value in found):
        yield (
            f"{suite.plan.name}: max_drop={gate.max_drop:g} of llm_gate({gate.metric!r}) lets every drop pass, since "
            f"its scores lie between 0 and 1. {gate.max_drop:g} % is {gate.max_drop / 100:g}; rule='off' shows a "
            "metric without gating it."
        )


def _calibration_errors(suite: SuitePair, gate: GateRule) -> Iterator[str]:
    if gate.calibrated is None:
        return
    why = suite.plan.distrusted.get(gate.metric, f"no evaluator of the marker is called {gate.metric!r}.")
    if why:
        yield f"{suite.plan.name}: llm_gate({gate.metric!r}, calibrated={gate.calibrated!r}) refuses to gate. {why}"
