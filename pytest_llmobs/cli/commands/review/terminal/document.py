"""What is read of an item, question, answer and context, wrapped to a width as far as somebody has looked."""

from __future__ import annotations

import itertools
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

Block = Callable[[Page], Iterator[str]]
"""Draws one part of a document: its title and its lines, one after the other."""

_RIGHT_TO_LEFT = ("R", "AL", "AN")
_ISOLATE, _END = "\u2068", "\u2069"
"""Around a line they keep it from turning round what stands beside it."""
_COLUMNS_FROM = 80
"""Cells from which on two texts stand side by side."""
_GAP = 3


class Document:
    """Blocks, wrapped for one page at a time."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Keep the blocks; nothing is wrapped yet."""
        self._blocks = blocks
        self._wrapped: Wrapped | None = None

    def on(self, page: Page) -> Wrapped:
        """Return the document wrapped to a page; once, until the page is another one."""
        if self._wrapped is None or self._wrapped.page != page:
            self._wrapped = Wrapped(self._blocks, page)
        return self._wrapped


class Wrapped:
    """A document on one page."""

    def __init__(self, blocks: Iterable[Block], page: Page) -> None:
        """Begin; lines are wrapped when they are asked for."""
        self.page = page
        self._rest = _all_lines(blocks, page)
        self._lines: list[str] = []
        self._letters: list[int] = []
        """Before each line: letters without blanks, which are the same at every width."""
        self._count = 0

    def lines(self, start: int, count: int) -> Sequence[str]:
        """Return ``count`` lines from a line on, fewer at the end."""
        self._wrap_to(start + count)
        return self._lines[start : start + count]

    def last_start(self, count: int) -> int:
        """Return the line with which the last ``count`` begin: everything is wrapped for it."""
        self._wrap_to(None)
        return max(len(self._lines) - count, 0)

    def clamped(self, start: int, count: int) -> int:
        """Return ``start``, or the last line from which on ``count`` lines are shown."""
        self._wrap_to(max(start, 0) + count)
        return max(min(start, len(self._lines) - count), 0)

    def is_end(self, line: int) -> bool:
        """Return True where nothing stands from a line on."""
        self._wrap_to(line + 1)
        return line >= len(self._lines)

    def place(self, line: int) -> int:
        """Return where a line is in the text, whatever the width."""
        self._wrap_to(line + 1)
        return self._letters[line] if line < len(self._letters) else self._count

    def line_at(self, place: int) -> int:
        """Return the line that has a place of the text."""
        while self._count <= place and self._wrap_to(len(self._lines) + 1):
            pass
        return max(bisect_right(self._letters, place) - 1, 0)

    def _wrap_to(self, end: int | None) -> bool:
        """Wrap up to a line, None for all; return False where there was nothing more."""
        missing = None if end is None else max(end - len(self._lines), 0)
        before = len(self._lines)
        # the generator stands where the last look ended
        for line in itertools.islice(self._rest, missing):
            self._lines.append(line)
            self._letters.append(self._count)
            self._count += len("".join(line.split()))
        return len(self._lines) > before


def _all_lines(blocks: Iterable[Block], page: Page) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from block(page)


def text_block(title: str, text: str, style: str = "cyan") -> Block:
    """Return a foreign text below its title."""
    return partial(_text_lines, title, text, style)


def _text_lines(title: str, text: str, style: str, page: Page) -> Iterator[str]:
    if title:
        yield page.paint(page.clip(page.line(title), page.width), "bold", style)
    for line in cells.wrapping(page.text(text).strip("\n"), page.width):
        yield isolated(line, page)


def columns_block(texts: Sequence[tuple[str, str]]) -> Block:
    """Return titled texts side by side, two at a time; below each other on a narrow page."""
    return partial(_column_lines, texts)


def _column_lines(texts: Sequence[tuple[str, str]], page: Page) -> Iterator[str]:
    if page.width < _COLUMNS_FROM:
        yield from _all_lines([text_block(title, text) for title, text in texts], page)
        return
    room = (page.width - _GAP) // 2
    narrow = Page(width=room, color=page.color, encoding=page.encoding)
    for first in range(0, len(texts), 2):
        sides = [list(cells.wrap(narrow.text(text), room)) for _, text in texts[first : first + 2]]
        titles = [narrow.clip(narrow.line(title), room) for title, _ in texts[first : first + 2]]
        yield page.paint(
            (" " * _GAP).join(cells.pad(title, room) for title in titles).rstrip(), "bold", "cyan"
        )
        for row in itertools.zip_longest(*sides, fillvalue=""):
            yield (" " * _GAP).join(isolated(cells.pad(text, room), page) for text in row).rstrip()


def isolated(line: str, page: Page) -> str:
    """Return a line that, should it run from right to left, leaves what is around it alone."""
    if line.isascii() or not page.takes(_ISOLATE):
        return line
    # only where it is needed: some terminals draw a box for marks that they don't know
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in line):
        return f"{_ISOLATE}{line}{_END}"
    return line
