"""Where a text was cut into the pieces in which it came: about a character for three pieces of a word each.

Models say words, so a cut is told by the words before it. One character stands for so many pieces of one word each,
for a piece of so many words, or for a piece of so many characters and, where these are few, the pieces of one word
that follow it; a number in brackets is the length of any other piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

# not \w, which means more in each version of Python
_WORD = re.compile(r" ?[A-Za-z\x80-\U0010ffff]+| ?[0-9]+| ?[!-/:-@\[-`{-~]+|\s+")
_CODES = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) not in '"\\()')
_STEP = re.compile(r"\((\d{1,12})\)|[^()]")


class _Step(NamedTuple):
    """What one character stands for."""

    length: int | None = None
    """Characters of the first piece."""
    words: int = 0
    """Whole words of the first piece, where it has no length."""
    run: int = 0
    """Pieces of one word each that follow."""


_MOST_RUN = 10
_MOST_AFTER = 5
_SHORTEST, _LONGEST = 6, 35
"""Characters of a piece after which nothing is told of others."""
_RUNS = [_Step(run=run) for run in range(1, _MOST_RUN + 1)]
_SHORT = [_Step(length=length, run=run) for length, run in product(range(_SHORTEST), range(_MOST_AFTER + 1))]
_LONGER = [_Step(length=length) for length in range(_SHORTEST, _LONGEST + 1)]
_SENTENCES = [_Step(words=words) for words in range(2, len(_CODES))]
_STEPS = dict(zip(_CODES, [*_RUNS, *_SHORT, *_LONGER, *_SENTENCES], strict=False))
"""What each character stands for; those that are left go to pieces of ever more words."""
_CODE_OF = {step: code for code, step in _STEPS.items()}


def cuts_of(pieces: Sequence[str]) -> str:
    """Return how a text is cut into pieces; ``cut`` undoes it."""
    text = "".join(pieces)
    steps: list[str] = []
    short: int | None = None
    run = position = 0
    for piece in pieces:
        words = _words(text, position, len(piece))
        position += len(piece)
        if words == 1:
            run += 1
            continue
        steps += _written_run(short, run)
        short, run = None, 0
        if _Step(words=words) in _CODE_OF:
            steps.append(_CODE_OF[_Step(words=words)])
        elif len(piece) < _SHORTEST:
            short = len(piece)
        else:
            steps.append(_CODE_OF.get(_Step(length=len(piece)), f"({len(piece)})"))
    return "".join([*steps, *_written_run(short, run)])


def cut(text: str, cuts: str) -> list[str]:
    """Return the pieces of a text.

    Raises:
        ValueError: The cuts make no sense, or don't fit the text.
    """
    pieces: list[str] = []
    position = read = 0
    for match in _STEP.finditer(cuts):
        read += len(match[0])
        step = _Step(length=int(match[1])) if match[1] else _STEPS.get(match[0], _Step())
        for length in _lengths(step, text, position):
            pieces.append(text[position : position + length])
            position += length
    if read != len(cuts) or position != len(text):
        raise ValueError(f"the cuts {cuts!r} don't fit their text")
    return pieces


def _written_run(short: int | None, run: int) -> Iterator[str]:
    if short is not None:
        after = min(run, _MOST_AFTER)
        yield _CODE_OF[_Step(length=short, run=after)]
        run -= after
    while run:
        yield _CODE_OF[_Step(run=min(run, _MOST_RUN))]
        run -= min(run, _MOST_RUN)


def _lengths(step: _Step, text: str, position: int) -> Iterator[int]:
    """Yield the lengths of the pieces that a step stands for."""
    if step.length is not None:
        yield step.length
        position += step.length
    if step.words:
        end = position
        for _ in range(step.words):
            end += _word_length(text, end)
        yield end - position
        position = end
    for _ in range(step.run):
        length = _word_length(text, position)
        yield length
        position += length


def _words(text: str, position: int, length: int) -> int:
    """Return of how many whole words a piece is; 0 where it ends within one, or is empty."""
    end, words = position + length, 0
    while position < end:
        position += _word_length(text, position)
        words += 1
    if position > end:
        return 0
    return words


def _word_length(text: str, position: int) -> int:
    word = _WORD.match(text, position)
    if word is None:
        return 1
    return word.end() - position
