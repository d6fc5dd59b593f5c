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
from itertools import chain
from typing import NamedTuple

from pytest_llmobs.measures.means import present
from pytest_llmobs.measures.shuffles import shuffled_totals

SAMPLES = 1_999
"""Shuffles; with the observed deal that makes 2,000."""
SEED = 20_261_130
"""Fixed, so that the same trials always get the same verdict."""
_ONE = 1 << 40
"""Z = 1 as an integer: a sum of integers has no last bit that depends on the order."""
_TIE = round(1e-6 * _ONE)
"""Values of Z that are no farther apart are equal."""


class Unit(NamedTuple):
    """The trials of one example, or of a cluster (its values in a pass added up): one row a pass, one column a metric.

    Values are sign-turned where lower is better; None is a missing one.
    """

    old: Sequence[Sequence[float | None]]
    new: Sequence[Sequence[float | None]]


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


class _Shares(NamedTuple):
    """A varying unit: what each trial adds to Σdᵢ, were it a new one. A row a trial, a column a metric."""

    old: list[tuple[float, ...]]
    new: list[tuple[float, ...]]
    variances: list[float]
    """wᵢ·sᵢ² by metric."""


class _Metric(NamedTuple):
    """A metric's Z, observed and shuffled, in units of 1/_ONE."""

    observed: int
    shuffled: list[int]
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
        metrics.append(_shuffled_metrics(units, samples, random.Random(SEED + place)))
    varying = [metric.shuffled for metric in chain.from_iterable(metrics) if metric.shuffled]
    lowest = sorted(map(min, zip(*varying, strict=True)))
    highest = sorted(map(max, zip(*varying, strict=True)))
    return [[_placed(metric, lowest, highest) for metric in suite] for suite in metrics]


def _placed(metric: _Metric, lowest: list[int], highest: list[int]) -> Shuffled:
    if not metric.shuffled:
        return Shuffled(0.0, 1.0, 1.0, 1.0, 0.0)
    return Shuffled(
        metric.observed / _ONE,
        _mid_p(metric.observed, sorted(metric.shuffled)),
        _mid_p(metric.observed, lowest),
        _mid_p(-metric.observed, sorted(map(operator.neg, highest))),
        metric.variance,
    )


def _mid_p(observed: int, ordered: list[int]) -> float:
    """Return (1 + how many are lower + half of those that are equal) / (1 + how many there are)."""
    lower = bisect_left(ordered, observed - _TIE)
    not_higher = bisect_right(ordered, observed + _TIE)
    return (1 + (lower + not_higher) / 2) / (1 + len(ordered))


def _shuffled_metrics(units: Sequence[Unit], samples: int, chance: random.Random) -> list[_Metric]:
    """Return the metrics of one suite, shuffled together."""
    varying = _varying(units)
    if not varying:
        return [_Metric(0, [], 0.0)] * _column_count(units)
    variances = _added(varying)
    # no deal of a unit is farther than √(N-1) of its standard deviations from 0
    farthest = math.isqrt(sum([len(unit.old) + len(unit.new) for unit in varying])) + 2
    fields = _Fields(variances, farthest)
    observed = 0
    packed = []
    for unit in varying:
        new = fields.packed(unit.new)
        observed += sum(new)
        packed.append((len(new), sorted([*fields.packed(unit.old), *new])))
    # the shuffles must not depend on the order in which workers finished
    packed.sort()
    totals = shuffled_totals(packed, samples, chance)
    metrics = []
    for number, variance in enumerate(variances):
        shuffled = fields.values(number, totals) if variance else []
        metrics.append(_Metric(fields.values(number, [observed])[0], shuffled, variance))
    return metrics


def sum_variances(units: Sequence[Unit]) -> list[float]:
    """Return V, the variance of Σdᵢ over all deals, of each metric of a suite; see ``permutation_test``."""
    varying = _varying(units)
    if not varying:
        return [0.0] * _column_count(units)
    return _added(varying)


def _added(varying: Sequence[_Shares]) -> list[float]:
    return [math.fsum(column) for column in zip(*[unit.variances for unit in varying], strict=True)]


def _column_count(units: Sequence[Unit]) -> int:
    for unit in units:
        for row in chain(unit.new, unit.old):
            return len(row)
    return 0


def _varying(units: Sequence[Unit]) -> list[_Shares]:
    varying = []
    for unit in units:
        rows = [*unit.old, *unit.new]
        # most examples give the same values again and again
        if not rows or rows.count(rows[0]) == len(rows) or not unit.old or not unit.new:
            continue
        shares = _shares(unit)
        if any(shares.variances):
            varying.append(shares)
    return varying


def _shares(unit: Unit) -> _Shares:
    old, new = len(unit.old), len(unit.new)
    weight = 1 / new + 1 / old
    columns, variances = [], []
    for values in zip(*unit.old, *unit.new, strict=True):
        deviations = _deviations(values, old)
        squares = math.fsum(map(operator.mul, deviations, deviations))
        variances.append(weight * squares / (old + new - 1))
        columns.append([weight * deviation for deviation in deviations])
    rows = list(zip(*columns, strict=True))
    return _Shares(rows[:old], rows[old:], variances)


def _deviations(values: Sequence[float | None], old: int) -> list[float]:
    """Return each trial's x - x̄ of one metric; ``old`` of them come first."""
    if values.count(values[0]) == len(values):
        return [0.0] * len(values)
    old_values, new_values = present(values[:old]), present(values[old:])
    if not old_values or not new_values:
        return [0.0] * len(values)
    mean = math.fsum([*old_values, *new_values]) / (len(old_values) + len(new_values))
    return [0.0 if value is None else value - mean for value in values]


class _Fields:
    """All metrics of a trial as one integer, a field each: adding trials adds every metric at once."""

    def __init__(self, variances: Sequence[float], farthest: int) -> None:
        self.half = _ONE * farthest
        """No sum in a field comes up to it, neither above nor below 0."""
        self.width = (2 * self.half).bit_length()
        self.scales = []
        for variance in variances:
            self.scales.append(_ONE / math.sqrt(variance) if variance else 0.0)
        self.shifts = range(0, self.width * len(variances), self.width)
        self.middle = sum([self.half << shift for shift in self.shifts])

    def packed(self, rows: Sequence[Sequence[float]]) -> list[int]:
        """Return an integer for each row."""
        integers = []
        for row in rows:
            whole = map(round, map(operator.mul, row, self.scales))
            integers.append(sum(map(operator.lshift, whole, self.shifts)))
        return integers

    def values(self, number: int, totals: Sequence[int]) -> list[int]:
        """Return what sums of packed rows hold of one metric."""
        shift, mask = self.shifts[number], (1 << self.width) - 1
        return [((total + self.middle) >> shift & mask) - self.half for total in totals]
