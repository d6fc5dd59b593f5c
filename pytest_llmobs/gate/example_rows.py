"""The examples that deserve a line, with what changed for those that turned the build red."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from pytest_llmobs.gate.judged import JudgedSuite
from pytest_llmobs.gate.must_pass import must_pass_failures
from pytest_llmobs.gate.pairing import ExamplePair
from pytest_llmobs.gate.replays.breaks import broken_on_recordings
from pytest_llmobs.gate.suspects import broken_note, passing_limit, states
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import score_value, score_values, why_unscored
from pytest_llmobs.records.decisions import ExampleRow, ExampleState
from pytest_llmobs.records.trials import Trial

WORST = 10
"""Examples named for a regressed metric: those with the largest drops."""
MOST_EXPLAINED = 200
"""Rows of a suite that say what changed."""
_EXPLAINED = ("broken", "drifted", "suspect", "dropped")


def example_rows(suite: JudgedSuite, commit: str | None) -> list[ExampleRow]:
    """Return the rows of one suite: red ones, suspects, then the others.

    Args:
        suite: The suite, judged.
        commit: The code's commit, for what changed.
    """
    rows: dict[tuple[str, str], ExampleRow] = {}
    # of several rows of one example and metric the first says most
    for row in _candidates(suite):
        rows.setdefault((row.example_id, row.metric), row)
    ordered = sorted(rows.values(), key=lambda row: (not row.red, row.state not in ("drifted", "suspect")))
    # a diff costs more than all the rest of a row, and after so many of them nobody reads on
    for place, row in enumerate(ordered[:MOST_EXPLAINED]):
        ordered[place] = _explained(suite, row, commit)
    return ordered


def _candidates(suite: JudgedSuite) -> Iterator[ExampleRow]:
    """Yield rows in the order in which one outranks another of the same example and metric."""
    yield from _must_pass_rows(suite)
    yield from _finding_rows(suite, "broken", "drifted")
    broken: set[str] = set()
    for row in (*_rows_without_noise(suite), *_broken_rows(suite)):
        broken.add(row.example_id)
        yield row
    yield from _finding_rows(suite, "suspect")
    yield from _drop_rows(suite, broken)
    yield from _finding_rows(suite, "flaky")
    yield from _state_rows(suite)
    yield from _unpaired_rows(suite)


def _must_pass_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    for metric in suite.metrics:
        for example, failure in must_pass_failures(suite.first, metric.rule):
            yield _row(suite, example, metric.key, "broken", red=True, note=failure)


def _rows_without_noise(suite: JudgedSuite) -> Iterator[ExampleRow]:
    """Yield the examples that fail on a recording on which they passed."""
    for metric in suite.metrics:
        if not (metric.gating and metric.is_share):
            continue
        recorded, replays = suite.pair.recorded(metric.key), suite.pair.replays(metric.key)
        for example, note in broken_on_recordings(recorded, replays, metric.rule):
            yield _row(suite, example, metric.key, "broken", red=True, note=note)


def _broken_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    """Yield the examples of a suite with a regressed metric that passed before and pass in no trial any more.

    Where a mean has dropped the word needs no second proof, but never is it said without a trial of a further pass: one
    look in bad light is none.
    """
    if not suite.regressed or not suite.further:
        return
    for metric in suite.metrics:
        if not (metric.gating and metric.is_share):
            continue
        values, accepted = suite.pair.values(metric.key), suite.accepted_values(metric.key)
        for example, then in suite.pair.recorded(metric.key).items():
            now = values.get(example, ())
            limit = passing_limit(then, metric.key, metric.rule.lower_is_better)
            if limit is None or len(now) <= suite.plan.repeat or not all(map(limit.fails, now)):
                continue
            state = _state_of_broken(suite.drifted, list(map(limit.passes, accepted.get(example, ()))))
            if state is None:
                continue
            red = state == "broken" or suite.drift_is_red
            note = broken_note(sum(map(limit.passes, then)), len(then), 0, len(now))
            yield _row(suite, example, metric.key, state, red=red, note=note)


def _state_of_broken(suite_drifted: bool, passed_today: Sequence[bool]) -> ExampleState | None:
    """Return what an example is that broke; None for one of the drops of a suite that drifted.

    Args:
        suite_drifted: Whether whatever is red in its suite fails alike in the accepted code today.
        passed_today: How each of the accepted code's trials of it went; none where it didn't run.
    """
    if suite_drifted:
        return None if passed_today and all(passed_today) else "drifted"
    return "drifted" if passed_today and not any(passed_today) else "broken"


def _finding_rows(suite: JudgedSuite, *becoming: ExampleState) -> Iterator[ExampleRow]:
    """Yield the suspects that became one thing."""
    for finding in suite.findings:
        if finding.state in becoming:
            row = _row(
                suite,
                finding.example_id,
                finding.suspect.metric,
                finding.state,
                red=finding.red,
                note=finding.note,
            )
            yield replace(row, control_note=finding.control_note)


def _drop_rows(suite: JudgedSuite, broken: Collection[str]) -> Iterator[ExampleRow]:
    """Yield the largest drops of each regressed metric: of examples that didn't break, and of those that did."""
    for metric in suite.metrics:
        if not metric.regressed:
            continue
        largest_first = sorted(metric.comparison.pairs, key=attrgetter("difference", "example_id"))
        for pair in [*_largest(largest_first, broken, False), *_largest(largest_first, broken, True)]:
            if pair.difference < 0:
                yield _row(
                    suite,
                    pair.example_id,
                    metric.key,
                    "dropped",
                    red=not metric.drifted or suite.drift_is_red,
                )


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
            suspected.add(finding.example_id)
    for example, state in states(suite.pair.recorded(PASS), suite.pair.values(PASS), suspected):
        yield _row(suite, example, PASS, state)


def _unpaired_rows(suite: JudgedSuite) -> Iterator[ExampleRow]:
    pair = suite.first
    unpaired: dict[ExampleState, Sequence[str]] = {
        "removed": pair.removed,
        "edited": pair.edited,
        "new": pair.new,
    }
    for state, examples in unpaired.items():
        for example in examples:
            yield _row(suite, example, PASS, state)


def _row(
    suite: JudgedSuite, example: str, metric: str, state: ExampleState, *, red: bool = False, note: str = ""
) -> ExampleRow:
    trials = suite.trials_of(example)
    recorded: Sequence[float | None] = ()
    if example in suite.pair.rows:
        recorded = suite.pair.rows[example].repeats(metric)
    control = suite.control.trials.get(example, ())
    shown = _telling(trials, metric)
    reason, run_id, nodeid = "", None, ""
    if shown is not None:
        reason, run_id = _reason(shown, metric), shown.run_id
    if example in suite.first.expected:
        nodeid = suite.first.expected[example].nodeid
    return ExampleRow(
        suite=suite.name,
        example_id=example,
        metric=metric,
        state=state,
        nodeid=nodeid,
        baseline=tuple(recorded),
        candidate=score_values(trials, metric),
        control=score_values(control, metric),
        comment="\n".join(filter(None, (note, reason))),
        run_id=run_id,
        red=red,
    )


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
    baseline = suite.baseline
    if baseline is None or row.state not in _EXPLAINED:
        return row
    trial = _telling(suite.trials_of(row.example_id), row.metric)
    if trial is None:
        return row
    from pytest_llmobs.baselines.changes import changes_of  # most sessions have nothing to explain

    return replace(row, changes=tuple(changes_of(baseline, trial, commit)))
