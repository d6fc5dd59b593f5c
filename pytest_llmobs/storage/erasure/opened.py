"""One Parquet file of a store, held open: what its footer said holds for as long as it is, whoever replaces it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem, LocalFileSystem

from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.parquet.damage import UNREADABLE, unreadable
from pytest_llmobs.storage.parquet.files.footer import FileKind, check_footer
from pytest_llmobs.storage.parquet.runs_file import parquet_file


@dataclass(frozen=True)
class OpenParquet:
    """A Parquet file of runs, or of feedback."""

    path: Path
    file: pq.ParquetFile
    footer: pq.FileMetaData
    size: int
    """Bytes."""

    @classmethod
    def open(
        cls, path: Path, files: FileSystem, kind: FileKind, dictionaries: Sequence[str] = ()
    ) -> OpenParquet:
        """Open a file.

        Args:
            path: As its file system names it.
            files: Where it lies.
            kind: What its rows are.
            dictionaries: Columns of which each text is to be given once.

        Raises:
            StoreError: It is damaged, or was written by a newer version.
            VanishedError: It is gone.
        """
        try:
            source = files.open_input_file(str(path))
            size = source.size()
            footer = pq.read_metadata(source)
            check_footer(footer, path, size, kind)
            is_far = not isinstance(files, LocalFileSystem)
            file = parquet_file(source, footer, is_far=is_far, dictionaries=dictionaries)
        except UNREADABLE as error:
            raise unreadable(path, error) from error
        return cls(path, file, footer, size)

    @cached_property
    def schema(self) -> pa.Schema:
        """The types that its columns have, and the metadata of the file."""
        return self.file.schema_arrow

    @property
    def groups(self) -> range:
        """The numbers of its row groups."""
        return range(self.footer.num_row_groups)

    def read(self, group: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return some columns of a row group, all of them by default; those that the file lacks are left out.

        Raises:
            StoreError: It is damaged.
        """
        wanted = None
        if columns is not None:
            wanted = [name for name in columns if name in self.schema.names]
        return self._guarded(lambda: self.file.read_row_group(group, wanted, use_threads=False))

    def may_hold(self, group: int, column: str, ids: Ids) -> bool:
        """Tell whether a row group may hold one of some ids, going by its statistics."""
        if column not in self._numbers:
            return False
        statistics = self.footer.row_group(group).column(self._numbers[column]).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        lowest, highest = statistics.min, statistics.max
        return not isinstance(lowest, str) or ids.may_be_between(lowest, highest)

    def may_lack(self, group: int, column: str) -> bool:
        """Tell whether rows of a row group may have no value in a column."""
        if column not in self._numbers:
            return True
        statistics = self.footer.row_group(group).column(self._numbers[column]).statistics
        return statistics is None or not statistics.has_null_count or statistics.null_count > 0

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Where each column stands in the footer."""
        return {name: number for number, name in enumerate(self.footer.schema.names)}

    def _guarded(self, read: Callable[[], pa.Table]) -> pa.Table:
        try:
            return read()
        except UNREADABLE as error:
            raise unreadable(self.path, error) from error


def texts(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Return a column as plain texts; nulls where a table lacks it.

    Raises:
        pyarrow.ArrowException: It holds no texts.
    """
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(len(table), pa.string())])
    column = table.column(name)
    if column.type == pa.string():
        return column
    return column.cast(pa.string())
