"""A report that would be too large for a browser, in volumes: traces move to pages beside it, the last rows' first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from pytest_llmobs.reports.html.details import Details
from pytest_llmobs.reports.html.index import CHUNK
from pytest_llmobs.reports.html.packing import packed, packed_details
from pytest_llmobs.reports.html.rows import Row, failing
from pytest_llmobs.wording import count

_BEGINNING = 200
"""Characters that stay of an answer that goes."""
_PAYLOADS = ("inputs", "outputs", "reference", "metadata")
_LARGE = 20_000
"""Characters of a payload beyond which it goes where its trace goes, however small the rest is."""


class Volumes:
    """The details of all trials, in the page itself and in those beside it."""

    def __init__(
        self, rows: Sequence[Row], details: Details, index: dict[str, Any], file: str, limit: int
    ) -> None:
        """Pack everything, and move what is too much.

        Args:
            rows: All trials.
            details: Tells of them.
            index: The page's, every other page has it too.
            file: The page's name; where there is none, or none that a link can have, it stays whole.
            limit: Bytes of a page.
        """
        self.chunks: list[str] = []
        """What the page itself has of the trials, packed."""
        self._rows, self._details, self._file = rows, details, file
        self._moved: list[list[int]] = []
        """The chunks that each other page has, with their traces."""
        self._whole: dict[int, str] = {}
        """These chunks."""
        self._places: dict[int, str] = {}
        """The pages that have them."""
        self._filled = 0
        """Bytes of the last of these pages."""
        for number in range(math.ceil(len(rows) / CHUNK)):
            self.chunks.append(packed_details(number, self._entries(number)))
        size = sum(map(len, self.chunks))
        # most pages are far below the limit, and need no second look at their index
        if _is_linkable(file) and size > limit // 2:
            # an index that fills a page by itself can't be helped, and must not make a page of each chunk
            room = max(limit - len(packed("index", index)), limit // 2)
            self._move(size - room, room)

    def _move(self, excess: int, room: int) -> None:
        """Move traces and large payloads, then all payloads, out of the last chunks until that many bytes are gone.

        Chunks without a failure go first, since these are what the page is read for.
        """
        numbers = list(reversed(range(len(self.chunks))))
        passing = [number for number in numbers if not any(map(failing, self._part(number)))]
        others = numbers[len(passing) :]
        # all of what passed goes before anything of what failed does
        for chosen, most in product((passing, others), (_LARGE, _BEGINNING)):
            for number in chosen:
                if excess <= 0:
                    return
                before = self.chunks[number]
                self._lighten(number, most, room)
                excess -= len(before) - len(self.chunks[number])

    def _assign(self, number: int, room: int) -> None:
        """Give a chunk to the last page, or to another one where it doesn't fit; pages have no holes between rows."""
        whole = self.chunks[number]
        follows = bool(self._moved) and self._moved[-1][-1] == number + 1
        if not follows or self._filled + len(whole) > room:
            self._moved.append([])
            self._filled = 0
        self._filled += len(whole)
        self._moved[-1].append(number)
        self._whole[number] = whole
        self._places[number] = self._name(len(self._moved))

    def _lighten(self, number: int, most: int, room: int) -> None:
        """Leave out of a chunk what may go, if it has anything of that."""
        entries = self._entries(number)
        lighter = [_without(entry, most) for entry in entries]
        if not any(lighter):
            return
        if number not in self._whole:
            self._assign(number, room)
        for entry, light in zip(entries, lighter, strict=True):
            if light:
                entry.update(light, runs_in=self._places[number])
        self.chunks[number] = packed_details(number, entries)

    def _entries(self, number: int) -> list[dict[str, Any]]:
        return list(map(self._details.of, self._part(number)))

    def _part(self, number: int) -> Sequence[Row]:
        return self._rows[number * CHUNK : (number + 1) * CHUNK]

    def _name(self, number: int) -> str:
        return f"{self._file.removesuffix('.html')}.traces-{number}.html"

    def notices(self) -> Iterator[str]:
        """Say what lies elsewhere."""
        if not self._moved:
            return
        trials = sum(len(self._part(number)) for number in self._whole)
        files = ", ".join(map(self._name, range(1, len(self._moved) + 1)))
        yield (
            f"The traces and long texts of {count(trials, 'trial')}, the passing ones first, lie beside this page in "
            f"{files}: with them it would be too large for a browser. Keep the files together."
        )

    def siblings(self) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        """Yield each other page: its name, what it says of itself, and its chunks."""
        for number, moved in enumerate(self._moved, start=1):
            name = self._name(number)
            last = min((moved[0] + 1) * CHUNK, len(self._rows)) - 1
            part = {"file": name, "of": self._file, "rows": [moved[-1] * CHUNK, last]}
            yield name, part, [self._whole[chunk] for chunk in reversed(moved)]


def _is_linkable(file: str) -> bool:
    """Return whether pages beside a file can lead to it: not where its name is in no encoding that a browser knows."""
    try:
        return bool(file.encode())
    except UnicodeEncodeError:
        return False


def _without(entry: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return what stands in the place of a trace and of payloads that are larger: nothing, and an answer's beginning.

    Args:
        entry: Details of a trial.
        most: Characters that a payload may have.
    """
    light: dict[str, Any] = {}
    if entry["runs"] is not None:
        light["runs"] = None
    for name in _PAYLOADS:
        if len(str(entry[name])) > most:
            light[name] = None
    output = entry["output"]
    if len(output) > most:
        light["output"] = (
            f"{output[:_BEGINNING]}… {len(output) - _BEGINNING:,} more characters in the file below"
        )
    return light
