"""What ``save_to_disk`` of Hugging Face's library writes: streams of Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.parquet import record
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

SUFFIX = ".arrow"


class ArrowFile:
    """Reads ``.arrow``, streams and files alike."""

    suffixes = (SUFFIX,)

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row a record; a null leaves its key out.

        Raises:
            DatasetError: It is no Arrow, or a column can't be read; the message names it.
        """
        from pytest_llmobs.datasets.parquet_values import column_values

        name = display_path(path)
        number = 0
        for batch in _batches(path, name):
            columns = batch.schema.names
            values = [
                column_values(batch.column(at), column, number, name) for at, column in enumerate(columns)
            ]
            for cells in zip(*values, strict=True):
                number += 1
                yield Row(record(columns, cells), f"{name}, row {number}")


def _batches(path: Path, name: str) -> Iterator[Any]:
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as file:
            try:
                reader = pa.ipc.open_stream(file)
                yield from reader
            except pa.ArrowInvalid:
                file.seek(0)
                reader = pa.ipc.open_file(file)
                for at in range(reader.num_record_batches):
                    yield reader.get_batch(at)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{name}: no readable Arrow: {error}.") from None
