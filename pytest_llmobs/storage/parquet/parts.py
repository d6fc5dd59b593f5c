"""What a scan reads: sources of rows, in parts that are read or skipped as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from pytest_llmobs.storage.parquet.schema import COLUMNS, PAYLOADS
from pytest_llmobs.storage.parquet.sought import Sought

WINDOW_BYTES = 8 << 20
"""About as much is read at once."""
_WIDTHS = {
    "text": 40,
    "word": 16,
    "json": 160,
    "time": 8,
    "integer": 8,
    "number": 8,
    "words": 32,
    "scores": 32,
    "flag": 1,
}
"""Bytes that a value of each kind of column takes up, about; payloads are reckoned by what a source says of them."""
_WIDTH_OF = {column.name: _WIDTHS[column.kind] for column in COLUMNS}


class Source(Protocol):
    """Something that holds rows: a Parquet file, or a spool file that isn't sealed yet."""

    @property
    def path(self) -> Path:
        """Where it lies."""

    @property
    def is_sealed(self) -> bool:
        """True for a Parquet file."""

    @property
    def part_count(self) -> int:
        """How many parts it has."""

    @property
    def row_bytes(self) -> float:
        """Bytes of a row with its payloads, on average; rather too many than too few."""

    def parts(self, sought: Sought) -> list[Part]:
        """Return the parts that may hold what is sought."""

    def hold(self, parts: Sequence[Part], sought: Sought) -> Sequence[Part]:
        """Return admitted parts such that their rows are read once each, whatever becomes of the source."""

    def matching(self, parts: Sequence[Part], columns: Sequence[str], sought: Sought) -> pa.Table:
        """Return some columns of those rows of some parts that match."""

    def matches(self, parts: Sequence[Part], sought: Sought) -> list[pa.Array]:
        """Return for each part the positions of its rows that match, without reading other columns."""

    def chosen(self, parts: Sequence[Part], columns: Sequence[str]) -> pa.Table:
        """Return some columns of the rows that the parts' ``chosen`` names."""


@dataclass(frozen=True)
class Part:
    """Rows of a source that lie together: a row group of a file."""

    source: Source
    number: int
    """Which of the source's parts it is."""
    first: int
    """No row of it starts earlier, microseconds."""
    last: int
    """No row of it starts later, microseconds."""
    rows: int
    chosen: pa.Array | None = None
    """The positions of the rows that match, where that was found out already."""

    def choosing(self, positions: pa.Array) -> Part:
        """Return the part with nothing but the rows at these positions."""
        return replace(self, chosen=positions, rows=len(positions))


def width(columns: Iterable[str], source: Source | None = None) -> float:
    """Return how many bytes a row of some columns takes up, about; rather too many than too few.

    Args:
        columns: Their names.
        source: Where the rows come from, which knows how large its payloads are.
    """
    total = 0.0
    for name in columns:
        if name not in PAYLOADS:
            total += _WIDTH_OF.get(name, _WIDTHS["word"])
    if source is not None and has_payloads(columns):
        total += source.row_bytes
    return total or 1.0


def has_payloads(columns: Iterable[str]) -> bool:
    """Tell whether inputs or outputs are among some columns."""
    return not set(PAYLOADS).isdisjoint(columns)
