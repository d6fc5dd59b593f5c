"""How far two partitions agree: the adjusted Rand index of Hubert and Arabie (1985)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb


def adjusted_rand(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Return 1 for the same partition, about 0 for one by chance.

    It is (S - E) / (M - E): S pairs of things that are together in both, E as many as chance puts together, M the mean
    of those together in the first and in the second. Hubert and Arabie, "Comparing partitions" (1985).
    """
    both = _pairs(zip(first, second, strict=True))
    in_first, in_second = _pairs(first), _pairs(second)
    expected = in_first * in_second / comb(len(first), 2)
    mean = (in_first + in_second) / 2
    if mean == expected:
        return 1.0
    return (both - expected) / (mean - expected)


def _pairs(names) -> int:
    return sum(comb(count, 2) for count in Counter(names).values())


def cluster_numbers(clusters, count: int) -> list[int]:
    """Return the number of each text's cluster."""
    numbers = [-1] * count
    for number, kind in enumerate(clusters):
        for index in kind.members:
            numbers[index] = number
    return numbers
