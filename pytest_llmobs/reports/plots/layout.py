"""What all pictures share: two sizes, for a desk and for a phone, and how many metrics they have room for."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmobs.wording import count

MOST = 12
"""Metrics that a picture draws; its table has all."""
NAMED = 6
"""Metrics that its label, a sentence, tells of."""


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


WIDE = Layout(width=720, left=204, right=488, narrow=False, ticks=6)
NARROW = Layout(width=320, left=8, right=312, narrow=True, ticks=5)


def not_drawn(metrics: int) -> str:
    """Return what a picture says of the metrics beyond ``MOST``.

    Args:
        metrics: How many there are.
    """
    return f"{count(metrics - MOST, 'more metric')} in the table"
