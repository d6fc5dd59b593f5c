"""One Parquet file of feedback: how it is written and how it is read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, parse_json
from pytest_llmobs.storage.feedback.schema import CREATE, FEEDBACK_COLUMNS, FEEDBACK_VERSION, feedback_schema
from pytest_llmobs.storage.parquet.damage import UNREADABLE, VanishedError
from pytest_llmobs.storage.parquet.file import MERGED_KEY, sync
from pytest_llmobs.storage.parquet.schema import VERSION_KEY

if TYPE_CHECKING:
    import pyarrow.dataset as ds

GROUP_ROWS = 32_768
"""Most rows of a row group: ids sort by time, so that few groups are read for one of them."""
_NEEDED = {"event", "time", "id", "key"}
_COMPRESSED = [column.name for column in FEEDBACK_COLUMNS if column.kind in ("text", "json", "time")]
_DICTIONARY = [column.name for column in FEEDBACK_COLUMNS if column.kind in ("word", "words")]
_STATISTICS = [column.name for column in FEEDBACK_COLUMNS if column.statistics]


class PartWriter:
    """Writes tables of events into a file."""

    def __init__(self, path: Path, replaces: Iterable[Path] = ()) -> None:
        """Begin the file.

        Args:
            path: Where to write; a file that is there is written anew.
            replaces: Files whose events it will hold (see ``MERGED_KEY``).

        Raises:
            OSError: The folder can't be written.
        """
        self.path = path
        self.rows = 0
        """Events taken so far."""
        # Made before Arrow does it: what users wrote is its owner's alone.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, PRIVATE))
        self._file = pq.ParquetWriter(
            path,
            _schema([replaced.name for replaced in replaces]),
            compression=dict.fromkeys(_COMPRESSED, "zstd"),
            use_dictionary=_DICTIONARY,
            write_statistics=_STATISTICS,
            write_page_checksum=True,
        )
        self._creations, self._others = _RowGroups(self._file), _RowGroups(self._file)

    def add(self, table: pa.Table) -> None:
        """Take events. Creations get row groups of their own: the rest is found by statistics, and so are ids."""
        is_creation = pc.equal(table["event"], CREATE)
        self._creations.add(table.filter(is_creation))
        self._others.add(table.filter(pc.invert(is_creation)))
        self.rows += len(table)

    def finish(self) -> None:
        """Write the rest and the footer, down to the disk."""
        self._creations.finish()
        self._others.finish()
        self._file.close()
        sync([self.path])

    def clean(self) -> None:
        """Let go of the file, and delete it unless it has been moved to its place."""
        with suppress(OSError, pa.ArrowException):
            self._file.close()
        self.path.unlink(missing_ok=True)


class _RowGroups:
    """Gathers rows into row groups of one size, however few come at once."""

    def __init__(self, file: pq.ParquetWriter) -> None:
        self._file = file
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= GROUP_ROWS:
            self.finish()

    def finish(self) -> None:
        if self._rows:
            self._file.write_table(pa.concat_tables(self._waiting), row_group_size=GROUP_ROWS)
        self._waiting.clear()
        self._rows = 0


@dataclass
class Part:
    """One Parquet file of feedback."""

    path: Path
    fragment: ds.ParquetFileFragment
    rows: int
    """Events in it."""
    merged: frozenset[str] = frozenset()
    """Names of files whose events it holds too; where they still exist, a crash kept them from being deleted."""

    @classmethod
    def open(cls, path: Path) -> Part:
        """Read the footer of ``path``.

        Raises:
            StoreError: It is no Parquet of feedback, or of a newer schema.
            VanishedError: It is gone.
        """
        from pyarrow.fs import LocalFileSystem

        try:
            fragment = _format().make_fragment(str(path), LocalFileSystem())
            footer = fragment.metadata
            metadata = footer.metadata or {}
            version = int(metadata.get(VERSION_KEY, b"0"))
            merged = frozenset(map(str, parse_json(metadata.get(MERGED_KEY, b"[]"))))
            if version <= FEEDBACK_VERSION:
                _check_claims(footer, path.stat().st_size)
        except UNREADABLE as error:
            raise unreadable_part(path, error) from error
        if version > FEEDBACK_VERSION:
            raise StoreError(
                f"{str(path)!r} was written by a newer version (feedback schema {version}, this one reads up to "
                f"{FEEDBACK_VERSION}). Upgrade pytest-llmobs."
            )
        return cls(path, fragment, int(footer.num_rows), merged)

    def read(self, columns: Sequence[str], where: pc.Expression | None = None) -> pa.Table:
        """Return the events that match.

        Raises:
            StoreError: The file is damaged.
            VanishedError: It is gone.
        """
        try:
            table = self.fragment.to_table(schema=feedback_schema(), columns=list(columns), filter=where)
            table.validate(full=True)  # that text is UTF-8, above all
        except UNREADABLE as error:
            raise unreadable_part(self.path, error) from error
        return table


@cache
def _format() -> ds.ParquetFileFormat:
    from pyarrow.dataset import ParquetFileFormat, ParquetFragmentScanOptions

    try:
        options = ParquetFragmentScanOptions(page_checksum_verification=True)
    except TypeError:  # pyarrow 15 and 16 don't know it
        options = ParquetFragmentScanOptions()
    return ParquetFileFormat(default_fragment_scan_options=options)


def unreadable_part(path: Path, error: Exception) -> StoreError:
    """Return the error for a file that can't be read."""
    if isinstance(error, FileNotFoundError):
        return VanishedError(f"{str(path)!r} was merged or removed while it was to be read. Try again.")
    reason = (str(error).strip() or type(error).__name__).partition("\n")[0].rstrip(".")
    return StoreError(
        f"{str(path)!r} can't be read: {reason}. If it is damaged, move it out of the store; "
        "other feedback doesn't need it."
    )


def _check_claims(footer: pq.FileMetaData, size: int) -> None:
    """Make sure that a file holds events, and no more than its size allows.

    Raises:
        ValueError: It doesn't.
    """
    if footer.num_rows > size:
        raise ValueError(f"it claims {footer.num_rows:,} events in {size:,} bytes")
    lacking = sorted(_NEEDED - set(footer.schema.names))
    if lacking:
        raise ValueError(f"it lacks the columns {', '.join(lacking)}")


def _schema(replaced: Sequence[str]) -> pa.Schema:
    schema = feedback_schema()
    if not replaced:
        return schema
    return schema.with_metadata({**schema.metadata, MERGED_KEY: json.dumps(replaced).encode()})
