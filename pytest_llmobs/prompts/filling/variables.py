"""What stands in a prompt's text: literal text, and variables with line and column. Nothing is ever evaluated.

``{name}`` is a variable, ``{{`` and ``}}`` are braces. What else a format string of Python may hold (positions,
attributes, items, conversions, formats) is a named problem.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_DOUBLED = {"{{": "{", "}}": "}"}
_PARSED_TEXTS = 512
"""Texts whose parts are at hand: more than an app has prompts."""
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text."""

    line: int
    """The first is 1."""
    column: int
    """In characters; the first is 1."""


@dataclass(frozen=True, slots=True)
class BraceProblem:
    """A brace that is neither a variable's nor doubled."""

    spot: Spot
    what: str
    """What stands there, and the remedy."""


@dataclass(frozen=True)
class ParsedText:
    """A text, taken apart once."""

    pieces: tuple[str, ...]
    """Literal text and names by turns; literal text is first and last."""
    spots: Mapping[str, tuple[Spot, ...]] = field(default_factory=dict)
    """Variable -> where it stands, in the order in which they appear."""
    problems: tuple[BraceProblem, ...] = ()

    def filled(self, texts: Mapping[str, str]) -> str:
        """Return the text with each variable's text in its place; one that has none leaves nothing behind."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        pieces = list(self.pieces)
        for number in range(1, len(pieces), 2):
            pieces[number] = texts.get(pieces[number], "")
        return "".join(pieces)


def literal(text: str) -> ParsedText:
    """Return a text in which braces mean nothing."""
    return ParsedText((text,))


@lru_cache(maxsize=_PARSED_TEXTS)
def parse(text: str) -> ParsedText:
    """Take a text apart; what is no variable is among its ``problems``."""
    pieces: list[str] = []
    spots: dict[str, tuple[Spot, ...]] = {}
    problems: list[BraceProblem] = []
    open_literal: list[str] = []
    end = 0
    lines = _Lines(text)
    for match in _TOKEN.finditer(text):
        open_literal.append(text[end : match.start()])
        end = match.end()
        token, content = match[0], match[1]
        if token in _DOUBLED:
            open_literal.append(_DOUBLED[token])
            continue
        spot = lines.spot(match.start())
        name = _name(content)
        if name is None:
            problems.append(BraceProblem(spot, _explained(token, content)))
            continue
        pieces += ["".join(open_literal), name]
        open_literal = []
        spots[name] = (*spots.get(name, ()), spot)
    open_literal.append(text[end:])
    pieces.append("".join(open_literal))
    return ParsedText(tuple(pieces), spots, tuple(problems))


def normalized(name: str) -> str:
    """Return a name as Python reads it in ``format(name=…)``: an accent that an editor wrote apart is joined."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFKC", name)


def spot_at(text: str, offset: int) -> Spot:
    """Return the line and the column of a character."""
    return _Lines(text).spot(offset)


class _Lines:
    """Turns offsets that only grow into lines and columns."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._start, self._seen = 1, 0, 0

    def spot(self, offset: int) -> Spot:
        breaks = self._text.count("\n", self._seen, offset)
        if breaks:
            self._line += breaks
            self._start = self._text.rindex("\n", self._seen, offset) + 1
        self._seen = offset
        return Spot(self._line, offset - self._start + 1)


def _name(content: str | None) -> str | None:
    if content is None:
        return None
    name = normalized(content)
    return name if name.isidentifier() else None


def _explained(token: str, content: str | None) -> str:
    """Return what is wrong with braces, and what to write instead."""
    if content is None:
        return f"a {token!r} stands alone. Write {token + token!r} for a brace that is meant as such"
    shown = "{" + content + "}"
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[: _LONGEST_SHOWN - 1]}…"
    return f"{shown!r} {_reason(content)}"


def _reason(content: str) -> str:
    if not content.strip():
        return "has no name. Write {name}"
    if content.strip().isidentifier():
        return f"has blanks around its name. Write {{{content.strip()}}}"
    if content.strip().isdecimal():
        return "is a position, and values are given by name. Write {name}"
    name, sign = _leading_name(content)
    if sign in ("!", ":"):
        return f"asks for a format, and none is applied. Format the value yourself, and write {{{name}}}"
    if sign in (".", "["):
        return "looks inside a value, and nothing is looked up. Give what you want under a name of its own"
    return "is no variable. Write {{ and }} for braces that are meant as such, and {name} for a variable"


def _leading_name(content: str) -> tuple[str, str]:
    """Return the name with which a field begins and the character behind it, or two empty texts."""
    match = re.match(r"(\w+)([!:.\[])(?=\S)", content)
    if match is None or not match[1].isidentifier():
        return "", ""
    return match[1], match[2]
