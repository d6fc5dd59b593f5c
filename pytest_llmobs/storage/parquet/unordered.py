"""Rows in no order, for whoever counts and sums: files side by side, each read once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pyarrow as pa

from pytest_llmobs.storage.parquet import parts as units
from pytest_llmobs.storage.parquet.arrays import empty_table
from pytest_llmobs.storage.parquet.parallel import thread_count, thread_pool
from pytest_llmobs.storage.parquet.parts import Part, Source, has_payloads, width
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.parquet.sought import Sought, schema_of

_AHEAD_BYTES = 4 * units.WINDOW_BYTES
"""So much, about, is read ahead: it waits in memory until it is asked for."""
_JOBS_AHEAD = 16
"""So many jobs, about, wait for a thread: each may hold a file open."""
_Job = tuple[float, Callable[[], pa.Table]]
"""What reads some parts, and about how many bytes it reads."""


def read_unordered(
    sources: Sequence[Source], columns: Sequence[str], sought: Sought, report: ScanReport
) -> Iterator[pa.Table]:
    """Yield some columns of the rows that match, in tables of a row or more.

    Raises:
        StoreError: A file is damaged, and nobody takes what is left out.
        VanishedError: A file is gone.
    """
    pool = thread_pool()
    try:
        jobs = _jobs(pool, sources, columns, sought, report)
        for table in _in_turn(pool, jobs):
            if len(table):
                yield table
    finally:
        pool.shutdown(cancel_futures=True)


def _jobs(
    pool: ThreadPoolExecutor,
    sources: Sequence[Source],
    columns: Sequence[str],
    sought: Sought,
    report: ScanReport,
) -> Iterator[_Job]:
    admitted = pool.map(lambda source: source.parts(sought), sources)
    for source, parts in zip(sources, admitted, strict=True):
        report.admits(source, parts)
        for size, batch in _batches(source.hold(parts, sought), columns, sought):
            report.reads(batch)
            yield size, partial(_matching, batch, columns, sought)


def _in_turn(pool: ThreadPoolExecutor, jobs: Iterator[_Job]) -> Iterator[pa.Table]:
    """Yield what the jobs return, in their order."""
    running: deque[tuple[float, Future[pa.Table]]] = deque()
    ahead = 0.0
    for size, job in jobs:
        running.append((size, pool.submit(job)))
        ahead += size
        # The threads never wait for whoever takes what they have read, unless that is much.
        is_far_ahead = ahead >= _AHEAD_BYTES or len(running) >= _JOBS_AHEAD
        if is_far_ahead and len(running) > thread_count():
            read, first = running.popleft()
            ahead -= read
            yield first.result()
    while running:
        yield running.popleft()[1].result()


def _batches(
    parts: Sequence[Part], columns: Sequence[str], sought: Sought
) -> Iterator[tuple[float, list[Part]]]:
    """Yield the parts of a source, so many at once as fit in a window, and how many bytes they take up."""
    if not parts:
        return
    row_bytes = width({*columns, *sought.columns}, parts[0].source)
    batch: list[Part] = []
    size = 0.0
    for part in parts:
        if batch and size >= units.WINDOW_BYTES:
            yield size, batch
            batch, size = [], 0.0
        batch.append(part)
        size += part.rows * row_bytes
    if batch:
        yield size, batch


def _matching(parts: Sequence[Part], columns: Sequence[str], sought: Sought) -> pa.Table:
    source = parts[0].source
    if sought.is_everything or not has_payloads(columns):
        return source.matching(parts, columns, sought)
    matches = source.matches(parts, sought)
    chosen: list[Part] = []
    for part, positions in zip(parts, matches, strict=True):
        if len(positions):
            chosen.append(part.choosing(positions))
    if not chosen:
        return empty_table(schema_of(columns))
    return source.chosen(chosen, columns)
