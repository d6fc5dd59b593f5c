"""How far the same code moves from one session to another: the A/A figure of a baseline.

Shuffling asks whether two sessions of accepted code differ by more than their trials do among themselves. Where they
do, the suite has days: a provider's deployment, a cache, an index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from pytest_llmobs.gate.units import clustered
from pytest_llmobs.measures.gate_rules import PASS, rule_of
from pytest_llmobs.measures.means import present, scored_mean
from pytest_llmobs.measures.permutation import permutation_test
from pytest_llmobs.measures.units import Row, Unit
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.wording import count

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession

LEVEL = 0.05
"""p below which a suite has days."""
_SHOWN = 6
"""Sessions whose means are shown, the newest."""
_ONE_DAY = "one day only"
_ADVICE = "this suite has days: keep the control on, record on two days"


@dataclass(frozen=True, kw_only=True)
class MetricDrift:
    """What a metric was in each session of accepted code."""

    metric: str
    means: Sequence[float | None]
    """Over the same examples, by session, the oldest first."""
    p: float | None = None
    """Two-sided, of the last session against all others, adjusted for all metrics of the suite (max-T); None where
    there is one session."""

    @property
    def moved(self) -> bool:
        """True where the last session differs by more than its trials do."""
        return self.p is not None and self.p < LEVEL

    def __str__(self) -> str:
        shown = self.means[-_SHOWN:]
        words = " ".join(_figures(shown))
        if len(self.means) > len(shown):
            words = f"… {words}"
        if self.p is None:
            return words
        return f"{words} (p = {self.p:.2g})"


@dataclass(frozen=True, kw_only=True)
class SuiteDrift:
    """How far the accepted code of a suite moved."""

    suite: str
    sessions: Mapping[str, BaselineSession]
    """Those that ran at least half of the examples, the oldest first."""
    passes: Sequence[int]
    """By session."""
    examples: int
    """That all of them have passes of."""
    metrics: Sequence[MetricDrift]

    @property
    def has_days(self) -> bool:
        """True where a metric moved by more than chance."""
        return any(map(attrgetter("moved"), self.metrics))

    @property
    def verdict(self) -> str:
        """What that means; empty where there is nothing to say."""
        if len(self.sessions) < 2:
            return _ONE_DAY
        if self.has_days:
            return _ADVICE
        return ""


def drift_of(baseline: Baseline, plan: SuitePlan | None = None) -> SuiteDrift:
    """Return how far the accepted code moved between the sessions of a baseline.

    The test is the gate's (``measures.permutation``), with the passes of the last session as the new ones and all
    others as the old ones, and asked in both directions: p is twice the smaller of a drop's and a rise's.

    Args:
        baseline: The suite's.
        plan: The suite as it was collected, for its clusters and for the metrics that gate; None where nobody knows.
    """
    names = _covering(baseline)
    rows = {}
    for example, row in baseline.rows.items():
        if row.sessions.keys() >= set(names):
            rows[example] = row
    metrics = _metrics(rows, plan)
    p_values: Sequence[float | None] = [None] * len(metrics)
    if len(names) > 1:
        p_values = _two_sided(_units(rows, metrics, names[-1], plan), len(metrics))
    drifts = []
    for metric, p in zip(metrics, p_values, strict=True):
        drifts.append(MetricDrift(metric=metric, means=_means(rows, metric, names), p=p))
    return SuiteDrift(
        suite=baseline.suite,
        sessions=dict(zip(names, map(baseline.session, names), strict=True)),
        passes=list(map(partial(_most_passes, rows.values()), names)),
        examples=len(rows),
        metrics=drifts,
    )


def drift_note(drift: SuiteDrift) -> str:
    """Return the summary's note on a suite; empty where its baseline is of one session.

    It tells of ``pass``, and of each other metric that moved.
    """
    if len(drift.sessions) < 2:
        return ""
    told = []
    for metric in drift.metrics:
        if metric.metric == PASS or metric.moved:
            told.append(f"{metric.metric} {metric}")
    note = f"{drift.suite}: accepted code, {count(len(drift.sessions), 'session')}: {', '.join(told)}"
    if drift.verdict:
        note += f"; {drift.verdict}"
    return note


def _most_passes(rows: Iterable[BaselineRow], session: str) -> int:
    most = 0
    for row in rows:
        most = max(most, row.sessions[session])
    return most


def _covering(baseline: Baseline) -> list[str]:
    """Return the sessions that ran at least half of the examples: one of a few says nothing of the suite's day."""
    ran = Counter(chain.from_iterable(map(attrgetter("sessions"), baseline.rows.values())))
    names = [name for name in ran if 2 * ran[name] >= len(baseline.rows)]
    # as in the rows: those of an unknown moment first
    return sorted(names, key=lambda name: (baseline.session(name).recorded, name))


def _metrics(rows: Mapping[str, BaselineRow], plan: SuitePlan | None) -> list[str]:
    scores: set[str] = set()
    for row in rows.values():
        scores.update(row.scores)
    metrics = [PASS, *sorted(scores)]
    if plan is None:
        return metrics
    return [metric for metric in metrics if rule_of(plan, metric).rule != "off"]


def _means(rows: Mapping[str, BaselineRow], metric: str, names: Sequence[str]) -> list[float | None]:
    means = []
    for name in names:
        of_examples = []
        for row in rows.values():
            of_examples.append(scored_mean(row.by_session(metric)[name]))
        means.append(scored_mean(of_examples))
    return means


def _two_sided(units: Sequence[Unit], metrics: int) -> list[float | None]:
    if not units:
        return [None] * metrics
    p_values: list[float | None] = []
    for tested in permutation_test([units])[0]:
        p_values.append(min(1.0, 2 * min(tested.adjusted, tested.rise)))
    return p_values


def _units(
    rows: Mapping[str, BaselineRow], metrics: Sequence[str], last: str, plan: SuitePlan | None
) -> list[Unit]:
    cluster_of = _clusters(plan)
    units: list[tuple[Hashable, Unit]] = []
    for example, row in rows.items():
        # a tuple: no value of the metadata is equal to it
        cluster = cluster_of.get(example, ("", example))
        units.append((cluster, _unit(row, metrics, last)))
    return list(clustered(units, len(metrics)))


def _clusters(plan: SuitePlan | None) -> dict[str, Hashable]:
    """Return example -> the value of ``cluster_by`` in its metadata, where it has one."""
    if plan is None or plan.cluster_by is None:
        return {}
    clusters: dict[str, Hashable] = {}
    for trial in plan.expected:
        if trial.metadata.get(plan.cluster_by) is not None:
            clusters[trial.example_id] = str(trial.metadata[plan.cluster_by])
    return clusters


def _unit(row: BaselineRow, metrics: Sequence[str], last: str) -> Unit:
    old: list[Row] = []
    new: list[Row] = []
    by_metric = list(map(row.by_session, metrics))
    for name in row.sessions:
        trials = zip(*map(itemgetter(name), by_metric), strict=True)
        if name == last:
            new += trials
        else:
            old += trials
    return Unit(old, new)


def _figures(means: Sequence[float | None]) -> list[str]:
    """Return means with as many digits as tell them apart, three at most."""
    known = present(means)
    digits = 2
    if known and 0 < max(known) - min(known) < 0.02:
        digits = 3
    figures = []
    for value in means:
        figures.append("-" if value is None else f"{value:.{digits}f}")
    return figures
