"""A text that came in pieces and was cleaned as a whole, in as many pieces again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

_ALIKE = 12
"""Characters that must be the same again before a replacement counts as over."""
_FARTHEST = 4_096
"""Characters that are looked through for the end of a replacement."""
Change = tuple[int, int, str]
"""From where to where a text was replaced, and by what."""


def changes_by_piece(pieces: Sequence[str], cleaned: str) -> list[list[Change]]:
    """Return what is to be replaced in each of the pieces of a text, so that together they are the cleaned text.

    What stands in the place of something is spread over the pieces that had it; all others have no change.

    Args:
        pieces: Of the text as it came.
        cleaned: The whole text, cleaned.
    """
    by_piece: list[list[Change]] = [[] for _ in pieces]
    starts = [0, *accumulate(map(len, pieces))]
    for start, stop, replacement in changes_of("".join(pieces), cleaned):
        first = min(bisect_right(starts, start), len(pieces)) - 1
        last = max(first, bisect_left(starts, stop) - 1)
        holders = [number for number in range(first, last + 1) if pieces[number] or first == last]
        for turn, number in enumerate(holders):
            share = replacement[
                turn * len(replacement) // len(holders) : (turn + 1) * len(replacement) // len(holders)
            ]
            begin, end = starts[number], starts[number + 1]
            by_piece[number].append((max(start, begin) - begin, min(stop, end) - begin, share))
    return by_piece


def changed(text: str, changes: Sequence[Change]) -> str:
    """Return a text with changes made; of those that overlap, the replacement of the first stands for all."""
    merged: list[tuple[int, int, int]] = []
    for start, stop, rank in sorted((start, stop, rank) for rank, (start, stop, _) in enumerate(changes)):
        if merged and (start < merged[-1][1] or (start, stop) == merged[-1][:2]):
            begin, end, before = merged.pop()
            merged.append((begin, max(end, stop), min(before, rank)))
        else:
            merged.append((start, stop, rank))
    parts: list[str] = []
    position = 0
    for start, stop, rank in merged:
        parts += [text[position:start], changes[rank][2]]
        position = stop
    return "".join([*parts, text[position:]])


def changes_of(text: str, cleaned: str) -> Iterator[Change]:
    """Yield what was replaced in a text, in its order."""
    suffix = _common_suffix(text, cleaned)
    text_end, cleaned_end = len(text) - suffix, len(cleaned) - suffix
    at, cleaned_at = 0, 0
    while True:
        same = _common_prefix(text[at:text_end], cleaned[cleaned_at:cleaned_end])
        at, cleaned_at = at + same, cleaned_at + same
        if at == text_end and cleaned_at == cleaned_end:
            return
        end, cleaned_next = _next_alike(text, at, text_end, cleaned, cleaned_at, cleaned_end)
        yield at, end, cleaned[cleaned_at:cleaned_next]
        at, cleaned_at = end, cleaned_next


def _next_alike(
    text: str, at: int, text_end: int, cleaned: str, cleaned_at: int, cleaned_end: int
) -> tuple[int, int]:
    """Return where text and cleaned text are alike again; their ends, where they aren't."""
    for start in range(cleaned_at, min(cleaned_end - _ALIKE, cleaned_at + _FARTHEST) + 1):
        found = text.find(cleaned[start : start + _ALIKE], at, min(text_end, at + _FARTHEST))
        if found >= 0:
            return found, start
    return text_end, cleaned_end


def _common_prefix(one: str, other: str) -> int:
    """Return how many first characters two texts share."""
    shortest = min(len(one), len(other))
    if one[:shortest] == other[:shortest]:
        return shortest
    low, high = 0, shortest
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _common_suffix(one: str, other: str) -> int:
    return _common_prefix(one[::-1], other[::-1])
