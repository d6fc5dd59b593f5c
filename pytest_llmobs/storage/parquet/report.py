"""What a scan did, counted while it goes on: how much was read, and what the statistics saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmobs.storage.parquet.parts import Part, Source
from pytest_llmobs.storage.parquet.sought import Sought


@dataclass
class ScanReport:
    """The account of one scan; make one, hand it to ``Store.runs`` or ``Store.tables``, and read it afterwards."""

    pushdown: str = ""
    """The condition that Arrow evaluated, as Arrow writes it; empty where there was none."""
    mask_columns: tuple[str, ...] = ()
    """What was read besides for the part of the condition that Arrow can't evaluate."""
    files: int = 0
    """Parquet files there are in the projects that were looked at."""
    skipped_files: int = 0
    """Of them, those without any row group that may match, going by the statistics in their footers."""
    groups: int = 0
    """Row groups of all files."""
    skipped_groups: int = 0
    """Of them, those that can't match, going by their statistics."""
    read_groups: int = 0
    """Of them, those that were read; the rest was neither skipped nor reached."""
    unsealed: int = 0
    """Spool files that aren't sealed yet and were read with the rest."""
    scanned_rows: int = 0
    """Rows of the row groups and spool files that were read."""
    rows: int = 0
    """Rows that matched and were returned."""
    _read: set[tuple[Path, int]] = field(default_factory=set, repr=False)

    def begins(self, sealed: Sequence[Source], unsealed: Sequence[Source], sought: Sought) -> None:
        """Take note of a listing; one that is made because files have vanished replaces the one before."""
        self.files, self.unsealed = len(sealed), len(unsealed)
        self.groups = sum(source.part_count for source in sealed)
        self.skipped_files = self.skipped_groups = 0
        self.mask_columns = tuple(sought.where.mask_columns)
        if sought.where.pushdown is not None:
            self.pushdown = str(sought.where.pushdown)

    def admits(self, source: Source, parts: Sequence[Part]) -> None:
        """Take note of the parts of a source that may match."""
        if source.is_sealed:
            self.skipped_files += not parts
            self.skipped_groups += source.part_count - len(parts)

    def reads(self, parts: Sequence[Part]) -> None:
        """Take note of parts that are read, again perhaps."""
        for part in parts:
            place = (part.source.path, part.number)
            if place not in self._read:
                self._read.add(place)
                self.scanned_rows += part.rows
                self.read_groups += part.source.is_sealed

    @property
    def read_files(self) -> int:
        """Parquet files of which anything but the footer was read."""
        return len({path for path, _ in self._read if path.suffix == ".parquet"})
