"""The error for a filter that can't be understood: what is wrong, and a caret below the place."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from pytest_llmobs.errors import FilterError
from pytest_llmobs.wording import inert

_BEFORE, _AFTER = 60, 40
"""Characters of a long line that are shown on either side of the mistake."""


def mistake(text: str, column: int, message: str) -> FilterError:
    """Return the error.

    Args:
        text: The whole filter.
        column: Where the mistake begins, from 0; the text's length where something is missing at its end.
        message: What is wrong and what was expected, in sentences.
    """
    begin = text.rfind("\n", 0, column) + 1
    end = text.find("\n", column)
    line = text[begin:] if end < 0 else text[begin:end]
    shown, caret = _excerpt(line, column - begin)
    pad = " " * _width(shown[:caret])
    return FilterError(f"{message}\n  {shown}\n  {pad}^")


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """Return what is shown of a line, and where in it the column is."""
    first = max(column - _BEFORE, 0)
    if len(line) <= _BEFORE + _AFTER:
        first = 0
    before = inert(line[first:column]).replace("\t", " ")
    after = inert(line[column : column + _AFTER]).replace("\t", " ")
    if len(line) <= _BEFORE + _AFTER:
        after = inert(line[column:]).replace("\t", " ")
    elif column + _AFTER < len(line):
        after += "..."
    if first:
        before = f"...{before}"
    return before + after, len(before)


def _width(text: str) -> int:
    """Return the cells that a text takes in a terminal."""
    cells = 0
    for character in text:
        if combining(character):
            continue
        cells += 2 if east_asian_width(character) in "WF" else 1
    return cells
