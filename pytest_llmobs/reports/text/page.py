"""The page a report is written on: its width, whether it takes colour, which signs it can encode."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_llmobs.reports.text import cells

COLORS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}
_RESET = "\x1b[0m"
_SHORT = 60
_BIDI = range(0x202A, 0x202F)
_ISOLATES = range(0x2066, 0x206A)


@dataclass(frozen=True)
class Signs:
    """The characters beyond ASCII that reports use."""

    down: str = "▼"
    up: str = "▲"
    flat: str = "→"
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
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def paint(self, text: str, *styles: str) -> str:
        """Colour ``text`` with names out of ``COLORS``; unchanged on a page without colour."""
        codes = ";".join(COLORS[style] for style in styles if style)
        if self.color and codes and text:
            return f"\x1b[{codes}m{text}{_RESET}"
        return text

    def text(self, value: Any) -> str:
        """Return foreign text made harmless: no terminal controls, nothing the stream can't encode.

        A model's output may hold escape sequences that move the cursor or rename the window; they are shown,
        never sent. Line breaks stay, tabs become four spaces.
        """
        raw = value if isinstance(value, str) else str(value)
        raw = raw.replace("\r\n", "\n").replace("\t", "    ")
        shown = "".join(map(_visible, raw)) if not raw.isprintable() else raw
        try:
            return shown.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return shown.encode("ascii", "backslashreplace").decode("ascii")

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
            long = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        except (TypeError, ValueError):
            return self.text(repr(value))
        return self.text(short if len(short) <= _SHORT else long)

    def item(self, text: str, *, mark: str, style: str = "") -> list[str]:
        """Return foreign ``text`` as one list item: wrapped, with ``mark`` before its first line."""
        first, *rest = cells.wrap(self.text(text), self.width - cells.width(mark) - 1)
        gap = " " * (cells.width(mark) + 1)
        return [self.paint(f"{mark} {first}", style), *(self.paint(gap + line, style) for line in rest)]

    def wrapped(self, text: str, *styles: str) -> list[str]:
        """Return foreign ``text`` wrapped to the page and painted."""
        return [self.paint(line, *styles) for line in cells.wrap(self.text(text), self.width)]

    def flow(self, parts: Iterable[str], indent: str = "  ") -> list[str]:
        """Join parts with middle dots; where the line would be too long, go on in the next one, indented."""
        lines: list[str] = []
        for part in parts:
            joined = f"{lines[-1]} {self.signs.dot} {part}" if lines else part
            if not lines or cells.width(joined) > self.width:
                lines += cells.wrap(indent + part if lines else part, self.width)
            else:
                lines[-1] = joined
        return lines


def indent(lines: list[str], by: int = 2) -> list[str]:
    """Move ``lines`` to the right; empty ones stay empty."""
    return [" " * by + line if line else line for line in lines]


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    code = ord(char)
    if code < 0x20 or 0x7F <= code < 0xA0 or code in _BIDI or code in _ISOLATES:
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}"
    return char
