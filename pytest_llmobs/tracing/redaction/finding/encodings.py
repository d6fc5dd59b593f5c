"""What an encoded text means: its escapes undone, with the way back to where each character stands.

Texts arrive encoded in each other: the arguments of a tool call are JSON text in JSON text, a traceback holds
reprs, a link holds percent signs, a log holds colours. A secret is looked for in what the text means, and cut out of
the text as it is.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

DEPTH = 4
"""How many encodings may lie in each other."""

_ENCODED = re.compile(
    r"\\(?:u\{?(?P<unit>[0-9a-fA-F]{4})\}?|x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})|(?P<letter>[nrtbfave0\"'/\\`=&?$])|\r?\n)"
    r"|%(?P<percent>[0-9A-Fa-f]{2})"
    r"|&(?P<entity>#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos|nbsp|equals|colon|sol);"
    r"|=\r?\n|=(?P<printable>3D|2D|5F)"
    r"|\x1b\[[0-?]{0,40}[ -/]{0,4}[@-~]|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]"
    r"|[\x00\x08\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_LETTERS = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    "a": "\a",
    "v": "\v",
    "e": "\x1b",
    "0": "\0",
}


class View(NamedTuple):
    """A text as it is meant, and where its characters stand in the text that it was made of."""

    text: str
    starts: list[int]
    """Where each piece begins in ``text``."""
    origins: list[int]
    """Where it begins in the text before."""
    sizes: list[int]
    """How long it is there."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return where ``text[start:end]`` stands in the text before."""
        return self._begin(start), self._end(end - 1)

    def _begin(self, index: int) -> int:
        piece = bisect_right(self.starts, index) - 1
        return self.origins[piece] + min(index - self.starts[piece], self.sizes[piece])

    def _end(self, index: int) -> int:
        piece = bisect_right(self.starts, index) - 1
        size = self._length(piece)
        if size == self.sizes[piece]:
            return self.origins[piece] + index - self.starts[piece] + 1
        return self.origins[piece] + self.sizes[piece]

    def _length(self, piece: int) -> int:
        following = len(self.text)
        if piece + 1 < len(self.starts):
            following = self.starts[piece + 1]
        return following - self.starts[piece]


def decoded(text: str) -> View | None:
    """Return a text with one layer of escapes, entities, percent signs and colours undone; None where it has none."""
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    sizes: list[int] = []
    length = position = 0

    def add(piece: str, origin: int, size: int) -> None:
        nonlocal length
        if piece:
            pieces.append(piece)
            starts.append(length)
            origins.append(origin)
            sizes.append(size)
            length += len(piece)

    for match in _ENCODED.finditer(text):
        add(text[position : match.start()], position, match.start() - position)
        add(_meaning(match), match.start(), match.end() - match.start())
        position = match.end()
    if not position:
        return None
    add(text[position:], position, len(text) - position)
    return View("".join(pieces), starts, origins, sizes)


def _meaning(match: re.Match[str]) -> str:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "letter":
        return _LETTERS.get(value, value)
    if kind == "octal":
        return chr(int(value, 8) & 0xFF)
    if kind == "entity":
        return unescape(f"&{value};")[:1]
    if kind is not None:
        return chr(int(value, 16))
    return ""  # a colour, a mark without width, a line that goes on


_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{12,}(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/_-]{20,}){0,9999}"
    r"(?:\r?\n[ \t]{0,40}[A-Za-z0-9+/_-]{1,80}(?==))?={0,2}"
)
_URL_SAFE = str.maketrans("-_", "+/")
_MOST = 1 << 20


def base64_texts(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where Base64 of a text stands, and the text; Base64 of anything else is passed over after 12 bytes."""
    for match in _BASE64.finditer(text):
        head = _base64(match[0][:16])
        if len(head) >= 6 and _is_text(head):
            whole = _base64(match[0][:_MOST])
            if _is_text(whole):
                yield match.start(), match.end(), whole.decode("utf-8", "replace")


def base64_text(value: str) -> str:
    """Return the text that ``value`` is the Base64 of, or an empty one."""
    whole = _base64(value)
    if _is_text(whole):
        return whole.decode("utf-8", "replace")
    return ""


def _base64(value: str) -> bytes:
    plain = "".join(value.split()).translate(_URL_SAFE).rstrip("=")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


_TEXT = re.compile(rb"[\t\n\r\x1b -~\xc2-\xf4\x80-\xbf]+")


def _is_text(data: bytes) -> bool:
    return _TEXT.fullmatch(data) is not None and sum(byte > 0x7F for byte in data[:64]) * 4 <= len(data[:64])
