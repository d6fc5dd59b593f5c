"""Which parts hold a match, found out from the small columns of many parts at once, before payloads are read."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from pytest_llmobs.storage.parquet import parts as units
from pytest_llmobs.storage.parquet.parallel import Threads
from pytest_llmobs.storage.parquet.parts import Part, width
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.parquet.sought import Sought

_FIRST_ROWS = 4000
"""Of so many rows at most the matches are found at first; then of twice as many each time."""


class Skimmed:
    """Finds the matches of parts ahead of their reading, of a few at first and then of ever more."""

    def __init__(self, sought: Sought, report: ScanReport, threads: Threads) -> None:
        """Look for something.

        Args:
            sought: What.
            report: Takes what was read.
            threads: Read side by side.
        """
        self._sought, self._report, self._threads = sought, report, threads
        self._rows = _FIRST_ROWS

    def has_room(self, rows: int) -> bool:
        """Tell whether more than so many rows are looked at next."""
        return rows < self._rows

    def with_matches(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts with nothing but the rows that match, in their order; some may have none left."""
        chosen: dict[int, Part] = {}
        together: dict[int, list[int]] = {}
        for place, part in enumerate(parts):
            together.setdefault(id(part.source), []).append(place)
        self._report.reads(parts)
        of_sources = [[parts[place] for place in places] for places in together.values()]
        found = self._threads.map(self._matches, of_sources)
        for places, matches in zip(together.values(), found, strict=True):
            for place, positions in zip(places, matches, strict=True):
                chosen[place] = parts[place].choosing(positions)
        most = units.WINDOW_BYTES / width(self._sought.columns, parts[0].source)
        self._rows = int(min(self._rows * 2, max(most, _FIRST_ROWS)))
        return [chosen[place] for place in range(len(parts))]

    def _matches(self, of_source: Sequence[Part]) -> list[pa.Array]:
        return of_source[0].source.matches(of_source, self._sought)
