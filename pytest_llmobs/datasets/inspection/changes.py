"""What a reviewer sees of a dataset's change: examples added, removed and edited, those with another id included.

An id that nobody wrote is derived from the inputs: whoever mends a typo in them has, by ids alone, removed an example
and added another one. Here such a pair is one example that was edited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import filterfalse

from pytest_llmobs.datasets.versions.apart import SharedRows
from pytest_llmobs.datasets.versions.differences import PARTS, ChangedExample, changed_parts, changes_between
from pytest_llmobs.records.examples import Example

_MOST_PAIRED = 2_000
"""Examples, added and removed, that are compared with each other; the time is that of finding near-duplicates."""

_NONE = SharedRows()


@dataclass(frozen=True)
class DatasetChanges:
    """How one version of a dataset became another one, in the order of the datasets."""

    added: Sequence[Example]
    removed: Sequence[Example]
    edited: Sequence[ChangedExample]
    """Of one whose id changed ``before`` has another one; where nothing else did, no part differs."""
    unchanged: int
    """How many examples both have as they are."""
    splits: Sequence[SplitSizes]
    """What each split had and has, sorted by name; none where no example names one."""

    @property
    def is_none(self) -> bool:
        """True where both hold the same."""
        return not (self.added or self.removed or self.edited)

    @property
    def parts(self) -> Counter[str]:
        """How many edited examples differ in a part, in the order of an example's parts."""
        parts: Counter[str] = Counter(dict.fromkeys(PARTS, 0))
        for example in self.edited:
            parts.update(example.parts)
        return +parts


@dataclass(frozen=True)
class SplitSizes:
    """The examples of a split before and after; one of several splits counts in each."""

    name: str
    """Empty for the examples that name none."""
    before: int
    after: int


def _split_sizes(
    earlier: Iterable[Example], later: Iterable[Example], shared: Counter[str]
) -> Sequence[SplitSizes]:
    before, after = shared + _sizes(earlier), shared + _sizes(later)
    names = sorted({*before, *after})
    if names == [""]:
        return ()
    return list(map(SplitSizes, names, map(before.__getitem__, names), map(after.__getitem__, names)))


def _sizes(examples: Iterable[Example]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for example in examples:
        sizes.update(example.splits or ("",))
    return sizes


def changes_to_review(
    earlier: Sequence[Example], later: Sequence[Example], shared: SharedRows = _NONE
) -> DatasetChanges:
    """Compare two versions of a dataset; examples are told by their ids, the rest by what they hold.

    Args:
        earlier: Examples of the one version; those that both share may be missing from both.
        later: Those of the other.
        shared: The missing ones.
    """
    found = changes_between(earlier, later)
    changes = DatasetChanges(
        added=found.added,
        removed=found.removed,
        edited=found.modified,
        unchanged=len(shared.rows) + len(later) - len(found.added) - len(found.modified),
        splits=_split_sizes(earlier, later, shared.splits),
    )
    return _paired(changes)


def _paired(changes: DatasetChanges) -> DatasetChanges:
    """Take what was removed under one id and added under another for one example."""
    added, removed = changes.added, changes.removed
    if not added or not removed or len(added) + len(removed) > _MOST_PAIRED:
        return changes
    # equal ones first: a near-duplicate must not take the place of the example itself
    pairs = _equal_pairs(added, removed)
    pairs |= _similar_pairs(pairs, changes)
    edited = list(changes.edited)
    for new, old in sorted(pairs.items()):
        parts = changed_parts(removed[old], added[new])
        edited.append(ChangedExample(removed[old], added[new], parts))
    return replace(
        changes,
        added=_without(added, pairs),
        removed=_without(removed, set(pairs.values())),
        edited=edited,
    )


def _without(examples: Sequence[Example], numbers: Container[int]) -> list[Example]:
    return [example for number, example in enumerate(examples) if number not in numbers]


def _equal_pairs(added: Sequence[Example], removed: Sequence[Example]) -> dict[int, int]:
    """Return the numbers of examples with the same inputs and outputs: added -> removed."""
    by_hash: dict[str, list[int]] = {}
    for number, example in enumerate(removed):
        by_hash.setdefault(example.hash, []).append(number)
    pairs: dict[int, int] = {}
    for number, example in enumerate(added):
        if by_hash.get(example.hash):
            pairs[number] = by_hash[example.hash].pop(0)
    return pairs


def _similar_pairs(equal: Mapping[int, int], changes: DatasetChanges) -> dict[int, int]:
    """Return the numbers of further examples whose inputs are near-duplicates, the most similar ones first paired."""
    from pytest_llmobs.similarity import near_duplicates

    added = list(filterfalse(equal.__contains__, range(len(changes.added))))
    removed = list(filterfalse(set(equal.values()).__contains__, range(len(changes.removed))))
    pairs: dict[int, int] = {}
    found = near_duplicates(_texts(changes.added, added), known=_texts(changes.removed, removed))
    for pair in sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second)):
        if pair.second >= len(removed):
            continue  # two of those that were added
        one, other = added[pair.first - len(removed)], removed[pair.second]
        if one not in pairs and other not in pairs.values():
            pairs[one] = other
    return pairs


def _texts(examples: Sequence[Example], numbers: Iterable[int]) -> list[str]:
    from pytest_llmobs.similarity import text_of

    texts = []
    for number in numbers:
        texts.append(text_of(examples[number].inputs))
    return texts
