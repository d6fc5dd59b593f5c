"""What changed between baseline and candidate: unified diffs whose long lines show where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

_MOST_WRAPPED = 3
"""Lines that one line of a diff may take once wrapped, unless everything is asked for."""
_AROUND = 24
"""Characters of common text left on either side of a difference in a long line."""

Painted = tuple[str, str]
"""The sign that decides the colour (``-``, ``+`` or a space), and the text of one line."""
_STYLES = {"-": ("red",), "+": ("green",), "~": ("dim",)}


def change_lines(block: str, page: Page, room: int, most: int | None = None) -> list[str]:
    """Return a block of changes (a unified diff, ``model: a -> b``) as lines of at most ``room`` cells.

    Args:
        block: What the gate says about one change.
        page: Where it goes.
        room: Cells a line.
        most: Lines after which it is cut. None cuts nothing, long lines neither.
    """
    everything = most is None
    raw = page.text(block).strip("\n").split("\n")
    lines = list(_diff(raw, page, room, everything) if _is_diff(raw) else _plain(raw, room))
    most = len(lines) if most is None else most
    shown = [page.paint(text, *_STYLES.get(sign, ())) for sign, text in lines[:most]]
    if len(lines) > most:
        shown.append(page.paint(f"{page.signs.ellipsis} {len(lines) - most} more lines", "dim"))
    return shown


def _is_diff(raw: Sequence[str]) -> bool:
    return any(line.startswith("@@") for line in raw)


def _plain(raw: Sequence[str], room: int) -> Iterator[Painted]:
    return ((" ", line) for paragraph in raw for line in cells.wrap(paragraph, room))


def _diff(raw: Sequence[str], page: Page, room: int, everything: bool) -> Iterator[Painted]:
    """Yield the lines of a unified diff: its title, then its hunks without their coordinates."""
    start = next(number for number, line in enumerate(raw) if line.startswith("@@"))
    title = [line for line in raw[:start] if not line.startswith(("---", "+++"))]
    yield from _plain(title, room)
    for removed, added, follower in _segments(raw[start + 1 :]):
        pairs = [_differing(old, new, page, room, everything) for old, new in zip_longest(removed, added)]
        for sign, side in (("-", 0), ("+", 1)):
            for pair in pairs:
                yield from _signed(sign, pair[side], page, room, everything)
        if follower is not None:
            yield _context(follower, page, room)


def _segments(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str], str | None]]:
    """Split a diff into removed lines, added lines, and the line of another kind that ends them."""
    removed: list[str] = []
    added: list[str] = []
    for line in lines:
        if line.startswith("-"):
            removed.append(line[1:])
        elif line.startswith("+"):
            added.append(line[1:])
        else:
            yield removed, added, line
            removed, added = [], []
    yield removed, added, None


def _context(line: str, page: Page, room: int) -> Painted:
    if line.startswith("@@"):
        return "~", page.signs.ellipsis
    return "~", page.clip(f"  {line[1:]}".rstrip(), room)


def _differing(
    old: str | None, new: str | None, page: Page, room: int, everything: bool
) -> tuple[str | None, str | None]:
    """Cut what two long lines share, but for a little around the difference."""
    fits = max(cells.width(line or "") for line in (old, new)) <= (room - 2) * _MOST_WRAPPED
    if old is None or new is None or fits or everything:
        return old, new
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    return _window(old, head, tail, page), _window(new, head, tail, page)


def _shared(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _window(line: str, head: int, tail: int, page: Page) -> str:
    start = head - _AROUND if head > _AROUND else 0
    end = len(line) - (tail - _AROUND if tail > _AROUND else 0)
    before = page.signs.ellipsis if start else ""
    after = page.signs.ellipsis if end < len(line) else ""
    return before + line[start:end] + after


def _signed(sign: str, line: str | None, page: Page, room: int, everything: bool) -> Iterator[Painted]:
    if line is None:
        return
    wrapped = cells.wrap(line, room - 2)
    if len(wrapped) > _MOST_WRAPPED and not everything:
        wrapped[_MOST_WRAPPED - 1 :] = [" ".join(wrapped[_MOST_WRAPPED - 1 :])]
    for number, part in enumerate(wrapped):
        lead = " " if number else sign
        yield sign, page.clip(f"{lead} {part}".rstrip(), room)
