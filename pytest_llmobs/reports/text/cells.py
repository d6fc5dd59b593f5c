"""How many terminal cells a text takes, and cutting, padding and wrapping by cells.

``len`` counts code points: a CJK character takes two cells, a combining accent none. The rules are those of
UAX #11 (East Asian Width) and UAX #29 as far as terminals follow them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

ELLIPSIS = "…"
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_ZERO = ("Mn", "Me", "Cf")


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Split ``text`` into what a reader sees as one character, each with its width in cells.

    Combining marks, variation selectors, skin tones and what a zero-width joiner joins stay together.
    """
    held, size = "", 0
    for char in text:
        if held and (_extends(char) or held.endswith(_JOINER)):
            held += char
            if char == _EMOJI_STYLE and size == 1:
                size = 2
            continue
        if held:
            yield held, size
        held, size = char, _cells(char)
    if held:
        yield held, size


def width(text: str) -> int:
    """Return the number of cells that ``text`` (one line, without colours) takes."""
    if text.isascii():
        return len(text)
    total = 0
    for _, size in clusters(text):
        total += size
    return total


def clip(text: str, limit: int, ellipsis: str = ELLIPSIS) -> str:
    """Cut the end of ``text`` so that it takes at most ``limit`` cells, ``ellipsis`` included."""
    if width(text) <= limit:
        return text
    if limit <= len(ellipsis):
        return ellipsis[: max(limit, 0)]
    return _head(text, limit - len(ellipsis)) + ellipsis


def clip_middle(text: str, limit: int, ellipsis: str = ELLIPSIS) -> str:
    """Cut the middle of ``text``, for ids and paths whose end tells them apart."""
    if width(text) <= limit:
        return text
    room = limit - len(ellipsis)
    if room < 2:
        return clip(text, limit, ellipsis)
    return _head(text, room - room // 2) + ellipsis + _tail(text, room // 2)


def clip_start(text: str, limit: int, ellipsis: str = ELLIPSIS) -> str:
    """Cut the beginning of ``text``, for paths: what tells them apart comes last."""
    if width(text) <= limit:
        return text
    return ellipsis[: max(limit, 0)] + _tail(text, max(limit - len(ellipsis), 0))


def pad(text: str, size: int, *, right: bool = False) -> str:
    """Fill ``text`` with spaces up to ``size`` cells: behind it, or before it where ``right`` aligns it."""
    fill = " " * (size - width(text))
    if right:
        return fill + text
    return text + fill


def wrap(text: str, limit: int) -> list[str]:
    """Break ``text`` at spaces into lines of at most ``limit`` cells; longer words are cut.

    Line breaks and indentation of the text are kept. An empty text gives one empty line.
    """
    lines = []
    for paragraph in text.split("\n"):
        lines += _wrapped(paragraph, max(limit, 2))
    return lines


def _wrapped(paragraph: str, limit: int) -> list[str]:
    if width(paragraph) <= limit:
        return [paragraph]
    lines: list[str] = []
    rest = paragraph
    while width(rest) > limit:
        line, rest = _broken(rest, limit)
        lines.append(line)
    if rest:
        lines.append(rest)
    return lines


def _broken(text: str, limit: int) -> tuple[str, str]:
    """Return the first line of a text that is too long for one, and what follows it."""
    end = len(_head(text, limit))
    space = end
    if text[end] != " ":
        space = text.rfind(" ", 0, end)
    if space == end or (space > 0 and text[:space].strip()):
        return text[:space].rstrip(), text[space:].lstrip(" ")
    # a word longer than the line, or nothing but indentation before it
    return text[:end].rstrip(), text[end:]


def _head(text: str, limit: int) -> str:
    return "".join(_fitting(clusters(text), limit))


def _tail(text: str, limit: int) -> str:
    last_first = _fitting(reversed(list(clusters(text))), limit)
    return "".join(reversed(list(last_first)))


def _fitting(parts: Iterable[tuple[str, int]], limit: int) -> Iterator[str]:
    """Yield clusters for as long as they fit."""
    used = 0
    for cluster, size in parts:
        used += size
        if used > limit:
            return
        yield cluster


def _extends(char: str) -> bool:
    if char.isascii():
        return False
    skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
    return skin_tone or (unicodedata.category(char) in _ZERO and char != "\u00ad")


def _cells(char: str) -> int:
    if char.isascii() or char == "\u00ad":
        return 1
    if unicodedata.category(char) in _ZERO or "\u1160" <= char <= "\u11ff":
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 1
