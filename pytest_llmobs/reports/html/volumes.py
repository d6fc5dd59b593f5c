"""A report that would be too large for a browser, in volumes: traces move to pages beside it, the last rows' first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pytest_llmobs.reports.html.details import Details
from pytest_llmobs.reports.html.index import CHUNK
from pytest_llmobs.reports.html.packing import packed, packed_details
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.wording import count

LIMIT = 15_000_000
"""Bytes of a page, beyond which traces leave it: the last rows are those of trials that passed."""


class Volumes:
    """The details of all trials, in the page itself and in those beside it."""

    def __init__(
        self, rows: Sequence[Row], details: Details, index: dict[str, Any], file: str, limit: int = LIMIT
    ) -> None:
        """Pack everything, and move what is too much.

        Args:
            rows: All trials.
            details: Tells of them.
            index: The page's, every other page has it too.
            file: The page's name; where there is none, it stays whole.
            limit: Bytes of a page.
        """
        self.chunks: list[str] = []
        """What the page itself has of the trials, packed."""
        self._rows, self._file = rows, file
        self._moved: list[list[int]] = []
        """The chunks that each other page has, with their traces."""
        self._whole: dict[int, str] = {}
        """These chunks."""
        for start in range(0, len(rows), CHUNK):
            self.chunks.append(_packed(len(self.chunks), map(details.of, rows[start : start + CHUNK])))
        size = sum(map(len, self.chunks))
        if not file or size <= limit:
            return
        # the index again is in each of them, packed
        room = max(limit - len(packed("index", index)), 0)
        self._move(details, size - room, room)

    def _move(self, details: Details, excess: int, room: int) -> None:
        """Move traces out of the last chunks until that many bytes are gone."""
        filled = room + 1
        for number in reversed(range(len(self.chunks))):
            if excess <= 0:
                return
            whole = self.chunks[number]
            if filled + len(whole) > room:
                self._moved.append([])
                filled = 0
            filled += len(whole)
            self._moved[-1].append(number)
            self._whole[number] = whole
            self.chunks[number] = self._without_traces(number, details)
            excess -= len(whole) - len(self.chunks[number])

    def _without_traces(self, number: int, details: Details) -> str:
        place = self._name(len(self._moved))
        entries = []
        for entry in map(details.of, self._rows[number * CHUNK : (number + 1) * CHUNK]):
            if entry["runs"] is not None:
                entry.update(runs=None, runs_in=place)
            entries.append(entry)
        return _packed(number, entries)

    def _name(self, number: int) -> str:
        return f"{self._file.removesuffix('.html')}.traces-{number}.html"

    def notices(self) -> Iterator[str]:
        """Say what lies elsewhere."""
        if not self._moved:
            return
        first = self._moved[-1][-1] * CHUNK
        files = ", ".join(map(self._name, range(1, len(self._moved) + 1)))
        yield (
            f"The traces of {count(len(self._rows) - first, 'trial')}, the passing ones first, lie beside this page in "
            f"{files}: with them it would be too large for a browser. Keep the files together."
        )

    def siblings(self) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        """Yield each other page: its name, what it says of itself, and its chunks."""
        for number, moved in enumerate(self._moved, start=1):
            name = self._name(number)
            last = min((moved[0] + 1) * CHUNK, len(self._rows)) - 1
            part = {"file": name, "of": self._file, "rows": [moved[-1] * CHUNK, last]}
            yield name, part, [self._whole[chunk] for chunk in reversed(moved)]


def _packed(number: int, entries: Any) -> str:
    return packed_details(number, list(entries))
