"""What is red for another reason than a metric: nothing ran, no baseline, a gate that makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate.must_pass import must_pass_errors
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS, ScoredMetrics, rule_errors, rule_of
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import listed, shell_line

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline

RecordCommand = Callable[[str], str]
"""Returns the command that records a suite's baseline."""

_NAMED = 3
"""Suites named in an error; more are counted."""


def record_command(suite: str) -> str:
    """Return the command that records a suite's baseline."""
    test = suite.partition("[")[0]  # pytest knows no suite by its parameters alone
    return f"pytest {shell_line([test])} --llm-experiment --llm-update-baseline"


def session_errors(
    suites: Sequence[SuitePair],
    baselines: Mapping[str, Baseline | BaselineError],
    settings: Settings,
    suite_scores: Sequence[SuiteScore] = (),
    left_out: Sequence[str] = (),
    record_command: RecordCommand = record_command,
) -> Iterator[str]:
    """Yield the errors of a session, each written for the user.

    Args:
        suites: All suites.
        baselines: By suite; what could not be read is given as its error.
        settings: Of the session.
        suite_scores: What summary evaluators say.
        left_out: Suites of which the user's selection has left nothing.
        record_command: Returns the command that records a suite's baseline.
    """
    if not any(map(attrgetter("expected"), suites)):
        yield nothing_ran(left_out)
    for suite in suites:
        name = suite.plan.name
        yield from _baseline_errors(name, baselines.get(name), settings, record_command)
        summarised = {score.metric for score in suite_scores if score.suite == name}
        for error in _gate_errors(suite, summarised):
            yield f"{name}: {error}"


def nothing_ran(left_out: Sequence[str]) -> str:
    """Return the error of a session that has no trial.

    Args:
        left_out: Suites of which the user's selection has left nothing.
    """
    if left_out:
        return (
            f"Nothing was evaluated: the selection (-k, -m, --deselect, --lf, a node id) left out every trial of "
            f"{listed(left_out, _NAMED)}."
        )
    return (
        "Nothing was evaluated: no test of this session is a trial. "
        "Give tests the llm_dataset marker or the llm_run fixture, or leave --llm-experiment out."
    )


def _baseline_errors(
    suite: str, baseline: Baseline | BaselineError | None, settings: Settings, record_command: RecordCommand
) -> Iterator[str]:
    if isinstance(baseline, BaselineError):
        yield str(baseline)
    elif baseline is None and settings.ci and not settings.update_baseline:
        yield (
            f"No baseline for {suite}. Record one where you trust the results and commit it: "
            f"{record_command(suite)}"
        )


def _gate_errors(suite: SuitePair, summarised: set[str]) -> Iterator[str]:
    yield from rule_errors(suite.plan, _scored_metrics(suite, summarised))
    for gate in suite.plan.gates:
        if gate.metric not in summarised:
            # of a summary evaluator's one number rule_errors has said all
            yield from must_pass_errors(suite, gate)
            yield from _unreachable_drop(suite, gate)
            yield from _off_scale(suite, gate)
        yield from _calibration_errors(suite, gate)


def _scored_metrics(suite: SuitePair, summarised: set[str]) -> ScoredMetrics:
    measured = suite.measured
    numbers = measured.values.keys()
    labels = measured.labels - numbers
    if PASS in measured.labels:
        labels.add(PASS)  # tests have numbers of that name, whatever an evaluator calls its score
    return ScoredMetrics(
        numbers={PASS, *numbers},
        labels=labels,
        body=measured.body - numbers,
        summarised=summarised,
        ran=measured.ran > 0,
    )


def _unreachable_drop(suite: SuitePair, gate: GateRule) -> Iterator[str]:
    """Yield a complaint about a drop that no score can make: 2 where 2 % was meant."""
    if gate.max_drop is None or gate.max_drop < 1 or gate.rule == "off":
        return
    values = list(chain.from_iterable(suite.measured.values.get(gate.metric, {}).values()))
    if values and 0 <= min(values) <= max(values) <= 1:
        yield (
            f"max_drop={gate.max_drop:g} of llm_gate({gate.metric!r}) lets every drop pass, since "
            f"its scores lie between 0 and 1. {gate.max_drop:g} % is {gate.max_drop / 100:g}; rule='off' shows a "
            "metric without gating it."
        )


def _off_scale(suite: SuitePair, gate: GateRule) -> Iterator[str]:
    """Yield a complaint about scores outside the scale that a gate gives for them."""
    # a gate that gave way to the defaults is complained about elsewhere, and maps nothing
    if gate.scale is None or gate is not rule_of(suite.plan, gate.metric):
        return
    for example, values in suite.values(gate.metric).items():
        for value, score in zip(values, suite.measured.values[gate.metric][example], strict=True):
            if not 0 <= value <= 1:
                yield (
                    f"scale={tuple(gate.scale)!r} of llm_gate({gate.metric!r}) doesn't hold {score:g}, the score of "
                    f"example {example!r}. Give the lowest and the highest score that there are."
                )
                return


def _calibration_errors(suite: SuitePair, gate: GateRule) -> Iterator[str]:
    if gate.calibrated is None:
        return
    why = suite.plan.distrusted.get(gate.metric, f"no evaluator of the marker is called {gate.metric!r}.")
    if why:
        yield f"llm_gate({gate.metric!r}, calibrated={gate.calibrated!r}) refuses to gate: {why}"
