"""One Parquet file of the store as it is read: which row groups may match, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
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
    VanishedError,
    rows_of_text,
    unreadable,
)
from pytest_llmobs.storage.parquet.file import GROUP_BYTES
from pytest_llmobs.storage.parquet.files.footer import FileKind, check_footer
from pytest_llmobs.storage.parquet.files.row_groups import RowGroups, Span
from pytest_llmobs.storage.parquet.parts import Part
from pytest_llmobs.storage.parquet.schema import NEEDED, SCHEMA_VERSION
from pytest_llmobs.storage.parquet.sought import POSITION, PROJECT, Sought, SoughtText, scan_schema, schema_of
from pytest_llmobs.wording import count

if TYPE_CHECKING:  # a session writes and reads nothing: it does without 20 MB
    import pyarrow.dataset as ds
    from pyarrow.dataset import ParquetFileFormat

RUNS = FileKind("run", SCHEMA_VERSION, NEEDED)
"""What these files hold."""


@dataclass
class RunsFile:
    """One Parquet file of the store."""

    path: Path
    project: str
    """The partition it lies in."""
    row_groups: RowGroups
    """What its footer says."""
    files: FileSystem
    """Where it lies."""
    merged: frozenset[Path] = frozenset()
    """Files whose runs it holds too; where they still exist, a crash kept them from being deleted."""
    leave_out: LeaveOut | None = None
    """Takes the parts that can't be read; None where that is an error."""
    size: int = 0
    """Bytes."""
    held_at_its_turn: bool = False
    """True where ``hold`` opens it: nobody merges it away, yet it may be rewritten or removed before it is read."""
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
        make_fragment = partial(_make_fragment, path, files, project)
        try:
            with files.open_input_file(str(path)) as source:
                size = source.size()
                # What evaluates conditions loads pandas where it is installed: not for whoever has none.
                footer = None if for_conditions else pq.read_metadata(source)
            row_groups = RowGroups(RUNS, make_fragment, footer)
            merged = check_footer(row_groups.footer, path, size, RUNS)
        except UNREADABLE as error:
            raise unreadable(path, error) from error
        return cls(path, project, row_groups, files, merged, leave_out, size)

    @property
    def is_sealed(self) -> bool:
        """True: it is Parquet."""
        return True

    @property
    def part_count(self) -> int:
        """How many row groups it has."""
        return self.row_groups.count

    @property
    def row_bytes(self) -> float:
        """Bytes of text a row has, on average; rather too many than too few.

        A row group has at most ``GROUP_BYTES`` of text. Where dictionaries hold each text once, the text of one row is
        still no longer than the whole file.
        """
        footer, groups = self.row_groups.footer, self.row_groups.count
        encoded_bytes = 0
        for group in range(groups):
            encoded_bytes += int(footer.row_group(group).total_byte_size)
        return float(min(GROUP_BYTES * groups / max(self.rows, 1), encoded_bytes))

    @property
    def rows(self) -> int:
        """How many runs it has."""
        return int(self.row_groups.footer.num_rows)

    def pinned(self) -> RunsFile:
        """Return it opened for as long as that object lives: it can be read although another process merges it away.

        Raises:
            VanishedError: It is gone already.
            StoreError: It can't be opened.
        """
        try:
            return replace(self, _pinned=self._opened())
        except UNREADABLE as error:
            raise unreadable(self.path, error) from error

    def hold(self, parts: Sequence[Part], sought: Sought) -> Sequence[Part]:
        """Return the parts such that all of them are read from one file, whatever becomes of it meanwhile.

        Where it was rewritten since they were admitted, those of the file that is there now; none where it is gone:
        nobody removes it but by intent.

        Raises:
            StoreError: It is damaged.
        """
        if not self.held_at_its_turn:
            return parts
        try:
            return _of_source(parts, self.pinned())
        except VanishedError:
            return self._parts_of_another(sought)

    def _parts_of_another(self, sought: Sought) -> list[Part]:
        """Return the parts of the file that has taken the place of this one."""
        try:
            return RunsFile.open(self.path, self.files, self.leave_out).pinned().parts(sought)
        except VanishedError:
            return []

    def parts(self, sought: Sought) -> list[Part]:
        """Return the row groups that may hold what is sought, going by their statistics.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
        """
        groups: Iterable[int] = range(self.row_groups.count)
        if sought.pushdown is not None:
            groups = self.row_groups.admitted(sought.pushdown, scan_schema())
        if sought.text is not None:
            groups = filter(partial(self._may_hold, sought.text), groups)
        parts: list[Part] = []
        for group in groups:
            rows = self.row_groups.rows[group]
            span = self.row_groups.span(group, "start_time") or self._read_span(group)
            if rows and span is not None:
                parts.append(Part(self, group, *span, rows))
        return parts

    def _may_hold(self, text: SoughtText, group: int) -> bool:
        """Tell whether a row group may hold a text, going by its statistics."""
        statistics = self.row_groups.statistics(group, text.column)
        if statistics is None:
            return True
        lowest, highest = statistics.min, statistics.max
        # Of another type where somebody else has written it: reading tells what is wrong.
        return not isinstance(lowest, str) or text.lies_between(lowest, highest)

    def _read_span(self, group: int) -> Span | None:
        """Return the first and the last start time of a row group, microseconds; None where it has none."""
        starts = self._guarded([group], self._read_starts)
        if starts.column(0).null_count == len(starts):
            return None
        span = pc.min_max(starts.column(0).cast(pa.int64()))
        return span["min"].as_py(), span["max"].as_py()

    def _read_starts(self, groups: Sequence[int]) -> pa.Table:
        return self._raw(groups, ["start_time"])

    def matching(self, parts: Sequence[Part], columns: Sequence[str], sought: Sought) -> pa.Table:
        """Return some columns of those rows of some row groups that match.

        Raises:
            StoreError: The file is damaged, and nobody takes what is left out.
            VanishedError: It is gone.
        """
        sought = self._checked(sought)
        needed = list(dict.fromkeys((*columns, *sought.columns)))

        def read(groups: Sequence[int]) -> pa.Table:
            return sought.among(self._raw(groups, needed), columns)

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
            return sought.among(table.append_column(POSITION, counted(starting, len(table))), [POSITION])

        positions = self._guarded(numbers, read)[POSITION].combine_chunks()
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
        groups = list(range(self.row_groups.count))
        return self._guarded(groups, lambda numbers: self._raw(numbers, columns))

    def _checked(self, sought: Sought) -> Sought:
        """Return what is sought, such that rows without what every run has are left out."""
        if self.row_groups.may_lack_needed:  # somebody else has written it
            return sought.of_runs()
        return sought

    def _raw(self, groups: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return some columns of some row groups in the types of the schema; what the file lacks is null."""
        schema = schema_of(columns)
        if not groups:
            return empty_table(schema)
        stored = set(self.row_groups.schema.names)
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
        if source.size() != self.size:
            # An erasure has rewritten it: what its footer said holds no longer. For the listing, it is another file.
            source.close()
            raise FileNotFoundError(f"{str(self.path)!r} was rewritten")
        return parquet_file(
            source, self.row_groups.footer, is_far=not isinstance(self.files, LocalFileSystem)
        )

    def _guarded(self, groups: Sequence[int], read: Callable[[Sequence[int]], pa.Table]) -> pa.Table:
        """Return what ``read`` returns for some row groups, one by one where some of them are damaged."""
        try:
            table = read(groups)
            table.validate(full=True)  # that text is UTF-8, above all
            return table
        except UNREADABLE as error:
            if self.leave_out is None or isinstance(error, FileNotFoundError):
                raise unreadable(self.path, error) from error
        return pa.concat_tables([self._around_damage(group, read) for group in groups])

    def _around_damage(self, group: int, read: Callable[[Sequence[int]], pa.Table]) -> pa.Table:
        """Return what can be read of a row group, and hand on what can't."""
        rows = self.row_groups.rows[group]
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


def _of_source(parts: Iterable[Part], source: RunsFile) -> list[Part]:
    moved: list[Part] = []
    for part in parts:
        moved.append(replace(part, source=source))
    return moved


def _divided(positions: pa.Array, sizes: Sequence[int]) -> list[pa.Array]:
    """Return the positions that fall into each of some stretches of these sizes, counted from its beginning."""
    divided, start = [], 0
    for size in sizes:
        first, end = integer_scalar(start), integer_scalar(start + size)
        inside = pc.and_(pc.greater_equal(positions, first), pc.less(positions, end))
        divided.append(pc.subtract(positions.filter(inside), first))
        start += size
    return divided


def parquet_file(
    source: pa.NativeFile, metadata: pq.FileMetaData, *, is_far: bool, dictionaries: Sequence[str] = ()
) -> pq.ParquetFile:
    """Open a file whose footer was read, its checksums to be verified.

    Args:
        source: The open file.
        metadata: Its footer.
        is_far: True where it lies beyond this machine.
        dictionaries: Columns of which each text is to be given once.
    """
    # Beyond this machine, one request for all columns beats one for each.
    open_file = partial(
        pq.ParquetFile, source, metadata=metadata, pre_buffer=is_far, read_dictionary=list(dictionaries)
    )
    with suppress(TypeError):  # pyarrow 15 and 16 don't know it
        return open_file(page_checksum_verification=True)
    return open_file()


def _make_fragment(path: Path, files: FileSystem, project: str) -> ds.ParquetFileFragment:
    within = pc.field(PROJECT) == text_scalar(project)
    return _format().make_fragment(str(path), files, partition_expression=within)


@cache
def _format() -> ParquetFileFormat:
    from pyarrow.dataset import ParquetFileFormat

    return ParquetFileFormat()
