"""What changed between baseline and candidate: unified diffs whose long lines show where they differ."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

_MOST_WRAPPED = 3
"""Lines that one line of a diff may take once wrapped, unless everything is asked for."""
_AROUND = 24
"""Characters of common text left on either side of a difference in a long line."""

Painted = tuple[str, str]
"""The sign that decides the colour (``-``, ``+`` or a space), and the text of one line."""
_UNCHANGED = "~"
_STYLES = {"-": "red", "+": "green", _UNCHANGED: "dim"}


def change_lines(block: str, page: Page, room: int, most: int | None = None) -> list[str]:
    """Return a block of changes (a unified diff, ``model: a -> b``) as lines of at most ``room`` cells.

    Args:
        block: What the gate says about one change.
        page: Where it goes.
        room: Cells a line.
        most: Lines after which it is cut, lines that didn't change first. None cuts nothing, long lines neither.
    """
    raw = page.text(block).strip("\n").split("\n")
    if any(map(_is_hunk, raw)):
        lines = list(_diff(raw, page, room, everything=most is None))
    else:
        lines = list(_plain(raw, room))
    if most is not None and len(lines) > most:
        lines = [line for line in lines if line[0] != _UNCHANGED]
    shown = []
    for sign, text in lines[:most]:
        shown.append(page.paint(text, _STYLES.get(sign, "")))
    if most is not None and len(lines) > most:
        shown.append(page.paint(f"{page.signs.ellipsis} {len(lines) - most} more lines", "dim"))
    return shown


def added_line(block: str) -> str:
    """Return the first line that isn't blank of those a unified diff adds; empty for any other block."""
    hunks = itertools.dropwhile(lambda line: not _is_hunk(line), block.split("\n"))
    for line in hunks:
        if line.startswith("+") and line[1:].strip():
            return line[1:]
    return ""


def _is_hunk(line: str) -> bool:
    return line.startswith("@@")


def _is_file(line: str) -> bool:
    return line.startswith(("---", "+++"))


def _plain(raw: Iterable[str], room: int) -> Iterator[Painted]:
    for paragraph in raw:
        for line in cells.wrap(paragraph, room):
            yield " ", line


def _diff(raw: Sequence[str], page: Page, room: int, everything: bool) -> Iterator[Painted]:
    """Yield the lines of a unified diff: its title, then its hunks without their coordinates."""
    lines = iter(raw)
    title = itertools.takewhile(lambda line: not _is_hunk(line), lines)
    yield from _plain(itertools.filterfalse(_is_file, title), room)
    for segment in _segments(lines):
        yield from _sides(segment, page, room, everything)
        if segment.follower is not None:
            yield _context(segment.follower, page, room)


def _sides(segment: DiffSegment, page: Page, room: int, everything: bool) -> Iterator[Painted]:
    """Yield all removed lines, then all added ones; a pair of long ones is cut to where they differ."""
    removed: list[str] = []
    added: list[str] = []
    for pair in itertools.zip_longest(segment.removed, segment.added):
        old, new = pair
        if old is not None and new is not None and not everything:
            old, new = _differing(old, new, page, room)
        if old is not None:
            removed.append(old)
        if new is not None:
            added.append(new)
    # not pair by pair: what was removed reads as one text, and so does what was added
    for sign, lines in (("-", removed), ("+", added)):
        for line in lines:
            yield from _signed(sign, line, page, room, everything)


@dataclass
class DiffSegment:
    """Lines of a diff in the place of each other, and the line of another kind that ends them."""

    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    follower: str | None = None


def _segments(lines: Iterable[str]) -> Iterator[DiffSegment]:
    segment = DiffSegment()
    for line in lines:
        if line.startswith("-"):
            segment.removed.append(line[1:])
        elif line.startswith("+"):
            segment.added.append(line[1:])
        else:
            segment.follower = line
            yield segment
            segment = DiffSegment()
    yield segment


def _context(line: str, page: Page, room: int) -> Painted:
    # line numbers of a prompt mean nothing to a reader who hasn't the file at hand
    if _is_hunk(line):
        return _UNCHANGED, page.signs.ellipsis
    return _UNCHANGED, page.clip(f"  {line[1:]}".rstrip(), room)


def _differing(old: str, new: str, page: Page, room: int) -> tuple[str, str]:
    """Cut what two long lines share, but for a little around the difference."""
    if max(cells.width(old), cells.width(new)) <= (room - 2) * _MOST_WRAPPED:
        return old, new
    head = _shared(old, new)
    # of what is left, so that head and tail can't overlap where a word is said twice
    tail = _shared(old[head:][::-1], new[head:][::-1])
    return _window(old, head, tail, page), _window(new, head, tail, page)


def _shared(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


def _window(line: str, head: int, tail: int, page: Page) -> str:
    start = max(head - _AROUND, 0)
    end = len(line) - max(tail - _AROUND, 0)
    shown = line[start:end]
    if start:
        shown = page.signs.ellipsis + shown
    if end < len(line):
        shown += page.signs.ellipsis
    return shown


def _signed(sign: str, line: str, page: Page, room: int, everything: bool) -> Iterator[Painted]:
    wrapped = cells.wrap(line, room - 2)
    if len(wrapped) > _MOST_WRAPPED and not everything:
        # the last line takes all the rest, to be clipped: its sign says that there is more
        wrapped[_MOST_WRAPPED - 1 :] = [" ".join(wrapped[_MOST_WRAPPED - 1 :])]
    lead = sign
    for part in wrapped:
        yield sign, page.clip(f"{lead} {part}".rstrip(), room)
        lead = " "
