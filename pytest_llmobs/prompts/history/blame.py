"""Which commit a line or a phrase came with, and which one it went with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal

from pytest_llmobs.prompts.history.passages import Passage, lines_of

UNCOMMITTED = ""
"""Stands for the file of a prompt, where it holds what is in no commit."""


@dataclass(frozen=True)
class Ancestry:
    """The versions that one came from."""

    order: Sequence[str]
    """Hashes, a version before its parents; the first is the one that is asked about."""
    parents: Mapping[str, Sequence[str]]
    """Of each hash; those that aren't in ``order`` are unknown and passed over."""
    read: Callable[[str], Sequence[Passage]]
    """Returns what a version holds."""

    def known_parents(self, hash: str) -> list[str]:
        """Return the parents of a version that are there."""
        return list(filter(self._known.__contains__, self.parents.get(hash, ())))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.order)


@dataclass(frozen=True)
class BlamedLine:
    """A line, and the version that brought it."""

    message: int
    """The number of its message, counted from 0."""
    role: str | None
    text: str
    hash: str


@dataclass(frozen=True)
class PhraseEvent:
    """A phrase came or went."""

    hash: str
    kind: Literal["came", "went"]


@dataclass(frozen=True)
class PhraseHistory:
    """What became of a phrase."""

    origin: str | None
    """The version that brought it; None where the first version hasn't it."""
    events: Sequence[PhraseEvent]
    """When it came and went, the newest first; empty where no version ever had it."""


def blame_lines(ancestry: Ancestry) -> list[BlamedLine]:
    """Return each line of the first version, with the version that brought it."""
    first = ancestry.order[0]
    shown = ancestry.read(first)
    lines = lines_of(shown)
    origins = _origins(ancestry, len(lines))
    blamed = []
    for (message, text), hash in zip(lines, origins, strict=True):
        blamed.append(BlamedLine(message, shown[message].role, text, hash))
    return blamed


def _origins(ancestry: Ancestry, size: int) -> list[str]:
    """Return for each line of the first version the one that it came with."""
    first = ancestry.order[0]
    origins = [first] * size
    # of each version the lines that are looked for: where they stand in it -> where in the first
    wanted: dict[str, dict[int, list[int]]] = {first: {number: [number] for number in range(size)}}
    for hash in ancestry.order:
        places = wanted.pop(hash, {})
        if not places:
            continue
        lines = lines_of(ancestry.read(hash))
        for parent in ancestry.known_parents(hash):
            if not places:
                break
            inherited = wanted.setdefault(parent, {})
            for old, new in _common(lines_of(ancestry.read(parent)), lines):
                if new in places:
                    inherited.setdefault(old, []).extend(places.pop(new))
        for numbers in places.values():
            for number in numbers:
                origins[number] = hash
    return origins


def _common(old: Sequence[tuple[int, str]], new: Sequence[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """Yield the lines that two versions share: where one stands in the first, and in the second."""
    before, after = [text for _, text in old], [text for _, text in new]
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    for number in range(head):
        yield number, number
    # most commits change a line or two, and comparing the rest takes most of the time
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    for block in SequenceMatcher(None, *middle, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            yield head + block.a + offset, head + block.b + offset
    for number in range(tail):
        yield len(before) - 1 - number, len(after) - 1 - number


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def blame_phrase(ancestry: Ancestry, phrase: str) -> PhraseHistory:
    """Tell when a phrase came and went, in whichever message; white space counts as one space."""
    wanted = _normal(phrase)
    has: dict[str, bool] = {}
    events: list[PhraseEvent] = []
    for hash in reversed(ancestry.order):
        has[hash] = any(wanted in _normal(passage.text) for passage in ancestry.read(hash))
        is_inherited = any(map(has.__getitem__, ancestry.known_parents(hash)))
        if has[hash] != is_inherited:
            events.append(PhraseEvent(hash, "came" if has[hash] else "went"))
    events.reverse()
    return PhraseHistory(_origin(ancestry, has), events)


def _origin(ancestry: Ancestry, has: Mapping[str, bool]) -> str | None:
    """Return the version that brought what the first version has: the first of a line that all have it."""
    hash = ancestry.order[0]
    if not has[hash]:
        return None
    while True:
        inheriting = list(filter(has.__getitem__, ancestry.known_parents(hash)))
        if not inheriting:
            return hash
        hash = inheriting[0]


def _normal(text: str) -> str:
    return " ".join(text.split())
