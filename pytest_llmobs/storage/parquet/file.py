"""One Parquet file of the store: how it is written and how it is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem, LocalFileSystem

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.layout import project_of
from pytest_llmobs.storage.parquet.schema import COLUMNS, SCHEMA_VERSION, VERSION_KEY, arrow_schema, names_of

if TYPE_CHECKING:  # a session writes and reads nothing: it does without 20 MB
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

MERGED_KEY = b"llmobs.merged"
"""In a merged file's metadata: the names of the files it replaces, as JSON."""
MERGED_MARK = "+"
"""In the name of every merged file, and of no other."""
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


class VanishedError(StoreError):
    """A file was listed, and gone when it was to be read: another process has merged or removed it."""


class RunsFileWriter:
    """Writes tables of runs into a file, gathered into row groups of bounded size."""

    def __init__(self, path: Path, replaces: Iterable[Path] = ()) -> None:
        """Begin the file.

        Args:
            path: Where to write.
            replaces: Files whose runs it will hold (see ``MERGED_KEY``).

        Raises:
            OSError: The folder can't be written.
        """
        self.path = path
        self.rows = 0
        """Rows written so far."""
        self._file = pq.ParquetWriter(
            path,
            _schema(replaces),
            compression=dict.fromkeys(_COMPRESSED, "zstd"),
            compression_level=dict.fromkeys(_COMPRESSED, _LEVEL),
            use_dictionary=_DICTIONARY,
            dictionary_pagesize_limit=GROUP_BYTES,
            write_statistics=_STATISTICS,
        )
        self._tables: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0

    def add(self, table: pa.Table, size: int) -> None:
        """Take rows of about ``size`` bytes of text."""
        self._tables.append(table)
        self._waiting_rows += len(table)
        self._waiting_bytes += size
        if self._waiting_bytes >= GROUP_BYTES:
            self._write(self._waiting_rows)
        elif self._waiting_rows >= GROUP_ROWS:
            self._write(self._waiting_rows // GROUP_ROWS * GROUP_ROWS)

    def finish(self) -> None:
        """Write the rest and the footer, down to the disk."""
        self._write(self._waiting_rows)
        self._file.close()
        sync([self.path])

    def clean(self) -> None:
        """Let go of the file, and delete it unless it has been moved to its place."""
        with suppress(OSError, pa.ArrowException):
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self, rows: int) -> None:
        """Write that many of the waiting rows; the others wait for more."""
        if not rows:
            return
        table = pa.concat_tables(self._tables)
        self._file.write_table(table[:rows], row_group_size=GROUP_ROWS)
        self.rows += rows
        self._tables.clear()
        self._waiting_rows = len(table) - rows
        if self._waiting_rows:
            self._tables.append(table[rows:])
        self._waiting_bytes = self._waiting_bytes * self._waiting_rows // len(table)


@dataclass
class RunsFile:
    """One Parquet file of the store."""

    path: Path
    project: str
    """The partition it lies in."""
    fragment: ds.ParquetFileFragment
    merged: frozenset[Path] = frozenset()
    """Files whose runs it holds too; where they still exist, a crash kept them from being deleted."""

    @classmethod
    def open(cls, path: Path, files: FileSystem | None = None) -> RunsFile:
        """Read the footer of ``path``.

        Args:
            path: The file.
            files: Where it lies; this machine's disk by default.

        Raises:
            StoreError: It is no Parquet, or of a newer schema.
            VanishedError: It is gone.
        """
        from pyarrow.dataset import ParquetFileFormat

        try:
            fragment = ParquetFileFormat().make_fragment(str(path), files or LocalFileSystem())
            metadata = fragment.metadata.metadata or {}
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error
        version = int(metadata.get(VERSION_KEY, b"0"))
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{str(path)!r} was written by a newer version (schema {version}, this one reads up to "
                f"{SCHEMA_VERSION}). Upgrade pytest-llmobs."
            )
        merged_names = json.loads(metadata.get(MERGED_KEY, b"[]"))
        merged = frozenset(map(path.with_name, merged_names))
        return cls(path, project_of(path.parent), fragment, merged)

    def read(self, columns: Sequence[str], where: pc.Expression | None) -> pa.Table:
        """Return the rows that match.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            return self.fragment.to_table(schema=arrow_schema(), columns=list(columns), filter=where)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(self.path, error) from error

    def read_with_project(self, columns: Sequence[str], where: pc.Expression | None) -> pa.Table:
        """Return the rows that match, with their project as one more column.

        Raises:
            StoreError: The file is damaged.
        """
        rows = self.read(columns, where)
        return rows.append_column("project", pa.repeat(pa.scalar(self.project, pa.string()), len(rows)))

    @property
    def row_bytes(self) -> float:
        """Bytes of text a row has, on average; rather too many than too few.

        A row group has at most ``GROUP_BYTES`` of text. Where dictionaries hold each text once, the text of one row is
        still no longer than the whole file.
        """
        metadata = self.fragment.metadata
        groups, rows = int(metadata.num_row_groups), int(metadata.num_rows)
        encoded_bytes = 0
        for group in range(groups):
            encoded_bytes += int(metadata.row_group(group).total_byte_size)
        return float(min(GROUP_BYTES * groups / max(rows, 1), encoded_bytes))


def sync(paths: Iterable[Path]) -> None:
    """Wait until files, or the entries of folders, are on the disk."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _schema(replaces: Iterable[Path]) -> pa.Schema:
    """Return the schema of a new file, the names of the files that it replaces in the metadata."""
    schema = arrow_schema()
    names = [replaced.name for replaced in replaces]
    if not names:
        return schema
    return schema.with_metadata({**schema.metadata, MERGED_KEY: json.dumps(names).encode()})


def _unreadable(path: Path, error: Exception) -> StoreError:
    if isinstance(error, FileNotFoundError):
        return VanishedError(f"{str(path)!r} was merged or removed while it was to be read. Try again.")
    return StoreError(
        f"{str(path)!r} can't be read: {error}. If it is damaged, move it out of the store; other runs don't need it."
    )
