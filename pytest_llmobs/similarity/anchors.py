"""Vectors as words: a text has the names of the anchors that it lies closest to.

So the same mixture clusters by words and by meaning at once, whatever the embedder's scale is.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from functools import partial
from operator import mul, sub

from pytest_llmobs.similarity.embedding import Embedder

ANCHORS = 64
_NEAREST = 6
"""Of these, that a text has at most."""

Vector = Sequence[float]


def anchors_of(texts: Sequence[str], embed: Embedder) -> list[list[int]]:
    """Return the numbers of the anchors that each text lies closest to, below ``ANCHORS``.

    Raises:
        ValueError: The embedder gives more or fewer vectors than it got texts, or they differ in length.
    """
    distinct = list(dict.fromkeys(texts))  # embedding is what takes longest, and failures repeat
    vectors = embed(distinct)
    if len(vectors) != len(distinct) or len(set(map(len, vectors))) > 1:
        lengths = sorted(set(map(len, vectors)))
        raise ValueError(
            f"the embedder gave {len(vectors)} vectors of {lengths} numbers for {len(distinct)} texts"
        )
    nearest = dict(zip(distinct, _nearest(_units(vectors)), strict=True))
    return list(map(nearest.__getitem__, texts))


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


def _nearest(units: list[list[float]]) -> list[list[int]]:
    """Return the anchors that each text lies closest to.

    Anchors are texts that lie far from each other: each next one is that which is farthest from those before it.
    """
    cosines: list[list[float]] = []
    closest = [-2.0] * len(units)
    farthest = 0
    for _ in range(min(ANCHORS, len(units))):
        cosines.append(list(map(partial(_cosine, units[farthest]), units)))
        closest = list(map(max, closest, cosines[-1]))
        farthest = closest.index(min(closest))
    # Of few texts, six anchors would be all there are, and every text would have the same.
    closest_ones = max(1, min(_NEAREST, len(cosines) // 4))
    nearest = []
    for of_text in zip(*cosines, strict=True):
        nearest.append(heapq.nlargest(closest_ones, range(len(cosines)), key=of_text.__getitem__))
    return nearest


def _cosine(first: list[float], second: list[float]) -> float:
    cosine: float = sum(map(mul, first, second))
    return cosine
