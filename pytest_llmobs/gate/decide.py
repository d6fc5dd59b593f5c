"""The gate: plans, trials and baselines in, a decision out. No files, no clock, no chance.

Call ``decide`` once with the first run's trials. Where the decision has ``reruns``, run them and call it again with
their trials as ``confirmation``; without them, the tentative verdict stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate.errors import session_errors
from pytest_llmobs.gate.example_rows import example_rows
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite, judged_suite
from pytest_llmobs.gate.metric_rows import joined
from pytest_llmobs.gate.metric_verdicts import metric_verdict
from pytest_llmobs.gate.notes import every_time_note, session_notes
from pytest_llmobs.gate.reruns import judge_first_run, judge_second_run, reruns_of
from pytest_llmobs.gate.suite_verdicts import suite_verdicts
from pytest_llmobs.gate.suspects import judge_suspect
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, Rerun
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings

_Baselines = Mapping[str, Baseline | BaselineError]


def decide(
    plans: Sequence[SuitePlan],
    trials: Sequence[Trial],
    baselines: _Baselines,
    settings: Settings,
    confirmation: Sequence[Trial] = (),
    *,
    commit: str | None = None,
    suite_scores: Sequence[SuiteScore] = (),
    conditions: Mapping[str, str] | None = None,
) -> Decision:
    """Judge a session.

    Args:
        plans: What collection promised, a suite each; the denominator of everything.
        trials: The first run's.
        baselines: By suite; a baseline that could not be read is given as its error. Suites without one are absent.
        settings: Of the session.
        confirmation: Trials of the confirming session, numbered as further repeats: of each example first those of
            the whole suite's second run, where guard 1 asked for one, then those of guard 2, which enter no mean.
        commit: The code's commit, for what changed.
        suite_scores: What summary evaluators say of the first run.
        conditions: Under which the trials ran; see ``Experiment.conditions``.
    """
    suites = _judged_suites(plans, trials, baselines, confirmation)
    reruns = _judge(suites, settings.confirm, bool(confirmation))
    rows = tuple(_verdicts(suites, settings, suite_scores))
    pairs = list(map(attrgetter("pair"), suites))
    left_out = [plan.name for plan in plans if plan.left_out]
    return Decision(
        metrics=rows,
        examples=tuple(_example_rows(suites, rows, commit)),
        reruns=reruns,
        errors=tuple(session_errors(pairs, baselines, settings, suite_scores, left_out)),
        notes=tuple(session_notes(plans, pairs, conditions)),
    )


def _judge(suites: Sequence[JudgedSuite], most_reruns: int, confirming: bool) -> Sequence[Rerun]:
    """Judge both runs; return what a confirming session should run, where there was none."""
    judge_first_run(suites, most_reruns)
    reruns = tuple(reruns_of(suites, most_reruns))
    confirming = confirming and bool(reruns)
    if confirming:
        reruns = ()
        judge_second_run(suites)
    _judge_suspects(suites, most_reruns, confirming)
    return reruns


def _judged_suites(
    plans: Iterable[SuitePlan],
    trials: Iterable[Trial],
    baselines: _Baselines,
    confirmation: Iterable[Trial],
) -> list[JudgedSuite]:
    """Return the suites that a verdict is about, their metrics compared with the baseline."""
    first, second = _by_suite(trials), _by_suite(confirmation)
    suites = []
    for plan in plans:
        if plan.left_out:
            continue
        baseline = baselines.get(plan.name)
        if isinstance(baseline, BaselineError):
            baseline = None  # session_errors tells of it
        suites.append(judged_suite(plan, baseline, first[plan.name], second[plan.name]))
    return suites


def _by_suite(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    by_suite: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_suite[trial.suite].append(trial)
    return by_suite


def _judge_suspects(suites: Iterable[JudgedSuite], most_reruns: int, confirming: bool) -> None:
    for suite in suites:
        for suspect in suite.suspects:
            finding = judge_suspect(
                suspect,
                suite.again.values.get(suspect.metric, {}),
                most_reruns=most_reruns,
                not_rerun=suite.not_rerun,
                confirming=confirming,
            )
            suite.findings.append(finding)


def _verdicts(
    suites: Iterable[JudgedSuite], settings: Settings, suite_scores: Sequence[SuiteScore]
) -> Iterator[MetricRow]:
    for suite in suites:
        for metric in suite.metrics:
            if _applies(metric):
                yield _metric_row(metric, settings)
        own = [score for score in suite_scores if score.suite == suite.name]
        yield from suite_verdicts(suite.pair, own, ci=settings.ci)


def _applies(metric: JudgedMetric) -> bool:
    """Tell whether a metric has a row: none where its evaluator says of every example that it does not apply."""
    return bool(metric.missing.expected) or metric.key not in metric.suite.measured.exempt


def _metric_row(metric: JudgedMetric, settings: Settings) -> MetricRow:
    row = metric_verdict(metric, ci=settings.ci, fail_on=settings.fail_on)
    if metric.key != PASS:
        return row
    return replace(row, note=joined(row.note, every_time_note(metric.suite)))


def _example_rows(
    suites: Iterable[JudgedSuite], rows: Sequence[MetricRow], commit: str | None
) -> Iterator[ExampleRow]:
    for suite in suites:
        regressed = set()
        for row in rows:
            if row.suite == suite.name and row.verdict == "REGRESSED":
                regressed.add(row.metric)
        yield from example_rows(suite, regressed, commit)
