"""What a cluster is about, in its own words, and which of its texts is most like the rest.

Class-based TF-IDF (Grootendorst, "BERTopic", 2022): a term weighs by how many texts of the cluster have it, and by how
rare it is over all: log(1 + A / f), for clusters of A texts on average and a term that f texts have.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat

from pytest_llmobs.similarity.words import NUMBER, UNSPACED

MOST_TERMS = 6
_LEAST_SHARE = 0.05
"""Of a cluster's texts, that have a term of it."""
_LEAST_CONTRAST = 1.5
"""How many times as frequent a term is in its cluster as over all."""


class Terms:
    """Words and pairs of neighbouring words of many texts."""

    def __init__(self, texts: Sequence[list[str]]) -> None:
        self._terms = list(map(_terms, texts))
        self._total = len(texts)
        self._everywhere: Counter[str] = Counter()
        for terms in self._terms:
            self._everywhere.update(terms)

    def of(self, members: Sequence[int], clusters: int) -> list[str]:
        """Return the terms that tell a cluster from the others, the most telling first.

        Args:
            members: The texts of the cluster.
            clusters: How many clusters there are.
        """
        here: Counter[str] = Counter()
        for index in members:
            here.update(self._terms[index])
        average = self._total / clusters
        telling: dict[str, float] = {}
        for term, count in here.items():
            share, everywhere = count / len(members), self._everywhere[term]
            contrast = share * self._total / everywhere
            if count > 1 and share >= _LEAST_SHARE and contrast >= _LEAST_CONTRAST:
                telling[term] = share * math.log1p(average / everywhere)
        if not telling:  # all texts are of one kind: what they say most often
            telling = dict(here)
        return _without_repetition(sorted(telling, key=telling.__getitem__, reverse=True))

    def by_typicality(self, members: Sequence[int]) -> list[int]:
        """Return the texts of a cluster, those first that have most in common with the others.

        The measure is the cosine between a text and the mean of all, of vectors whose numbers are log(1 + n / f).
        """
        center: Counter[str] = Counter()
        vectors = list(map(self._vector, members))
        for vector in vectors:
            center.update(vector)
        scores: dict[int, float] = {}
        for index, vector in zip(members, vectors, strict=True):
            scores[index] = math.fsum(weight * center[term] for term, weight in vector.items())
        return sorted(members, key=lambda index: (-scores[index], index))

    def _vector(self, index: int) -> dict[str, float]:
        """Return the weights of a text's terms, as a vector of length 1."""
        weights = {term: math.log1p(self._total / self._everywhere[term]) for term in self._terms[index]}
        length = math.hypot(*weights.values()) or 1.0
        return {term: weight / length for term, weight in weights.items()}


def _terms(text: list[str]) -> list[str]:
    """Return the words of a text and its pairs of words, each once."""
    terms = dict.fromkeys(text)
    for first, second in pairwise(text):
        if NUMBER in (first, second):
            continue
        if first[-1] == second[0] and re.match(UNSPACED, first):
            terms[first + second[1:]] = None
        else:
            terms[f"{first} {second}"] = None
    terms.pop(NUMBER, None)
    return list(terms)


def _without_repetition(ranked: Iterable[str]) -> list[str]:
    """Return the first terms, none of which is a part of another."""
    chosen: list[str] = []
    for term in ranked:
        if any(map(_overlap, chosen, repeat(term))):
            continue
        chosen.append(term)
        if len(chosen) == MOST_TERMS:
            break
    return chosen


def _overlap(term: str, other: str) -> bool:
    return term in other or other in term or not {*term.split()}.isdisjoint(other.split())
