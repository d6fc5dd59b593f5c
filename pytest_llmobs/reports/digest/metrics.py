"""The metrics by suite: what the gate judged, and the means of what no verdict speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.measures.values import shown_value
from pytest_llmobs.records.decisions import MetricRow, VerdictName
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import headed

Standing = Literal["red", "warning", "improved", ""]
"""How a row stands: red, green but to be read, improved, or nothing special."""
STANDINGS: tuple[Standing, ...] = ("red", "warning", "improved", "")
"""All of them, what needs attention first."""
Label = Literal["", "not gated", "measured", "recorded"]
"""What to say of a row instead of its verdict; empty: its verdict."""
_QUIET: tuple[VerdictName, ...] = ("NEUTRAL", "NO_BASELINE", "UNPAIRED")
"""Verdicts that need no attention."""
_FIRST = STANDINGS[:2]
"""Standings whose notes come before all others."""


@dataclass(frozen=True)
class MetricLine:
    """One metric of one suite."""

    row: MetricRow
    label: Label = ""
    lower_is_better: bool = False
    looked_again: bool = False
    """True where its figures cover other passes than those of the session itself."""

    @property
    def has_verdict(self) -> bool:
        """False where nothing judges it, so that the verdict of its row means nothing."""
        return not self.label

    @property
    def quiet(self) -> bool:
        """True where it may be left out of a long table."""
        if self.label:
            return True
        return not self.row.red and self.row.verdict in _QUIET

    @property
    def rank(self) -> int:
        """Where it comes among others: 0 where it is red, 1 where it needs attention, 2 where it is quiet."""
        if self.row.red:
            return 0
        return 1 + self.quiet


@dataclass(frozen=True)
class MetricNote:
    """What else the reader must know of metrics of a suite; said once of all that share it."""

    suite: str
    standing: Standing
    metrics: tuple[str, ...]
    text: str

    @property
    def aside(self) -> bool:
        """True where it may be left out of a long list."""
        return self.standing not in _FIRST


@dataclass(frozen=True)
class SuiteSize:
    """How much of a suite was to run."""

    examples: int
    total: int
    """Examples before the user's own selection."""
    repeat: int
    """Trials an example."""
    partial: bool
    """True where the user left examples out."""


@dataclass(frozen=True, kw_only=True)
class SuiteMetrics:
    """One suite: its metrics and the notes on them."""

    suite: str
    size: SuiteSize | None
    """None where the suite's plan is unknown."""
    judged: bool
    """True where the gate judged one of its metrics."""
    lines: tuple[MetricLine, ...]
    notes: tuple[MetricNote, ...]
    """Red ones first, then warnings."""

    @property
    def quiet(self) -> bool:
        """True where none of its metrics needs attention."""
        return all(line.quiet for line in self.lines)


@dataclass(frozen=True)
class MetricsDigest:
    """The metrics of all suites."""

    suites: tuple[SuiteMetrics, ...]
    """In the order of the gate; those without a verdict come after it."""
    unmeasured: tuple[str, ...]
    """Suites that should have been measured, and nothing was."""


def digest_metrics(experiment: Experiment) -> MetricsDigest:
    """Group what the gate judged, and what was measured besides, by suite."""
    plans = {plan.name: plan for plan in experiment.suites}
    lines: dict[str, list[MetricLine]] = {}
    for row in experiment.decision.metrics:
        lines.setdefault(row.suite, []).append(_line(row, plans.get(row.suite)))
    # before the others join them: these are the suites that the gate knows
    judged = set(lines)
    for row in unjudged(experiment):
        label = _label(row, experiment, row.suite in judged)
        lines.setdefault(row.suite, []).append(MetricLine(row, label))
    suites = []
    for suite, its_lines in lines.items():
        suites.append(_suite(suite, its_lines, plans.get(suite), suite in judged))
    return MetricsDigest(tuple(suites), tuple(_unmeasured(experiment.suites, lines)))


def _line(row: MetricRow, plan: SuitePlan | None) -> MetricLine:
    if plan is None:
        return MetricLine(row)
    rule = rule_of(plan, row.metric)
    off = rule.rule == "off" and row.verdict == "NEUTRAL" and not row.red
    return MetricLine(
        row,
        "not gated" if off else "",
        lower_is_better=rule.lower_is_better,
        looked_again=row.passes > 0 and row.passes != plan.repeat,
    )


def standing(row: MetricRow) -> Standing:
    """Return how a row stands."""
    if row.red:
        return "red"
    if row.warning:
        return "warning"
    if row.verdict == "IMPROVED":
        return "improved"
    return ""


def compared_lines(metrics: MetricsDigest) -> list[MetricLine]:
    """Return the metrics that differ from a baseline by a known amount; those that need attention first."""
    lines = []
    for suite in metrics.suites:
        for line in suite.lines:
            if line.row.delta is not None:
                lines.append(line)
    return sorted(lines, key=attrgetter("rank"))


