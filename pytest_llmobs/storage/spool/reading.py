"""Runs that aren't sealed yet, read from the spool files of living processes as they grow."""

from __future__ import annotations

import io
import mmap
import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.layout import spool_files
from pytest_llmobs.storage.parquet.arrays import arrow_array, binary_array, counted
from pytest_llmobs.storage.parquet.parts import Part, has_payloads
from pytest_llmobs.storage.parquet.schema import PAYLOADS
from pytest_llmobs.storage.parquet.sought import POSITION, PROJECT, Sought, schema_of
from pytest_llmobs.storage.spool.parsed import ParsedLines, Placed

_SMALL = 1 << 18
"""Bytes that are parsed whatever is looked for; of more, only the lines that hold it."""
_PATCHED = re.compile(rb'^\{"patch":"([^"\\]*)"', re.MULTILINE)


@dataclass
class _Growing:
    """What was read of one spool file so far."""

    inode: int
    read: int = 0
    """Bytes."""
    parsed: ParsedLines = field(default_factory=ParsedLines)


class _OpenFile:
    """A file that is open for reading, for as long as this object lives: deleting the file changes nothing."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def fileno(self) -> int:
        return self._descriptor

    def __del__(self) -> None:
        # Where opening failed there is none.
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)


class SpoolFiles:
    """The spool files of one store. What was read of them once is not parsed again."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet.

        Args:
            folder: Where they lie.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._growing: dict[Path, _Growing] = {}

    def unsealed(self, mentioned: bytes = b"") -> list[UnsealedRuns]:
        """Return the runs of each file, as far as they are written by now.

        A file that is sealed at this moment either is among them, or has its Parquet file in place already.

        Args:
            mentioned: Of long files only the lines that hold these bytes are parsed; empty for all lines.
        """
        if not self._folder.is_dir():
            return []
        paths = spool_files(self._folder)
        with self._lock:
            for gone in self._growing.keys() - set(paths):
                del self._growing[gone]
            sources = [self._open(path, mentioned) for path in paths]
        return [source for source in sources if source is not None and source.parsed.tables]

    def _open(self, path: Path, mentioned: bytes) -> UnsealedRuns | None:
        try:
            file = _OpenFile(path)
        except OSError:  # sealed since the listing; or nobody may read it
            return None
        status = os.fstat(file.fileno())
        growing = self._growing.get(path)
        if growing is None or growing.inode != status.st_ino:
            growing = self._growing[path] = _Growing(status.st_ino)
        if mentioned and status.st_size - growing.read > _SMALL:
            parsed = ParsedLines()
            parsed.add(_lines_that_mention(file, status.st_size, mentioned), file.fileno())
            return UnsealedRuns(path, file, parsed)
        try:
            growing.parsed.add(_new_lines(growing, file), file.fileno())
        except BaseException:  # what was read of it is parsed in part only
            del self._growing[path]
            raise
        # Its own tables: those that are read later don't change what a scan is in the middle of.
        return UnsealedRuns(path, file, ParsedLines(list(growing.parsed.tables), growing.parsed.patches))


