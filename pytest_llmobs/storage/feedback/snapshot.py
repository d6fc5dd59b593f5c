"""All events at one moment, sealed or not, each once: also while others write, seal and merge.

Spool files are read first and Parquet files listed after that. What is sealed in between is then found twice, and told
by its name: a Parquet file is called as the spool file that it was made of, or names the files that it has replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.feedback.lines import read_events, to_table
from pytest_llmobs.storage.feedback.parts import Part
from pytest_llmobs.storage.feedback.schema import feedback_schema
from pytest_llmobs.storage.feedback.sealing import part_of
from pytest_llmobs.storage.layout import Layout, spool_files
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.files.writer import MERGED_MARK
from pytest_llmobs.storage.parquet.listing import PATIENCE

if TYPE_CHECKING:
    import pyarrow.compute as pc

Signature = tuple[tuple[str, int, int], ...]
"""What tells whether anything has changed: each file's name, size and time of change."""
LeaveOut = Callable[[Path, StoreError], Any]
"""Takes a file that can't be read, and why."""


def signature(layout: Layout) -> Signature:
    """Return what changes whenever an event is written, sealed or merged."""
    files: list[tuple[str, int, int]] = []
    for path in (*spool_files(layout.feedback_spool), *_part_files(layout)):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        files.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(files)


@dataclass(frozen=True)
class _Unsealed:
    """The events of one spool file."""

    part: Path
    """The Parquet file that it will become."""
    table: pa.Table


class Snapshot:
    """All events at one moment. Sealed ones are read when they are asked for, as often as they are."""

    def __init__(self, layout: Layout, leave_out: LeaveOut) -> None:
        """Look at a store.

        Args:
            layout: The store's.
            leave_out: Takes the files that can't be read.

        Raises:
            VanishedError: A file is gone since it was listed; look again.
        """
        self._leave_out = leave_out
        unsealed = _read_spools(layout)
        parts, superseded = _open_parts(layout, leave_out)
        sealed_rows = {part.path: part.rows for part in parts}
        self._tables = [feedback_schema().empty_table()]
        for spool in unsealed:
            # A thread that was in the middle of its write may have added a line after the file was sealed.
            if spool.part in superseded or sealed_rows.get(spool.part, -1) >= len(spool.table):
                continue
            superseded.add(spool.part)
            self._tables.append(spool.table)
        # A sealed file that has fewer lines than its spool is among the superseded now.
        self._parts = [part for part in parts if part.path not in superseded]

    def read(self, columns: Sequence[str], where: pc.Expression | None = None) -> pa.Table:
        """Return the events that match, in no order.

        Args:
            columns: Of ``schema.feedback_schema()``.
            where: The condition; None for all events.

        Raises:
            VanishedError: A file is gone; look again.
        """
        tables: list[pa.Table] = []
        for table in self._tables:
            matching = table if where is None else table.filter(where)
            tables.append(matching.select(list(columns)))
        for part in self._parts:
            tables.append(_read_part(part, columns, where, self._leave_out))
        return pa.concat_tables(tables)


def look(layout: Layout, leave_out: LeaveOut, read: Callable[[Snapshot], pa.Table]) -> pa.Table:
    """Return what ``read`` makes of a snapshot, of a new one where files are merged meanwhile.

    Raises:
        VanishedError: Files keep vanishing.
    """
    failures = 0
    while True:
        try:
            return read(Snapshot(layout, leave_out))
        except VanishedError:
            failures += 1
            if failures == PATIENCE:
                raise


def _read_part(
    part: Part, columns: Sequence[str], where: pc.Expression | None, leave_out: LeaveOut
) -> pa.Table:
    try:
        return part.read(columns, where)
    except VanishedError:
        raise
    except StoreError as error:
        leave_out(part.path, error)
        return feedback_schema().empty_table().select(list(columns))


def _read_spools(layout: Layout) -> list[_Unsealed]:
    unsealed: list[_Unsealed] = []
    for path in spool_files(layout.feedback_spool):
        try:
            with path.open("rb") as file:
                rows = read_events(file)
        except OSError:  # sealed since the listing, or not ours to read
            continue
        if rows:
            unsealed.append(_Unsealed(part_of(path, layout), to_table(rows)))
    return unsealed


def _open_parts(layout: Layout, leave_out: LeaveOut) -> tuple[list[Part], set[Path]]:
    """Return the Parquet files that count, and those that were merged into one of them.

    Merged ones are opened first: what they have replaced may be deleted at any moment.
    """
    paths = _part_files(layout)
    merged = _open([path for path in paths if MERGED_MARK in path.name], leave_out)
    replaced: set[Path] = set()
    for part in merged:
        replaced |= part.merged
    plain = [path for path in paths if MERGED_MARK not in path.name and path not in replaced]
    parts = [part for part in merged if part.path not in replaced]
    return parts + _open(plain, leave_out), replaced


def _open(paths: Sequence[Path], leave_out: LeaveOut) -> list[Part]:
    parts: list[Part] = []
    for path in paths:
        try:
            parts.append(Part.open(path))
        except VanishedError:
            raise
        except StoreError as error:
            leave_out(path, error)
    return parts


def _part_files(layout: Layout) -> list[Path]:
    return sorted(layout.feedback.glob("[!.]*.parquet"))
