"""Lines -> Arrow: a bounded batch of records as one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pydantic_core import to_json

from pytest_llmobs.storage.parquet.arrays import arrow_array, binary_array
from pytest_llmobs.storage.parquet.schema import COLUMNS, DERIVED, OBJECTS, PAYLOADS, arrow_schema
from pytest_llmobs.storage.spool.lines import Record, write_line

_HEADER_COLUMNS = tuple(c for c in COLUMNS if c.name not in DERIVED and c.name not in PAYLOADS)
_TOKENS = ("input_tokens", "output_tokens")
_NEEDED = frozenset({"id", "trace_id", "start_time"})


def to_table(records: Sequence[Record], reject: Callable[[bytes], Any]) -> pa.Table:
    """Return ``records`` as a table of ``schema.arrow_schema()``.

    Args:
        records: One row each; payloads are taken over byte by byte.
        reject: Called with the line of each record that holds a value of a wrong type. The row is kept without that
            value, unless it can't be a row at all (its id or start is wrong, its text is no UTF-8).
    """
    try:
        return _convert(records)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        kept = [fitting for record in records if (fitting := _fit(record, reject)) is not None]
        return _convert(kept)


def _convert(records: Sequence[Record]) -> pa.Table:
    headers = [header for header, _, _ in records]
    present = set().union(*headers)
    schema = arrow_schema()
    arrays: dict[str, pa.Array] = {}
    for column in _HEADER_COLUMNS:
        name, kind = column.name, schema.field(column.name).type
        if name not in present:
            arrays[name] = pa.nulls(len(headers), kind)
        elif name in OBJECTS:
            arrays[name] = arrow_array([_as_json(header.get(name)) for header in headers], kind)
        else:
            arrays[name] = arrow_array([header.get(name) for header in headers], kind)
    arrays["inputs"] = _texts([inputs for _, inputs, _ in records])
    arrays["outputs"] = _texts([outputs for _, _, outputs in records])
    # In Python: Arrow's own arithmetic takes no less time here, and 10 MB to load.
    arrays["latency"] = arrow_array([_latency(header) for header in headers], pa.float64())
    arrays["total_tokens"] = (
        arrays["input_tokens"]
        if present.isdisjoint(_TOKENS)
        else arrow_array([_total(header) for header in headers], pa.int64())
    )
    return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _latency(header: dict[str, Any]) -> float | None:
    end: int | None = header.get("end_time")
    if end is None:
        return None
    start: int = header["start_time"]
    return (end - start) / 1e6


def _total(header: dict[str, Any]) -> int | None:
    counts: list[int] = [count for name in _TOKENS if (count := header.get(name)) is not None]
    if counts:
        return sum(counts)
    return None


def _texts(payloads: Sequence[bytes]) -> pa.Array:
    # As bytes first: Arrow checks the UTF-8 of a whole column at once, four times as fast as string by string.
    texts = binary_array(payloads).view(pa.string())
    texts.validate(full=True)
    return texts


def _as_json(value: Any) -> str | None:
    if value:
        return to_json(value).decode()
    return None


def _fit(record: Record, reject: Callable[[bytes], Any]) -> Record | None:
    """Return the record without the values that don't fit their column, or None where nothing is left to keep."""
    schema = arrow_schema()
    header, inputs, outputs = record
    wrong = {c.name for c in _HEADER_COLUMNS if not _fits(header.get(c.name), c.name, schema)}
    unreadable = not (_is_text(inputs) and _is_text(outputs))
    if not wrong and not unreadable:
        return record
    reject(write_line(header, inputs, outputs))
    if unreadable or wrong & _NEEDED:
        return None
    return {key: value for key, value in header.items() if key not in wrong}, inputs, outputs


def _fits(value: Any, name: str, schema: pa.Schema) -> bool:
    try:
        pa.array([_as_json(value) if name in OBJECTS else value], schema.field(name).type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return False
    return True


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