@dataclass
class UnsealedRuns:
    """The runs of one spool file, at one moment. It holds the file open: they stay readable when it is sealed."""

    path: Path
    file: _OpenFile
    parsed: ParsedLines
    only: frozenset[str] | None = None
    """The projects to read; None for all."""
    without: frozenset[str] = frozenset()
    """Projects whose runs lie in a sealed file already."""

    @property
    def is_sealed(self) -> bool:
        """False."""
        return False

    @property
    def part_count(self) -> int:
        """How many tables of rows there are."""
        return len(self.parsed.tables)

    @property
    def row_bytes(self) -> float:
        """Bytes of a line, on average."""
        rows = sum(map(len, self.parsed.tables))
        return os.fstat(self.file.fileno()).st_size / max(rows, 1)

    @property
    def projects(self) -> set[str]:
        """The projects that have runs here."""
        names: set[str] = set()
        for table in self.parsed.tables:
            names |= set(pc.unique(table[PROJECT]).to_pylist())
        return names - self.without

    def parts(self, sought: Sought) -> list[Part]:
        """Return the tables of rows that the projects don't rule out."""
        parts: list[Part] = []
        for number in range(len(self.parsed.tables)):
            table = self._table(number)
            if len(table):
                span = pc.min_max(table["start_time"].cast(pa.int64()))
                parts.append(Part(self, number, span["min"].as_py(), span["max"].as_py(), len(table)))
        return parts

    def hold(self, parts: Sequence[Part], sought: Sought) -> Sequence[Part]:
        """Return the parts as they are: their rows were read."""
        return parts

    def matching(self, parts: Sequence[Part], columns: Sequence[str], sought: Sought) -> pa.Table:
        """Return some columns of those rows of some parts that match."""
        chosen: list[Part] = []
        for part, positions in zip(parts, self.matches(parts, sought), strict=True):
            chosen.append(part.choosing(positions))
        return self.chosen(chosen, columns)

    def matches(self, parts: Sequence[Part], sought: Sought) -> list[pa.Array]:
        """Return for each part the positions of its rows that match."""
        positions: list[pa.Array] = []
        for part in parts:
            table = self._table(part.number)
            if has_payloads(sought.columns):
                table = self._with_payloads(table)
            numbered = table.append_column(POSITION, counted(0, len(table)))
            positions.append(sought.among(numbered, [POSITION])[POSITION].combine_chunks())
        return positions

    def chosen(self, parts: Sequence[Part], columns: Sequence[str]) -> pa.Table:
        """Return some columns of the rows that the parts' ``chosen`` names."""
        tables: list[pa.Table] = []
        for part in parts:
            table = self._table(part.number)
            if part.chosen is not None:
                table = table.take(part.chosen)
            tables.append(self._select(table, columns))
        return pa.concat_tables(tables)

    def _table(self, number: int) -> pa.Table:
        table = self.parsed.tables[number]
        if self.only is not None:
            table = table.filter(_is_one_of(table, self.only))
        if self.without:
            table = table.filter(pc.invert(_is_one_of(table, self.without)))
        return table

    def _select(self, table: pa.Table, columns: Sequence[str]) -> pa.Table:
        if has_payloads(columns):
            table = self._with_payloads(table)
        schema = schema_of(columns)
        return table.select(list(columns)).cast(schema)

    def _with_payloads(self, table: pa.Table) -> pa.Table:
        payloads = self.parsed.payloads_of(table, self.file.fileno())
        for name, texts in zip(PAYLOADS, payloads, strict=True):
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, binary_array(texts).view(pa.string()))
        return table


def _is_one_of(table: pa.Table, projects: frozenset[str]) -> pa.ChunkedArray:
    return pc.is_in(table[PROJECT], arrow_array(sorted(projects), pa.string()))


def _new_lines(growing: _Growing, file: _OpenFile) -> Iterator[Placed]:
    """Yield the whole lines that were added since the last time."""
    reader = io.BufferedReader(io.FileIO(file.fileno(), "rb", closefd=False), 1 << 18)
    reader.seek(growing.read)
    for line in reader:
        if not line.endswith(b"\n"):  # it is being written; or its process was killed in the middle of it
            return
        at = growing.read
        growing.read += len(line)
        yield at, line


def _lines_that_mention(file: _OpenFile, size: int, mentioned: bytes) -> Iterator[Placed]:
    """Yield the whole lines that hold some bytes, and those that override one of them."""
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
        places: dict[int, bytes] = {}
        found = content.find(mentioned)
        while found >= 0:
            start = content.rfind(b"\n", 0, found) + 1
            end = content.find(b"\n", found) + 1
            if not end:
                break
            places[start] = content[start:end]
            found = content.find(mentioned, end)
        lines = b"".join(places.values())
        for patch in _PATCHED.finditer(content):
            end = content.find(b"\n", patch.start()) + 1
            if end and patch[1] in lines:
                places[patch.start()] = content[patch.start() : end]
    yield from sorted(places.items())
