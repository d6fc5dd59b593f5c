"""Sketches: a few digits of a request's words, alike where the words are, so that names alone find the nearest one.

A sketch is made at every replay, since a recording's name holds it. What requests have in common, a long prompt, is
looked at once.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pytest_llmobs.replay.canonical import CanonicalRequest

TURNS = ("messages", "input", "prompt", "contents")
"""Where a request's body has what differs from example to example."""
TURN_CLASSES, REST_CLASSES = 16, 8
"""Classes of words, each with a digit: of the least checksum in it."""
_CHECK = 4
"""Digits that stand before them, for all words at once: the same where the words are."""
_OF_TURNS = _CHECK + TURN_CLASSES
DIGITS = _OF_TURNS + _CHECK + REST_CLASSES
"""Of a sketch."""
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
    """Return the sketch of a request: 20 hex digits of its turns, and 12 of all else that has words."""
    turns: list[str] = []
    rest: list[str] = []
    body = request.body if isinstance(request.body, dict) else {"": request.body}
    for name, value in body.items():
        (turns if name in TURNS else rest).extend(_texts(value))
    return _digits(" ".join(turns), TURN_CLASSES) + _rest_digits(" ".join(rest))


def likenesses(wanted: str, sketches: str) -> bytes:
    """Return how alike many requests are to one by their sketches, a byte each: the number of equal digits.

    Those of the turns count double. All sketches are compared at once, digit by digit, and their points added up as the
    digits of one large number: one by one they would take fifty times as long.

    Args:
        wanted: A sketch.
        sketches: Others, one behind the other.
    """
    digits = sketches.encode()
    points = 0
    for place, digit in enumerate(wanted.encode()):
        table = bytearray(256)
        table[digit] = 2 if place < _OF_TURNS else 1
        points += int.from_bytes(digits[place::DIGITS].translate(table))
    return points.to_bytes(len(digits) // DIGITS)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value if len(value) <= _MOST else f"{value[: _MOST // 2]} {value[-_MOST // 2 :]}"
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


@lru_cache(maxsize=64)
def _rest_digits(text: str) -> str:
    return _digits(text, REST_CLASSES)


def _digits(text: str, classes: int) -> str:
    """Return the digits of words: a changed one changes that of its own class alone, if any, and the first ones.

    In whichever order the words come, since that of an object's fields says nothing.
    """
    words = set(text.encode("utf-8", "surrogatepass").translate(_LETTERS).split())
    stems = {word[:_STEM] for word in words}
    if not text.isascii():
        stems.update(letter.encode() for letter in _UNSPACED.findall(text))
    # the largest first, so that of each class the least is what stays in the dict
    checksums = sorted(map(zlib.crc32, stems), reverse=True)
    least = {checksum % classes: checksum for checksum in checksums}
    digits = bytes([least.get(number, 0) // classes % 16 for number in range(classes)])
    check = sum(checksums) % 16**_CHECK
    # each is below 16: of the two hex digits of its byte the second one
    return f"{check:0{_CHECK}x}{digits.hex()[1::2]}"
