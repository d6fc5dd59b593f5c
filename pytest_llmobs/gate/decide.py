"""The gate: plans, trials and baselines in, a decision out. No files, no clock, no chance.

Call ``decide`` once with the first run's trials. Where the decision has ``reruns``, run them and call it again with
their trials as ``confirmation``; without them, the tentative verdict stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.gate import guards
from pytest_llmobs.gate.errors import session_errors
from pytest_llmobs.gate.example_rows import example_rows
from pytest_llmobs.gate.latency_and_cost import operation_notes
from pytest_llmobs.gate.metric_verdicts import JudgedMetric, look_again, metric_row
from pytest_llmobs.gate.repeats import every_time
from pytest_llmobs.gate.suite_verdicts import suite_rows
from pytest_llmobs.gate.suites import JudgedSuite, suite_case
from pytest_llmobs.gate.suspects import (
    MOST_SUSPECTS,
    find_suspects,
    judge_suspect,
    many,
    rerun_of,
)
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.statistics import holm
from pytest_llmobs.measures.values import Measurements, measure
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, Rerun
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import listed

_NAMED = 3
"""Suites named in a note; more are counted."""
MOST_LOST = 0.05
"""Part of a second run that may be lost; with more, the tentative verdict stands."""


def decide(
    plans: Sequence[SuitePlan],
    trials: Sequence[Trial],
    baselines: Mapping[str, Baseline | BaselineError],
    settings: Settings,
    confirmation: Sequence[Trial] = (),
    *,
    commit: str | None = None,
    suite_scores: Sequence[SuiteScore] = (),
) -> Decision:
    """Judge a session.

    Args:
        plans: What collection promised, a suite each; the denominator of everything.
        trials: The first run's.
        baselines: By suite; a baseline that could not be read is given as its error. Suites without one are absent.
        settings: Of the session.
        confirmation: Trials of the confirming session, numbered as further repeats. Of each example the first are
            the second run of the whole suite, where guard 1 asked for one; the rest belong to guard 2 and enter no
            mean.
        commit: The code's commit, for what changed.
        suite_scores: What summary evaluators say of the first run.
    """
    plans, unselected = [p for p in plans if not p.left_out], [p for p in plans if p.left_out]
    first = _by_suite(trials)
    second = {suite: measure(found) for suite, found in _by_suite(confirmation).items()}
    suites = [suite_case(plan, baselines.get(plan.name), first.get(plan.name, ())) for plan in plans]
    _look(suites, settings)
    reruns = tuple(_reruns(suites, settings))
    confirming = bool(reruns) and bool(confirmation)
    if confirming:
        _look_again(suites, second)
    _judge_suspects(suites, second, settings, confirming)
    rows = tuple(_metric_rows(suites, settings, suite_scores))
    return Decision(
        metrics=rows,
        examples=tuple(_example_rows(suites, rows, second, commit)),
        reruns=() if confirming else reruns,
        errors=tuple(session_errors([suite.pair for suite in suites], baselines, settings, suite_scores)),
        notes=(*_unselected(unselected), *(note for suite in suites for note in _notes(suite))),
    )


def _by_suite(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        found[trial.suite].append(trial)
    return dict(found)


def _compared(suites: Iterable[JudgedSuite]) -> list[JudgedMetric]:
    return [case for suite in suites for case in suite.metrics if case.compared]


def _look(suites: Sequence[JudgedSuite], settings: Settings) -> None:
    """Judge the first run: who is tentatively red, who is suspect, what a second run must cover."""
    cases = _compared(suites)
    large = [case for case in cases if not case.evidence.small]
    for case, p in zip(large, holm([case.evidence.worse for case in large]), strict=True):
        case.adjusted = p
    for case, p in zip(cases, holm([case.evidence.better for case in cases]), strict=True):
        case.adjusted_better = p
    for case in cases:
        case.tentative = guards.tentative(case.first, case.rule, case.evidence.small, case.adjusted)
    together = sum(suite.tests for suite in suites)
    for suite in suites:
        gating = [case.metric for case in suite.metrics if case.gating]
        suite.suspects = list(find_suspects(suite.pair, gating, (suite.tests, together), settings.confirm))
        tentative = [case for case in suite.metrics if case.tentative]
        if tentative and settings.confirm and not suite.insufficient:
            fresh = [
                guards.SMALL_REPEATS if case.evidence.small else suite.pair.plan.repeat for case in tentative
            ]
            suite.whole = max(fresh)
        suite.unasked = _unasked(suite, {case.metric for case in tentative})


def _unasked(suite: JudgedSuite, tentative: set[str]) -> str:
    if suite.insufficient:
        return "not run again: the suite is red for missing data"
    # only where their own metrics get a second look: many can break while the mean drops by less than max_drop
    if suite.whole and many(suite.suspects) and tentative.issuperset(each.metric for each in suite.suspects):
        return f"one of more than {MOST_SUSPECTS} suspects, not run again one by one; --llm-repeat 3 makes them rare"
    return ""


def _reruns(suites: Iterable[JudgedSuite], settings: Settings) -> Iterator[Rerun]:
    for suite in suites:
        if suite.whole:
            yield Rerun(suite=suite.name, examples=None, repeats=suite.whole, reason="metric")
        if suite.unasked:
            continue
        rerun = rerun_of(suite.name, suite.suspects, settings.confirm)
        if rerun is not None and rerun.repeats > suite.whole:
            yield rerun


def _look_again(suites: Sequence[JudgedSuite], second: Mapping[str, Measurements]) -> None:
    """Judge guard 1 with the second runs of whole suites; all other metrics keep their places in Holm's order."""
    for suite in suites:
        if not suite.whole:
            continue
        found = second.get(suite.name, Measurements())
        # later repeats are guard 2's
        fresh = measure(trial for trials in found.trials.values() for trial in trials[: suite.whole])
        for case in suite.metrics:
            if case.compared:
                look_again(case, fresh.values.get(case.metric, {}))
                case.lacking = _lacking(case, fresh, suite.whole)
    cases = _compared(suites)
    raw = [
        case.second_p if case.second else 1.0 if case.evidence.small else case.evidence.worse
        for case in cases
    ]
    for case, p in zip(cases, holm(raw), strict=True):
        case.second_adjusted = p


