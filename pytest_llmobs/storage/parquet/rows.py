"""Arrow -> ``Run``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.storage.parquet.schema import DERIVED, NAMES, OBJECTS, PAYLOADS

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.parquet.damage import LeaveOut

_USAGE = tuple(field.name for field in fields(Usage))
_PLAIN: tuple[str, ...] = (
    "id",
    "trace_id",
    "parent_id",
    "start_time",
    "end_time",
    "error",
    "model",
    "provider",
    "stop_reason",
    "request_id",
    "time_to_first_token",
)
_DEFAULTS = {"name": "", "run_type": "chain", "status": "success", "retries": 0}
_ELSEWHERE = frozenset((*_USAGE, *_PLAIN, *_DEFAULTS, *DERIVED, *PAYLOADS, "metadata", "tags"))
_PARSED = tuple(sorted({*OBJECTS} - {"metadata"}))
_COLUMNS = tuple(name for name in NAMES if name not in _ELSEWHERE)


def to_runs(table: pa.Table, leave_out: LeaveOut | None = None) -> Iterator[Run]:
    """Yield the rows of ``table`` as runs, without children.

    Args:
        table: Columns of ``schema.arrow_schema()`` (a missing one counts as null), and ``project``.
        leave_out: Takes the rows that can't be read; by default that is an error.

    Raises:
        StoreError: A JSON column holds no JSON.
    """
    # Most columns are null in most runs; leaving them out halves the time.
    filled = [name for name in table.column_names if table[name].null_count < len(table)]
    for batch in table.select(filled).to_batches(max_chunksize=256):
        for row in _rows(batch, leave_out):
            try:
                run = to_run(row)
            except StoreError as error:
                if leave_out is None:
                    raise
                leave_out(_place(row), error)
            else:
                yield run


def _rows(batch: pa.RecordBatch, leave_out: LeaveOut | None) -> Iterator[dict[str, Any]]:
    """Yield a batch's rows; hand on those with a value that Python has no form for, such as the year 60000."""
    try:
        yield from batch.to_pylist()
        return
    except (ValueError, OverflowError):
        if leave_out is None:
            raise
    ids = batch.column("id").to_pylist()
    for number, run_id in enumerate(ids):
        try:
            (row,) = batch.slice(number, 1).to_pylist()
        except (ValueError, OverflowError) as error:
            leave_out(Path("run", run_id), StoreError(f"Run {run_id!r} can't be read: {error}."))
        else:
            yield row


def _place(row: Mapping[str, Any]) -> Path:
    """Return what tells a run from others that are left out."""
    return Path("run", str(row.get("id")))


def to_run(row: Mapping[str, Any]) -> Run:
    """Return one row as a run.

    Raises:
        StoreError: A JSON column holds no JSON.
    """
    plain: dict[str, Any] = {name: row.get(name) for name in _PLAIN}
    for name, default in _DEFAULTS.items():
        plain[name] = row.get(name)
        if plain[name] is None:
            plain[name] = default
    return Run(
        project=row["project"],
        inputs=_mapping(_json(row, "inputs"), "input") or {},
        outputs=_mapping(_json(row, "outputs"), "output"),
        metadata=_mapping(_json(row, "metadata"), "metadata") or {},
        tags=tuple(row.get("tags") or ()),
        usage=Usage(**{name: row.get(name) for name in _USAGE}),
        columns=_other_columns(row),
        **plain,
    )


def _other_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a run has no field for, those without a value left out."""
    columns = {name: value for name in _COLUMNS if (value := row.get(name)) is not None}
    for name in _PARSED:
        if name in columns:
            columns[name] = _json(row, name)
    if "scores" in columns:
        # Arrow reads a map as pairs.
        columns["scores"] = dict(columns["scores"])
    return columns


def _json(row: Mapping[str, Any], name: str) -> Any:
    text = row.get(name)
    if text is None:
        return None
    from pydantic_core import from_json

    try:
        return from_json(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"Run {row.get('id')!r}: its column {name!r} holds no JSON ({error}).") from error


def _mapping(value: Any, key: str) -> Mapping[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    return {key: value}
