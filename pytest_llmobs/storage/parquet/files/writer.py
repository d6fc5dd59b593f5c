"""One Parquet file as it is written: its owner's alone, and in its place once it is whole."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_llmobs.files import PRIVATE
from pytest_llmobs.storage.parquet.files.footer import MERGED_KEY

MERGED_MARK = "+"
"""In the name of every merged file, and of no other."""
SMALL = 4 << 20
"""Bytes; files of a project that are smaller are merged where there are many (see ``compaction``)."""


class FileWriter(ABC):
    """Writes tables into one file, gathered into row groups of bounded size."""

    def __init__(self, path: Path, schema: pa.Schema, replaces: Iterable[Path], **options: Any) -> None:
        """Begin the file.

        Args:
            path: Where to write; a file that is there is written anew.
            schema: Of the tables.
            replaces: Files whose rows it will hold (see ``footer.MERGED_KEY``).
            **options: ``pyarrow.parquet.ParquetWriter``'s.

        Raises:
            OSError: The folder can't be written.
        """
        self.path = path
        self.rows = 0
        """Rows written so far."""
        # Made before Arrow does it: what was said to a model is its owner's alone.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, PRIVATE))
        self._file = pq.ParquetWriter(path, _naming(schema, replaces), write_page_checksum=True, **options)

    @abstractmethod
    def add(self, table: pa.Table) -> None:
        """Take rows."""

    @abstractmethod
    def _write_rest(self) -> None:
        """Write the rows that wait for more."""

    def add_group(self, table: pa.Table) -> None:
        """Write rows as a row group of their own, behind those that wait."""
        self._write_rest()
        if len(table):
            self._write_group(table, len(table))

    def finish(self) -> None:
        """Write the rest and the footer, down to the disk."""
        self._write_rest()
        self._file.close()
        sync([self.path])

    def clean(self) -> None:
        """Let go of the file, and delete it unless it has been moved to its place."""
        with suppress(OSError, pa.ArrowException):
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write_group(self, table: pa.Table, most_rows: int) -> None:
        self._file.write_table(table, row_group_size=most_rows)
        self.rows += len(table)


def sync(paths: Iterable[Path]) -> None:
    """Wait until files, or the entries of folders, are on the disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _naming(schema: pa.Schema, replaces: Iterable[Path]) -> pa.Schema:
    """Return the schema of a new file, the names of the files that it replaces in the metadata."""
    names = [replaced.name for replaced in replaces]
    if not names:
        return schema
    return schema.with_metadata({**schema.metadata, MERGED_KEY: json.dumps(names).encode()})
