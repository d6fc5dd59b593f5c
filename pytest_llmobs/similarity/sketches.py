"""Which texts may be alike: MinHash signatures cut into bands (Broder 1997; Leskovec et al., Mining of Massive
Datasets, chapter 3).

Two texts share a value of their signatures with the probability of their Jaccard similarity, and are candidates where
they share a whole band. ``rensa`` computes the signatures where it is installed, plain Python else.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import Any

VALUES = 125
"""Of a signature."""
_LEAST_FOUND = 0.85
"""Share of the pairs at the threshold itself that become candidates; of pairs well above it nearly all."""
_MOST_ROWS = 8
_SEED = 20_011
_WORD = 0xFFFFFFFF

_BATCH = 500
"""Texts whose shingles `rensa` gets at once."""

Bands = list[int]
"""Hashes of a text's bands; two texts that have one in the same place are candidates."""
Sketcher = Callable[[Iterator[set[int]]], Iterator[Bands]]
"""From sets of shingles to the bands of each."""


def rows_of(threshold: float) -> int:
    """Return how many values a band has: as many as leave pairs at the threshold found."""
    for rows in range(_MOST_ROWS, 1, -1):
        missed = (1 - threshold**rows) ** (VALUES // rows)
        if 1 - missed >= _LEAST_FOUND:
            return rows
    return 1


def sketcher(rows: int) -> Sketcher:
    """Return what turns sets of shingles into bands: by ``rensa`` where it is installed."""
    if find_spec("rensa") is None:
        return Rings(rows)
    return MinHashes(rows)


class MinHashes:
    """MinHash by ``rensa``, which is written in Rust."""

    def __init__(self, rows: int) -> None:
        self._rows = rows

    def __call__(self, sets: Iterator[set[int]]) -> Iterator[Bands]:
        """Return the bands of each set."""
        from rensa import RMinHash

        digests: Callable[..., Any] = RMinHash.digest_matrix_from_token_hash_sets
        while batch := list(islice(sets, _BATCH)):
            for signature in digests(batch, VALUES, _SEED).to_rows():
                yield self._bands(signature)

    def _bands(self, signature: list[int]) -> Bands:
        rows = self._rows
        starts = range(0, VALUES - rows + 1, rows)
        return [hash(tuple(signature[start : start + rows])) for start in starts]


class Rings:
    """MinHash in plain Python, at a fraction of its usual work: by consistent hashing.

    The hashes of a text lie on a ring, and a value of its signature is the first of them behind a random point. Which
    of two texts' hashes comes first behind a point is as random as which is least under a permutation, but it takes
    one bisection instead of a walk over all hashes. A ring's gaps stay as they are, so each value of a band is taken
    from another ring, where the hashes lie otherwise.
    """

    def __init__(self, rows: int) -> None:
        chance = random.Random(_SEED)
        self._factors = [chance.getrandbits(32) | 1 for _ in range(rows)]
        self._points = [[chance.getrandbits(32) for _ in range(VALUES // rows)] for _ in range(rows)]

    def __call__(self, sets: Iterator[set[int]]) -> Iterator[Bands]:
        """Return the bands of each set."""
        for hashes in sets:
            rows = map(_firsts, self._factors, self._points, [hashes] * len(self._points))
            yield list(map(hash, zip(*rows, strict=True)))


def _firsts(factor: int, points: list[int], hashes: set[int]) -> list[int]:
    """Return the hash that comes first behind each point of a ring."""
    ring = sorted([number * factor & _WORD for number in hashes])
    ring.append(ring[0])
    return [ring[bisect(ring, point, 0, len(ring) - 1)] for point in points]
