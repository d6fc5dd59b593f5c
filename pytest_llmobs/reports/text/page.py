"""The page a report is written on: its width, whether it takes colour, which signs it can encode."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_llmobs import wording
from pytest_llmobs.reports.text import cells

COLORS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}
_RESET = "\x1b[0m"
_SHORT = 60
_STATISTICS = {"κ": "kappa", "α": "alpha"}
_STATISTIC = re.compile(r"(?<!\w)[κα](?!\w)")


@dataclass(frozen=True)
class Signs:
    """The characters beyond ASCII that reports use."""

    down: str = "▼"
    up: str = "▲"
    flat: str = "→"
    alike: str = "≈"
    to: str = "→"
    minus: str = "−"
    plusminus: str = "±"
    delta: str = "Δ"
    times: str = "×"
    dot: str = "·"
    ellipsis: str = "…"
    cross: str = "✗"
    tick: str = "✓"
    rule: str = "─"
    tee: str = "├─ "
    corner: str = "└─ "
    stem: str = "│  "


ASCII = Signs(
    down="v",
    up="^",
    flat="=",
    alike="~",
    to="->",
    minus="-",
    plusminus="+/-",
    delta="delta",
    times="x",
    dot="-",
    ellipsis="...",
    cross="x",
    tick="+",
    rule="-",
    tee="|- ",
    corner="`- ",
    stem="|  ",
)
"""The same where the stream takes nothing beyond ASCII."""


@dataclass(frozen=True)
class Page:
    """Where a report goes. Frozen: the same record on the same page gives the same text."""

    width: int = 80
    """Cells a line; tables never go beyond it."""
    color: bool = False
    """True where ANSI colours are understood."""
    encoding: str = "utf-8"
    """The stream's encoding; signs fall back to ASCII where it can't take them."""

    @cached_property
    def signs(self) -> Signs:
        """The signs this page's encoding can take."""
        signs = Signs()
        if self.takes("".join(vars(signs).values())):
            return signs
        return ASCII

    def takes(self, text: str) -> bool:
        """Return True where the page's encoding has all characters of ``text``."""
        try:
            text.encode(self.encoding)
        except (UnicodeEncodeError, LookupError):  # the latter: an encoding that Python doesn't know
            return False
        return True

    def paint(self, text: str, *styles: str) -> str:
        """Colour ``text`` with names out of ``COLORS``; unchanged on a page without colour."""
        if not self.color or not text:
            return text
        codes = ";".join(map(COLORS.__getitem__, filter(None, styles)))
        if not codes:
            return text
        return f"\x1b[{codes}m{text}{_RESET}"

    def painted(self, lines: Iterable[str], *styles: str) -> list[str]:
        """Colour each line."""
        return [self.paint(line, *styles) for line in lines]

    def text(self, value: Any) -> str:
        """Return foreign text made harmless: no terminal controls, nothing the stream can't encode.

        A model's output may hold escape sequences that move the cursor or rename the window; they are shown,
        never sent. Line breaks stay, tabs become four spaces.
        """
        # where a tab ends depends on the terminal, and a table has to know
        return self.encodable(wording.inert(str(value).replace("\t", "    ")))

    def finished(self, text: str) -> str:
        """Return a laid-out text as it may be printed: no line of it is a command to a CI system."""
        return self.encodable(wording.without_commands(text))

    def encodable(self, text: str) -> str:
        """Return ``text`` with escapes in the place of what the stream can't encode.

        A lone letter that stands for a statistic is written as its name instead.
        """
        if not self.takes(text):
            text = _STATISTIC.sub(lambda letter: _STATISTICS[letter[0]], text)
        try:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return text.encode("ascii", "backslashreplace").decode("ascii")

    def line(self, value: Any) -> str:
        """Return foreign text as one line: ``text`` with every run of white space as one space."""
        return " ".join(self.text(value).split())

    def clip(self, text: str, limit: int) -> str:
        """Cut the end of ``text`` to ``limit`` cells."""
        return cells.clip(text, limit, self.signs.ellipsis)

    def clip_middle(self, text: str, limit: int) -> str:
        """Cut the middle of ``text`` to ``limit`` cells."""
        return cells.clip_middle(text, limit, self.signs.ellipsis)

    def clip_start(self, text: str, limit: int) -> str:
        """Cut the beginning of ``text`` to ``limit`` cells."""
        return cells.clip_start(text, limit, self.signs.ellipsis)

    def value(self, value: Any) -> str:
        """Return a payload as text: a string as it is, anything else as JSON, indented where it is long."""
        if isinstance(value, str):
            return self.text(value)
        try:
            short = json.dumps(value, ensure_ascii=False, default=str)
            if len(short) <= _SHORT:
                return self.text(short)
            return self.text(json.dumps(value, indent=2, ensure_ascii=False, default=str))
        except (TypeError, ValueError):
            return self.text(repr(value))

    def item(self, text: str, *, mark: str, style: str = "") -> list[str]:
        """Return foreign ``text`` as one list item: wrapped, with ``mark`` before its first line."""
        size = cells.width(mark) + 1
        first, *rest = cells.wrap(self.text(text), self.width - size)
        # an empty line of the text gets the gap, too: what follows it still belongs to the item
        gap = " " * size
        return self.painted([f"{mark} {first}", *map(gap.__add__, rest)], style)

    def wrapped(self, text: str, *styles: str) -> list[str]:
        """Return foreign ``text`` wrapped to the page and painted."""
        return self.painted(cells.wrap(self.text(text), self.width), *styles)

    def dotted(self, parts: Iterable[str]) -> str:
        """Join the parts that aren't empty with middle dots."""
        return f" {self.signs.dot} ".join(filter(None, parts))

    def flow(self, parts: Iterable[str], indent: str = "  ") -> list[str]:
        """Join parts as ``dotted`` does; where the line would be too long, go on in the next one, indented."""
        lines: list[str] = []
        for part in filter(None, parts):
            if not lines:
                # only what goes on in another line is indented
                lines = cells.wrap(part, self.width)
                continue
            joined = self.dotted((lines[-1], part))
            if cells.width(joined) <= self.width:
                lines[-1] = joined
            else:
                lines += cells.wrap(indent + part, self.width)
        return lines

    def named(self, names: Sequence[str], most: int | None) -> str:
        """Return names with commas between them, and how many there are beyond ``most`` (None names all)."""
        shown = ", ".join(names[:most])
        if most is None or len(names) <= most:
            return shown
        return f"{shown}, {self.signs.ellipsis} {len(names) - most:,} more"


def indent(lines: Iterable[str], by: int = 2) -> list[str]:
    """Move ``lines`` to the right; empty ones stay empty."""
    moved = []
    for line in lines:
        if line:
            moved.append(" " * by + line)
        else:
            moved.append(line)
    return moved


def bound(most: int, everything: bool) -> int | None:
    """Return how many of something to show: ``most``, or None for all where everything is asked for."""
    if everything:
        return None
    return most


def joined(blocks: Iterable[Iterable[str]]) -> str:
    """Return blocks of lines as one text, with an empty line between them; empty blocks fall out."""
    texts = map("\n".join, blocks)
    return "\n\n".join(filter(None, texts))
