"""How many pairs each kind of failure has, and how many it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ENOUGH = 500
"""Pairs of one kind of failure from which on preference training is worth its while."""


@dataclass(frozen=True)
class Reach:
    """One kind of failure."""

    category: str
    """The cluster that curation put it in, else the key of the feedback."""
    pairs: int

    @property
    def lacking(self) -> int:
        """Pairs that are missing to ``ENOUGH``; 0 where there are enough."""
        return max(ENOUGH - self.pairs, 0)


def reaches(categories: Iterable[str]) -> list[Reach]:
    """Return the pairs of each kind of failure, the largest first.

    Args:
        categories: That of every pair.
    """
    counts = Counter(categories)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [Reach(category, number) for category, number in ranked]
