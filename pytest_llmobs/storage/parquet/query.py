"""Reading the Parquet files: filters, time order, and never more than a window of rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.parquet.file import MERGED_MARK, RunsFile, VanishedError

WINDOW_BYTES = 8 << 20
"""About as much text is read at once."""
_ORDER = ("start_time", "id")
PATIENCE = 5
"""So often a listing is repeated because files vanish, before giving up."""


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
            replaced |= RunsFile.open(path).merged
    return [path for path in found if path not in replaced]


def open_files(folders: Sequence[Path]) -> list[RunsFile]:
    """Read the footers of ``find_files``.

    Raises:
        StoreError: A file is unreadable or of a newer schema.
        VanishedError: A file is gone since the listing; look again.
    """
    return [RunsFile.open(path) for path in find_files(folders)]


def scan(
    listed: Callable[[], Sequence[RunsFile]],
    columns: Sequence[str],
    where: pc.Expression | None,
    *,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[pa.Table]:
    """Yield the matching rows in order of their start, in tables of a row or more, with their project.

    The start times of all matches are read first (16 bytes a run); they cut the time into windows that are then
    read one after another, skipping row groups by their statistics. Where a file vanishes because another process
    merges it, the rest is read from a new listing.

    Args:
        listed: Lists the files.
        columns: What to read.
        where: From ``condition``.
        limit: Most rows.
        newest_first: Turn the order round.

    Raises:
        StoreError: A file is unreadable or of a newer schema.
        VanishedError: Files keep vanishing.
    """
    failures, rest = 0, where
    while True:
        try:
            for table, after in _windowed(listed(), columns, rest, limit, newest_first):
                rest, failures = _both(where, after), 0
                if limit is not None:
                    limit -= len(table)
                if len(table):
                    yield table
            return
        except VanishedError:
            failures += 1
            if failures == PATIENCE:
                raise


def _windowed(
    files: Sequence[RunsFile],
    columns: Sequence[str],
    where: pc.Expression | None,
    limit: int | None,
    newest_first: bool,
) -> Iterator[tuple[pa.Table, pc.Expression]]:
    """Yield the rows of each window, and the condition that holds for what is left after it."""
    starts = [file.read(["start_time"], where)["start_time"].cast(pa.int64()) for file in files]
    files = [file for file, found in zip(files, starts, strict=True) if len(found)]
    starts = [found for found in starts if len(found)]
    spans = [tuple(pc.min_max(found).as_py().values()) for found in starts]
    order = [(name, "descending" if newest_first else "ascending") for name in _ORDER]
    for low, high in _windows(files, starts, limit, newest_first):
        near = [f for f, span in zip(files, spans, strict=True) if span[0] < high and span[1] >= low]
        table = _window(near, columns, where, low, high).sort_by(order)
        if limit is not None:
            table = table.slice(0, limit)
            limit -= len(table)
        yield table, (_before(low) if newest_first else ~_before(high))


def _windows(
    files: Sequence[RunsFile], starts: Sequence[Any], limit: int | None, newest_first: bool
) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of start times, microseconds, that hold a bounded number of rows each."""
    if not starts:
        return
    order = "descending" if newest_first else "ascending"
    times = pa.concat_tables(
        pa.table({"start": found, "bytes": pa.repeat(file.row_bytes, len(found))})
        for file, found in zip(files, starts, strict=True)
    ).sort_by([("start", order)])
    if limit is not None:
        times = times.slice(0, limit)
    if not len(times):
        return
    edges = _edges(times)
    last = times["start"][-1].as_py()
    for edge, following in zip(edges, [*edges[1:], None], strict=True):
        if newest_first:
            yield (last if following is None else following + 1), edge + 1
        else:
            yield edge, (last + 1 if following is None else following)


def _edges(times: pa.Table) -> list[int]:
    """Return the start times at which the bytes so far pass a multiple of ``WINDOW_BYTES``, each once."""
    window = pc.floor(pc.divide(pc.cumulative_sum(times["bytes"]), float(WINDOW_BYTES))).combine_chunks()
    ends = pc.run_end_encode(window).run_ends.to_pylist()
    return list(dict.fromkeys(times["start"].take(pa.array([0, *ends[:-1]])).to_pylist()))


def _window(
    files: Sequence[RunsFile], columns: Sequence[str], where: pc.Expression | None, low: int, high: int
) -> pa.Table:
    inside = _both(where, ~_before(low) & _before(high))
    wanted = list(dict.fromkeys([*columns, *_ORDER]))
    tables = []
    for file in files:
        found = file.read(wanted, inside)
        tables.append(found.append_column("project", pa.array([file.project] * len(found), pa.string())))
    return pa.concat_tables(tables)


def _before(start: int) -> pc.Expression:
    return pc.field("start_time") < pa.scalar(start, pa.timestamp("us", "UTC"))


def _both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    if one is None:
        return other
    return one & other
