"""The filter's text cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.storage.filtering.mistakes import mistake

TokenKind = Literal["name", "text", "number", "sign", "operator", "end"]

_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"[^\W\d]\w*")
# A unit may follow without quotes: 5s. Which ones there are is the business of the field's type.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[a-z]*")
_OPERATOR = re.compile(r"==|=~|=|!=|<>|<=|>=|<|>|&&?|\|\|?|!")
_SIGNS = "(),[]"
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}

_ENTRY = re.compile(r".*\b(metadata|inputs?|outputs?)$", re.DOTALL)
"""What stands before the point of ``metadata.env``."""


@dataclass(frozen=True)
class Token:
    """A word, a literal or a sign."""

    kind: TokenKind
    text: str
    """As it is meant: of a quoted text what stands between the quotes, escapes resolved."""
    column: int
    """Where it begins in the filter, from 0."""
    raw: str = ""
    """Of a quoted text what stands between the quotes, as written."""


def tokens(text: str) -> list[Token]:
    """Return the tokens of a filter; the last one is of kind ``end``.

    Raises:
        FilterError: A quote isn't closed, or a character has no meaning.
    """
    found: list[Token] = []
    column = 0
    while True:
        space = _SPACE.match(text, column)
        if space is not None:
            column = space.end()
        if column == len(text):
            return [*found, Token("end", "", column)]
        token, column = _token(text, column)
        found.append(token)


def _token(text: str, column: int) -> tuple[Token, int]:
    """Return the token that begins at a column, and where it ends."""
    first = text[column]
    if first in _SIGNS:
        return Token("sign", first, column), column + 1
    if first in "\"'":
        return _quoted(text, column)
    kinds: tuple[tuple[TokenKind, re.Pattern[str]], ...] = (
        ("number", _NUMBER),
        ("name", _NAME),
        ("operator", _OPERATOR),
    )
    for kind, pattern in kinds:
        match = pattern.match(text, column)
        if match is not None:
            return Token(kind, match[0], column), match.end()
    raise mistake(text, column, f"{first!r} has no meaning in a filter. {_remedy(text, column)}")


def _remedy(text: str, column: int) -> str:
    """Return what to write where a character has no meaning."""
    if text[column] in "{}":
        return """A JSON object stands in quotes: has(metadata, '{"env": "prod"}')."""
    entry = _ENTRY.match(text[:column])
    if text[column] == "." and entry is not None:
        kind = entry[1].rstrip("s")
        key = _NAME.match(text, column + 1)
        name = key[0] if key is not None else "…"
        return f'An entry is asked for so: and(eq({kind}_key, "{name}"), eq({kind}_value, …)).'
    return 'Texts stand in quotes, conditions are calls: eq(name, "extractor").'


def _quoted(text: str, column: int) -> tuple[Token, int]:
    quote = text[column]
    end = column + 1
    while end < len(text) and text[end] != quote:
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise mistake(text, column, f"This quote is never closed. Expected {quote} at the end of the text.")
    raw = text[column + 1 : end]
    return Token("text", _ESCAPE.sub(_resolved, raw), column, raw), end + 1


def _resolved(escape: re.Match[str]) -> str:
    letter = escape[1]
    if len(letter) == 5:
        return chr(int(letter[1:], 16))
    # What is no escape stays as written: a Windows path, a regular expression.
    return _ESCAPED.get(letter, escape[0])
