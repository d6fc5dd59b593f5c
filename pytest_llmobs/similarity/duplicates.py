"""Which texts are nearly the same, by the character 5-grams that they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pytest_llmobs.similarity.shingles import Shingled, shingles
from pytest_llmobs.similarity.sketches import Bands, rows_of, sketcher
from pytest_llmobs.similarity.texts import normalized

MOST_PAIRS = 20
"""Earlier texts that a text is paired with: a template filled in 10,000 times would be 50 million pairs."""
_MOST_VERIFIED = 100
"""Candidates of a text, those that share most bands first."""
_MOST_IN_BUCKET = 64


class Pair(NamedTuple):
    """Two texts that are nearly the same."""

    first: int
    """Index of the later one."""
    second: int
    """Index of the earlier one."""
    similarity: float
    """Share of the character 5-grams that they have in common; 1.0 where they are the same."""


def near_duplicates(texts: Sequence[str], *, threshold: float = 0.6, known: Sequence[str] = ()) -> list[Pair]:
    """Return the pairs of texts that are nearly the same, in order of their indices.

    Case, width of letters and blanks don't count. Candidates come from MinHash signatures, so that a pair close to the
    threshold may be missed; every one is verified by its true Jaccard similarity. What is found is the same in every
    process.

    However alike the texts are, there are few pairs: texts that are the same are paired with the first of them, another
    text with at most 20 earlier ones, those that look most alike. What belongs together is still connected, see
    ``groups``. To learn whether a text has a duplicate in some set, give that set as ``known``.

    Args:
        texts: Texts to compare, with each other and with ``known``.
        threshold: Least share of 5-grams in common, above 0 to 1.
        known: Texts that are there already; pairs among them are not looked for. They are counted first:
            ``texts[0]`` has the index ``len(known)``.

    Raises:
        ValueError: The threshold is out of range.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, not {threshold!r}")
    places = _places([*known, *texts])
    distinct = list(places)
    occurrences = list(places.values())
    asked = [indices[-1] >= len(known) for indices in occurrences]
    pairs = list(_same(occurrences))
    for later, earlier, similarity in _alike(distinct, asked, threshold):
        pairs += _spread(occurrences[later], occurrences[earlier], similarity)
    return sorted(pair for pair in pairs if pair.first >= len(known))


def groups(pairs: Iterable[Pair], count: int) -> list[list[int]]:
    """Return the texts that pairs connect, directly or through others: each group sorted, in order of their first.

    Args:
        pairs: What ``near_duplicates`` returned.
        count: Number of texts, the known ones included. Texts without a pair are in no group.
    """
    leaders = list(range(count))
    for pair in pairs:
        first, second = sorted((_leader(leaders, pair.first), _leader(leaders, pair.second)))
        leaders[second] = first
    members = defaultdict(list)
    for index in range(count):
        members[_leader(leaders, index)].append(index)
    return [group for group in members.values() if len(group) > 1]


def _leader(leaders: list[int], index: int) -> int:
    """Return the first of a text's group, and shorten the way to it."""
    while leaders[index] != index:
        leaders[index] = leaders[leaders[index]]
        index = leaders[index]
    return index


def _places(texts: Sequence[str]) -> dict[str, list[int]]:
    """Return each distinct text -> the indices where it stands."""
    places: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        places.setdefault(normalized(text), []).append(index)
    return places


def _same(occurrences: Iterable[list[int]]) -> Iterator[Pair]:
    for first, *others in occurrences:
        for index in others:
            yield Pair(index, first, 1.0)


def _spread(later: list[int], earlier: list[int], similarity: float) -> Iterator[Pair]:
    """Pair every occurrence of two distinct texts with the first one of the other."""
    for index in later:
        yield Pair(index, earlier[0], similarity)
    for index in earlier[1:]:
        high, low = max(index, later[0]), min(index, later[0])
        yield Pair(high, low, similarity)


def _alike(distinct: list[str], asked: list[bool], threshold: float) -> Iterator[tuple[int, int, float]]:
    """Return pairs of distinct texts, at least one of each asked for: later, earlier, similarity."""
    shingled = Shingled(distinct)
    with_text = filter(distinct.__getitem__, range(len(distinct)))
    order = sorted(with_text, key=asked.__getitem__)  # the known ones first
    buckets = Buckets()
    bands_of_all = sketcher(rows_of(threshold))(shingles(distinct[index]) for index in order)
    for index, bands in zip(order, bands_of_all, strict=True):
        if asked[index]:
            for other, similarity in _verified(index, buckets.candidates(bands), shingled, threshold):
                yield max(index, other), min(index, other), similarity
        buckets.add(index, bands)


def _verified(
    index: int, candidates: list[int], shingled: Shingled, threshold: float
) -> list[tuple[int, float]]:
    """Return the candidates that are alike, and how much: the first ones."""
    alike: list[tuple[int, float]] = []
    for other in candidates:
        similarity = shingled.jaccard(index, other, threshold)
        if similarity:
            alike.append((other, similarity))
        if len(alike) == MOST_PAIRS:
            break
    return alike


class Buckets:
    """The texts seen so far, by their bands."""

    def __init__(self) -> None:
        self._tables: list[dict[int, list[int]]] = []

    def add(self, index: int, bands: Bands) -> None:
        """Put a text into the bucket of each of its bands that has room."""
        while len(self._tables) < len(bands):
            self._tables.append({})
        for table, band in zip(self._tables, bands, strict=True):
            bucket = table.setdefault(band, [])
            if len(bucket) < _MOST_IN_BUCKET:
                bucket.append(index)

    def candidates(self, bands: Bands) -> list[int]:
        """Return texts that share a band, those that share most of them first."""
        shared: Counter[int] = Counter()
        for table, band in zip(self._tables, bands, strict=False):  # there is no table before the first text
            shared.update(table.get(band, ()))
        return [index for index, _ in shared.most_common(_MOST_VERIFIED)]
