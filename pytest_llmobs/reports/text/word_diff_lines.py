"""A word diff as lines of a page: ``[-deleted-]{+inserted+}`` as git's, coloured as well where the page is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.word_diff import Segment
from pytest_llmobs.wording import count

_AROUND = 2
"""Unchanged lines that are shown beside a changed one."""
_MARKS = {"delete": ("[-", "-]"), "insert": ("{+", "+}")}
_BREAK = "\\n"
"""Shown for an end of line that came or went and has nothing beside it that tells so."""
# they take no cell, and are none of a text that a page has made harmless
_BEGIN = {"delete": "\u2061", "insert": "\u2062"}
_END = "\u2063"
_STYLES = {_BEGIN["delete"]: "red", _BEGIN["insert"]: "green", _END: ""}
_BETWEEN = re.compile("([\u2061-\u2063])")

DiffLine = list[Segment]


def word_diff_lines(
    segments: Iterable[Segment], page: Page, room: int, *, everything: bool = False
) -> list[str]:
    """Return a word diff as lines of at most ``room`` cells; without colour it says the same.

    Args:
        segments: What ``word_segments`` returned.
        page: Where it goes.
        room: Cells a line.
        everything: Show long unchanged parts whole instead of counting them.
    """
    lines = _lines(segments, page)
    if everything:
        return list(_drawn(lines, page, room))
    drawn: list[str] = []
    for hidden, group in _folded(lines):
        if hidden:
            drawn.append(page.paint(f"{page.signs.ellipsis} {count(len(group), 'line')}", "dim"))
        else:
            shortened = [_shortened(line, page, room) for line in group]
            drawn += _drawn(shortened, page, room)
    return drawn


def _lines(segments: Iterable[Segment], page: Page) -> list[DiffLine]:
    """Return what stands on each line."""
    lines: list[DiffLine] = [[]]
    for segment in segments:
        text = page.text(segment.text)
        if segment.kind != "equal" and not text.strip():
            lines[-1].append(Segment(segment.kind, text.replace("\n", _BREAK)))
            if segment.kind == "insert":
                lines += [[] for _ in range(text.count("\n"))]
            continue
        first, *others = text.split("\n")
        lines[-1].append(Segment(segment.kind, first))
        for other in others:
            lines.append([Segment(segment.kind, other)])
    if len(lines) > 1 and not any(segment.text for segment in lines[-1]):
        lines.pop()  # behind the end of the last line
    return lines


def _folded(lines: Sequence[DiffLine]) -> Iterator[tuple[bool, list[DiffLine]]]:
    """Yield lines in groups, each with whether it is left out: those that have no change nearby."""
    shown: set[int] = set()
    for number, line in enumerate(lines):
        if any(segment.kind != "equal" for segment in line):
            shown.update(range(number - _AROUND, number + _AROUND + 1))
    for is_shown, numbers in groupby(range(len(lines)), shown.__contains__):
        group = list(map(lines.__getitem__, numbers))
        # one line takes no more room than the one that would stand for it
        yield not is_shown and len(group) > 1, group


def _shortened(line: DiffLine, page: Page, room: int) -> DiffLine:
    """Cut the middle of long unchanged parts, where a line is a whole prompt."""
    if all(segment.kind == "equal" for segment in line):
        return line
    return [Segment(segment.kind, _cut(segment, page, room)) for segment in line]


def _cut(segment: Segment, page: Page, room: int) -> str:
    text = segment.text
    left_out = len(text) - 2 * room
    if segment.kind != "equal" or left_out <= room:
        return text
    sign = page.signs.ellipsis
    return f"{text[:room]} {sign} {count(left_out, 'character')} {sign} {text[-room:]}"


def _drawn(lines: Iterable[DiffLine], page: Page, room: int) -> Iterator[str]:
    for line in lines:
        marked = "".join(_marked(segment, page) for segment in line)
        yield from _painted(cells.wrap(marked, room), page)


def _marked(segment: Segment, page: Page) -> str:
    if segment.kind == "equal" or not segment.text:
        return segment.text
    opening, closing = _MARKS[segment.kind]
    marked = f"{opening}{segment.text}{closing}"
    if page.color:
        return f"{_BEGIN[segment.kind]}{marked}{_END}"
    return marked


def _painted(lines: Iterable[str], page: Page) -> Iterator[str]:
    """Yield lines with what stands between two signs in its colour; what is wrapped goes on in it."""
    style = ""
    for line in lines:
        painted = ""
        for piece in _BETWEEN.split(line):
            if piece in _STYLES:
                style = _STYLES[piece]
            else:
                painted += page.paint(piece, style)
        yield painted
