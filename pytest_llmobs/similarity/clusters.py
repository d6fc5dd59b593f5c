"""What a crowd of texts falls into, without being told how many kinds there are."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmobs.similarity.anchors import ANCHORS, anchors_of
from pytest_llmobs.similarity.embedding import Embedder
from pytest_llmobs.similarity.merging import Parts
from pytest_llmobs.similarity.mixture import Mixture
from pytest_llmobs.similarity.terms import Terms
from pytest_llmobs.similarity.words import MOST_FEATURES, features, words

_DRAWN, _SETTLED = 13, 2
"""Sweeps over all texts: by chance, and into the best cluster."""
_STARTS = 8
"""Of which the best is taken; of many texts one is enough."""
_TEXTS_OF_A_START = 2_000
_LEAST_FIT = 0.45
"""Nats a word by which its cluster has to explain a text better than all others do."""
_LEAST_MEMBERS = 3
_LEAST_WITH_ODD = 5
"""Members of a cluster of which one is called odd."""


@dataclass(frozen=True)
class Cluster:
    """Texts of one kind."""

    members: list[int]
    """Indices of the texts, the most typical first."""
    terms: list[str]
    """Words that these texts have and others have not, the most telling first; none for the texts of no cluster."""
    odd: int | None
    """The member that is least like the others; None where there are few, or all are of no cluster."""


def cluster(
    texts: Sequence[str], *, embed: Embedder | None = None, most: int = 12, seed: int = 0
) -> list[Cluster]:
    """Return the kinds of texts that there are, the largest first; texts of no kind are the last one, without terms.

    Texts are of one kind where they share words (see ``mixture``); the number of kinds is found, not given. With an
    embedder those count as well that say the same in other words. The same texts in the same order give the same
    clusters in every process.

    Args:
        texts: Texts in any language; what is read of each ends after 20,000 characters.
        embed: From texts to one vector each, see ``default_embedder``.
        most: Most clusters, not counting the last one.
        seed: Of the chance that the search starts with.

    Raises:
        ValueError: ``most`` is less than 1, or the embedder doesn't give one vector a text.
    """
    if most < 1:
        raise ValueError(f"most must be 1 or more, not {most!r}")
    split = list(map(words, texts))
    rows, vocabulary = features(split)
    if embed is not None and texts:
        for row, anchors in zip(rows, anchors_of(texts, embed), strict=True):
            row.extend(map(vocabulary.__add__, anchors))
        vocabulary += ANCHORS
    if not vocabulary:
        return _described([], Terms(split), len(texts))
    mixture = _fitted(rows, vocabulary, most, seed)
    kinds: dict[int, list[int]] = {}
    for index, place in enumerate(mixture.places):
        # Words that no other text has count, too: a one-off shares a few frequent words with any cluster.
        size = min(len(set(split[index])), MOST_FEATURES)
        if mixture.fit(index) > _LEAST_FIT * size:
            kinds.setdefault(place, []).append(index)
    return _described(kinds.values(), Terms(split), len(texts))


def _fitted(rows: list[list[int]], vocabulary: int, most: int, seed: int) -> Mixture:
    """Return texts in as many clusters as there are: the best of some starts."""
    starts = max(1, min(_STARTS, _TEXTS_OF_A_START // max(len(rows), 1)))
    best, best_evidence = _found(rows, vocabulary, most, random.Random(seed * _STARTS))
    for start in range(1, starts):
        mixture, evidence = _found(rows, vocabulary, most, random.Random(seed * _STARTS + start))
        if evidence > best_evidence:
            best, best_evidence = mixture, evidence
    return best


def _found(rows: list[list[int]], vocabulary: int, most: int, chance: random.Random) -> tuple[Mixture, float]:
    """Return texts in as many clusters as there are, by one start, and how well that explains them."""
    clusters = most + most // 3  # more than there are, to be merged
    mixture = Mixture(rows, vocabulary, clusters, chance.choices(range(clusters), k=len(rows)))
    for _ in range(_DRAWN):
        mixture.sweep(chance)
    for _ in range(_SETTLED):
        mixture.sweep(None)
    parts = Parts(rows, mixture.places, vocabulary)
    parts.merge(most)
    numbers = parts.numbers()
    merged = Mixture(rows, vocabulary, len(numbers), list(map(numbers.__getitem__, mixture.places)))
    for _ in range(_SETTLED):
        merged.sweep(None)
    return merged, parts.evidence()


def _described(kinds: Iterable[list[int]], terms: Terms, count: int) -> list[Cluster]:
    """Return clusters with their terms, the largest first, and one of the texts that are in none."""
    clusters = []
    others = set(range(count))
    clear = list(filter(_is_clear, kinds))
    for members in sorted(clear, key=lambda members: (-len(members), members)):
        others.difference_update(members)
        ranked = terms.by_typicality(members)
        odd = ranked[-1] if len(ranked) >= _LEAST_WITH_ODD else None
        clusters.append(Cluster(ranked, terms.of(members, len(clear)), odd))
    if others:
        clusters.append(Cluster(sorted(others), [], None))
    return clusters


def _is_clear(members: list[int]) -> bool:
    return len(members) >= _LEAST_MEMBERS
