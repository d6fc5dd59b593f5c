"""One Parquet file of the store: how it is written and how it is read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem, LocalFileSystem

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, parse_json
from pytest_llmobs.storage.layout import project_of
from pytest_llmobs.storage.parquet.schema import (
    COLUMNS,
    NEEDED,
    SCHEMA_VERSION,
    VERSION_KEY,
    arrow_schema,
    names_of,
)
from pytest_llmobs.wording import count

if TYPE_CHECKING:  # a session writes and reads nothing: it does without 20 MB
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    from pyarrow.dataset import ParquetFileFormat

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
        # Made before Arrow does it: what was said to a model is its owner's alone.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE))
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
            write_page_checksum=True,
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


LeaveOut = Callable[[Path, StoreError], Any]
"""Takes what can't be read and why: it is left out, and the rest is read."""

UNREADABLE = (OSError, pa.ArrowException, ValueError, TypeError, KeyError, OverflowError, MemoryError)
"""What reading a damaged file raises: Arrow's own errors, and Python's where what it gives back makes no sense."""
_MOST_BYTES = 1 << 30
"""Of a row group, not compressed; those that are written have a few million."""


@dataclass
class RunsFile:
    """One Parquet file of the store."""

    path: Path
    project: str
    """The partition it lies in."""
    fragment: ds.ParquetFileFragment
    merged: frozenset[Path] = frozenset()
    """Files whose runs it holds too; where they still exist, a crash kept them from being deleted."""
    leave_out: LeaveOut | None = None
    """Takes the parts that can't be read; None where that is an error."""

    @classmethod
    def open(cls, path: Path, files: FileSystem | None = None, leave_out: LeaveOut | None = None) -> RunsFile:
        """Read the footer of ``path``.

        Args:
            path: The file.
            files: Where it lies; this machine's disk by default.
            leave_out: Takes the parts of it that turn out to be unreadable; by default, reading them is an error.

        Raises:
            StoreError: It is no Parquet, claims more than it can hold, or is of a newer schema.
            VanishedError: It is gone.
        """
        files = files or LocalFileSystem()
        try:
            fragment = _format().make_fragment(str(path), files)
            metadata = fragment.metadata.metadata or {}
            version = int(metadata.get(VERSION_KEY, b"0"))
            merged = _names(metadata.get(MERGED_KEY, b"[]"))
            if version <= SCHEMA_VERSION:
                _check_claims(fragment.metadata, files.get_file_info(str(path)).size)
        except UNREADABLE as error:
            raise unreadable(path, error) from error
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{str(path)!r} was written by a newer version (schema {version}, this one reads up to "
                f"{SCHEMA_VERSION}). Upgrade pytest-llmobs."
            )
        return cls(path, project_of(path.parent), fragment, frozenset(map(path.with_name, merged)), leave_out)

    def read(self, columns: Sequence[str], where: pc.Expression | None) -> pa.Table:
        """Return the rows that match.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
        """
        try:
            table = self._read(self.fragment, columns, where)
            table.validate(full=True)  # that text is UTF-8, above all
            return table
        except UNREADABLE as error:
            if self.leave_out is None or isinstance(error, FileNotFoundError):
                raise unreadable(self.path, error) from error
        return self._read_around_damage(columns, where)

    def _read(
        self, fragment: ds.ParquetFileFragment, columns: Sequence[str], where: pc.Expression | None
    ) -> pa.Table:
        return fragment.to_table(schema=arrow_schema(), columns=list(columns), filter=where)

    def _read_around_damage(self, columns: Sequence[str], where: pc.Expression | None) -> pa.Table:
        """Return what can be read of each row group, and hand on what can't."""
        tables = []
        for group in range(self.fragment.metadata.num_row_groups):
            try:
                part = self.fragment.subset(row_group_ids=[group])
                table = self._read(part, columns, where)
                whole_rows = _rows_of_text(table)
            except FileNotFoundError as error:
                raise unreadable(self.path, error) from error
            except UNREADABLE as error:
                self._hand_on(group, self.fragment.metadata.row_group(group).num_rows, error)
                continue
            if len(whole_rows) < len(table):
                self._hand_on(group, len(table) - len(whole_rows), ValueError("its text is no UTF-8"))
            tables.append(whole_rows)
        if not tables:
            return pa.schema([arrow_schema().field(name) for name in columns]).empty_table()
        return pa.concat_tables(tables)

    def _hand_on(self, group: int, runs: int, error: Exception) -> None:
        assert self.leave_out is not None
        what = f"{count(runs, 'run')} in row group {group}"
        self.leave_out(self.path / str(group), unreadable(self.path, error, what))

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


@cache
def _format() -> ParquetFileFormat:
    from pyarrow.dataset import ParquetFileFormat, ParquetFragmentScanOptions

    try:
        options = ParquetFragmentScanOptions(page_checksum_verification=True)
    except TypeError:  # pyarrow 15 and 16 don't know it
        options = ParquetFragmentScanOptions()
    return ParquetFileFormat(default_fragment_scan_options=options)


def _names(text: bytes) -> Sequence[str]:
    """Return the names of the files that a merged one replaces."""
    names = parse_json(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("the names of the files that it replaces are no list")
    return names


def _check_claims(metadata: pq.FileMetaData, size: int) -> None:
    """Make sure that a file holds no more than its size allows: a few hundred bytes may claim gigabytes.

    Every run has an id of its own, which takes more than a byte, compressed as it may be.

    Raises:
        ValueError: It claims more, or it lacks what every run has.
    """
    if metadata.num_rows > size:
        raise ValueError(f"it claims {metadata.num_rows:,} runs in {size:,} bytes")
    for group in range(metadata.num_row_groups):
        claimed = metadata.row_group(group).total_byte_size
        if not 0 <= claimed <= _MOST_BYTES:
            raise ValueError(f"its row group {group} claims {claimed:,} bytes")
    lacking = [name for name in NEEDED if name not in metadata.schema.names]
    if lacking:
        raise ValueError(f"it lacks the columns {', '.join(lacking)}")


def _rows_of_text(table: pa.Table) -> pa.Table:
    """Return the rows of a table whose text is UTF-8 throughout; the disk may have changed a letter."""
    try:
        table.validate(full=True)
        return table
    except pa.ArrowException:
        whole = []
        for number in range(len(table)):
            row = table.slice(number, 1).combine_chunks()
            with suppress(*UNREADABLE):
                row.validate(full=True)
                row.to_pylist()
                whole.append(row)
        return pa.concat_tables([table.slice(0, 0), *whole])


def unreadable(path: Path, error: Exception, what: str = "") -> StoreError:
    """Return the error for a file that can't be read, or for a part of it."""
    if isinstance(error, FileNotFoundError):
        return VanishedError(f"{str(path)!r} was merged or removed while it was to be read. Try again.")
    # The first line says it; what may follow is Arrow's own stack.
    reason = (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".")
    subject = f"{what} of {str(path)!r}" if what else f"{str(path)!r}"
    return StoreError(
        f"{subject} can't be read: {reason}. If it is damaged, move it out of the store; other runs don't need it."
    )
