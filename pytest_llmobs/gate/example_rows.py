"""The examples that deserve a line, with what changed for those that turned the build red."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from pytest_llmobs.baselines.changes import changes_of
from pytest_llmobs.gate.judged import JudgedSuite
from pytest_llmobs.gate.must_pass import must_pass_failures
from pytest_llmobs.gate.pairing import ExamplePair, SuitePair
from pytest_llmobs.gate.suspects import broke, broken_note, states
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import score_value, why_unscored
from pytest_llmobs.records.decisions import ExampleRow, ExampleState
from pytest_llmobs.records.trials import Trial

WORST = 10
"""Examples named for a regressed metric: those with the largest drops."""
MOST_EXPLAINED = 200
"""Rows of a suite that say what changed."""
_EXPLAINED = ("broken", "suspect", "dropped")


def example_rows(suite: JudgedSuite, regressed: Collection[str], commit: str | None) -> list[ExampleRow]:
    """Return the rows of one suite: red ones, suspects, then the others.

    Args:
        suite: The suite, judged.
        regressed: Its metrics with a red verdict of guard 1.
        commit: The code's commit, for what changed.
    """
    rows: dict[tuple[str, str], ExampleRow] = {}
    # of several rows of one example and metric the first says most
    for row in _candidates(suite, regressed):
        rows.setdefault((row.example_id, row.metric), row)
    ordered = sorted(rows.values(), key=lambda row: (not row.red, row.state != "suspect"))
    # a diff costs more than all the rest of a row, and after so many of them nobody reads on
    for place, row in enumerate(ordered[:MOST_EXPLAINED]):
        ordered[place] = _explained(suite, row, commit)
    return ordered


def _candidates(suite: JudgedSuite, regressed: Collection[str]) -> Iterator[ExampleRow]:
    """Yield rows in the order in which one outranks another of the same example and metric."""
    yield from _must_pass_rows(suite)
    yield from _finding_rows(suite, regressed, "broken")
    broken: set[str] = set()
    for row in _broken_rows(suite, regressed):
        broken.add(row.example_id)
        yield row
    yield from _finding_rows(suite, regressed, "suspect")
    yield from _drop_rows(suite, regressed, broken)
    yield from _finding_rows(suite, regressed, "flaky")
    yield from _state_rows(suite)
    yield from _unpaired_rows(suite)


def _must_pass_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    for metric in suite.metrics:
        for example, failure in must_pass_failures(suite.pair, metric.rule):
            trials = _trials(suite, example)
            yield _row(suite.pair, example, metric.key, "broken", trials, red=True, note=failure)


def _broken_rows(suite: JudgedSuite, regressed: Collection[str]) -> Iterator[ExampleRow]:
    """Yield the examples of a suite with a regressed metric that passed before and pass in no trial any more."""
    if not regressed:
        return
    for metric in suite.gating:
        first, again = metric.values, suite.again.values.get(metric.key, {})
        for example, then in suite.pair.recorded(metric.key).items():
            fresh = again.get(example, ())
            now = [*first.get(example, ()), *fresh]
            # never without a trial of the confirming session: one look in bad light is none
            if fresh and broke(then, now, metric.key, metric.rule.lower_is_better):
                trials, note = _trials(suite, example), broken_note(then, len(now))
                yield _row(suite.pair, example, metric.key, "broken", trials, red=True, note=note)


def _finding_rows(
    suite: JudgedSuite, regressed: Collection[str], becoming: ExampleState
) -> Iterator[ExampleRow]:
    """Yield the suspects that became one thing."""
    for finding in suite.findings:
        if finding.state != becoming:
            continue
        suspect = finding.suspect
        state, red, note = finding.state, finding.red, finding.note
        if state == "suspect" and not red and suspect.metric in regressed:
            state, red, note = "dropped", True, ""  # the metric's own second run has spoken
        trials = _trials(suite, suspect.example_id)
        yield _row(suite.pair, suspect.example_id, suspect.metric, state, trials, red=red, note=note)


def _drop_rows(
    suite: JudgedSuite, regressed: Collection[str], broken: Collection[str]
) -> Iterator[ExampleRow]:
    """Yield the largest drops of each regressed metric: of examples that didn't break, and of those that did."""
    for metric in suite.metrics:
        if metric.key not in regressed:
            continue
        # what the verdict was reached by
        seen = metric.first
        if metric.second is not None and not metric.second_lacks:
            seen = metric.second
        largest_first = sorted(seen.pairs, key=attrgetter("difference", "example_id"))
        for pair in [*_largest(largest_first, broken, False), *_largest(largest_first, broken, True)]:
            if pair.difference < 0:
                trials = _trials(suite, pair.example_id)
                yield _row(suite.pair, pair.example_id, metric.key, "dropped", trials, red=True)


