"""Lines -> Arrow: a bounded batch of records as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pydantic_core import to_json

from pytest_llmobs.storage.parquet.arrays import arrow_array, binary_array
from pytest_llmobs.storage.parquet.schema import DERIVED, NAMES, NEEDED, OBJECTS, PAYLOADS, arrow_schema
from pytest_llmobs.storage.spool.lines import Record, write_line

_HEADER_COLUMNS = tuple(name for name in NAMES if name not in (*DERIVED, *PAYLOADS))
_TOKENS = ("input_tokens", "output_tokens")
_UNFIT = (pa.ArrowException, TypeError, ValueError, OverflowError)
"""What Arrow raises where a value doesn't fit its column."""


def to_table(records: Sequence[Record], reject: Callable[[bytes], Any]) -> pa.Table:
    """Return ``records`` as a table of ``schema.arrow_schema()``.

    Args:
        records: One row each; payloads are taken over byte by byte.
        reject: Called with the line of each record that holds a value of a wrong type. The row is kept without that
            value, unless it can't be a row at all (its id or start is wrong, its text is no UTF-8).
    """
    try:
        return _convert(records)
    except _UNFIT:
        # Only now each value is looked at by itself: nearly always all of them fit.
        return _convert(list(_fitting(records, reject)))


def _convert(records: Sequence[Record]) -> pa.Table:
    headers = [header for header, _, _ in records]
    present = frozenset().union(*headers)
    schema = arrow_schema()
    arrays: dict[str, pa.Array] = {}
    for name in _HEADER_COLUMNS:
        kind = schema.field(name).type
        if name in present:
            arrays[name] = _column(headers, name, kind)
        else:
            arrays[name] = pa.nulls(len(headers), kind)
    arrays["inputs"] = _texts([inputs for _, inputs, _ in records])
    arrays["outputs"] = _texts([outputs for _, _, outputs in records])
    # In Python: Arrow's own arithmetic takes no less time here, and 10 MB to load.
    arrays["latency"] = arrow_array(list(map(_latency, headers)), pa.float64())
    arrays["total_tokens"] = arrays["input_tokens"]
    if not present.isdisjoint(_TOKENS):
        arrays["total_tokens"] = arrow_array(list(map(_total, headers)), pa.int64())
    return pa.Table.from_arrays(list(map(arrays.__getitem__, schema.names)), schema=schema)


def _column(headers: Sequence[dict[str, Any]], name: str, kind: pa.DataType) -> pa.Array:
    values = [header.get(name) for header in headers]
    if name in OBJECTS:
        return arrow_array(list(map(_as_json, values)), kind)
    return arrow_array(values, kind)


def _latency(header: dict[str, Any]) -> float | None:
    end: int | None = header.get("end_time")
    if end is None or header.get("replayed"):  # how long a recorded reply took says nothing
        return None
    start: int = header["start_time"]
    return (end - start) / 1e6


def _total(header: dict[str, Any]) -> int | None:
    total: int | None = None
    for name in _TOKENS:
        count: int | None = header.get(name)
        if count is not None:
            total = count + (total or 0)
    return total


def _texts(payloads: Sequence[bytes]) -> pa.Array:
    # As bytes first: Arrow checks the UTF-8 of a whole column at once, four times as fast as string by string.
    texts = binary_array(payloads).view(pa.string())
    texts.validate(full=True)
    return texts


def _as_json(value: Any) -> str | None:
    if value:
        return to_json(value).decode()
    return None


def _fitting(records: Sequence[Record], reject: Callable[[bytes], Any]) -> Iterator[Record]:
    """Yield the records without the values that don't fit their column; leave out what can't be a row at all."""
    for record in records:
        header, inputs, outputs = record
        unfit = _unfit_columns(header)
        is_text = _is_text(inputs) and _is_text(outputs)
        if is_text and not unfit:
            yield record
            continue
        reject(write_line(header, inputs, outputs))
        if is_text and unfit.isdisjoint(NEEDED):
            kept = dict(header)
            for name in unfit:
                del kept[name]
            yield kept, inputs, outputs


def _unfit_columns(header: dict[str, Any]) -> set[str]:
    schema = arrow_schema()
    unfit: set[str] = set()
    for name in _HEADER_COLUMNS:
        try:
            _column([header], name, schema.field(name).type)
        except _UNFIT:
            unfit.add(name)
    return unfit


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
