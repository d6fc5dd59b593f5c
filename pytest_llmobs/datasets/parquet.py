"""Parquet: columns as in CSV (``inputs.x``) or structs named ``inputs``, ``outputs``, ``metadata``.

A null leaves its key out; times become ISO 8601 text, and decimals numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, shown
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

        name = shown(path)
        try:
            with pq.ParquetFile(path) as file:
                records = file.read().to_pylist(maps_as_pydicts="lossy")
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DatasetError(
                f"{name}: no readable Parquet: {error}. "
                "Write it with pyarrow, pandas or DuckDB, or use .jsonl."
            ) from None
        for number, record in enumerate(records, 1):
            yield Row(_without_nulls(record), f"{name}, row {number}")


def _without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    """Drop nulls at the top and just below it: a struct has all its keys always."""
    kept: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            kept[key] = {inner: _json_type(item) for inner, item in value.items() if item is not None}
        elif value is not None:
            kept[key] = _json_type(value)
    return kept


def _json_type(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json_type(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_type(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value
