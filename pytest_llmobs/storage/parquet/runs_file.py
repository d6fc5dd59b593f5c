"""One Parquet file of the store as it is read: which row groups may match, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem, LocalFileSystem

from pytest_llmobs.storage.layout import project_of
from pytest_llmobs.storage.parquet.arrays import counted, empty_table, integer_scalar, text_scalar
from pytest_llmobs.storage.parquet.damage import (
    UNREADABLE,
    LeaveOut,
    rows_of_text,
    unreadable,
)
from pytest_llmobs.storage.parquet.file import GROUP_BYTES
from pytest_llmobs.storage.parquet.files.footer import FileKind, check_footer
from pytest_llmobs.storage.parquet.parts import Part
from pytest_llmobs.storage.parquet.schema import NEEDED, SCHEMA_VERSION
from pytest_llmobs.storage.parquet.sought import PROJECT, Sought, SoughtText, scan_schema, schema_of
from pytest_llmobs.wording import count

if TYPE_CHECKING:  # a session writes and reads nothing: it does without 20 MB
    import pyarrow.dataset as ds
    from pyarrow.dataset import ParquetFileFormat

_RUNS = FileKind("run", SCHEMA_VERSION, NEEDED)
_POSITION = "position"
"""The column that numbers the rows of a row group, where they are to be found again."""


@dataclass
class RunsFile:
    """One Parquet file of the store."""

    path: Path
    project: str
    """The partition it lies in."""
    metadata: pq.FileMetaData
    """The footer."""
    files: FileSystem
    """Where it lies."""
    merged: frozenset[Path] = frozenset()
    """Files whose runs it holds too; where they still exist, a crash kept them from being deleted."""
    leave_out: LeaveOut | None = None
    """Takes the parts that can't be read; None where that is an error."""
    size: int = 0
    """Bytes."""
    may_vanish: bool = False
    """True where it counts as empty once it is gone; False where that is an error."""
    _pinned: pq.ParquetFile | None = field(default=None, repr=False)

    @classmethod
    def open(
        cls,
        path: Path,
        files: FileSystem | None = None,
        leave_out: LeaveOut | None = None,
        *,
        for_conditions: bool = False,
    ) -> RunsFile:
        """Read the footer of ``path``.

        Args:
            path: The file.
            files: Where it lies; this machine's disk by default.
            leave_out: Takes the parts of it that turn out to be unreadable; by default, reading them is an error.
            for_conditions: Read it such that conditions can be held against its statistics; later, it is read again.

        Raises:
            StoreError: It is no Parquet, claims more than it can hold, or is of a newer schema.
            VanishedError: It is gone.
        """
        files = files or LocalFileSystem()
        project = project_of(path.parent)
        try:
            footer, fragment, size = _read_footer(path, files, project if for_conditions else None)
            merged = check_footer(footer, path, size, _RUNS)
        except UNREADABLE as error:
            raise unreadable(path, error) from error
        file = cls(path, project, footer, files, merged, leave_out, size)
        if fragment is not None:
            file._fragment = fragment
        return file

    @property
    def is_sealed(self) -> bool:
        """True: it is Parquet."""
        return True

    @property
    def part_count(self) -> int:
        """How many row groups it has."""
        return int(self.metadata.num_row_groups)

    @property
    def row_bytes(self) -> float:
        """Bytes of text a row has, on average; rather too many than too few.

        A row group has at most ``GROUP_BYTES`` of text. Where dictionaries hold each text once, the text of one row is
        still no longer than the whole file.
        """
        metadata = self.metadata
        groups, rows = int(metadata.num_row_groups), int(metadata.num_rows)
        encoded_bytes = 0
        for group in range(groups):
            encoded_bytes += int(metadata.row_group(group).total_byte_size)
        return float(min(GROUP_BYTES * groups / max(rows, 1), encoded_bytes))

    def pinned(self) -> RunsFile:
        """Return it opened for as long as that object lives: it can be read although another process merges it away.

        Raises:
            VanishedError: It is gone already.
            StoreError: It can't be opened.
        """
        # with all that is known of the footer: to read it again takes longer than a small scan
        pinned = copy(self)
        try:
            pinned._pinned = self._opened()
        except UNREADABLE as error:
            raise unreadable(self.path, error) from error
        return pinned

    def parts(self, sought: Sought) -> list[Part]:
        """Return the row groups that may hold what is sought, going by their statistics.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
        """
        groups: Iterable[int] = range(self.metadata.num_row_groups)
        if sought.pushdown is not None:
            groups = self._admitted_groups(sought.pushdown)
        if sought.text is not None:
            groups = filter(partial(self._may_hold, sought.text), groups)
        column = self._column_numbers["start_time"]
        parts: list[Part] = []
        for group in groups:
            rows = self.metadata.row_group(group).num_rows
            span = self._span(group, column)
            if rows and span is not None:
                parts.append(Part(self, group, *span, rows))
        return parts

    @cached_property
    def _fragment(self) -> ds.ParquetFileFragment:
        """The file as Arrow knows which row groups may match a condition."""
        fragment = _make_fragment(self.path, self.files, self.project)
        # It has read the footer anew: one of them is enough, each takes about 50 KB a row group.
        self.metadata = fragment.metadata
        return fragment

    @cached_property
    def _column_numbers(self) -> dict[str, int]:
        """Where each column stands in the footer."""
        return {name: number for number, name in enumerate(self.metadata.schema.names)}

    @cached_property
    def _schema(self) -> pa.Schema:
        """The types that its columns have."""
        return self.metadata.schema.to_arrow_schema()

    def _admitted_groups(self, pushdown: pc.Expression) -> list[int]:
        try:
            fragment = self._fragment.subset(filter=pushdown, schema=scan_schema())
            return [group.id for group in fragment.row_groups]
        except UNREADABLE:  # statistics of other types than the columns have: reading it tells what is wrong
            return list(range(self.metadata.num_row_groups))

    def _may_hold(self, text: SoughtText, group: int) -> bool:
        """Tell whether a row group may hold a text, going by its statistics."""
        column = self._column_numbers[text.column]
        statistics = self.metadata.row_group(group).column(column).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        lowest, highest = statistics.min, statistics.max
        # Of another type where somebody else has written it: reading tells what is wrong.
        return not isinstance(lowest, str) or text.lies_between(lowest, highest)

    def _span(self, group: int, column: int) -> tuple[int, int] | None:
        """Return the first and the last start time of a row group, microseconds; None where it has none."""
        statistics = self.metadata.row_group(group).column(column).statistics
        if statistics is not None and statistics.has_min_max and self._has_microseconds:
            return int(statistics.min_raw), int(statistics.max_raw)
        starts = self._guarded([group], self._read_starts)
        if starts.column(0).null_count == len(starts):
            return None
        span = pc.min_max(starts.column(0).cast(pa.int64()))
        return span["min"].as_py(), span["max"].as_py()

    def _read_starts(self, groups: Sequence[int]) -> pa.Table:
        return self._raw(groups, ["start_time"])

    @property
    def _has_microseconds(self) -> bool:
        return bool(self._schema.field("start_time").type == pa.timestamp("us", "UTC"))

    def matching(self, parts: Sequence[Part], columns: Sequence[str], sought: Sought) -> pa.Table:
        """Return some columns of those rows of some row groups that match.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
            VanishedError: It is gone.
        """
        sought = self._checked(sought)
        needed = list(dict.fromkeys((*columns, *sought.columns)))

        def read(groups: Sequence[int]) -> pa.Table:
            return sought.among(self._raw(groups, needed)).select(list(columns))

        return self._guarded([part.number for part in parts], read)

    def matches(self, parts: Sequence[Part], sought: Sought) -> list[pa.Array]:
        """Return for each row group the positions of its rows that match, without reading other columns.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
            VanishedError: It is gone.
        """
        sought = self._checked(sought)
        numbers = [part.number for part in parts]

        def read(groups: Sequence[int]) -> pa.Table:
            table = self._raw(groups, list(dict.fromkeys((*sought.columns, "start_time"))))
            starting = 0
            if groups:
                starting = sum(part.rows for part in parts[: numbers.index(groups[0])])
            # Counted from the first of the parts, whichever of them are read.
            return sought.among(table.append_column(_POSITION, counted(starting, len(table))))

        positions = self._guarded(numbers, read)[_POSITION].combine_chunks()
        return _divided(positions, [part.rows for part in parts])

    def chosen(self, parts: Sequence[Part], columns: Sequence[str]) -> pa.Table:
        """Return some columns of the rows that the parts' ``chosen`` names.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
            VanishedError: It is gone.
        """
        tables = []
        for part in parts:
            tables.append(self._guarded([part.number], partial(self._read_chosen, part, columns)))
        return pa.concat_tables(tables)

    def _read_chosen(self, part: Part, columns: Sequence[str], groups: Sequence[int]) -> pa.Table:
        table = self._raw(groups, columns)
        if part.chosen is None or not groups:
            return table
        return table.take(part.chosen)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns of all rows, those that can't be read left out.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
            VanishedError: It is gone.
        """
        groups = list(range(self.metadata.num_row_groups))
        return self._guarded(groups, lambda numbers: self._raw(numbers, columns))

    def _checked(self, sought: Sought) -> Sought:
        """Return what is sought, such that rows without what every run has are left out."""
        if self._may_lack_columns:
            return sought.of_runs()
        return sought

    @cached_property
    def _may_lack_columns(self) -> bool:
        """True where an id or a start may be null: somebody else has written the file."""
        indexes = [self._column_numbers[name] for name in NEEDED]
        for group in range(self.metadata.num_row_groups):
            row_group = self.metadata.row_group(group)
            for index in indexes:
                statistics = row_group.column(index).statistics
                if statistics is None or statistics.null_count != 0:
                    return True
        return False

    def _raw(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return some columns of some row groups in the types of the schema; what the file lacks is null."""
        schema = schema_of(columns)
        if not groups:
            return empty_table(schema)
        stored = set(self._schema.names)
        wanted = [name for name in dict.fromkeys(columns) if name in stored]
        file = self._pinned or self._opened()
        # Threads are the scan's own: for a few small columns, handing them out takes longer than reading them.
        table = file.read_row_groups(list(groups), wanted, use_threads=False)
        arrays = [self._as_stated(table, name) for name in columns]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _as_stated(self, table: pa.Table, name: str) -> pa.ChunkedArray | pa.Array:
        kind = scan_schema().field(name).type
        if name == PROJECT:
            return pa.repeat(text_scalar(self.project), len(table))
        if name not in table.column_names:
            return pa.nulls(len(table), kind)
        column = table.column(name)
        if column.type == kind:
            return column
        return column.cast(kind)

    def _opened(self) -> pq.ParquetFile:
        source = self.files.open_input_file(str(self.path))
        return _parquet_file(source, self.metadata, is_far=not isinstance(self.files, LocalFileSystem))

    def _guarded(self, groups: Sequence[int], read: Callable[[Sequence[int]], pa.Table]) -> pa.Table:
        """Return what ``read`` returns for some row groups, one by one where some of them are damaged."""
        try:
            table = read(groups)
            table.validate(full=True)  # that text is UTF-8, above all
            return table
        except UNREADABLE as error:
            if self.may_vanish and isinstance(error, FileNotFoundError):
                return read([])
            if self.leave_out is None or isinstance(error, FileNotFoundError):
                raise unreadable(self.path, error) from error
        return pa.concat_tables([self._around_damage(group, read) for group in groups])

    def _around_damage(self, group: int, read: Callable[[Sequence[int]], pa.Table]) -> pa.Table:
        """Return what can be read of a row group, and hand on what can't."""
        rows = self.metadata.row_group(group).num_rows
        try:
            table = read([group])
            whole_rows = rows_of_text(table)
        except FileNotFoundError as error:
            raise unreadable(self.path, error) from error
        except UNREADABLE as error:
            self._hand_on(group, rows, error)
            return read([])
        if len(whole_rows) < len(table):
            self._hand_on(group, len(table) - len(whole_rows), ValueError("its text is no UTF-8"))
        return whole_rows

    def _hand_on(self, group: int, runs: int, error: Exception) -> None:
        assert self.leave_out is not None
        what = f"{count(runs, 'run')} in row group {group}"
        self.leave_out(self.path / str(group), unreadable(self.path, error, what))


