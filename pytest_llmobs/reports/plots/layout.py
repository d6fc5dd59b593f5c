"""The two sizes that every picture comes in: for a desk and for a phone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Where a picture has its parts, in pixels."""

    width: float
    left: float
    """Where plots begin; names stand before that, or above the plot where the page is narrow."""
    right: float
    """Where plots end; figures stand behind that."""
    narrow: bool
    ticks: int
    """Most numbers on an axis."""


WIDE = Layout(width=720, left=190, right=500, narrow=False, ticks=6)
NARROW = Layout(width=320, left=8, right=312, narrow=True, ticks=5)
