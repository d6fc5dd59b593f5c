"""Reading the Parquet files: filters, time order, and never more than a window of rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.parquet.file import MERGED_MARK, LeaveOut, RunsFile, VanishedError

_IS_RUN = pc.field("start_time").is_valid() & pc.field("id").is_valid() & pc.field("trace_id").is_valid()
"""What every row of ours has."""
WINDOW_BYTES = 8 << 20
"""About as much text is read at once."""
PATIENCE = 5
"""So often a listing is repeated because files vanish, before giving up."""


def find_files(folders: Sequence[Path], leave_out: LeaveOut | None = None) -> list[Path]:
    """Return the Parquet files of some projects, oldest first, without those that were merged into another.

    Args:
        folders: The projects'.
        leave_out: Takes a merged file that can't be read; by default that is an error.

    Raises:
        StoreError: A merged file is unreadable or of a newer schema.
        VanishedError: A merged file is gone since the listing; look again.
    """
    paths: list[Path] = []
    for folder in folders:
        paths += folder.glob("*.parquet")
    # A name begins with the time, whatever the project.
    paths.sort(key=lambda path: path.name)
    merged_files = [path for path in paths if MERGED_MARK in path.name]
    replaced: set[Path] = set()
    for file in open_each(merged_files, leave_out):
        replaced |= file.merged
    return [path for path in paths if path not in replaced]


def open_files(folders: Sequence[Path], leave_out: LeaveOut | None = None) -> list[RunsFile]:
    """Read the footers of ``find_files``.

    Raises:
        StoreError: A file is unreadable or of a newer schema.
        VanishedError: A file is gone since the listing; look again.
    """
    return open_each(find_files(folders, leave_out), leave_out)


def open_each(paths: Sequence[Path], leave_out: LeaveOut | None = None) -> list[RunsFile]:
    """Read the footers of some files.

    Args:
        paths: The files.
        leave_out: Takes those that can't be read, and later the parts of others; by default that is an error.

    Raises:
        StoreError: A file is unreadable or of a newer schema, and nobody takes it.
        VanishedError: A file is gone since the listing; look again.
    """
    files = []
    for path in paths:
        try:
            files.append(RunsFile.open(path, leave_out=leave_out))
        except VanishedError:
            raise
        except StoreError as error:
            if leave_out is None:
                raise
            leave_out(path, error)
    return files


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
    # What was yielded is excluded from the rest by its time, so a new listing repeats and misses nothing.
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


@dataclass(frozen=True)
class _Matches:
    """The matching rows of one file; it has one at least."""

    file: RunsFile
    starts: pa.ChunkedArray
    """When they started, microseconds."""
    first: int
    last: int

    def reach_into(self, low: int, high: int) -> bool:
        """Return True where one may have started from ``low`` to before ``high``."""
        return self.first < high and self.last >= low


def _find_matches(files: Sequence[RunsFile], where: pc.Expression | None) -> list[_Matches]:
    matches: list[_Matches] = []
    for file in files:
        starts = file.read(["start_time"], _both(where, _IS_RUN))["start_time"].cast(pa.int64())
        if len(starts):
            span = pc.min_max(starts)
            matches.append(_Matches(file, starts, span["min"].as_py(), span["max"].as_py()))
    return matches


def _windowed(
    files: Sequence[RunsFile],
    columns: Sequence[str],
    where: pc.Expression | None,
    limit: int | None,
    newest_first: bool,
) -> Iterator[tuple[pa.Table, pc.Expression]]:
    """Yield the rows of each window, and the condition that holds for what is left after it."""
    matches = _find_matches(files, where)
    direction = _direction(newest_first)
    # The id as well: runs that start in the same microsecond keep their order from one reading to the next.
    order = [("start_time", direction), ("id", direction)]
    for low, high in _windows(matches, limit, newest_first):
        near = [match.file for match in matches if match.reach_into(low, high)]
        table = _window(near, columns, where, low, high).sort_by(order)
        if limit is not None:
            table = table.slice(0, limit)
            limit -= len(table)
        rest = ~_before(high)
        if newest_first:
            rest = _before(low)
        yield table, rest


def _windows(matches: Sequence[_Matches], limit: int | None, newest_first: bool) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of start times, microseconds, that hold a bounded number of rows each."""
    if not matches:
        return
    tables: list[pa.Table] = []
    for match in matches:
        sizes = pa.repeat(match.file.row_bytes, len(match.starts))
        tables.append(pa.table({"start": match.starts, "bytes": sizes}))
    times = pa.concat_tables(tables).sort_by([("start", _direction(newest_first))])
    if limit is not None:
        times = times.slice(0, limit)
    if not len(times):
        return
    edges = _edges(times)
    last = times["start"][-1].as_py()
    if newest_first:
        for edge, following in pairwise([*edges, last - 1]):
            yield following + 1, edge + 1
    else:
        yield from pairwise([*edges, last + 1])


def _direction(newest_first: bool) -> str:
    if newest_first:
        return "descending"
    return "ascending"


def _edges(times: pa.Table) -> list[int]:
    """Return the start times at which the bytes so far pass a multiple of ``WINDOW_BYTES``, each once."""
    window = pc.floor(pc.divide(pc.cumulative_sum(times["bytes"]), float(WINDOW_BYTES))).combine_chunks()
    ends = pc.run_end_encode(window).run_ends.to_pylist()
    return list(dict.fromkeys(times["start"].take(pa.array([0, *ends[:-1]])).to_pylist()))


def _window(
    files: Sequence[RunsFile], columns: Sequence[str], where: pc.Expression | None, low: int, high: int
) -> pa.Table:
    inside = _both(where, _IS_RUN & ~_before(low) & _before(high))
    # With what the rows are sorted by. A dict rather than a set: it keeps the order.
    wanted = list(dict.fromkeys([*columns, "start_time", "id"]))
    tables = [file.read_with_project(wanted, inside) for file in files]
    return pa.concat_tables(tables)


def _before(start: int) -> pc.Expression:
    return pc.field("start_time") < pa.scalar(start, pa.timestamp("us", "UTC"))


def _both(one: pc.Expression | None, other: pc.Expression) -> pc.Expression:
    if one is None:
        return other
    return one & other
