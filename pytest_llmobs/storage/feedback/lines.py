"""What one line of a feedback spool means: an event as a JSON object, its keys the columns of ``schema``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.storage.feedback.schema import (
    CHANGEABLE,
    CREATE,
    DELETE,
    FEEDBACK_NAMES,
    UPDATE,
    feedback_schema,
)
from pytest_llmobs.storage.spool.segment import TORN

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
"""One event: columns by name, those without a value left out; times as microseconds."""

_NEEDED_TEXTS = ("id", "key")
_EVENTS = (CREATE, UPDATE, DELETE)


def write_event(row: Row) -> bytes:
    """Return an event as a line."""
    from pydantic_core import to_json

    return to_json(row) + b"\n"


def read_events(lines: Iterable[bytes], reject: Callable[[bytes], Any] = lambda line: None) -> list[Row]:
    """Return the events of some lines.

    Args:
        lines: Of one file, in order. The last one of a killed process may be torn: its call had not returned.
        reject: Called with each whole line that is no event.
    """
    from pydantic_core import from_json

    rows: list[Row] = []
    for line in lines:
        # The beginning of a line that the disk cut short: the line follows whole.
        if line.endswith(TORN) or not line.endswith(b"\n"):
            continue
        try:
            row = from_json(line)
        except (ValueError, RecursionError):
            reject(line)
            continue
        if _is_event(row):
            rows.append(row)
        else:
            reject(line)
    return rows


def _is_event(row: Any) -> bool:
    if type(row) is not dict or row.get("event") not in _EVENTS or type(row.get("time")) is not int:
        return False
    for name in _NEEDED_TEXTS:
        if type(row.get(name)) is not str:
            return False
    changes = row.get("changes")
    return changes is None or (type(changes) is list and CHANGEABLE.keys() >= set(map(str, changes)))


def to_table(rows: Sequence[Row], reject: Callable[[Row], Any] = lambda row: None) -> pa.Table:
    """Return events as a table of ``schema.feedback_schema()``.

    Args:
        rows: From ``read_events``.
        reject: Called with each that holds a value of a wrong type; it is left out.
    """
    import pyarrow as pa

    unfit = (pa.ArrowException, TypeError, ValueError, OverflowError)
    try:
        return _convert(rows)
    except unfit:
        pass
    # Only now each is looked at by itself: nearly always all of them fit.
    tables = [feedback_schema().empty_table()]
    for row in rows:
        try:
            tables.append(_convert([row]))
        except unfit:
            reject(row)
    return pa.concat_tables(tables)


def _convert(rows: Sequence[Row]) -> pa.Table:
    import pyarrow as pa

    from pytest_llmobs.storage.parquet.arrays import arrow_array

    schema = feedback_schema()
    arrays: list[pa.Array] = []
    for name in FEEDBACK_NAMES:
        arrays.append(arrow_array([row.get(name) for row in rows], schema.field(name).type))
    return pa.Table.from_arrays(arrays, schema=schema)
