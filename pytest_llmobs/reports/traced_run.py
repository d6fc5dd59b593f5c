"""A traced run as reports show it: of its row in the store what a page has room for, payloads as they are stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store

_ROWS = 500
"""Rows that are taken out of Arrow at once."""
_JSON = ("inputs", "outputs", "metadata", "reference_outputs")


class TracedRun(NamedTuple):
    """One run of a trace. There may be tens of thousands: nothing of it is parsed before it is shown."""

    id: str
    trace_id: str
    parent_id: str | None
    name: str | None
    run_type: str | None
    status: str | None
    start_time: int
    """Microseconds since 1970, UTC."""
    end_time: int | None
    """None while it was going on."""
    inputs: bytes | None
    """JSON, redacted; as are ``outputs``, ``metadata`` and ``reference_outputs``."""
    outputs: bytes | None
    error: str | None
    metadata: bytes | None
    tags: list[str] | None
    provider: str | None
    model: str | None
    stop_reason: str | None
    time_to_first_token: float | None
    """Seconds."""
    input_tokens: int | None
    cache_read_tokens: int | None
    output_tokens: int | None
    total_cost: float | None
    """USD."""
    replayed: bool | None
    reference_outputs: bytes | None


def read_traces(store: Store, project: str, trace_ids: Collection[str]) -> Iterator[TracedRun]:
    """Yield the stored runs of some traces, in no order.

    Args:
        store: Has them.
        project: Theirs.
        trace_ids: The ids of their root runs.

    Raises:
        StoreError: A file can't be read.
    """
    if not trace_ids:
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    from pytest_llmobs.storage.parquet.arrays import arrow_array

    wanted = arrow_array(sorted(trace_ids), pa.string())
    for table in store.tables(TracedRun._fields, project, ordered=False):
        # batch by batch: a project's payloads may be most of what fits into memory
        for batch in table.to_batches(max_chunksize=_ROWS):
            yield from _runs(batch.filter(pc.is_in(batch["trace_id"], wanted)))
    # Arrow keeps what it read ahead, which is more than all that comes after this needs
    pa.default_memory_pool().release_unused()


def _runs(batch: pa.RecordBatch) -> Iterator[TracedRun]:
    """Yield a batch's rows, made of whole columns: many times faster than row by row."""
    columns: list[list[Any]] = []
    for name in TracedRun._fields:
        column = batch.column(name)
        if name in ("start_time", "end_time"):
            column = column.cast("int64")  # no year is beyond an integer, as it would be beyond a datetime
        elif name in _JSON:
            column = column.cast("binary")  # a text takes up to four times as much
        columns.append(column.to_pylist())
    return map(TracedRun._make, zip(*columns, strict=True))
