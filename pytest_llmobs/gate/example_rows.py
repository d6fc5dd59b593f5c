"""The examples that deserve a line, with what changed for those that turned the build red."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_llmobs.baselines.changes import changes_of
from pytest_llmobs.gate.must_pass import must_pass_failures
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.gate.suites import JudgedSuite
from pytest_llmobs.gate.suspects import Finding, states
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.values import score_value, why_unscored
from pytest_llmobs.records.decisions import ExampleRow, ExampleState
from pytest_llmobs.records.trials import Trial

WORST = 10
"""Examples named for a regressed metric: those with the largest drops."""
MOST_EXPLAINED = 200
"""Rows of a suite that say what changed."""
_EXPLAINED = ("broken", "suspect", "dropped")
Again = Mapping[str, Sequence[Trial]]
"""Trials of the confirming session, by example."""
_Rows = dict[tuple[str, str], ExampleRow]
"""By example and metric: the first row of a pair stays."""


def example_rows(
    case: JudgedSuite, regressed: Collection[str], again: Again, commit: str | None
) -> list[ExampleRow]:
    """Return the rows of one suite: red ones, suspects, then the others.

    Args:
        case: The suite, judged.
        regressed: Its metrics with a red verdict of guard 1.
        again: Its trials of the confirming session, by example.
        commit: The code's commit, for what changed.
    """
    rows: _Rows = {}
    for row in _candidates(case, regressed, again):
        rows.setdefault((row.example_id, row.metric), row)
    ordered = sorted(rows.values(), key=lambda row: (not row.red, row.state != "suspect"))
    explained = [_explained(case.pair, row, again, commit) for row in ordered[:MOST_EXPLAINED]]
    return [*explained, *ordered[MOST_EXPLAINED:]]


def _candidates(case: JudgedSuite, regressed: Collection[str], again: Again) -> Iterator[ExampleRow]:
    """Yield rows in the order in which one outranks another of the same example and metric."""
    for metric in case.metrics:
        if metric.rule.must_pass is not None:
            for example, comment in must_pass_failures(case.pair, metric.rule):
                yield _row(case.pair, example, metric.metric, "broken", again, red=True, note=comment)
    yield from (
        _finding_row(case.pair, found, regressed, again) for found in case.findings if found.state != "flaky"
    )
    yield from _dropped(case, regressed, again)
    yield from (
        _finding_row(case.pair, found, regressed, again) for found in case.findings if found.state == "flaky"
    )
    yield from _other_states(case)


def _dropped(case: JudgedSuite, regressed: Collection[str], again: Again) -> Iterator[ExampleRow]:
    """Yield the largest drops of each regressed metric."""
    for metric in case.metrics:
        if metric.metric in regressed:
            seen = metric.second if metric.second is not None and not metric.lacking else metric.first
            falling = sorted(
                (p for p in seen.pairs if p.difference < 0), key=lambda p: (p.difference, p.example_id)
            )
            for pair in falling[:WORST]:
                yield _row(case.pair, pair.example_id, metric.metric, "dropped", again, red=True)


def _other_states(case: JudgedSuite) -> Iterator[ExampleRow]:
    """Yield what is neither red nor suspect, by ``pass`` alone."""
    if any(metric.metric == PASS and metric.rule.rule != "off" for metric in case.metrics):
        suspected = {
            found.suspect.example_id: found for found in case.findings if found.suspect.metric == PASS
        }
        for example, state in states(case.pair, suspected):
            yield _row(case.pair, example, PASS, state, {})
    lists: Mapping[ExampleState, Sequence[str]] = {
        "removed": case.pair.removed,
        "edited": case.pair.edited,
        "new": case.pair.new,
    }
    for state, examples in lists.items():
        yield from (_row(case.pair, example, PASS, state, {}) for example in examples)


def _finding_row(pair: SuitePair, found: Finding, regressed: Collection[str], again: Again) -> ExampleRow:
    suspect, state, red, note = found.suspect, found.state, found.red, found.note
    if state == "suspect" and not red and suspect.metric in regressed:
        state, red, note = "dropped", True, ""  # the metric's own second run has spoken
    return _row(pair, suspect.example_id, suspect.metric, state, again, red=red, note=note)


def _row(
    pair: SuitePair,
    example: str,
    metric: str,
    state: ExampleState,
    again: Again,
    *,
    red: bool = False,
    note: str = "",
) -> ExampleRow:
    trials = _trials(pair, example, again)
    shown = _telling(trials, metric)
    row = pair.baseline.rows.get(example) if pair.baseline else None
    before: Sequence[float | None] = ()
    if row is not None:
        before = row.passes if metric == PASS else row.scores.get(metric, ())
    expected = pair.expected.get(example)
    return ExampleRow(
        suite=pair.plan.name,
        example_id=example,
        metric=metric,
        state=state,
        nodeid=expected.nodeid if expected else "",
        baseline=tuple(before),
        candidate=tuple(score_value(trial, metric) for trial in trials),
        comment="\n".join(part for part in (note, _reason(shown, metric)) if part),
        run_id=shown.run_id if shown else None,
        red=red,
    )


def _trials(pair: SuitePair, example: str, again: Again) -> list[Trial]:
    return [*pair.measured.trials.get(example, ()), *again.get(example, ())]


def _telling(trials: Sequence[Trial], metric: str) -> Trial | None:
    """Return the trial that shows the failure: the first with the lowest value, else the first."""
    valued = [
        (value, number) for number, t in enumerate(trials) if (value := score_value(t, metric)) is not None
    ]
    if valued:
        return trials[min(valued)[1]]
    if trials:
        return trials[0]
    return None


def _reason(trial: Trial | None, metric: str) -> str:
    if trial is None:
        return ""
    if metric == PASS:
        return trial.message or ""
    score = trial.scores.get(metric)
    if score is not None:
        return score.comment or why_unscored(score)
    return ""


def _explained(pair: SuitePair, row: ExampleRow, again: Again, commit: str | None) -> ExampleRow:
    if row.state not in _EXPLAINED or pair.baseline is None:
        return row
    trial = _telling(_trials(pair, row.example_id, again), row.metric)
    if trial is None:
        return row
    return replace(row, changes=tuple(changes_of(pair.baseline, trial, commit)))
