"""In which order the events of several groups came: ``abcb2d`` is a, b, c, b, b, d, and ``[ab]9`` nine times a, b.

After z come A to Z, then (52).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from string import ascii_letters

_LONGEST = 8
"""Groups that may take turns."""
_LETTER = r"[a-zA-Z]|\(\d{1,9}\)"
_STEP = re.compile(rf"({_LETTER}|\[(?:{_LETTER})+\])(\d{{0,9}})")


def written(places: Sequence[int]) -> str:
    """Return an order as a text; an empty one where it never comes back to a group.

    Args:
        places: The number of each event's group, from 0; groups are numbered as they first appear.
    """
    if all(before <= after for before, after in pairwise(places)):
        return ""
    steps: list[str] = []
    position = 0
    while position < len(places):
        length, times = _turns(places, position)
        letters = "".join(map(_letter, places[position : position + length]))
        if length > 1:
            letters = f"[{letters}]"
        steps.append(letters if times == 1 else f"{letters}{times}")
        position += length * times
    return "".join(steps)


def read(text: str, counts: Sequence[int]) -> list[int]:
    """Return the number of each event's group.

    Args:
        text: What ``written`` returned.
        counts: How many events each group has.

    Raises:
        ValueError: The text makes no sense, or doesn't fit the counts.
    """
    places: list[int] = []
    if not text:
        for place, count in enumerate(counts):
            places += [place] * count
        return places
    end = 0
    for step in _STEP.finditer(text):
        if step.start() != end:
            break
        end = step.end()
        letters, times = step.groups()
        turn = list(map(_place, re.findall(_LETTER, letters)))
        places += turn * min(int(times or 1), sum(counts) + 1)
    if end != len(text) or Counter(places) != Counter(dict(enumerate(counts))):
        raise ValueError(f"the order {text!r} doesn't fit the events")
    return places


def _turns(places: Sequence[int], position: int) -> tuple[int, int]:
    """Return how many groups take turns from an event on, and how often: those that cover most events."""
    best = (1, 1)
    for length in range(1, _LONGEST + 1):
        turn = places[position : position + length]
        times = 1
        while places[position + times * length : position + (times + 1) * length] == turn:
            times += 1
        # written out, two turns are as short as told
        if (times > 2 or length == 1) and times * length > best[0] * best[1]:
            best = (length, times)
    return best


def _letter(place: int) -> str:
    if place < len(ascii_letters):
        return ascii_letters[place]
    return f"({place})"


def _place(letter: str) -> int:
    if letter.startswith("("):
        return int(letter[1:-1])
    return ascii_letters.index(letter)
