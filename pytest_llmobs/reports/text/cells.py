"""How many terminal cells a text takes, and cutting, padding and wrapping by cells.

``len`` counts code points: a CJK character takes two cells, a combining accent none. The rules are those of
UAX #11 (East Asian Width) and UAX #29 as far as terminals follow them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

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
            size = 2 if char == _EMOJI_STYLE and size == 1 else size
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
    return sum(size for _, size in clusters(text))


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
    return [line for paragraph in text.split("\n") for line in _wrapped(paragraph, max(limit, 2))]


def _wrapped(paragraph: str, limit: int) -> list[str]:
    if width(paragraph) <= limit:
        return [paragraph]
    lines: list[str] = []
    rest = paragraph
    while width(rest) > limit:
        cut = len(_head(rest, limit))
        space = cut if rest[cut] == " " else rest.rfind(" ", 0, cut)
        if space > 0 and rest[:space].strip():
            cut = space
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip(" ") if cut == space else rest[cut:]
    if rest:
        return [*lines, rest]
    return lines


def _head(text: str, limit: int) -> str:
    kept, used = [], 0
    for cluster, size in clusters(text):
        used += size
        if used > limit:
            break
        kept.append(cluster)
    return "".join(kept)


def _tail(text: str, limit: int) -> str:
    kept, used = [], 0
    for cluster, size in reversed(list(clusters(text))):
        used += size
        if used > limit:
            break
        kept.append(cluster)
    return "".join(reversed(kept))


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
