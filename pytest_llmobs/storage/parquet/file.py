"""One Parquet file of runs as it is written (see ``runs_file`` for how it is read)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from pytest_llmobs.storage.parquet.files.writer import FileWriter
from pytest_llmobs.storage.parquet.schema import COLUMNS, arrow_schema, names_of, names_with_statistics

GROUP_BYTES = 4 << 20
"""Bytes of text in a row group: about 500 runs with long prompts."""
GROUP_ROWS = 2000
"""Most rows of a row group: small enough to read a trace cheaply, large enough to compress well."""
# Level 3 saves another 5 % of the bytes for a third more of the time.
_LEVEL = 1
# The rest is null, or small behind its dictionary; a compressor for each would take longer than it saves.
_COMPRESSED = names_of(COLUMNS, "text", "json", "time")
_STATISTICS = names_with_statistics(COLUMNS)
# Payloads too: nested runs often share their inputs, and what is written once need not be compressed thrice.
_DICTIONARY = names_of(COLUMNS, "word", "json", "words", "integer")


class RunsFileWriter(FileWriter):
    """Writes tables of runs."""

    def __init__(self, path: Path, replaces: Iterable[Path] = (), *, schema: pa.Schema | None = None) -> None:
        """Begin the file.

        Args:
            path: Where to write.
            replaces: Files whose runs it will hold.
            schema: Of a file that is written anew; by default the table of columns.

        Raises:
            OSError: The folder can't be written.
        """
        super().__init__(
            path,
            schema or arrow_schema(),
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
