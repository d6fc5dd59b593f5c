"""Sketches: a few digits of a request's words, alike where the words are, so that names alone find the nearest one.

A sketch is made at every replay, since a recording's name holds it: it takes as long as reading the words takes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from operator import eq
from typing import Any

from pytest_llmobs.replay.canonical import CanonicalRequest

TURNS = ("messages", "input", "prompt", "contents")
"""Where a request's body has what differs from example to example."""
_BYTES = 8
"""Of each half: one a class of words, the least checksum of its class."""
_STEM = 5
"""Letters by which a word counts: its endings tell little."""
_MOST = 32 << 10
"""Characters that are read of a text, of a longer one half of them at its beginning and half at its end."""
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Kana, Han and Hangul, whose words aren't parted by spaces: each letter counts."""


def _letters() -> bytes:
    table = bytearray(b" " * 256)
    for code in range(256):
        if code >= 128 or chr(code).isalnum():
            table[code] = code
    return bytes(table).lower()


_LETTERS = _letters()
"""ASCII letters and digits in lower case, parts of other letters as they are, all else a space."""


def sketch(request: CanonicalRequest) -> str:
    """Return the sketch of a request: 16 hex digits of its turns, and 16 of all else that has words."""
    turns: list[str] = []
    rest: list[str] = []
    body = request.body if isinstance(request.body, dict) else {"": request.body}
    for name, value in body.items():
        (turns if name in TURNS else rest).extend(_texts(value))
    return f"{_digits(turns)}{_digits(rest)}"


def likeness(one: bytes, other: bytes) -> int:
    """Return how alike two requests are by their sketches, from 0 to 24: what differs in their turns counts double.

    Args:
        one: A sketch, as bytes.
        other: Another.
    """
    turns = sum(map(eq, one[:_BYTES], other[:_BYTES]))
    rest = sum(map(eq, one[_BYTES:], other[_BYTES:]))
    return int(2 * turns + rest)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value if len(value) <= _MOST else f"{value[: _MOST // 2]} {value[-_MOST // 2 :]}"
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _digits(texts: list[str]) -> str:
    """Return the least checksum of each class of words, in two digits: a changed word changes that of its own alone.

    In whichever order the words come, since that of an object's fields says nothing.
    """
    text = " ".join(texts)
    words = text.encode("utf-8", "surrogatepass").translate(_LETTERS).split()
    stems = {word[:_STEM] for word in words}
    if not text.isascii():
        stems.update(letter.encode() for letter in _UNSPACED.findall(text))
    checksums = sorted(map(zlib.crc32, stems), reverse=True)
    least = {checksum % _BYTES: checksum for checksum in checksums}
    digits = [(least.get(number, 0) >> 3) & 0xFF for number in range(_BYTES)]
    return bytes(digits).hex()
