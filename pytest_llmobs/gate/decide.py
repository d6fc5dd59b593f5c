"""The gate: plans, trials and baselines in, a decision out. No files, no clock, no chance of its own.

Where the first look leaves a doubt, ``decide`` asks its caller for further ones: it says what is to run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.baselines.prompt_changes import suite_changes
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate.asking import Asking, TakeLook
from pytest_llmobs.gate.control import compare_with_accepted
from pytest_llmobs.gate.drift import drift_note, drift_of
from pytest_llmobs.gate.errors import RecordCommand, record_command, session_errors
from pytest_llmobs.gate.example_rows import example_rows
from pytest_llmobs.gate.examples import look_at_examples, look_behind_drift
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite, judged_suite
from pytest_llmobs.gate.means import falls, look_at_means
from pytest_llmobs.gate.metric_rows import joined
from pytest_llmobs.gate.metric_verdicts import metric_verdict
from pytest_llmobs.gate.notes import every_time_note, session_notes
from pytest_llmobs.gate.row_figures import Session
from pytest_llmobs.gate.suite_verdicts import suite_verdicts
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, PromptChange
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.prompt_uses import suites_prompts
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings, words

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline

_Baselines = Mapping[str, "Baseline | BaselineError"]


def decide(
    plans: Sequence[SuitePlan],
    trials: Sequence[Trial],
    baselines: _Baselines,
    settings: Settings,
    look: TakeLook | None = None,
    *,
    commit: str | None = None,
    suite_scores: Sequence[SuiteScore] = (),
    conditions: Mapping[str, str] | None = None,
    unlooked: str = "",
    record_command: RecordCommand = record_command,
) -> Decision:
    """Judge a session.

    Args:
        plans: What collection promised, a suite each; the denominator of everything.
        trials: The session's.
        baselines: By suite, without those that have none; one that could not be read is given as its error.
        settings: Of the session.
        look: Runs what a further look needs; None where nobody can: then there is one look.
        commit: The code's commit, for what changed.
        suite_scores: What summary evaluators say of the session.
        conditions: Under which the trials ran; see ``Experiment.conditions``.
        unlooked: What to note where there is one look though the gate would go on.
        record_command: Returns the command that records a suite's baseline.
    """
    suites = _judged_suites(plans, trials, baselines)
    asking = _judge(suites, Asking(look, settings.confirm, unlooked), settings)
    first, (warnings, remarks) = list(map(attrgetter("first"), suites)), _drifts(suites)
    errors = session_errors(first, baselines, settings, suite_scores, _left_out(plans), record_command)
    return Decision(
        metrics=tuple(_verdicts(suites, settings, _session(suites, asking), suite_scores)),
        examples=tuple(_example_rows(suites, commit)),
        errors=tuple(errors),
        notes=(*session_notes(plans, first, conditions), *warnings),
        remarks=tuple(remarks),
        prompts=tuple(_prompt_changes(suites)),
        unlooked=unlooked if _would_go_on(suites, asking) else "",
    )


def _left_out(plans: Iterable[SuitePlan]) -> list[str]:
    return [plan.name for plan in plans if plan.left_out]


def _judge(suites: Sequence[JudgedSuite], asking: Asking, settings: Settings) -> Asking:
    """Let both guards look, and the accepted code run where they make the build red; return who was asked."""
    for suite in suites:
        suite.drift_is_red = "drifted" in words(settings.fail_on)
    look_at_means(suites, asking)
    look_at_examples(suites, asking)
    compare_with_accepted(suites, asking, settings)
    look_behind_drift(suites, asking)
    return asking


def _session(suites: Iterable[JudgedSuite], asking: Asking) -> Session:
    return Session(tests=sum(map(_tested, suites)), most_passes=asking.last_look - 1)


def _judged_suites(
    plans: Iterable[SuitePlan], trials: Iterable[Trial], baselines: _Baselines
) -> list[JudgedSuite]:
    """Return the suites that a verdict is about, their metrics compared with the baseline."""
    by_suite: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_suite[trial.suite].append(trial)
    suites = []
    for plan in plans:
        if plan.left_out:
            continue
        baseline = baselines.get(plan.name)
        if isinstance(baseline, BaselineError):
            baseline = None  # session_errors tells of it
        suites.append(judged_suite(plan, baseline, by_suite[plan.name]))
    return suites


def _prompt_changes(suites: Iterable[JudgedSuite]) -> Iterator[PromptChange]:
    for suite in suites:
        if suite.baseline is not None:
            used = suites_prompts(suite.passed).get(suite.name, {})
            yield from suite_changes(suite.baseline, suite.plan, used)


def _drifts(suites: Iterable[JudgedSuite]) -> tuple[list[str], list[str]]:
    """Return how far the accepted code of each suite moved: where that is beyond chance, and where it isn't."""
    warnings: list[str] = []
    remarks: list[str] = []
    for suite in suites:
        if suite.baseline is None:
            continue
        # most baselines are of one session
        drift = drift_of(suite.baseline, suite.plan) if len(suite.baseline.sessions) > 1 else None
        if drift is not None and (note := drift_note(drift)):
            (warnings if drift.has_days else remarks).append(note)
    return warnings, remarks


def _tested(suite: JudgedSuite) -> int:
    return len(list(suite.tested))


def _would_go_on(suites: Iterable[JudgedSuite], asking: Asking) -> bool:
    """Tell whether something is in doubt that only a further look could settle, and nobody can take one."""
    if asking.last_look > 1:
        return False
    for suite in suites:
        open_findings = [finding for finding in suite.findings if finding.could_settle]
        if open_findings or any(map(falls, suite.tested)):
            return True
    return False


def _verdicts(
    suites: Iterable[JudgedSuite], settings: Settings, session: Session, suite_scores: Sequence[SuiteScore]
) -> Iterator[MetricRow]:
    for suite in suites:
        for metric in suite.metrics:
            if _applies(suite, metric):
                yield _metric_row(suite, metric, settings, session)
        own = [score for score in suite_scores if score.suite == suite.name]
        yield from suite_verdicts(suite.first, own, ci=settings.ci)


def _applies(suite: JudgedSuite, metric: JudgedMetric) -> bool:
    """Tell whether a metric has a row: none where its evaluator says of every example that it does not apply."""
    return bool(metric.missing.expected) or metric.key not in suite.first.measured.exempt


def _metric_row(suite: JudgedSuite, metric: JudgedMetric, settings: Settings, session: Session) -> MetricRow:
    row = metric_verdict(suite, metric, settings, session)
    if metric.key != PASS:
        return row
    return replace(row, note=joined(row.note, every_time_note(suite.first)))


def _example_rows(suites: Iterable[JudgedSuite], commit: str | None) -> Iterator[ExampleRow]:
    for suite in suites:
        yield from example_rows(suite, commit)
