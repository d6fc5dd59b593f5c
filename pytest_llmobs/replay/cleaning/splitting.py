"""A text that came in pieces and was cleaned as a whole, in as many pieces again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_ALIKE = 12
"""Characters that must be the same again before a replacement counts as over."""
_FARTHEST = 4_096
"""Characters that are looked through for the end of a replacement."""
Change = tuple[int, int, str]
"""From where to where a text was replaced, and by what."""


def split_again(pieces: Sequence[str], cleaned: str) -> list[str]:
    """Return a cleaned text in as many pieces as it came in.

    Pieces that nothing was taken out of stay as they are; what stands in the place of something is spread over the
    pieces that had it.

    Args:
        pieces: Of the text as it came.
        cleaned: The whole text, cleaned.
    """
    text = "".join(pieces)
    ends = _ends(pieces)
    cuts: list[int] = []
    changes = list(changes_of(text, cleaned))
    for end in ends[:-1]:
        cuts.append(_place(end, ends, changes))
    cuts.append(len(cleaned))
    starts = [0, *cuts]
    return [cleaned[start:end] for start, end in zip(starts, cuts, strict=False)]


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


def _place(end: int, ends: Sequence[int], changes: Sequence[Change]) -> int:
    """Return where in the cleaned text a piece ends that ended elsewhere in the text as it came."""
    shift = 0
    for start, stop, replacement in changes:
        if end <= start:
            break
        if end >= stop:
            shift += len(replacement) - (stop - start)
            continue
        holders = [piece_end for piece_end in ends if start < piece_end < stop]
        share = (holders.index(end) + 1) * len(replacement) // (len(holders) + 1)
        return start + shift + share
    return end + shift


def _ends(pieces: Sequence[str]) -> list[int]:
    ends: list[int] = []
    position = 0
    for piece in pieces:
        position += len(piece)
        ends.append(position)
    return ends


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