def _divided(positions: pa.Array, sizes: Sequence[int]) -> list[pa.Array]:
    """Return the positions that fall into each of some stretches of these sizes, counted from its beginning."""
    divided, start = [], 0
    for size in sizes:
        first, end = integer_scalar(start), integer_scalar(start + size)
        inside = pc.and_(pc.greater_equal(positions, first), pc.less(positions, end))
        divided.append(pc.subtract(positions.filter(inside), first))
        start += size
    return divided


def _parquet_file(source: pa.NativeFile, metadata: pq.FileMetaData, *, is_far: bool) -> pq.ParquetFile:
    # Beyond this machine, one request for all columns beats one for each.
    open_file = partial(pq.ParquetFile, source, metadata=metadata, pre_buffer=is_far)
    with suppress(TypeError):  # pyarrow 15 and 16 don't know it
        return open_file(page_checksum_verification=True)
    return open_file()


def _read_footer(
    path: Path, files: FileSystem, project: str | None
) -> tuple[pq.FileMetaData, ds.ParquetFileFragment | None, int]:
    """Return a file's footer, what knows which row groups may match where a project is named, and the size."""
    with files.open_input_file(str(path)) as source:
        size = source.size()
        # What evaluates conditions loads pandas where it is installed: not for whoever has none.
        if project is None:
            return pq.read_metadata(source), None, size
    fragment = _make_fragment(path, files, project)
    return fragment.metadata, fragment, size


def _make_fragment(path: Path, files: FileSystem, project: str) -> ds.ParquetFileFragment:
    within = pc.field(PROJECT) == text_scalar(project)
    return _format().make_fragment(str(path), files, partition_expression=within)


@cache
def _format() -> ParquetFileFormat:
    from pyarrow.dataset import ParquetFileFormat

    return ParquetFileFormat()
