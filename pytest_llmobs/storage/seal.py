"""One spool file -> Parquet: streaming, and safe to repeat whatever crashed in the middle.

The order is: write temporary files, fsync, rename, delete the spool file. The Parquet files are named after the spool
file, so a second attempt after a crash replaces what the first one had finished, and no run shows twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pytest_llmobs.storage import notices
from pytest_llmobs.storage.batches import to_table
from pytest_llmobs.storage.layout import NAMELESS, Layout
from pytest_llmobs.storage.lines import Record, read_patches, read_records
from pytest_llmobs.storage.schema import COLUMNS, PAYLOADS, arrow_schema
from pytest_llmobs.storage.segment import Segment

GROUP_BYTES = 4 << 20
"""Spool bytes of a row group: about 500 runs with long prompts."""
GROUP_ROWS = 2000
"""Most rows of a row group: small enough to read a trace cheaply, large enough to compress well."""
_BATCH = 500
# Level 3 saves another 5 % of the bytes for a third more of the time.
_LEVEL = 1
_LINES_IN_A_BREATH = 32
_BREATH = 0.0002
_STATISTICS = [column.name for column in COLUMNS if column.statistics]
_DICTIONARY = [c.name for c in COLUMNS if c.kind in ("word", "json", "words") and c.name not in PAYLOADS]


@dataclass
class Sealed:
    """What became of one spool file."""

    rows: int = 0
    """Runs in Parquet."""
    rejected: int = 0
    """Lines that could not be read, or not whole; they are kept in ``corrupt``."""
    files: list[Path] = field(default_factory=list)
    """The Parquet files, one a project."""
    corrupt: Path | None = None


def seal(
    segment: Segment,
    layout: Layout,
    *,
    warn: Callable[[str], None] = notices.warn,
    gently: bool = False,
) -> Sealed:
    """Turn a locked spool file into Parquet and delete it.

    Args:
        segment: The file, locked by the caller; it is closed afterwards.
        layout: Where the Parquet files go.
        warn: Told once where lines had to be put aside.
        gently: Give way to other threads every few lines, so that none waits for the interpreter's lock for long.

    Raises:
        OSError: The disk refuses; the spool file is still there.
        pyarrow.ArrowException: The same, from within Arrow.
    """
    layout.create()
    while True:
        size = segment.size
        sealed = _Sealing(segment, layout, gently).run()
        # A thread that was in the middle of its write when the file was retired may have added a line since.
        if segment.size == size:
            break
    segment.discard()
    if sealed.rejected:
        warn(
            f"{sealed.rejected} lines of the spool {segment.path.name!r} could not be read, or not whole. "
            f"They are kept in {str(sealed.corrupt)!r}: look at them, then delete that file."
        )
    return sealed


class _Sealing:
    """One attempt."""

    def __init__(self, segment: Segment, layout: Layout, gently: bool) -> None:
        self._segment, self._layout, self._gently = segment, layout, gently
        self._parts: dict[str, _Part] = {}
        self._sealed = Sealed()
        self._rejects: IO[bytes] | None = None
        for leftover in layout.spool.glob(f"{segment.stem}.*.tmp"):
            leftover.unlink()

    def run(self) -> Sealed:
        try:
            self._write()
            self._publish()
        finally:
            for part in self._parts.values():
                part.clean()
            if self._rejects is not None:
                self._rejects.close()
        return self._sealed

    def _write(self) -> None:
        patches = read_patches(self._lines())
        for record in read_records(self._lines(), patches):
            if isinstance(record, bytes):
                self._reject(record)
            else:
                self._part(record).add(record)
        for line in patches.unused():
            self._reject(line)
        for part in self._parts.values():
            part.finish()
            self._sealed.rows += part.rows

    def _lines(self) -> Iterable[bytes]:
        reader = self._segment.reader()
        return _slowly(reader) if self._gently else reader

    def _part(self, record: Record) -> _Part:
        project = record.header.get("project")
        project = project if isinstance(project, str) and project else NAMELESS
        part = self._parts.get(project)
        if part is None:
            temporary = self._layout.spool / f"{self._segment.stem}.{len(self._parts)}.tmp"
            part = self._parts[project] = _Part(temporary, self._reject)
        return part

    def _publish(self) -> None:
        folders = set()
        for project, part in self._parts.items():
            if part.rows == 0:
                continue
            folder = self._layout.partition(project)
            folder.mkdir(exist_ok=True)
            final = folder / f"{self._segment.stem}.parquet"
            part.path.rename(final)
            self._sealed.files.append(final)
            folders.add(folder)
        _sync([*folders, self._layout.runs])

    def _reject(self, line: bytes) -> None:
        if self._rejects is None:
            self._sealed.corrupt = self._layout.spool / f"{self._segment.stem}.corrupt"
            self._rejects = self._sealed.corrupt.open("wb")
        self._rejects.write(line)
        self._sealed.rejected += 1


class _Part:
    """The Parquet file of one project while it is written."""

    def __init__(self, path: Path, reject: Callable[[bytes], Any]) -> None:
        self.path, self._reject = path, reject
        self.rows = 0
        self._writer = pq.ParquetWriter(
            path,
            arrow_schema(),
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=_DICTIONARY,
            write_statistics=_STATISTICS,
        )
        self._records: list[Record] = []
        self._tables: list[pa.Table] = []
        self._bytes = 0

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._bytes += len(record.line)
        if len(self._records) >= _BATCH or self._bytes >= GROUP_BYTES:
            self._convert()
            if self._bytes >= GROUP_BYTES or len(self._tables) * _BATCH >= GROUP_ROWS:
                self._write_group()

    def finish(self) -> None:
        """Write the rest and the footer, down to the disk."""
        self._convert()
        self._write_group()
        self._writer.close()
        _sync([self.path])

    def clean(self) -> None:
        """Let go of the file, and delete it unless it has been published."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
        self.path.unlink(missing_ok=True)

    def _convert(self) -> None:
        if self._records:
            self._tables.append(to_table(self._records, self._reject))
            self._records = []

    def _write_group(self) -> None:
        group = pa.concat_tables(self._tables) if self._tables else ()
        self._tables, self._bytes = [], 0
        if len(group):
            self.rows += len(group)
            self._writer.write_table(group, row_group_size=len(group))


def _slowly(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number % _LINES_IN_A_BREATH == 0:
            time.sleep(_BREATH)
        yield line


def _sync(paths: Iterable[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
