"""What is recorded, by the names of the files alone: one look at the folder, and none of them is read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pytest_llmobs.replay.names import SUFFIX, RecordingKey, is_name
from pytest_llmobs.replay.sketches import DIGITS, likenesses, sketch

_ID = 32
"""Digits of a request's id."""
_SKETCH = slice(_ID + 1, _ID + 1 + DIGITS)


class Number(NamedTuple):
    """The end of a recording's name: which reply to the request it is."""

    repeat: int
    occurrence: int = 1


class RecordedNames:
    """The names of all recordings of a provider."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet.

        Args:
            folder: The provider's; it need not exist.
        """
        self._folder = folder

    @cached_property
    def _recorded(self) -> tuple[Sequence[str], str]:
        """All names, and their sketches one behind the other."""
        names: list[str] = []
        for part in _entries(self._folder):
            names += _entries(self._folder / part)
        sketches = _sketches(names)
        # to look at each name would take longer than all else here; it is done where other files are seen among them
        if not sketches.isascii() or len(sketches) != len(names) * DIGITS:
            names = list(filter(_has_sketch, names))
            sketches = _sketches(names)
        return names, sketches

    def repeats(self, key: RecordingKey) -> Mapping[int, int]:
        """Return for each recorded repeat of a request how many times in a trial it is recorded."""
        repeats: dict[int, int] = {}
        for name in self._of_request(key.request_id):
            number = _number(name)
            repeats[number.repeat] = max(number.occurrence, repeats.get(number.repeat, 0))
        return dict(sorted(repeats.items()))

    def most_alike(self, key: RecordingKey, most: int) -> Sequence[Path]:
        """Return a recording of each of the requests that are most like one, by their words; the most like it first.

        Args:
            key: The request, and which reply to it is meant: the same of another request is preferred.
            most: How many requests.
        """
        request_ids: dict[str, None] = {}
        for request_id in self._by_likeness(sketch(key.request)):
            request_ids[request_id] = None
            if len(request_ids) == most:
                break
        paths = []
        for request_id in request_ids:
            names = self._of_request(request_id)
            if names:  # else it was deleted meanwhile, or is somebody else's file
                name = min(names, key=lambda name: _detour(_number(name), key))
                paths.append(self._folder / request_id[:2] / name)
        return paths

    def _by_likeness(self, wanted: str) -> Iterator[str]:
        """Yield the requests of all names, the most like the wanted one first."""
        names, sketches = self._recorded
        scores = likenesses(wanted, sketches)
        for score in sorted(set(scores), reverse=True):
            place = scores.find(score)
            while place >= 0:
                yield names[place][:_ID]
                place = scores.find(score, place + 1)

    def _of_request(self, request_id: str) -> list[str]:
        names = filter(is_name, _entries(self._folder / request_id[:2]))
        return [name for name in names if name.startswith(request_id)]


def _entries(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - of 50,000 files no more is asked than their names
    except OSError:
        return []


def _sketches(names: Iterable[str]) -> str:
    return "".join([name[_SKETCH] for name in names])


def _has_sketch(name: str) -> bool:
    return is_name(name) and name[_SKETCH.stop] == "-"


def _number(name: str) -> Number:
    """Return the end of a name."""
    return Number(*map(int, name[_SKETCH.stop + 1 : -len(SUFFIX)].split(".")))


def _detour(number: Number, key: RecordingKey) -> tuple[bool, Number]:
    return number.repeat != key.repeat, number
