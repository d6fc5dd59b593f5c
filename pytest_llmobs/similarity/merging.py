"""Which clusters are one: the number of clusters comes from here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, repeat
from operator import attrgetter

from pytest_llmobs.similarity.mixture import evidence

_WORTH = 0.3
"""Nats a word that telling two clusters apart has to save, counted over the words of the smaller one."""
_FEW = 200
"""Texts of which half as much is enough."""

_Name = tuple[int, ...]
_Names = tuple[_Name, _Name]


@dataclass(frozen=True)
class _Part:
    """One cluster as a whole."""

    places: _Name
    """The clusters of the mixture that it was made of, sorted."""
    words: Counter[int]
    texts: int
    evidence: float


class Parts:
    """The clusters of a mixture, merged step by step."""

    def __init__(self, rows: Sequence[list[int]], places: Sequence[int], vocabulary: int) -> None:
        self._vocabulary = vocabulary
        # The evidence counts what a word distribution costs, and of few texts that leaves little of what it saves.
        self._worth = _WORTH * len(rows) / (len(rows) + _FEW)
        words: dict[int, Counter[int]] = {}
        for row, place in zip(rows, places, strict=True):
            words.setdefault(place, Counter()).update(row)
        texts = Counter(places)
        self._parts: dict[_Name, _Part] = {}
        for place in sorted(words):
            self._parts[place,] = self._part((place,), words[place], texts[place])

    def merge(self, most: int) -> None:
        """Merge the two clusters whose difference is worth least, until all differ and there are at most ``most``."""
        losses = dict(map(self._loss, combinations(self._parts.values(), 2)))
        while losses:
            loss, names = min(zip(losses.values(), losses, strict=True))
            if loss > self._worth and len(self._parts) <= most:
                return
            merged = self._merged(*map(self._parts.pop, names))
            losses = {pair: loss for pair, loss in losses.items() if not {*pair} & {*names}}
            losses.update(map(self._loss, zip(self._parts.values(), repeat(merged))))
            self._parts[merged.places] = merged

    def evidence(self) -> float:
        """Return how well the clusters explain the texts: a logarithm, more is better."""
        return math.fsum(map(attrgetter("evidence"), self._parts.values()))

    def numbers(self) -> dict[int, int]:
        """Return each cluster of the mixture -> the number of the merged one, from 0."""
        numbers: dict[int, int] = {}
        for number, places in enumerate(self._parts):
            numbers.update(dict.fromkeys(places, number))
        return numbers

    def _loss(self, pair: tuple[_Part, _Part]) -> tuple[_Names, float]:
        """Return the names of two clusters, and what merging them loses, in nats a word of the smaller one."""
        first, second = pair
        loss = first.evidence + second.evidence - self._merged(first, second).evidence
        fewer = min(first.words.total(), second.words.total())
        return (first.places, second.places), loss / max(fewer, 1)

    def _merged(self, first: _Part, second: _Part) -> _Part:
        places = tuple(sorted(first.places + second.places))
        return self._part(places, first.words + second.words, first.texts + second.texts)

    def _part(self, places: _Name, words: Counter[int], texts: int) -> _Part:
        return _Part(places, words, texts, evidence(words, texts, self._vocabulary))
