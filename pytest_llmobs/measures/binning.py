"""Bins of equal width with round bounds, for histograms."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.measures.distributions import percentile

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""What is round, times a power of ten."""
_TAIL = 2.0
"""How many times as far as the 95th percentile the largest value lies, from which on the last bin is an open one."""


@dataclass(frozen=True)
class Bin:
    """Numbers from ``low`` to below ``high``; both are the same where it is for one number alone."""

    low: float
    high: float
    """Infinite where it takes all from ``low`` on. The last bin of a row takes its upper bound, too."""


def round_step(span: float, most: int) -> float:
    """Return the least of 1, 2, 2.5 and 5 times a power of ten that divides a range into at most so many steps.

    Args:
        span: The range, positive and finite.
        most: At least 1.
    """
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in _STEPS:
        if span / (step * power) <= most * (1 + 1e-9):
            return step * power
    return 10.0 * power


def bins(values: Sequence[float], most: int = 10, *, shares: bool = True) -> list[Bin]:
    """Return bins for numbers, without gaps.

    Few whole numbers have one bin each, and a long tail of large ones shares the last bin.

    Args:
        values: At least one, all finite.
        most: So many bins, but for one more where bounds don't fit.
        shares: Whether numbers that lie between 0 and 1 are shares, which have tenths.
    """
    low, high = min(values), max(values)
    if all(map(float.is_integer, map(float, values))) and high - low < most:
        return [Bin(float(number), float(number)) for number in range(int(low), int(high) + 1)]
    if shares and low >= 0 and 0.1 < high <= 1:
        return [Bin(number / 10, (number + 1) / 10) for number in range(10)]
    usual = percentile(sorted(values), 95)
    if low >= 0 and usual > 0 and high > usual * _TAIL:
        return [*_even(min(low, usual), usual, most - 1, is_open=True)]
    return _even(low, high, most, is_open=False)


def counted(values: Sequence[float], row: Sequence[Bin]) -> list[int]:
    """Return how many numbers lie in each bin of a row; those beyond it count in its first and last one."""
    lows = [each.low for each in row]
    counts = [0] * len(row)
    for value in values:
        # bounds such as 3 * 0.1 lie a hair above the values that begin their bin
        place = bisect_right(lows, value + abs(value) * 1e-12) - 1
        counts[max(place, 0)] += 1
    return counts


def _even(low: float, high: float, most: int, *, is_open: bool) -> list[Bin]:
    """Return bins of one round width; an open one behind them where there are larger values."""
    span = high - low
    # of values that hardly differ, or so much that no float holds it, one bin is all there is to tell
    if not math.isfinite(span) or span <= abs(high) * 1e-9:
        if is_open:
            return [Bin(low, high), Bin(high, math.inf)] if low < high else [Bin(low, math.inf)]
        return [Bin(low, high)]
    step = round_step(span, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    row = [Bin(number * step, (number + 1) * step) for number in range(first, last)]
    if is_open:
        row.append(Bin(last * step, math.inf))
    return row
