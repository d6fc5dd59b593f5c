"""What trials are shuffled within, and how much they differ within it."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

from pytest_llmobs.measures.means import present

Row = Sequence[float | None]
"""A trial: its value of each metric, sign-turned where lower is better; None is a missing one."""
_LAST_BITS = 1e-12


class Unit(NamedTuple):
    """The trials of an example, or of a cluster, whose values in a pass the caller has added up: one row a pass."""

    old: Sequence[Row]
    new: Sequence[Row]


class VaryingUnit(NamedTuple):
    """A unit whose trials differ; the letters are those of ``permutation.permutation_test``."""

    rows: Sequence[Row]
    """The old trials, then the new ones."""
    old: int
    """K_b: how many of them are old."""
    weight: float
    """w = 1/k + 1/K_b."""

    @property
    def new(self) -> int:
        """k: how many of them are new."""
        return len(self.rows) - self.old


class Column(NamedTuple):
    """One metric of one unit, where it varies."""

    values: Sequence[float]
    """Of each trial; the mean of all in place of a missing one."""
    difference: float
    """dᵢ."""
    variance: float
    """wᵢ·sᵢ²: that of dᵢ over all deals."""


def varying_units(units: Sequence[Unit]) -> list[VaryingUnit]:
    """Return those units of a suite whose trials differ, and that have some on both sides."""
    varying = []
    for unit in units:
        rows = [*unit.old, *unit.new]
        # most examples give the same values again and again
        if unit.old and unit.new and rows.count(rows[0]) < len(rows):
            varying.append(VaryingUnit(rows, len(unit.old), 1 / len(unit.new) + 1 / len(unit.old)))
    return varying


def column_of(unit: VaryingUnit, number: int) -> Column | None:
    """Return a metric of a unit, or None where it doesn't vary or a side has no value of it."""
    values = _complete([row[number] for row in unit.rows], unit.old)
    if not values:
        return None
    lowest, highest = min(values), max(values)
    # the sums of a cluster may differ in a last bit, and nothing else
    if highest - lowest <= _LAST_BITS * max(abs(lowest), abs(highest)):
        return None
    # fsum: the order in which trials finished must not change the last bit
    mean = math.fsum(values) / len(values)
    deviations = [value - mean for value in values]
    squares = math.fsum(map(operator.mul, deviations, deviations))
    difference = unit.weight * math.fsum(deviations[unit.old :])
    return Column(values, difference, unit.weight * squares / (len(values) - 1))


def _complete(values: Sequence[float | None], old: int) -> Sequence[float]:
    """Return the values with their mean in place of missing ones, or none where a side has none."""
    known = present(values)
    if len(known) == len(values):
        return known
    if not present(values[:old]) or not present(values[old:]):
        return ()
    mean = math.fsum(known) / len(known)
    complete = []
    for value in values:
        complete.append(mean if value is None else value)
    return complete
