"""Parquet: columns as in CSV (``inputs.x``) or structs named ``inputs``, ``outputs``, ``metadata``.

A null leaves its key out; times become ISO 8601 text, and decimals numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, display_path
from pytest_llmobs.errors import DatasetError


class Parquet:
    """Reads ``.parquet``."""

    suffixes = (".parquet",)

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a record.

        Raises:
            DatasetError: The file is no Parquet.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        name = display_path(path)
        try:
            with pq.ParquetFile(path) as file:
                records = file.read().to_pylist(maps_as_pydicts="lossy")
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DatasetError(
                f"{name}: no readable Parquet: {error}. "
                "Write it with pyarrow, pandas or DuckDB, or use .jsonl."
            ) from None
        for number, record in enumerate(records, 1):
            yield Row(_plain(record), f"{name}, row {number}")


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as JSON has it, without nulls at the top and just below it: a struct has all its keys always."""
    row: dict[str, Any] = {}
    for key, value in _without_nulls(record).items():
        if isinstance(value, dict):
            row[key] = _json_type(_without_nulls(value))
        else:
            row[key] = _json_type(value)
    return row


def _without_nulls(struct: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in struct.items() if value is not None}


def _json_type(value: Any) -> Any:
    """Return a value as JSON has it; text, numbers, booleans and null are what they are."""
    if isinstance(value, dict):
        # Deeper down, a null may mean something: it stays.
        return {key: _json_type(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_json_type, value))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value