def _lacking(case: JudgedMetric, fresh: Measurements, repeats: int) -> str:
    found = fresh.values.get(case.metric, {})
    wanted = len(case.first.pairs) * repeats
    lost = wanted - sum(min(repeats, len(found.get(pair.example_id, ()))) for pair in case.first.pairs)
    if lost <= MOST_LOST * wanted:
        return ""
    return f"tentative: the second run lacks {lost} of {wanted} trials"


def _judge_suspects(
    suites: Iterable[JudgedSuite], second: Mapping[str, Measurements], settings: Settings, confirming: bool
) -> None:
    for suite in suites:
        again = second.get(suite.name, Measurements())
        suite.findings = [
            judge_suspect(
                suspect,
                again.values.get(suspect.metric, {}),
                most_reruns=settings.confirm,
                unasked=suite.unasked,
                confirming=confirming,
            )
            for suspect in suite.suspects
        ]


def _metric_rows(
    suites: Iterable[JudgedSuite], settings: Settings, scores: Sequence[SuiteScore]
) -> Iterator[MetricRow]:
    for suite in suites:
        for case in suite.metrics:
            if case.missing.expected or case.metric not in suite.pair.measured.exempt:
                row = metric_row(case, ci=settings.ci, fail_on=settings.fail_on)
                if row.metric == PASS and (told := every_time(suite.pair)):
                    row = replace(row, note="; ".join(filter(None, (row.note, told))))
                yield row
        own = [score for score in scores if score.suite == suite.name]
        yield from suite_rows(suite.pair, own, ci=settings.ci)


def _example_rows(
    suites: Iterable[JudgedSuite],
    rows: Iterable[MetricRow],
    second: Mapping[str, Measurements],
    commit: str | None,
) -> Iterator[ExampleRow]:
    regressed = {(row.suite, row.metric) for row in rows if row.verdict == "REGRESSED"}
    for suite in suites:
        again = second.get(suite.name, Measurements())
        own = {metric for name, metric in regressed if name == suite.name}
        yield from example_rows(suite, own, again.trials, commit)


def _unselected(plans: Sequence[SuitePlan]) -> Iterator[str]:
    if plans:
        names = listed([plan.name for plan in plans], _NAMED)
        yield f"partial: nothing was selected of {names}; the verdict says nothing about it"


def _notes(suite: JudgedSuite) -> Iterator[str]:
    plan = suite.pair.plan
    if plan.partial:
        ran = len(suite.pair.expected)
        yield f"{plan.name}: partial, {ran} of {plan.total} examples were selected; the verdict covers those"
    if new := suite.pair.new:
        passes = suite.pair.measured.values.get(PASS, {})
        failing = sum(min(passes.get(example, [1.0])) == 0 for example in new)
        told = f" ({failing} of them failing)" if failing else ""
        yield f"{plan.name}: {len(new)} new example{'s' * (len(new) > 1)}{told}, compared from the next baseline on"
    yield from operation_notes(suite.pair)
