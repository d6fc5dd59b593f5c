"""How scores, latencies and costs are spread, in the baseline and now."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.measures.binning import Bin, bins, counted
from pytest_llmobs.measures.distributions import percentile
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import present
from pytest_llmobs.measures.values import own_cost, shown_value, warm_latency
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:
    from pytest_llmobs.baselines.records import BaselineRow
    from pytest_llmobs.reports.digest.experiment import Digest
    from pytest_llmobs.reports.evidence import Evidence

_MOST_LABELS = 8
"""Labels of an evaluator that are counted apart; the rest is one."""
OTHERS = "others"
"""What that rest is called."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a distribution."""

    counts: Sequence[int]
    """By bin, or by label."""
    total: int
    median: float | None = None
    """Of numbers."""
    p95: float | None = None
    """Their 95th percentile."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """How the values of one measure are spread: over bins where they are numbers, else over labels."""

    suite: str
    """Empty where it is of all suites."""
    metric: str
    """The metric, ``latency`` or ``cost``."""
    bins: Sequence[Bin] = ()
    labels: Sequence[str] = ()
    now: Side
    then: Side | None = None
    """The baseline's; None where it has none."""
    of: int = 0
    """Trials among which those of ``now`` are, where some may have no value that counts."""


def metric_distributions(digest: Digest, evidence: Evidence) -> list[Distribution]:
    """Return how each metric's values are spread over the session's own trials, and over the baseline's passes.

    Those that need attention come first. Further looks are left out: they were asked for because of what came out.
    """
    experiment = digest.experiment
    rows = _baseline_rows(experiment, evidence)
    spreads = []
    for suite, metric in _ranked(digest):
        spread = _metric(suite, metric, experiment.trials_of(suite), rows.get(suite, ()))
        if spread is not None:
            spreads.append(spread)
    return spreads


def spending_distributions(experiment: Experiment, evidence: Evidence) -> list[Distribution]:
    """Return how the latency and the cost of trials are spread, as far as both are known.

    A trial's are those of the app, of the session's own trials; the baseline has the median of each example. The
    latency of a trial that ran cold, with imports and connections in it, doesn't count.
    """
    latencies = present(map(warm_latency, experiment.trials))
    costs = present(map(own_cost, experiment.trials))
    then = list(chain.from_iterable(_baseline_rows(experiment, evidence).values()))
    past = present(map(attrgetter("latency"), then))
    spreads = [_numbers("", "latency", latencies, past, shares=False)]
    # a price that is zero throughout has nothing to show
    if any(costs):
        past = present(map(attrgetter("cost"), then))
        spreads.append(_numbers("", "cost", costs, past, shares=False))
    return [replace(spread, of=len(experiment.trials)) for spread in filter(None, spreads)]


def _ranked(digest: Digest) -> list[tuple[str, str]]:
    """Return the metrics by suite: red ones, then those that need attention, then the others."""
    urgency: dict[tuple[str, str], int] = {}
    for suite in digest.metrics.suites:
        for line in suite.lines:
            urgency[suite.suite, line.row.metric] = line.rank
    # labels, and scores of a session that nothing judges, have no line there
    for trial in digest.experiment.trials:
        for metric in (PASS, *trial.scores):
            urgency.setdefault((trial.suite, metric), 3)
    return sorted(urgency, key=urgency.__getitem__)


def _baseline_rows(experiment: Experiment, evidence: Evidence) -> dict[str, list[BaselineRow]]:
    """Return the baselines' rows of the examples that each suite has now."""
    rows = {}
    for plan in experiment.suites:
        baseline = evidence.baseline(plan.name)
        if baseline is not None:
            # a selection is compared with itself, and not with all that the baseline holds
            ids = dict.fromkeys(plan.example_ids)
            rows[plan.name] = [baseline.rows[id] for id in ids if id in baseline.rows]
    return rows


def _metric(
    suite: str, metric: str, trials: Sequence[Trial], rows: Sequence[BaselineRow]
) -> Distribution | None:
    now = present(shown_value(trial, metric) for trial in trials)
    if now:
        then: list[float] = []
        for row in rows:
            then += row.values(metric)
        return _numbers(suite, metric, now, then)
    labels = list(_labels(trials, metric))
    if labels:
        return _labelled(suite, metric, labels)
    return None


def _numbers(
    suite: str, metric: str, now: Sequence[float], then: Sequence[float], *, shares: bool = True
) -> Distribution | None:
    now, then = list(filter(math.isfinite, now)), list(filter(math.isfinite, then))
    if not now:
        return None
    # both sides have the same bins, so that bars stand beside what they are compared with
    row = bins([*now, *then], shares=shares)
    if metric == PASS:
        row = [Bin(0.0, 0.0), Bin(1.0, 1.0)]
    return Distribution(
        suite=suite,
        metric=metric,
        bins=row,
        labels=("failed", "passed") if metric == PASS else (),
        now=_side(now, row),
        then=_side(then, row) if then else None,
    )


def _side(values: Sequence[float], row: Sequence[Bin]) -> Side:
    ordered = sorted(values)
    return Side(
        counts=counted(values, row),
        total=len(values),
        median=percentile(ordered, 50),
        p95=percentile(ordered, 95),
    )


def _labels(trials: Iterable[Trial], metric: str) -> Iterator[str]:
    for trial in trials:
        score = trial.scores.get(metric)
        if score is not None and score.value is not None:
            yield score.value


def _labelled(suite: str, metric: str, labels: Sequence[str]) -> Distribution:
    common = Counter(labels).most_common()
    names: list[str] = []
    counts: list[int] = []
    for name, number in common[:_MOST_LABELS]:
        names.append(name)
        counts.append(number)
    if len(common) > _MOST_LABELS:
        names.append(OTHERS)
        counts.append(len(labels) - sum(counts))
    return Distribution(suite=suite, metric=metric, labels=names, now=Side(counts=counts, total=len(labels)))
