"""Which texts stand for others: the leader algorithm (Hartigan 1975, Clustering Algorithms, chapter 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_llmobs.similarity.duplicates import Buckets, Pair
from pytest_llmobs.similarity.shingles import Shingled, shingles
from pytest_llmobs.similarity.sketches import rows_of, sketcher
from pytest_llmobs.similarity.texts import normalized


def leader_pairs(texts: Sequence[str], *, threshold: float = 0.6, known: Sequence[str] = ()) -> list[Pair]:
    """Return each text that is nearly the same as one before it that isn't returned itself, with the most alike such.

    So every text is either a leader, or has one pair, whose ``second`` is a leader. Only leaders are looked at again,
    which makes ten thousand texts of one template as cheap as any others.

    Args:
        texts: Texts in the order in which they are preferred.
        threshold: Least share of character 5-grams in common, above 0 to 1.
        known: Texts that are leaders whatever they are like. They are counted first: ``texts[0]`` has the index
            ``len(known)``.
    """
    everything = list(map(normalized, [*known, *texts]))
    shingled = Shingled(everything)
    with_text = list(filter(everything.__getitem__, range(len(everything))))
    bands_of_all = sketcher(rows_of(threshold))(shingles(everything[index]) for index in with_text)
    stands_for: dict[str, tuple[int, float]] = {}
    buckets = Buckets()
    pairs = []
    for index, bands in zip(with_text, bands_of_all, strict=True):
        text = everything[index]
        found = stands_for.get(text)
        # a known text leads even where another one is like it
        if found is None and index >= len(known):
            found = _most_alike(index, buckets.candidates(bands), shingled, threshold)
        if found is None:
            stands_for[text] = index, 1.0
            buckets.add(index, bands)
        elif index >= len(known):
            stands_for[text] = found
            pairs.append(Pair(index, *found))
    return pairs


def _most_alike(
    index: int, leaders: Iterable[int], shingled: Shingled, threshold: float
) -> tuple[int, float] | None:
    best = None
    for leader in leaders:
        similarity = shingled.jaccard(index, leader, threshold)
        if similarity and (best is None or similarity > best[1]):
            best = leader, similarity
    return best
