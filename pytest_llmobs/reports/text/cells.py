"""How many terminal cells a text takes, and cutting, padding and wrapping by cells.

``len`` counts code points: a CJK character takes two cells, a combining accent none. The rules are those of
UAX #11 (East Asian Width) and UAX #29 as far as terminals follow them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

ELLIPSIS = "…"
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_FIRST_MARK = "\u0300"
"""The first character that may join another one."""
_SOFT_HYPHEN = "\u00ad"
_WINDOW = 16
"""Characters a cell that are looked at first: more of them on average are marks without end."""
_ZERO = ("Mn", "Me", "Cf")
"""Unicode categories of what takes no cell: marks on the character before, and format characters."""


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Split ``text`` into what a reader sees as one character, each with its width in cells.

    Combining marks, variation selectors, skin tones and what a zero-width joiner joins stay together.
    """
    held, size, last = "", 0, ""
    for char in text:
        # Latin letters, which most texts are: none of them joins the one before
        if char < _FIRST_MARK and last != _JOINER:
            if held:
                yield held, size
            held, size, last = char, 1, char
            continue
        joins, own = _traits(char)
        if held and (joins or last == _JOINER):
            held += char
            last = char
            # it asks for the picture of a sign that is also a letter, and pictures are wide
            if char == _EMOJI_STYLE and size == 1:
                size = 2
            continue
        if own == 1 and _is_region(char) and _is_region(held):  # two letters that make a flag
            held, size, last = held + char, 2, char
            continue
        if held:
            yield held, size
        held, size, last = char, own, char
    if held:
        yield held, size


def width(text: str) -> int:
    """Return the number of cells that ``text`` (one line, without colours) takes."""
    # most texts are ASCII, and looking at each character would be most of what drawing a table takes
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
    # on the narrowest pages a part of the sign is better than a line too long
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
    return list(wrapping(text, limit))


def wrapping(text: str, limit: int) -> Iterator[str]:
    """Yield the lines of ``wrap`` one after the other: of a long text no more is measured than is asked for."""
    # a wide character takes two cells: with less room than that there would be no way on
    limit = max(limit, 2)
    for paragraph in text.split("\n"):
        yield from _wrapped(paragraph, limit)


def _wrapped(paragraph: str, limit: int) -> Iterator[str]:
    start, end = 0, _reach(paragraph, 0, limit)
    if end == len(paragraph):
        yield paragraph
        return
    while end < len(paragraph):
        stop, following = _broken(paragraph, start, end)
        yield paragraph[start:stop].rstrip()
        start, end = following, _reach(paragraph, following, limit)
    if start < len(paragraph):
        yield paragraph[start:]


def _reach(text: str, start: int, limit: int) -> int:
    """Return where the room of a line that begins at ``start`` ends."""
    # measured no further than a line reaches: a long text would be measured anew for each of its lines
    window = text[start : start + _WINDOW * limit]
    end = start + len(_head(window, limit))
    if end < start + len(window) or end == len(text):
        return end
    # nothing but marks on one letter
    return start + len(_head(text[start:], limit))


def _broken(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a line ends that is too long, and where the next one begins.

    Args:
        text: The paragraph.
        start: Where the line begins.
        end: Where its room ends.
    """
    space = end
    if text[end] != " ":
        space = text.rfind(" ", start, end)
    if space == end or (space > start and text[start:space].strip()):
        following = space
        while following < len(text) and text[following] == " ":
            following += 1
        return space, following
    # a word longer than the line, or nothing but indentation before it
    return end, end


def _head(text: str, limit: int) -> str:
    if text.isascii():
        return text[:limit]
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


@lru_cache(maxsize=4096)
def _traits(char: str) -> tuple[bool, int]:
    """Return whether a character joins the one before, and how many cells it takes by itself."""
    return _extends(char), _cells(char)


def _extends(char: str) -> bool:
    if char.isascii():
        return False
    skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
    # terminals draw a soft hyphen, though Unicode calls it a format character
    return skin_tone or (unicodedata.category(char) in _ZERO and char != _SOFT_HYPHEN)


def _joins_hangul(char: str) -> bool:
    """Tell vowels and finals, old ones and tone marks included, which join the consonant before them."""
    return "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff" or char in "\u302e\u302f"


def _is_region(letter: str) -> bool:
    return len(letter) == 1 and "\U0001f1e6" <= letter <= "\U0001f1ff"


def _cells(char: str) -> int:
    if char.isascii() or char == _SOFT_HYPHEN:
        return 1
    if unicodedata.category(char) in _ZERO or _joins_hangul(char):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 1
