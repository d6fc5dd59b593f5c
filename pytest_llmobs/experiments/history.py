"""Experiments over time: means, the ``min_mean`` they would support, and slides that no single gate sees."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import attrgetter
from statistics import median

from pytest_llmobs.experiments.accepted import Objection
from pytest_llmobs.measures.distributions import normal_cdf
from pytest_llmobs.measures.gate_rules import MAX_DROP, least_drop, rule_of
from pytest_llmobs.measures.proposals import proposed_min_mean
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule, SuitePlan

FEWEST = 5
"""Accepted experiments below which nothing is called a slide."""
WINDOW = 50
"""Most recent experiments that are looked at."""
DRIFT_LEVEL = 0.05
"""Two-sided p of a trend below which it is told."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A metric's mean in one experiment."""

    experiment: str
    started: str
    """ISO 8601, UTC."""
    mean: float
    accepted: bool
    """True where the experiment was whole and green."""
    of_accepted_code: bool = False
    """True where its code is known to be accepted, whether it was red or green, and its replies were its own: recorded
    ones would make it look as if the same code never moved."""


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A metric's means over time."""

    suite: str
    metric: str
    lower_is_better: bool
    points: Sequence[Point]
    """The oldest first; partial and interrupted experiments are left out."""
    proposed_min_mean: float | None
    """What ``llm_gate(metric, min_mean=…)`` might say; None with too few experiments of accepted code."""
    drift: MeanDrift | None
    """A slide for the worse, or None."""


@dataclass(frozen=True, kw_only=True)
class MeanDrift:
    """A slide one way over accepted experiments, though each passed."""

    change: float
    """From the first to the last by the median slope; in the metric's own units."""
    p: float
    """Two-sided, of no trend at all."""
    experiments: int

    def __str__(self) -> str:
        return f"slid by {self.change:+.3g} over {self.experiments} accepted experiments (p = {self.p:.2g})"


def trends(experiments: Iterable[Experiment], objection: Objection | None = None) -> list[Trend]:
    """Return the trend of every metric of every suite, in the order of their first appearance.

    Args:
        experiments: In any order.
        objection: Tells those that say nothing of accepted code; None where nobody knows which do.
    """
    points: dict[tuple[str, str], list[Point]] = {}
    rules: dict[tuple[str, str], GateRule] = {}
    for experiment in sorted(experiments, key=attrgetter("started")):
        of_accepted_code = objection is not None and not objection(experiment) and not _may_replay(experiment)
        for plan, metric, mean in _means(experiment):
            point = Point(
                experiment=experiment.name,
                started=experiment.started,
                mean=mean,
                accepted=not experiment.decision.red,
                of_accepted_code=of_accepted_code,
            )
            points.setdefault((plan.name, metric), []).append(point)
            rules[plan.name, metric] = rule_of(plan, metric)
    gating = max(1, sum(rule.rule != "off" for rule in rules.values()))
    courses = []
    for key, rule in rules.items():
        courses.append(_trend(key, points[key], rule, gating))
    return courses


def _may_replay(experiment: Experiment) -> bool:
    return experiment.conditions.get("cassettes") in ("reuse", "only")


def trend_p(values: Sequence[float]) -> float:
    """Return the two-sided p-value of no trend over time (Mann 1945, Econometrica 13; Kendall 1975).

    Formula: z = S/√V, S = Σ_{i<j} sign(xⱼ-xᵢ), V = (n(n-1)(2n+5) - Σ_t t(t-1)(2t+5))/18 over groups of t ties.
    """
    n = len(values)
    score = 0
    for earlier, later in combinations(values, 2):
        score += (later > earlier) - (later < earlier)
    ties = sum(count * (count - 1) * (2 * count + 5) for count in Counter(values).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if variance > 0:
        return 2 * normal_cdf(-abs(score) / math.sqrt(variance))
    return 1.0


def drift(
    means: Sequence[float], *, lower_is_better: bool = False, max_drop: float = MAX_DROP
) -> MeanDrift | None:
    """Return the slide of accepted means, or None where there is none worth telling.

    It takes at least five experiments, a trend for the worse with p < .05, and a change by the median slope (Theil
    1950, Sen 1968) of at least ``max_drop`` from first to last.
    """
    if len(means) < FEWEST:
        return None
    slopes = []
    for (i, earlier), (j, later) in combinations(enumerate(means), 2):
        slopes.append((later - earlier) / (j - i))
    change = median(slopes) * (len(means) - 1)
    drop = -change
    if lower_is_better:
        drop = change
    p = trend_p(means)
    if p < DRIFT_LEVEL and drop >= max_drop - 1e-12:  # a drop of max_drop as floats have it
        return MeanDrift(change=change, p=p, experiments=len(means))
    return None


def _means(experiment: Experiment) -> Iterator[tuple[SuitePlan, str, float]]:
    """Yield the means of an experiment's whole suites; an interrupted experiment has none."""
    if experiment.interrupted:
        return
    plans = {plan.name: plan for plan in experiment.suites if not plan.partial}
    for row in experiment.decision.metrics:
        plan = plans.get(row.suite)
        if plan is not None and row.candidate is not None:
            yield plan, row.metric, row.candidate


def _trend(key: tuple[str, str], points: Sequence[Point], rule: GateRule, gating: int) -> Trend:
    # what was red was not accepted: it is no level to hold
    means = [point.mean for point in points if point.accepted][-WINDOW:]
    return Trend(
        suite=key[0],
        metric=key[1],
        lower_is_better=rule.lower_is_better,
        points=points,
        proposed_min_mean=_proposed(points, rule, gating),
        drift=drift(means, lower_is_better=rule.lower_is_better, max_drop=least_drop(rule)),
    )


def _proposed(points: Sequence[Point], rule: GateRule, gating: int) -> float | None:
    """Return the bound that accepted code would keep; red experiments count: without them its low days would lack."""
    sign = -1.0 if rule.lower_is_better else 1.0
    means = [sign * point.mean for point in points if point.of_accepted_code][-WINDOW:]
    bound = proposed_min_mean(means, gating)
    if bound is None:
        return None
    is_share = all(0 <= abs(mean) <= 1 for mean in means)
    lowest = -1.0 if rule.lower_is_better else 0.0
    if is_share and bound <= lowest:  # nothing could miss it
        return None
    return sign * bound
