"""Where a text was cut into the pieces in which it came, in less than a character a piece.

Models send words: a capital letter stands for so many whole words (``A`` for one, ``Z`` for 26). All other pieces
say their length: a digit or a small letter up to 35, or a number in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LENGTHS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_WORDS = 26
# not \w, which means more in each version of Python
_WORD = re.compile(r" ?[A-Za-z\x80-\U0010ffff]+| ?[0-9]+| ?[!-/:-@\[-`{-~]+|\s+")
_STEP = re.compile(r"([A-Z])|([0-9a-z])|\((\d{1,12})\)")


def cuts_of(pieces: Sequence[str]) -> str:
    """Return how a text is cut into pieces; ``cut`` undoes it."""
    text = "".join(pieces)
    steps: list[str] = []
    position = words = 0
    for piece in pieces:
        is_word = len(piece) > 0 and len(piece) == _word_length(text, position)
        if words and (not is_word or words == _MOST_WORDS):
            steps.append(chr(64 + words))
            words = 0
        if is_word:
            words += 1
        else:
            steps.append(_length_step(len(piece)))
        position += len(piece)
    if words:
        steps.append(chr(64 + words))
    return "".join(steps)


def cut(text: str, cuts: str) -> list[str]:
    """Return the pieces of a text.

    Raises:
        ValueError: The cuts make no sense, or don't fit the text.
    """
    pieces: list[str] = []
    position = end = 0
    for step in _STEP.finditer(cuts):
        if step.start() != end:
            break
        end = step.end()
        words, digit, number = step.groups()
        for _ in range(ord(words) - 64 if words else 1):
            length = _word_length(text, position) if words else int(digit or number, 36 if digit else 10)
            pieces.append(text[position : position + length])
            position += length
    if end != len(cuts) or position != len(text):
        raise ValueError(f"the cuts {cuts!r} don't fit their text")
    return pieces


def _word_length(text: str, position: int) -> int:
    word = _WORD.match(text, position)
    if word is None:
        return 0
    return word.end() - position


def _length_step(length: int) -> str:
    if length < len(_LENGTHS):
        return _LENGTHS[length]
    return f"({length})"
