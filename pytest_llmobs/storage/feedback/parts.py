"""One Parquet file of feedback: how it is written and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.feedback.schema import CREATE, FEEDBACK_COLUMNS, FEEDBACK_VERSION, feedback_schema
from pytest_llmobs.storage.parquet.damage import UNREADABLE, unreadable
from pytest_llmobs.storage.parquet.files.footer import FileKind, check_footer
from pytest_llmobs.storage.parquet.files.writer import FileWriter
from pytest_llmobs.storage.parquet.schema import names_of, names_with_statistics

if TYPE_CHECKING:
    import pyarrow.dataset as ds

GROUP_ROWS = 32_768
"""Most rows of a row group: ids sort by time, so that few groups are read for one of them."""
EVENTS = FileKind("event", FEEDBACK_VERSION, ("event", "time", "id", "key"))
"""What these files hold."""
_COMPRESSED = names_of(FEEDBACK_COLUMNS, "text", "json", "time")
_DICTIONARY = names_of(FEEDBACK_COLUMNS, "word", "words")
_STATISTICS = names_with_statistics(FEEDBACK_COLUMNS)


class PartWriter(FileWriter):
    """Writes tables of events."""

    def __init__(self, path: Path, replaces: Iterable[Path] = (), *, schema: pa.Schema | None = None) -> None:
        """Begin the file.

        Args:
            path: Where to write.
            replaces: Files whose events it will hold.
            schema: Of a file that is written anew; by default the table of columns.

        Raises:
            OSError: The folder can't be written.
        """
        super().__init__(
            path,
            schema or feedback_schema(),
            replaces,
            compression=dict.fromkeys(_COMPRESSED, "zstd"),
            use_dictionary=_DICTIONARY,
            write_statistics=_STATISTICS,
        )
        self._creations, self._others = _RowGroup(), _RowGroup()

    def add(self, table: pa.Table) -> None:
        """Take events. Creations get row groups of their own: the rest is found by statistics, and so are ids."""
        is_creation = pc.equal(table["event"], CREATE)
        self._creations.add(table.filter(is_creation))
        self._others.add(table.filter(pc.invert(is_creation)))
        for waiting in (self._creations, self._others):
            if waiting.rows >= GROUP_ROWS:
                self._write_group(waiting.taken(), GROUP_ROWS)

    def _write_rest(self) -> None:
        for waiting in (self._creations, self._others):
            if waiting.rows:
                self._write_group(waiting.taken(), GROUP_ROWS)


class _RowGroup:
    """Rows that wait for more, however few come at once."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        self._tables.append(table)
        self.rows += len(table)

    def taken(self) -> pa.Table:
        """Return the rows, and keep none."""
        table = pa.concat_tables(self._tables)
        self._tables.clear()
        self.rows = 0
        return table


@dataclass
class Part:
    """One Parquet file of feedback."""

    path: Path
    fragment: ds.ParquetFileFragment
    rows: int
    """Events in it."""
    size: int
    """Bytes."""
    merged: frozenset[Path] = frozenset()
    """Files whose events it holds too; where they still exist, a crash kept them from being deleted."""

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
            size = path.stat().st_size
            merged = check_footer(footer, path, size, EVENTS)
        except UNREADABLE as error:
            raise unreadable(path, error) from error
        return cls(path, fragment, int(footer.num_rows), size, merged)

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
            self._check_unchanged()
            raise unreadable(self.path, error) from error
        self._check_unchanged()
        return table

    def _check_unchanged(self) -> None:
        """Make sure that no erasure has rewritten the file: what its footer said would hold no longer.

        Raises:
            VanishedError: It was rewritten, or is gone.
        """
        try:
            if self.path.stat().st_size != self.size:
                raise FileNotFoundError(f"{str(self.path)!r} was rewritten")
        except OSError as error:
            raise unreadable(self.path, error) from error


@cache
def _format() -> ds.ParquetFileFormat:
    from pyarrow.dataset import ParquetFileFormat, ParquetFragmentScanOptions

    try:
        options = ParquetFragmentScanOptions(page_checksum_verification=True)
    except TypeError:  # pyarrow 15 and 16 don't know it
        options = ParquetFragmentScanOptions()
    return ParquetFileFormat(default_fragment_scan_options=options)
