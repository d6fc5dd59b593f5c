"""Vectors as words: a text has the names of the anchors that it lies closest to.

So the same mixture clusters by words and by meaning at once, whatever the embedder's scale is.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from functools import partial
from operator import mul, sub

_ANCHORS = 64
_NEAREST = 6
"""Anchors that a text has."""

Vector = Sequence[float]


def anchor_features(
    rows: Sequence[list[int]], vocabulary: int, vectors: Sequence[Vector]
) -> tuple[list[list[int]], int]:
    """Return the features of each text with those of its vector, and how many different ones there are.

    Args:
        rows: Features of each text, as numbers below ``vocabulary``.
        vocabulary: Number of different features.
        vectors: One a text.

    Raises:
        ValueError: There are more or fewer vectors than texts, or they differ in length.
    """
    if len(vectors) != len(rows) or len(set(map(len, vectors))) != 1:
        lengths = sorted(set(map(len, vectors)))
        raise ValueError(
            f"the embedder gave {len(vectors)} vectors of {lengths} numbers for {len(rows)} texts"
        )
    units = _units(vectors)
    nearest = _nearest(units, _anchors(units))
    both = []
    for row, anchors in zip(rows, nearest, strict=True):
        both.append([*row, *map(vocabulary.__add__, anchors)])
    return both, vocabulary + _ANCHORS


def _units(vectors: Sequence[Vector]) -> list[list[float]]:
    """Return the vectors as seen from their mean, at length 1."""
    means = list(map(_mean, zip(*vectors, strict=True)))
    units = []
    for vector in vectors:
        moved = list(map(sub, map(float, vector), means))  # numpy's and torch's numbers are slow
        length = math.hypot(*moved) or 1.0
        units.append([number / length for number in moved])
    return units


def _mean(numbers: Iterable[float]) -> float:
    values = list(map(float, numbers))
    return math.fsum(values) / len(values)


def _anchors(units: list[list[float]]) -> list[list[float]]:
    """Return texts that lie far from each other: each next one is that which is farthest from those before it."""
    closest = [-2.0] * len(units)
    anchors = [units[0]]
    while len(anchors) < min(_ANCHORS, len(units)):
        closest = list(map(max, closest, map(partial(_cosine, anchors[-1]), units)))
        anchors.append(units[closest.index(min(closest))])
    return anchors


def _nearest(units: list[list[float]], anchors: list[list[float]]) -> list[list[int]]:
    nearest = []
    for unit in units:
        cosines = list(map(partial(_cosine, unit), anchors))
        nearest.append(heapq.nlargest(_NEAREST, range(len(anchors)), key=cosines.__getitem__))
    return nearest


def _cosine(first: list[float], second: list[float]) -> float:
    cosine: float = sum(map(mul, first, second))
    return cosine
