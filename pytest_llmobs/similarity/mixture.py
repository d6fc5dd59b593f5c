"""A mixture of word distributions, one a cluster: the Dirichlet multinomial mixture.

Yin and Wang, "A Dirichlet multinomial mixture model-based approach for short text clustering" (KDD 2014): each text is
drawn into the cluster that explains its words best, with a chance by how well, until texts stay where they are. Only
then are clusters compared as wholes, and merged where telling them apart explains little.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections import Counter
from collections.abc import Sequence

_EMPTY = 0.1
"""Weight of a cluster without texts, in texts (α)."""
_UNSEEN = 0.05
"""Weight of a word that a cluster has not, in texts (β)."""
_TINY, _HUGE = 1e-100, 1e100


class Mixture:
    """Texts, each in one of some clusters."""

    def __init__(self, rows: Sequence[list[int]], vocabulary: int, clusters: int, places: list[int]) -> None:
        """Put texts into clusters.

        Args:
            rows: The words of each text, as numbers below ``vocabulary``, each once.
            vocabulary: Number of different words.
            clusters: Number of clusters.
            places: The cluster of each text.
        """
        self.rows = rows
        self.places = places
        self._clusters = clusters
        self._unseen = _UNSEEN * vocabulary
        self._texts = [0] * clusters
        self._words = [0] * clusters
        self._counts = [[0] * clusters for _ in range(vocabulary)]
        for row, place in zip(rows, places, strict=True):
            self._move(row, place, 1)

    def sweep(self, chance: random.Random | None) -> None:
        """Draw each text anew, given all others; without a chance, into the cluster that explains it best."""
        for index, row in enumerate(self.rows):
            self._move(row, self.places[index], -1)
            weights = self.log_weights(row)
            if chance is None:
                place = weights.index(max(weights))
            else:
                place = _drawn(weights, chance)
            self.places[index] = place
            self._move(row, place, 1)

    def log_weights(self, row: list[int]) -> list[float]:
        """Return for each cluster the logarithm of the chance that a text with these words is one of its."""
        products = [1.0] * self._clusters
        scale = 0.0
        for word in row:
            counts = self._counts[word]
            products = [product * (count + _UNSEEN) for product, count in zip(products, counts, strict=True)]
            largest = max(products)
            if not _TINY < largest < _HUGE:
                scale += math.log(largest)
                products = [product / largest for product in products]
        offset = self._unseen + len(row) / 2
        weights = []
        for product, texts, words in zip(products, self._texts, self._words, strict=True):
            chance_of_words = math.log(product or 1e-300) + scale - len(row) * math.log(words + offset)
            weights.append(chance_of_words + math.log(texts + _EMPTY))
        return weights

    def fit(self, index: int) -> float:
        """Return how much better a text's cluster explains it than all others together do, in nats.

        It is 0 for a text without words, and infinite where there are no others.
        """
        row, place = self.rows[index], self.places[index]
        if not row:
            return 0.0
        others = sum(self._words) - self._words[place]
        if not others:
            return math.inf
        inside, outside = self._unseen + self._words[place] - len(row), self._unseen + others
        better = math.log(outside / inside) * len(row)
        for word in row:
            here = self._counts[word][place]
            elsewhere = sum(self._counts[word]) - here
            better += math.log((here - 1 + _UNSEEN) / (elsewhere + _UNSEEN))
        return better

    def _move(self, row: list[int], place: int, step: int) -> None:
        self._texts[place] += step
        self._words[place] += step * len(row)
        for word in row:
            self._counts[word][place] += step


def _drawn(log_weights: list[float], chance: random.Random) -> int:
    largest = max(log_weights)
    reached = []
    total = 0.0
    for weight in log_weights:
        total += math.exp(weight - largest)
        reached.append(total)
    return bisect(reached, chance.random() * total, 0, len(reached) - 1)


def evidence(words: Counter[int], texts: int, vocabulary: int) -> float:
    """Return the logarithm of a cluster's part of the chance of all words, its word distribution integrated out."""
    seen = math.fsum(map(math.lgamma, map(_UNSEEN.__add__, words.values())))
    total = vocabulary * _UNSEEN
    unseen = math.lgamma(total) - math.lgamma(words.total() + total) - len(words) * math.lgamma(_UNSEEN)
    return seen + unseen + math.lgamma(texts + _EMPTY) - math.lgamma(_EMPTY)
