"""Foreign text in Markdown: it shows as it is, and makes neither link, image, mention nor HTML.

Both services look at the text once more after Markdown was rendered, for ``@name``, ``#1`` and addresses. There an
escaped sign is the sign itself; a space without width behind it is what keeps it from meaning anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pytest_llmobs.reports.text.page import Page

LONGEST = 300
"""Characters of a text that are shown, unless its place has room for another number."""
# an underscore within a word means nothing, and names are full of them
_MARKUP = re.compile(r"[\\`*{}\[\]<>#&|~$^@!]|(?<![^\W_])_|_(?![^\W_])")
_APART = "&#8203;"
# GitLab has references that begin with each of these; a word or a quote behind makes one
_REFERENCE = re.compile(r"([@#!~%&$^*\[{+](?=[\w\"'+-])|:(?=\S)|\bGH-(?=\d))")
_ADDRESS = re.compile(r"(@|:(?=//)|\bwww(?=\.))", re.IGNORECASE)
_BREAK = "\0"
"""Stands for the space without width until all else is escaped; a text that is shown has no NUL."""
_BROKEN = rf"\1{_BREAK}"
_TICKS = re.compile("`+")
_SHORTEST_FENCE = 3


def prose(value: object, page: Page, most: int = LONGEST) -> str:
    """Return foreign text as one line of text.

    Args:
        value: Any text.
        page: Makes it harmless for terminals and logs.
        most: Characters after which it is cut.
    """
    text = cut(page.line(value), most)
    return _escaped(_ADDRESS.sub(_BROKEN, _REFERENCE.sub(_BROKEN, text)))


def code(value: object, page: Page, most: int = LONGEST) -> str:
    """Return foreign text as code: no reference is looked for in it, so that nearly all of it can be copied.

    It is HTML since that works in tables and summaries too, where backticks don't.

    Args:
        value: Any text.
        page: Makes it harmless for terminals and logs.
        most: Characters after which its middle is cut: the end of an id or a path tells it apart.
    """
    text = page.line(value)
    if len(text) > most:
        half = most // 2
        text = f"{text[:half]}{page.signs.ellipsis}{text[half - most + 1 :]}"
    apart = _ADDRESS.sub(_BROKEN, text)
    return f"<code>{_escaped(apart)}</code>"


def names(named: Sequence[str], page: Page, most: int, longest: int = LONGEST) -> str:
    """Return foreign names as code with commas between them, and how many there are beyond ``most``.

    Args:
        named: The names.
        page: Makes them harmless for terminals and logs.
        most: Names that are shown.
        longest: Characters of a name after which its middle is cut.
    """
    shown = []
    for name in named[:most]:
        shown.append(code(name, page, longest))
    if len(named) > most:
        shown.append(f"{page.signs.ellipsis} {len(named) - most:,} more")
    return ", ".join(shown)


def items(texts: Iterable[str], page: Page, most: int = LONGEST, mark: str = "") -> list[str]:
    """Return foreign texts as items of a list.

    Args:
        texts: One an item.
        page: Makes them harmless for terminals and logs.
        most: Characters of a text after which it is cut.
        mark: Stands before each.
    """
    lines = []
    for text in texts:
        lines.append(f"- {mark}{prose(text, page, most)}")
    return lines


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Return lines as a block of code that none of them can end.

    Args:
        lines: Laid out already, and without line breaks.
        language: What colours it: ``diff``, ``sh``.
    """
    shown = list(map(_begun, lines))
    longest = 0
    for line in shown:
        longest = max(longest, *map(len, _TICKS.findall(line)), 0)
    fence = "`" * max(_SHORTEST_FENCE, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def _begun(line: str) -> str:
    """Return a line of code with a space before it where it might mean something to GitLab.

    A slash begins a command there, and what looks for these knows fences of three backticks only.
    """
    if not line or line[0].isalnum() or line[0] in " +-#":
        return line
    return f" {line}"


def cut(text: str, most: int) -> str:
    """Return the beginning of a text.

    Characters and not cells are counted, because marks without end take no cell.
    """
    if len(text) <= most:
        return text
    return f"{text[: most - 1]}…"


def cut_lines(lines: Iterable[str], most: int) -> list[str]:
    """Return the beginnings of lines."""
    shown = []
    for line in lines:
        shown.append(cut(line, most))
    return shown


def _escaped(text: str) -> str:
    return _MARKUP.sub(_entity, text).replace(_BREAK, _APART)


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