def unjudged(experiment: Experiment) -> list[MetricRow]:
    """Return a row without verdict for each metric that was measured and that the gate says nothing about.

    Scores made in a test body are among them, and all metrics of a session that records a baseline. The verdict of
    these rows means nothing, but for ``INSUFFICIENT_DATA``: there is no score.
    """
    judged = {(row.suite, row.metric) for row in experiment.decision.metrics}
    trials: dict[str, list[Trial]] = {}
    for trial in experiment.trials:
        trials.setdefault(trial.suite, []).append(trial)
    rows: list[MetricRow] = []
    for plan in experiment.suites:
        rows += _means(plan.name, trials.get(plan.name, ()), judged)
        rows += _summaries(plan.name, experiment.suite_scores, judged)
    return rows


def _means(suite: str, trials: Sequence[Trial], judged: Collection[tuple[str, str]]) -> Iterator[MetricRow]:
    metrics = {PASS: None}
    for trial in trials:
        metrics.update(dict.fromkeys(trial.scores))
    for metric in metrics:
        if (suite, metric) in judged:
            continue
        values = _values(metric, trials)
        if values:
            yield MetricRow(
                suite=suite,
                metric=metric,
                verdict="NO_BASELINE",
                candidate=metric_mean(values),
                n=len(values),
                expected=len(values),
            )


def _values(metric: str, trials: Sequence[Trial]) -> dict[str, list[float]]:
    """Return the values of the repeats of each example that has one."""
    values: dict[str, list[float]] = {}
    for trial in trials:
        value = shown_value(trial, metric)
        if value is not None:
            values.setdefault(trial.example_id, []).append(value)
    return values


def _summaries(
    suite: str, scores: Sequence[SuiteScore], judged: Collection[tuple[str, str]]
) -> Iterator[MetricRow]:
    for score in scores:
        if score.suite != suite or (suite, score.metric) in judged:
            continue
        # one number has no pairs, so that no test can judge it
        verdict: VerdictName = "UNPAIRED"
        note = ""
        if score.error is not None:
            verdict, note = "INSUFFICIENT_DATA", f"unscored: {headed(score.error)}"
        yield MetricRow(
            suite=suite,
            metric=score.metric,
            verdict=verdict,
            candidate=score.score,
            n=score.n,
            expected=score.expected,
            note=note,
        )


def _label(row: MetricRow, experiment: Experiment, suite_judged: bool) -> Label:
    # a summary evaluator that failed: that there is no score must not look like one that doesn't gate
    if row.warning:
        return ""
    if experiment.shard or suite_judged:
        return "not gated"
    # a recording that was cut short says itself what it left out
    if experiment.decision.red:
        return "measured"
    return "recorded"


def _suite(suite: str, lines: Sequence[MetricLine], plan: SuitePlan | None, judged: bool) -> SuiteMetrics:
    return SuiteMetrics(
        suite=suite,
        size=_size(plan),
        judged=judged,
        lines=tuple(lines),
        notes=tuple(_notes(suite, lines)),
    )


def _size(plan: SuitePlan | None) -> SuiteSize | None:
    if plan is None:
        return None
    return SuiteSize(len(plan.example_ids), plan.total, plan.repeat, plan.partial)


def _notes(suite: str, lines: Sequence[MetricLine]) -> list[MetricNote]:
    """Return the rows' notes, red ones first; equal ones are said once."""
    notes = []
    for line in lines:
        notes.append(MetricNote(suite, standing(line.row), (line.row.metric,), line.row.note))
    return sorted(together(suite, notes), key=urgency)


def together(suite: str, apart: Iterable[MetricNote]) -> list[MetricNote]:
    """Return notes on metrics of a suite, equal ones as one; empty ones fall out."""
    metrics: dict[tuple[Standing, str], list[str]] = {}
    for note in apart:
        if note.text:
            metrics.setdefault((note.standing, note.text), []).extend(note.metrics)
    notes = []
    for (stands, text), its in metrics.items():
        notes.append(MetricNote(suite, stands, tuple(its), text))
    return notes


def urgency(note: MetricNote) -> int:
    """Return where a note comes among others: red ones first, then warnings, then all others as they come."""
    if note.aside:
        return len(_FIRST)
    return _FIRST.index(note.standing)


def _unmeasured(plans: Sequence[SuitePlan], measured: Collection[str]) -> Iterator[str]:
    for plan in plans:
        # other shards have all of it: nothing is missing here
        runs_elsewhere = plan.elsewhere and not plan.expected
        if plan.name not in measured and not plan.left_out and not runs_elsewhere:
            yield plan.name
