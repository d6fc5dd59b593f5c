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
from pytest_llmobs.storage.layout import SPOOL_SUFFIX, Layout
from pytest_llmobs.storage.parquet.file import VanishedError
from pytest_llmobs.storage.parquet.query import PATIENCE

if TYPE_CHECKING:
    import pyarrow.compute as pc

Signature = tuple[tuple[str, int, int], ...]
"""What tells whether anything has changed: each file's name, size and time of change."""
LeaveOut = Callable[[Path, StoreError], Any]
"""Takes a file that can't be read, and why."""


def signature(layout: Layout) -> Signature:
    """Return what changes whenever an event is written, sealed or merged."""
    files: list[tuple[str, int, int]] = []
    for path in (*_spool_files(layout), *_part_files(layout)):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        files.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(files)


def read_all(
    layout: Layout, columns: Sequence[str], where: pc.Expression | None, leave_out: LeaveOut
) -> pa.Table:
    """Return the events that match, in no order.

    Args:
        layout: The store's.
        columns: Of ``schema.feedback_schema()``.
        where: The condition; None for all events.
        leave_out: Takes the files that can't be read.

    Raises:
        VanishedError: Files keep vanishing.
    """
    for attempt in range(PATIENCE):
        try:
            return _read(layout, columns, where, leave_out)
        except VanishedError:
            if attempt == PATIENCE - 1:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class _Unsealed:
    """The events of one spool file."""

    part: Path
    """The Parquet file that it will become."""
    table: pa.Table


def _read(
    layout: Layout, columns: Sequence[str], where: pc.Expression | None, leave_out: LeaveOut
) -> pa.Table:
    unsealed = _read_spools(layout)
    parts = _open_parts(layout, leave_out)
    replaced: set[str] = set()
    for part in parts:
        replaced |= part.merged
    sealed_rows = {part.path.name: part.rows for part in parts}
    tables = [feedback_schema().empty_table().select(columns)]
    superseded: set[str] = set(replaced)
    for spool in unsealed:
        name = spool.part.name
        # A thread that was in the middle of its write may have added a line after the file was sealed.
        if name in replaced or sealed_rows.get(name, -1) >= len(spool.table):
            continue
        superseded.add(name)
        matching = spool.table if where is None else spool.table.filter(where)
        tables.append(matching.select(columns))
    for part in parts:
        if part.path.name not in superseded:
            tables.append(_read_part(part, columns, where, leave_out))
    return pa.concat_tables(tables)


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
    for path in _spool_files(layout):
        try:
            with path.open("rb") as file:
                rows = read_events(file)
        except OSError:  # sealed since the listing, or not ours to read
            continue
        if rows:
            unsealed.append(_Unsealed(part_of(path, layout), to_table(rows)))
    return unsealed


def _open_parts(layout: Layout, leave_out: LeaveOut) -> list[Part]:
    parts: list[Part] = []
    for path in _part_files(layout):
        try:
            parts.append(Part.open(path))
        except VanishedError:
            # A merged file that is gone was merged again: what replaces it isn't in this listing.
            raise
        except StoreError as error:
            leave_out(path, error)
    return parts


def _spool_files(layout: Layout) -> list[Path]:
    return sorted(layout.feedback_spool.glob(f"*{SPOOL_SUFFIX}"))


def _part_files(layout: Layout) -> list[Path]:
    return sorted(layout.feedback.glob("[!.]*.parquet"))
