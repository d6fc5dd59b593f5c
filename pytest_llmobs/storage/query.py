"""Reading the Parquet files: filters, time order, and never more than a window of rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet import MERGED_MARK, ParquetRuns, VanishedError

WINDOW_BYTES = 8 << 20
"""About as much uncompressed Parquet is in memory at once."""
_ORDER = ("start_time", "id")
_PATIENCE = 5
T = TypeVar("T")


def find_files(folders: Sequence[Path]) -> list[Path]:
    """Return the Parquet files of some projects, oldest first, without those that were merged into another.

    Raises:
        StoreError: A merged file is unreadable or of a newer schema.
        VanishedError: A merged file is gone since the listing; look again.
    """
    found = sorted(
        (path for folder in folders for path in folder.glob("*.parquet")), key=lambda path: path.name
    )
    replaced: set[Path] = set()
    for path in found:
        if MERGED_MARK in path.name:
            replaced |= ParquetRuns.open(path).merged
    return [path for path in found if path not in replaced]


def open_files(folders: Sequence[Path]) -> list[ParquetRuns]:
    """Read the footers of ``find_files``.

    Raises:
        StoreError: A file is unreadable or of a newer schema.
        VanishedError: A file is gone since the listing; look again.
    """
    return [ParquetRuns.open(path) for path in find_files(folders)]


def retried(read: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield from ``read()``, begun anew where files were merged between their listing and the first result.

    Raises:
        VanishedError: That happened after the first result, or again and again.
    """
    for attempt in range(1, _PATIENCE + 1):
        begun = False
        try:
            for found in read():
                begun = True
                yield found
            return
        except VanishedError:
            if begun or attempt == _PATIENCE:
                raise


def scan(
    files: Sequence[ParquetRuns],
    columns: Sequence[str],
    where: pc.Expression | None,
    *,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[pa.Table]:
    """Yield the matching rows in order of their start, in tables of a row or more, with their project.

    The start times of all matches are read first (8 bytes a run); they cut the time into windows that are then
    read one after another, skipping row groups by their statistics.

    Args:
        files: From ``open_files``.
        columns: What to read.
        where: From ``condition``.
        limit: Most rows.
        newest_first: Turn the order round.

    Raises:
        StoreError: A file is unreadable or of a newer schema.
    """
    starts = [file.read(["start_time"], where)["start_time"].cast(pa.int64()) for file in files]
    files = [file for file, found in zip(files, starts, strict=True) if len(found)]
    starts = [found for found in starts if len(found)]
    spans = [tuple(pc.min_max(found).as_py().values()) for found in starts]
    left = limit
    for low, high in _windows(files, starts, limit, newest_first):
        near = [f for f, span in zip(files, spans, strict=True) if span[0] < high and span[1] >= low]
        table = _window(near, columns, where, low, high)
        table = table.sort_by([(name, "descending" if newest_first else "ascending") for name in _ORDER])
        if left is not None:
            table = table.slice(0, left)
            left -= len(table)
        if len(table):
            yield table


def _windows(
    files: Sequence[ParquetRuns], starts: Sequence[Any], limit: int | None, newest_first: bool
) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of start times, microseconds, that hold a bounded number of rows each."""
    if not starts:
        return
    chunks = [chunk for found in starts for chunk in found.chunks]
    times = pa.chunked_array(chunks).combine_chunks().sort("descending" if newest_first else "ascending")
    if limit is not None:
        times = times.slice(0, limit)
    if not len(times):
        return
    rows = max(16, int(WINDOW_BYTES / max(1.0, *(file.row_bytes for file in files))))
    edges = list(dict.fromkeys(times[i].as_py() for i in range(0, len(times), rows)))
    last = times[-1].as_py()
    for edge, following in zip(edges, [*edges[1:], None], strict=True):
        if newest_first:
            yield (last if following is None else following + 1), edge + 1
        else:
            yield edge, (last + 1 if following is None else following)


def _window(
    files: Sequence[ParquetRuns], columns: Sequence[str], where: pc.Expression | None, low: int, high: int
) -> pa.Table:
    first, end = (pa.scalar(edge, pa.timestamp("us", "UTC")) for edge in (low, high))
    inside = (pc.field("start_time") >= first) & (pc.field("start_time") < end)
    wanted = list(dict.fromkeys([*columns, *_ORDER]))
    tables = []
    for file in files:
        found = file.read(wanted, inside if where is None else inside & where)
        tables.append(found.append_column("project", pa.array([file.project] * len(found), pa.string())))
    return pa.concat_tables(tables)
