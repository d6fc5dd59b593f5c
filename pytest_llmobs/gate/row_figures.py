"""The figures of a metric's row: difference, interval, p, MDE. One model for all: noise within examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.gate.judged import FreshPasses, JudgedMetric, JudgedSuite
from pytest_llmobs.gate.pairing import Comparison, ExamplePair, compare_metric
from pytest_llmobs.gate.units import units_against_baseline
from pytest_llmobs.measures.drops import MORE_PASSES, MORE_REPEATS, detectable_drop, drop_interval
from pytest_llmobs.measures.permutation import sum_variances


@dataclass(frozen=True, kw_only=True)
class Session:
    """What the rows of all metrics share."""

    tests: int
    """G: metrics that were tested together."""
    most_passes: int
    """Further passes that there may be."""


@dataclass(frozen=True)
class _Seen:
    """The comparison that a row is about."""

    comparison: Comparison
    variance: float
    """Of d̄."""
    passes: int


def figures(suite: JudgedSuite, metric: JudgedMetric, session: Session, *, fresh: bool) -> dict[str, Any]:
    """Return fields of a metric's row; none where nothing pairs.

    Args:
        suite: The metric's.
        metric: The metric.
        session: What all rows share.
        fresh: Only the further passes count, of a row that the first look was chosen for being low.
    """
    seen = _fresh(suite, metric) if fresh else _pooled(suite, metric)
    comparison = seen.comparison
    if not comparison.pairs:
        return {}
    # its scores may have left 0 to 1 since the baseline
    unit = metric.is_share and all(0 <= pair.after <= 1 for pair in comparison.pairs)
    if comparison.sure:
        return _without_noise(metric, seen, unit)
    low, high = drop_interval(
        comparison.mean_difference, seen.variance, _units(suite, comparison.pairs), seen.passes, metric.reach
    )
    return {
        "baseline": comparison.baseline,
        "candidate": comparison.candidate,
        "delta": comparison.mean_difference,
        "low": max(-1.0, low) if unit else low,
        "high": min(1.0, high) if unit else high,
        "passes": seen.passes,
        "fresh": fresh,
        "scale": metric.rule.scale,
        "unit": unit,
        **_tested(metric, session),
        **_detectable(suite, metric, session),
    }


def _without_noise(metric: JudgedMetric, seen: _Seen, unit: bool) -> dict[str, Any]:
    """Return the figures of a metric of which both sides have the same recordings: there is nothing to allow for."""
    return {
        "baseline": seen.comparison.baseline,
        "candidate": seen.comparison.candidate,
        "delta": seen.comparison.mean_difference,
        "passes": seen.passes,
        "scale": metric.rule.scale,
        "unit": unit,
        "same_recordings": True,
    }


def _tested(metric: JudgedMetric, session: Session) -> dict[str, Any]:
    if metric.test is None:
        return {}
    if session.tests == 1:
        return {"p": metric.test.p, "tests": 1}
    return {"p": metric.test.p, "p_adjusted": metric.test.adjusted, "tests": session.tests}


def _pooled(suite: JudgedSuite, metric: JudgedMetric) -> _Seen:
    if metric.test is not None:
        variance = metric.test.variance
    else:
        variance = _variance(suite, metric)
    pairs = len(metric.comparison.pairs)
    return _Seen(metric.comparison, variance / max(pairs, 1) ** 2, suite.passes)


def _fresh(suite: JudgedSuite, metric: JudgedMetric) -> _Seen:
    fresh = suite.fresh
    if fresh is None:
        fresh = suite.fresh = _fresh_passes(suite)
    values = fresh.pair.values(metric.key)
    comparison = compare_metric(fresh.pair, metric.key, values, metric.rule.lower_is_better)
    return _Seen(comparison, fresh.variances[metric.key] / max(len(comparison.pairs), 1) ** 2, suite.further)


def _fresh_passes(suite: JudgedSuite) -> FreshPasses:
    """Return the further passes alone, once for all metrics: those of a large suite take long to gather."""
    pair = suite.further_pair()
    keys = [metric.key for metric in suite.tested]
    variances = sum_variances(units_against_baseline(pair, keys, pair.measured.trials))
    return FreshPasses(pair, dict(zip(keys, variances or [0.0] * len(keys), strict=True)))


def _variance(suite: JudgedSuite, metric: JudgedMetric) -> float:
    """Return V, the variance of Σdᵢ, of a metric that isn't tested."""
    trials = suite.pair.measured.trials
    variances = sum_variances(units_against_baseline(suite.pair, [metric.key], trials))
    return variances[0] if variances else 0.0


def _units(suite: JudgedSuite, pairs: Sequence[ExamplePair]) -> int:
    """Return how many examples, or clusters of them, a mean is over."""
    if suite.plan.cluster_by is None:
        return len(pairs)
    return len({pair.cluster for pair in pairs})


def _detectable(suite: JudgedSuite, metric: JudgedMetric, session: Session) -> dict[str, float]:
    """Return the smallest drop that would have been found, and what more data would make of it."""
    if not metric.tested:
        return {}
    seen = _pooled(suite, metric)
    pairs = seen.comparison.pairs
    recorded = _mean_passes(pairs)
    repeat = suite.plan.repeat
    # V holds the noise of as many passes as there were; by itself it is noise within examples
    spread = seen.variance * len(pairs) / (1 / recorded + 1 / suite.passes)
    units = _units(suite, pairs)

    def mde(passes: float, repeats: int) -> float:
        drop = detectable_drop(
            spread * units / len(pairs),
            passes,
            repeats + session.most_passes,
            units,
            session.tests,
            metric.reach,
        )
        # a smaller drop than ε is not red, and no drop is larger than the scale
        return min(max(drop, metric.epsilon), max(metric.reach, metric.epsilon))

    detectable = {"mde": mde(recorded, repeat)}
    if recorded < MORE_PASSES:
        detectable["mde_more_passes"] = mde(MORE_PASSES, repeat)
    if repeat < MORE_REPEATS:
        detectable["mde_more_repeats"] = mde(recorded, MORE_REPEATS)
    return detectable


def _mean_passes(pairs: Sequence[ExamplePair]) -> float:
    """Return the harmonic mean of the baseline's passes: it is 1/K_b that adds up to the error."""
    return len(pairs) / sum(1 / len(pair.baseline) for pair in pairs)
