"""Parquet: columns as in CSV (``inputs.x``) or structs named ``inputs``, ``outputs``, ``metadata``.

A null leaves its key out; times become ISO 8601 text, and decimals numbers. A column whose metadata says so (see
``JSON_TEXT``) holds JSON text, and is read as what that says.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.json_text import UnsafeJsonError, decoder
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import count

JSON_TEXT = {b"pytest_llmobs": b"json"}
"""Metadata of a column of JSON text: what Parquet has no one type for. To anybody else it is a column of texts."""
_MOST_VALUES = 20_000_000
"""Values in all columns and rows. A file of 500 bytes can stand for billions."""
_MOST_BYTES = 2**29
"""Bytes of all values in memory."""
_BATCH = 64
"""Rows that are unpacked at once: few, because a row may be large, and is counted once it is there."""


class Parquet:
    """Reads ``.parquet``."""

    suffixes = (".parquet",)

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a record.

        Raises:
            DatasetError: The file is no Parquet, is too large, or a column can't be read; the message names it.
        """
        import pyarrow.parquet as pq

        from pytest_llmobs.datasets.parquet_values import column_values

        name = display_path(path)
        try:
            file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
        # Whatever it raises: which exceptions a damaged file leads to is nowhere written.
        except Exception as error:
            raise DatasetError(
                f"{name}: no readable Parquet: {error}. Write it with pyarrow, pandas or DuckDB, or use .jsonl."
            ) from None
        with file:
            columns = _columns(file, name)
            json_columns = _json_columns(file)
            _check_size(file, name)
            number = 0
            for batch in _batches(file, name):
                values = [
                    column_values(batch.column(at), column, number, name) for at, column in enumerate(columns)
                ]
                for cells in zip(*values, strict=True):
                    number += 1
                    place = f"{name}, row {number}"
                    fields = record(columns, cells)
                    yield Row(_without_json(fields, json_columns, place), place)


def _json_columns(file: Any) -> Set[str]:
    """Return the names of columns that say that they hold JSON text."""
    names = set()
    for field in file.schema_arrow:
        if field.metadata and JSON_TEXT.items() <= field.metadata.items():
            names.add(field.name)
    return names


def _without_json(fields: dict[str, Any], json_columns: Set[str], place: str) -> dict[str, Any]:
    """Return a record with JSON text read.

    Raises:
        DatasetError: It is none.
    """
    for column in json_columns & fields.keys():
        text = fields[column]
        try:
            fields[column] = decoder.decode(text)
        except (TypeError, ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, UnsafeJsonError) else "it is no JSON"
            raise DatasetError(
                f"{place}: the column {column!r} says that it holds JSON text: {reason}."
            ) from None
    return fields


def _columns(file: Any, name: str) -> list[str]:
    columns: list[str] = file.schema_arrow.names
    for column in columns:
        if columns.count(column) > 1:
            raise DatasetError(f"{name}: the column {column!r} stands twice in the file. Rename one.")
    return columns


def _check_size(file: Any, name: str) -> None:
    """Refuse what would fill the memory, before any of it is turned into examples."""
    metadata = file.metadata
    values = metadata.num_rows * metadata.num_columns
    size = 0
    # Not the columns' own metadata: in a damaged file, Arrow ends the process over it.
    for number in range(metadata.num_row_groups):
        size += metadata.row_group(number).total_byte_size
    if values > _MOST_VALUES or size > _MOST_BYTES:
        raise _too_large(
            name, f"{count(metadata.num_rows, 'row')} of {count(metadata.num_columns, 'column')}"
        )
    # Repeated texts are small until they are unpacked.
    unpacked = 0
    for batch in _batches(file, name):
        unpacked += batch.nbytes
        if unpacked > _MOST_BYTES:
            raise _too_large(name, f"more than {_MOST_BYTES >> 20} MB")


def _too_large(name: str, what: str) -> DatasetError:
    return DatasetError(
        f"{name} holds {what}; a dataset has at most {count(_MOST_VALUES, 'value')} and {_MOST_BYTES >> 20} MB. "
        "Write the examples that you test with into a file of their own."
    )


def _batches(file: Any, name: str) -> Iterator[Any]:
    """Yield the rows, some at a time."""
    try:
        yield from file.iter_batches(batch_size=_BATCH)
    except Exception as error:
        raise DatasetError(
            f"{name}: {_unreadable(file)} can't be read: {error}. The file is damaged, or of a kind that pyarrow "
            "doesn't know: write it anew, or use .jsonl."
        ) from None


def _unreadable(file: Any) -> str:
    """Return the first column that can't be read alone, for a message."""
    for column in file.schema_arrow.names:
        try:
            for _ in file.iter_batches(batch_size=_BATCH, columns=[column]):
                pass
        except Exception:
            return f"the column {column!r}"
    return "the file"


def record(columns: list[str], cells: tuple[Any, ...]) -> dict[str, Any]:
    """Return a record without nulls at the top and just below it: a struct has all its keys always."""
    fields: dict[str, Any] = {}
    for column, value in zip(columns, cells, strict=True):
        if isinstance(value, dict):
            fields[column] = {key: item for key, item in value.items() if item is not None}
        elif value is not None:
            fields[column] = value
    return fields
