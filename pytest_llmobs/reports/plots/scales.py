"""Where numbers lie in a picture, and the round numbers that its axis names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""What is round."""


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
    """Return round numbers between two others, at most so many.

    Method: the least of 1, 2, 2.5 and 5 times a power of ten that leaves so many.
    """
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in _STEPS:
        width = step * power
        first = math.ceil(low / width - 1e-9)
        last = math.floor(high / width + 1e-9)
        if last - first + 1 <= most:
            return [number * width for number in range(first, last + 1)]
    return [low, high]


def tick(value: float) -> str:
    """Return a number of an axis, as short as it can be: ``0.25``, ``1,500``, ``−5``."""
    size = abs(value)
    digits = f"{size:,.0f}" if size >= 1000 and size < 1e9 else f"{size:.4g}"
    if value < 0 and digits != "0":
        return f"\N{MINUS SIGN}{digits}"
    return digits


def signed_tick(value: float) -> str:
    """Return the same of a difference: ``+5``, ``0``."""
    return f"+{tick(value)}" if value > 0 else tick(value)
