"""What is recorded, by the names of the files alone: one look at the folder, and none of them is read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from pytest_llmobs.replay.names import SUFFIX, RecordingKey
from pytest_llmobs.replay.sketches import likeness, sketch

_DIGITS = 32
"""Of a request's id, and of its sketch."""
_SKETCH_END = 2 * _DIGITS + 1


class Number(NamedTuple):
    """The end of a recording's name: which reply to the request it is."""

    repeat: int
    occurrence: int = 1


class RecordedNames:
    """The names of all recordings of a provider."""

    def __init__(self, folder: Path) -> None:
        """Look at a provider's folder, which need not exist."""
        self._folder = folder
        self._names: dict[str, list[str]] = {}
        """Request id -> the files that hold replies to it."""
        for part in _entries(folder):
            for name in _entries(folder / part):
                if name.endswith(SUFFIX) and name[_DIGITS : _DIGITS + 1] == "-":
                    self._names.setdefault(name[:_DIGITS], []).append(name)

    def __len__(self) -> int:
        """Return how many requests have recordings."""
        return len(self._names)

    def repeats(self, request_id: str) -> Mapping[int, int]:
        """Return for each recorded repeat of a request how many times in a trial it is recorded."""
        repeats: dict[int, int] = {}
        for name in self._names.get(request_id, ()):
            number = _number(name)
            repeats[number.repeat] = max(number.occurrence, repeats.get(number.repeat, 0))
        return dict(sorted(repeats.items()))

    def most_alike(self, key: RecordingKey, most: int) -> Sequence[Path]:
        """Return a recording of each of the requests that are most like one, by their words; the most like it first.

        Args:
            key: The request, and which reply to it is meant: the same of another request is preferred.
            most: How many requests.
        """
        wanted = bytes.fromhex(sketch(key.request))
        scores: dict[str, int] = {}

        def score(request_id: str) -> int:
            digits = self._names[request_id][0][_DIGITS + 1 : _SKETCH_END]
            if digits not in scores:
                scores[digits] = _likeness(wanted, digits)
            return scores[digits]

        paths = []
        for request_id in nlargest(most, sorted(self._names), key=score):
            names = self._names[request_id]
            name = min(names, key=lambda name: _detour(_number(name), key))
            paths.append(self._folder / request_id[:2] / name)
        return paths


def _entries(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:
        return []


def _likeness(wanted: bytes, digits: str) -> int:
    try:
        return likeness(wanted, bytes.fromhex(digits))
    except ValueError:  # somebody else's file
        return -1


def _number(name: str) -> Number:
    """Return the end of a name; a file that somebody renamed counts as the last of all."""
    parts = name[_SKETCH_END + 1 : -len(SUFFIX)].split(".")
    try:
        return Number(*map(int, parts))
    except (TypeError, ValueError):
        return Number(1 << 30)


def _detour(number: Number, key: RecordingKey) -> tuple[bool, Number]:
    return number.repeat != key.repeat, number
