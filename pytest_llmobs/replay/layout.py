"""The text of a cassette: JSON that is read in a review, at about the size of what the API sent.

What fits into a line stands in one; what doesn't has a line for each of its parts, or, where that would make the file
much larger, as many parts a line as fit. A text is one line, however long: cut at its line breaks, it would take more
room than it shows, since a recording doesn't change but as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_WIDTH = 100
"""Columns that a line may take where it can be broken."""
_MOST_GROWTH = 1.02
"""How much larger than compact JSON a file may be before it is laid out more tightly."""
_FREE = 340
"""Characters that are no growth."""
_HALVES = re.compile("[\ud800-\udfff]")
"""Of characters: UTF-8 has no form for one that stands alone."""


class _Style(NamedTuple):
    comma: str
    colon: str
    indent: str
    fills: bool
    """Whether several parts stand in a line."""


_STYLES = (
    _Style(", ", ": ", " ", fills=False),
    _Style(", ", ": ", " ", fills=True),
    _Style(",", ":", " ", fills=True),
    _Style(",", ":", "", fills=True),
)


def laid_out(value: Any) -> str:
    """Return a value of JSON types as the text of a file: the same for the same value.

    Text stays text; halves of characters are escaped.
    """
    compact = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        for style in _STYLES:
            text = _Layout(style).written(value, 1)
            if len(text) <= _MOST_GROWTH * len(compact) + _FREE:
                break
    except RecursionError:
        text = compact
    return _HALVES.sub(_escape, text) + "\n"


def _escape(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"


class _Layout:
    """Writes values in one style."""

    def __init__(self, style: _Style) -> None:
        self._style = style
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def written(self, value: Any, level: int) -> str:
        """Return a value as JSON.

        Args:
            value: Of JSON types.
            level: How deep what it holds stands.
        """
        if isinstance(value, dict) and value:
            parts: list[str] = []
            for name, item in value.items():
                parts.append(f"{self._encode(name)}{self._style.colon}{self.written(item, level + 1)}")
            return self._joined("{", parts, "}", level)
        if isinstance(value, list) and value:
            if all(type(item) in (int, float) for item in value):
                return self._joined("[", list(map(repr, value)), "]", level, fills=True)
            return self._joined("[", [self.written(item, level + 1) for item in value], "]", level)
        return self._encode(value)

    def _joined(self, start: str, parts: list[str], end: str, level: int, *, fills: bool = False) -> str:
        length = sum(map(len, parts)) + 2 * len(parts)
        if length + level <= _WIDTH and "\n" not in "".join(parts):
            return f"{start}{self._style.comma.join(parts)}{end}"
        if fills or self._style.fills:
            parts = list(self._lines(parts, level))
        inner = f"\n{self._style.indent * level}"
        outer = f"\n{self._style.indent * (level - 1)}"
        return f"{start}{inner}{f',{inner}'.join(parts)}{outer}{end}"

    def _lines(self, parts: list[str], level: int) -> Iterator[str]:
        """Yield lines of as many parts as fit."""
        line: list[str] = []
        length = level
        for part in parts:
            if line and length + len(part) > _WIDTH:
                yield self._style.comma.join(line)
                line, length = [], level
            line.append(part)
            length += len(part) + 2
        yield self._style.comma.join(line)