def _largest(
    pairs: Sequence[ExamplePair], broken: Collection[str], are_broken: bool
) -> Sequence[ExamplePair]:
    return [pair for pair in pairs if (pair.example_id in broken) is are_broken][:WORST]


def _state_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    """Yield what is neither red nor suspect, by ``pass`` alone."""
    passes = suite.metrics[0]  # every suite has this metric, and it comes first
    if passes.rule.rule == "off":
        return
    suspected = set()
    for finding in suite.findings:
        if finding.suspect.metric == PASS:
            suspected.add(finding.suspect.example_id)
    for example, state in states(suite.pair, suspected):
        yield _first_run_row(suite.pair, example, state)


def _unpaired_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    pair = suite.pair
    unpaired: dict[ExampleState, Sequence[str]] = {
        "removed": pair.removed,
        "edited": pair.edited,
        "new": pair.new,
    }
    for state, examples in unpaired.items():
        for example in examples:
            yield _first_run_row(pair, example, state)


def _first_run_row(pair: SuitePair, example: str, state: ExampleState) -> ExampleRow:
    return _row(pair, example, PASS, state, pair.measured.trials.get(example, ()))


def _row(
    pair: SuitePair,
    example: str,
    metric: str,
    state: ExampleState,
    trials: Sequence[Trial],
    *,
    red: bool = False,
    note: str = "",
) -> ExampleRow:
    shown = _telling(trials, metric)
    reason, run_id, nodeid = "", None, ""
    if shown is not None:
        reason, run_id = _reason(shown, metric), shown.run_id
    if example in pair.expected:
        nodeid = pair.expected[example].nodeid
    return ExampleRow(
        suite=pair.plan.name,
        example_id=example,
        metric=metric,
        state=state,
        nodeid=nodeid,
        baseline=tuple(_recorded(pair, example, metric)),
        candidate=tuple(score_value(trial, metric) for trial in trials),
        comment="\n".join(filter(None, (note, reason))),
        run_id=run_id,
        red=red,
    )


def _recorded(pair: SuitePair, example: str, metric: str) -> Sequence[float | None]:
    """Return the baseline's repeats, those without a value included."""
    row = pair.rows.get(example)
    if row is None:
        return ()
    if metric == PASS:
        return row.passes
    return row.scores.get(metric, ())


def _trials(suite: JudgedSuite, example: str) -> list[Trial]:
    """Return an example's trials of both runs."""
    first = suite.pair.measured.trials.get(example, ())
    return [*first, *suite.again.trials.get(example, ())]


def _telling(trials: Sequence[Trial], metric: str) -> Trial | None:
    """Return the trial that shows the failure: the first with the lowest value, else the first."""

    def value_of(trial: Trial) -> float:
        value = score_value(trial, metric)
        return math.inf if value is None else value

    return min(trials, key=value_of, default=None)


def _reason(trial: Trial, metric: str) -> str:
    if metric == PASS:
        return trial.message or ""
    score = trial.scores.get(metric)
    if score is None:
        return ""
    return score.comment or why_unscored(score)


def _explained(suite: JudgedSuite, row: ExampleRow, commit: str | None) -> ExampleRow:
    baseline = suite.pair.baseline
    if baseline is None or row.state not in _EXPLAINED:
        return row
    trial = _telling(_trials(suite, row.example_id), row.metric)
    if trial is None:
        return row
    return replace(row, changes=tuple(changes_of(baseline, trial, commit)))
