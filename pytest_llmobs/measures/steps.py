"""The values of a metric as whole steps, so that sums are exact and that of a deal takes a byte or two."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from pytest_llmobs.measures.units import Column, VaryingUnit, column_of

MOST_STEPS = 65_535
"""Of a deal's sum: two bytes."""
_ROUNDING = 1e-9
"""Of the largest value: what floats may be off."""


class Counted(NamedTuple):
    """A metric of a suite in steps; the letters are those of ``permutation.permutation_test``."""

    number: int
    """Its column."""
    difference: float
    """Σdᵢ."""
    variance: float
    """V."""
    step: float
    """What one step of a new trial adds to Σdᵢ."""
    width: int
    """Bytes that the steps of any deal of one unit take."""
    trials: Sequence[Sequence[int]]
    """By unit, by trial, the old ones first: steps above the unit's lowest value; empty where it doesn't vary."""
    observed: int
    """Steps of all new trials."""
    expected: float
    """The mean of that over all deals."""


def counted(units: Sequence[VaryingUnit], number: int) -> Counted | None:
    """Return the metric of a column in steps, or None where it doesn't vary.

    The steps are those that it is made of: 1 for passes, .1 for tenths. Where it isn't made of equal ones, or of too
    many, they are as small as two bytes allow.
    """
    heights, differences, variances = [], [], []
    for unit in units:
        column = column_of(unit, number)
        heights.append(_heights(unit, column))
        if column is not None:
            differences.append(column.difference)
            variances.append(column.variance)
    if not variances:
        return None
    new = max(map(operator.attrgetter("new"), units))
    highest = max(map(max, filter(None, heights)))
    most = _steps(highest, set(chain.from_iterable(heights)), MOST_STEPS // new)
    per_height = most / highest
    trials, observed, expected = [], 0, []
    for unit, above_lowest in zip(units, heights, strict=True):
        steps = [round(height * per_height) for height in above_lowest]
        trials.append(steps)
        if steps:
            observed += sum(steps[unit.old :])
            expected.append(sum(steps) * unit.new / len(steps))
    return Counted(
        number=number,
        difference=math.fsum(differences),
        variance=math.fsum(variances),
        step=highest / most,
        width=((most * new).bit_length() + 7) // 8,
        trials=trials,
        observed=observed,
        expected=math.fsum(expected),
    )


def side_by_side(units: int, metrics: Sequence[Counted]) -> list[list[int]]:
    """Return for each unit and trial its steps of all metrics as one integer, the first metric lowest."""
    packed: list[list[int]] = [[]] * units
    shift = 0
    for metric in metrics:
        for place, steps in enumerate(metric.trials):
            if steps:
                shifted = map(operator.lshift, steps, repeat(shift))
                packed[place] = list(map(operator.add, packed[place] or repeat(0), shifted))
        shift += 8 * metric.width
    return packed


def _heights(unit: VaryingUnit, column: Column | None) -> Sequence[float]:
    """Return what each trial adds to Σdᵢ, were it a new one, beyond what the lowest would."""
    if column is None:
        return ()
    lowest = min(column.values)
    return [(value - lowest) * unit.weight for value in column.values]


def _steps(highest: float, heights: Iterable[float], most: int) -> int:
    """Return how many equal steps lead to the highest so that all heights are whole numbers of them, or ``most``."""
    step = 0.0
    for height in heights:
        step = _common_step(step, height, _ROUNDING * highest)
        if 0 < step * most < highest:
            return most
    return round(highest / step)


def _common_step(first: float, second: float, rounding: float) -> float:
    """Return the largest number of which both are multiples; Euclid's algorithm."""
    while second > rounding:
        first, second = second, abs(math.remainder(first, second))
    return first
