"""Where numbers lie in a picture, and the round numbers that its axis names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmobs.measures.binning import round_step


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high`` over pixels from ``start`` to ``end``; both may run either way."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a number; what lies beyond the scale is drawn at its end."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def padded(values: Sequence[float], least: float = 0.0, share: float = 0.06) -> tuple[float, float]:
    """Return the range of numbers with some room on both sides.

    Args:
        values: At least one.
        least: How wide it is at least.
        share: The room on each side, as a share of the range.
    """
    low, high = min(values), max(values)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    if high == low:
        room = abs(high) * 0.1 or 1.0
    else:
        room = (high - low) * share
    return low - room, high + room


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers between two others: multiples of one step, which the range has at most so many of."""
    span = high - low
    # below that, a step between numbers would be zero
    if not span > 1e-300 or not math.isfinite(span):
        return [low]
    step = round_step(span, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def tick(value: float) -> str:
    """Return a number of an axis, as short as it can be: ``0.25``, ``1,500``, ``−5``."""
    # four digits tell ticks apart, and hide that 3 * 0.1 is a hair above 0.3
    size = abs(value)
    if 1000 <= size < 1e9:
        digits = f"{size:,.0f}"
    elif 1e-9 <= size < 1e-4:  # plain where %g would write 2.4e-05
        digits = f"{float(f'{size:.4g}'):.12f}".rstrip("0")
    else:
        digits = f"{size:.4g}"
    if value < 0 and digits != "0":
        return f"\N{MINUS SIGN}{digits}"
    return digits


def signed_tick(value: float) -> str:
    """Return the same of a difference: ``+5``, ``0``."""
    return f"+{tick(value)}" if value > 0 else tick(value)
