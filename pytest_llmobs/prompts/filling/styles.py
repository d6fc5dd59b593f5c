"""How other tools write a variable, and what becomes of it here: ``{{name}}``, ``$name`` and text without any."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.prompts.filling.variables import normalized, spot_at
from pytest_llmobs.wording import known, nearest

BRACES, MUSTACHE, DOLLAR, PLAIN = "braces", "mustache", "dollar", "plain"
_JINJA = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_MUSTACHE = re.compile(r"\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}")
_TAG = re.compile(r"\{\{\{?\s*[#/^>&!]?\s*[^\W\d][\w.]*\s*\}\}")
"""What only mustache and its relatives have: a name between doubled braces."""
_DOLLAR = re.compile(r"\$\$|\$\{([^\W\d]\w*)\}|\$([^\W\d]\w*)")
_DOLLAR_BRACES = re.compile(r"\$\{[^\W\d]\w*\}")
_SINGLE = re.compile(r"(?<!\{)\{[^\W\d]\w*\}(?!\})")


class Unclear(Exception):
    """A text can't be taken; the message says why and what to do."""


def converted(text: str, style: str | None) -> str:
    """Return a text with its variables as ``{name}`` and every other brace doubled.

    Args:
        text: As another tool has it.
        style: How it writes variables; None to take a text whose variables are ``{name}`` already, and no other.

    Raises:
        Unclear: Nobody knows how it writes them, or it has what can't be converted.
        ArgumentError: There is no such style.
    """
    if style is not None:
        check_style(style)
    jinja = _JINJA.search(text)
    if jinja is not None:
        raise Unclear(
            f"line {_line(text, jinja)} has {jinja[0][:40]!r}: jinja runs what stands there. Write it out"
        )
    if style is None:
        _check_single(text)
        return text
    return _CONVERSIONS[style](text)


def check_style(style: str) -> None:
    """Refuse a style that there isn't.

    Raises:
        ArgumentError: There isn't.
    """
    if style not in _CONVERSIONS:
        raise ArgumentError(f"Unknown style {style!r}.{nearest(style, _CONVERSIONS)} {known(_CONVERSIONS)}")


def _check_single(text: str) -> None:
    """Refuse a text that may be written in another style.

    Raises:
        Unclear: It may.
    """
    for pattern, style in ((_TAG, MUSTACHE), (_DOLLAR_BRACES, DOLLAR)):
        match = pattern.search(text)
        if match is not None:
            raise Unclear(
                f"line {_line(text, match)} has {match[0]!r}, which looks like {style}. Convert it with style "
                f"{style}, or take it as it stands with style {BRACES}"
            )
    match = _DOLLAR.search(text)
    if match is not None and match[2] and not _SINGLE.search(text):
        raise Unclear(
            f"line {_line(text, match)} has {match[0]!r}, which looks like {DOLLAR}. Convert it with style {DOLLAR}, "
            f"or take it as it stands with style {BRACES}"
        )


def _from_mustache(text: str) -> str:
    return _replaced(text, _MUSTACHE, _mustache_variable)


def _mustache_variable(text: str, match: re.Match[str]) -> str:
    name = normalized((match[1] or match[2] or "").strip().removeprefix("&").strip())
    if not name.isidentifier():
        raise Unclear(
            f"line {_line(text, match)} has {match[0][:40]!r}: only {{{{name}}}} becomes a variable. Write sections, "
            "partials and paths out in code, and give what comes of them as a value"
        )
    return f"{{{name}}}"


def _from_dollar(text: str) -> str:
    return _replaced(text, _DOLLAR, _dollar_variable)


def _dollar_variable(text: str, match: re.Match[str]) -> str:
    name = match[1] or match[2]
    return "$" if name is None else f"{{{normalized(name)}}}"


def _from_plain(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _replaced(text: str, pattern: re.Pattern[str], variable: Callable[[str, re.Match[str]], str]) -> str:
    """Return a text with what matches as variables and all other braces doubled."""
    pieces: list[str] = []
    end = 0
    for match in pattern.finditer(text):
        pieces += [_from_plain(text[end : match.start()]), variable(text, match)]
        end = match.end()
    pieces.append(_from_plain(text[end:]))
    return "".join(pieces)


def _line(text: str, match: re.Match[str]) -> int:
    return spot_at(text, match.start()).line


_CONVERSIONS: Mapping[str, Callable[[str], str]] = {
    BRACES: str,
    MUSTACHE: _from_mustache,
    DOLLAR: _from_dollar,
    PLAIN: _from_plain,
}
STYLES = tuple(_CONVERSIONS)
"""How a text may write its variables: ``{name}``, ``{{name}}``, ``$name``, or not at all."""
