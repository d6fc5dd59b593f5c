"""One Parquet file of the store as it is written (see ``runs_file`` for how it is read)."""

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
from pytest_llmobs.storage.parquet.footer import MERGED_KEY
from pytest_llmobs.storage.parquet.schema import COLUMNS, arrow_schema, names_of

MERGED_MARK = "+"
"""In the name of every merged file, and of no other."""
SMALL = 4 << 20
"""Bytes; files of a project that are smaller are merged where there are many (see ``compaction``)."""
GROUP_BYTES = 4 << 20
"""Bytes of text in a row group: about 500 runs with long prompts."""
GROUP_ROWS = 2000
"""Most rows of a row group: small enough to read a trace cheaply, large enough to compress well."""
# Level 3 saves another 5 % of the bytes for a third more of the time.
_LEVEL = 1
# The rest is null, or small behind its dictionary; a compressor for each would take longer than it saves.
_COMPRESSED = names_of("text", "json", "time")
_STATISTICS = [column.name for column in COLUMNS if column.statistics]
# Payloads too: nested runs often share their inputs, and what is written once need not be compressed thrice.
_DICTIONARY = names_of("word", "json", "words", "integer")


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


class RunsFileWriter(FileWriter):
    """Writes tables of runs."""

    def __init__(self, path: Path, replaces: Iterable[Path] = ()) -> None:
        """Begin the file.

        Args:
            path: Where to write.
            replaces: Files whose runs it will hold.

        Raises:
            OSError: The folder can't be written.
        """
        super().__init__(
            path,
            arrow_schema(),
            replaces,
            compression=dict.fromkeys(_COMPRESSED, "zstd"),
            compression_level=dict.fromkeys(_COMPRESSED, _LEVEL),
            use_dictionary=_DICTIONARY,
            dictionary_pagesize_limit=GROUP_BYTES,
            write_statistics=_STATISTICS,
        )
        self._tables: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0

    def add(self, table: pa.Table, size: int | None = None) -> None:
        """Take rows of about ``size`` bytes of text; by default, of as many as the table takes in memory."""
        if size is None:
            size = table.nbytes
        self._tables.append(table)
        self._waiting_rows += len(table)
        self._waiting_bytes += size
        if self._waiting_bytes >= GROUP_BYTES:
            self._write(self._waiting_rows)
        elif self._waiting_rows >= GROUP_ROWS:
            self._write(self._waiting_rows // GROUP_ROWS * GROUP_ROWS)

    def _write_rest(self) -> None:
        self._write(self._waiting_rows)

    def _write(self, rows: int) -> None:
        """Write that many of the waiting rows; the others wait for more."""
        if not rows:
            return
        table = pa.concat_tables(self._tables)
        self._write_group(table[:rows], GROUP_ROWS)
        self._tables.clear()
        self._waiting_rows = len(table) - rows
        if self._waiting_rows:
            self._tables.append(table[rows:])
        self._waiting_bytes = self._waiting_bytes * self._waiting_rows // len(table)


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
