"""Guard 1's test: has a mean dropped, if within each example old and new trials were dealt at random?

A *unit* is what is shuffled within: an example, or a cluster whose values in a pass were added up. Its trials are
whole rows, one value a metric, so that the metrics of a trial stay together. No numpy, no scipy.
"""

from __future__ import annotations

import math
import operator
import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from pytest_llmobs.measures.shuffles import Deck, shuffled_sums
from pytest_llmobs.measures.steps import counted, side_by_side
from pytest_llmobs.measures.units import Unit, column_of, varying_units

__all__ = ["SAMPLES", "Shuffled", "Unit", "permutation_test", "sum_variances"]

SAMPLES = 1_999
"""Shuffles; with the observed deal that makes 2,000."""
SEED = 20_261_130
"""Fixed, so that the same trials always get the same verdict."""
_TIE = 1e-6
"""Values of Z that are no farther apart are equal."""


class Shuffled(NamedTuple):
    """What shuffling says of one metric."""

    z: float
    """Σdᵢ/√V; 0 where nothing varies."""
    p: float
    """Of a drop, this metric alone."""
    adjusted: float
    """Of a drop, over all metrics of all suites (max-T)."""
    rise: float
    """Of a rise, over all metrics of all suites."""
    variance: float
    """V, the variance of Σdᵢ."""


class _Metric(NamedTuple):
    """A metric's Z."""

    z: float
    observed: float
    """Z again, of values in steps."""
    shuffled: list[float]
    """Empty where nothing varies."""
    variance: float
    """V."""


def permutation_test(suites: Sequence[Sequence[Unit]], samples: int = SAMPLES) -> list[list[Shuffled]]:
    """Return for each suite and metric the p-values of a drop and of a rise.

    With K_b old and k new trials of unit i, N = K_b + k, w = 1/k + 1/K_b and x̄ᵢ the mean of all N:

    - dᵢ = mean of the new - mean of the old = w·Σ_new (x - x̄ᵢ); a missing value counts as x̄ᵢ, and a metric without
      any value on a side as 0.
    - V = Σ wᵢ·sᵢ², sᵢ² = Σ(x - x̄ᵢ)²/(N-1), is the variance of Σdᵢ over all deals, and Z = Σdᵢ/√V; for booleans that is
      the root of Cochran-Mantel-Haenszel's statistic (Mantel 1963, J. Am. Stat. Assoc. 58).
    - Z* are the values of Z when within each unit k of its N trials are drawn as the new ones, ``samples`` times, with
      a fixed seed, all metrics of a trial together.
    - p = (1 + #{Z* < Z} + #{Z* = Z}/2)/(samples + 1): never 0 (Phipson and Smyth 2010, doi 10.2202/1544-6115.1585),
      ties by half (mid-p, Lancaster 1961, J. Am. Stat. Assoc. 56). Adjusted: the same with the lowest Z* of all
      metrics of all suites in a sample (max-T, Westfall and Young 1993, Resampling-Based Multiple Testing). A rise:
      mirrored.
    - V = 0 gives 1.

    A metric that isn't made of equal steps is shuffled in steps of k/65,535 of what its values differ by at most within
    a unit; the observed deal is counted in the same steps.

    Neither the order of units nor that of trials within a side matters, and units that never vary change nothing.

    Args:
        suites: The units of each suite. All rows of a suite have the same number of columns.
        samples: B.

    Returns:
        By suite, by metric; nothing for a suite without units.
    """
    metrics: list[list[_Metric]] = []
    for place, units in enumerate(suites):
        # by its place: further passes of one suite leave the shuffles of the others as they were
        metrics.append(_suite_metrics(units, samples, random.Random(SEED + place)))
    shuffled = map(operator.attrgetter("shuffled"), chain.from_iterable(metrics))
    samples_of_all = list(zip(*filter(None, shuffled), strict=True))
    lowest, highest = sorted(map(min, samples_of_all)), sorted(map(max, samples_of_all))
    placed = partial(_placed, lowest=lowest, highest=highest)
    return [list(map(placed, suite)) for suite in metrics]


def _placed(metric: _Metric, lowest: list[float], highest: list[float]) -> Shuffled:
    if not metric.shuffled:
        return Shuffled(0.0, 1.0, 1.0, 1.0, 0.0)
    return Shuffled(
        metric.z,
        _mid_p(metric.observed, sorted(metric.shuffled)),
        _mid_p(metric.observed, lowest),
        _mid_p(-metric.observed, sorted(map(operator.neg, highest))),
        metric.variance,
    )


def _mid_p(observed: float, ordered: list[float]) -> float:
    """Return (1 + how many are lower + half of those that are equal) / (1 + how many there are)."""
    lower = bisect_left(ordered, observed - _TIE)
    not_higher = bisect_right(ordered, observed + _TIE)
    return (1 + (lower + not_higher) / 2) / (1 + len(ordered))


def _suite_metrics(units: Sequence[Unit], samples: int, chance: random.Random) -> list[_Metric]:
    """Return the metrics of one suite, shuffled together."""
    metrics = [_Metric(0.0, 0.0, [], 0.0)] * _column_count(units)
    varying = varying_units(units)
    counts = list(filter(None, map(partial(counted, varying), range(len(metrics)))))
    decks = []
    for unit, trials in zip(varying, side_by_side(len(varying), counts), strict=True):
        if trials:
            decks.append(Deck(unit.new, sorted(trials)))
    # the shuffles must not depend on the order in which workers finished
    decks.sort()
    sums = shuffled_sums(decks, list(map(operator.attrgetter("width"), counts)), samples, chance)
    for metric, shuffled in zip(counts, sums, strict=True):
        deviation = math.sqrt(metric.variance)
        unit_of_z = metric.step / deviation
        metrics[metric.number] = _Metric(
            metric.difference / deviation,
            (metric.observed - metric.expected) * unit_of_z,
            [(total - metric.expected) * unit_of_z for total in shuffled],
            metric.variance,
        )
    return metrics


def sum_variances(units: Sequence[Unit]) -> list[float]:
    """Return V, the variance of Σdᵢ over all deals, of each metric of a suite; see ``permutation_test``."""
    varying = varying_units(units)
    variances = [0.0] * _column_count(units)
    for number in range(len(variances)):
        columns = filter(None, map(partial(column_of, number=number), varying))
        variances[number] = math.fsum(map(operator.attrgetter("variance"), columns))
    return variances


def _column_count(units: Sequence[Unit]) -> int:
    for unit in units:
        for row in chain(unit.new, unit.old):
            return len(row)
    return 0
