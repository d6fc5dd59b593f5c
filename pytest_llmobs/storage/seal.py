"""One spool file -> Parquet: streaming, and safe to repeat whatever crashed in the middle.

The order is: write temporary files, fsync, rename, delete the spool file. The Parquet files are named after the spool
file, so a second attempt after a crash replaces what the first one had finished, and no run shows twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pytest_llmobs.storage import notices
from pytest_llmobs.storage.batches import to_table
from pytest_llmobs.storage.layout import NAMELESS, Layout
from pytest_llmobs.storage.lines import PatchFound, Record, read_patches, read_records
from pytest_llmobs.storage.parquet import RunsWriter, sync
from pytest_llmobs.storage.segment import Segment

_BATCH = 500
_BATCH_BYTES = 1 << 20
_LINES_IN_A_BREATH = 32
_BREATH = 0.0002


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
    # Production never patches, so files are read once, in the hope of none; a patch starts over and reads twice.
    patched = False
    while True:
        size = segment.size
        try:
            sealed = _Sealing(segment, layout, gently, patched).run()
        except PatchFound:
            patched = True
            continue
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

    def __init__(self, segment: Segment, layout: Layout, gently: bool, patched: bool) -> None:
        self._segment, self._layout, self._gently, self._patched = segment, layout, gently, patched
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
                part.writer.clean()
            if self._rejects is not None:
                self._rejects.close()
        return self._sealed

    def _write(self) -> None:
        patches = read_patches(self._lines()) if self._patched else None
        for record in read_records(self._lines(), patches):
            if isinstance(record, bytes):
                self._reject(record)
            else:
                self._part(record).add(record)
        for line in patches.unused() if patches is not None else ():
            self._reject(line)
        for part in self._parts.values():
            part.convert()
            part.writer.finish()
            self._sealed.rows += part.writer.rows

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
            if part.writer.rows == 0:
                continue
            folder = self._layout.partition(project)
            folder.mkdir(exist_ok=True)
            final = folder / f"{self._segment.stem}.parquet"
            part.writer.path.rename(final)
            self._sealed.files.append(final)
            folders.add(folder)
        sync([*folders, self._layout.runs])

    def _reject(self, line: bytes) -> None:
        if self._rejects is None:
            self._sealed.corrupt = self._layout.spool / f"{self._segment.stem}.corrupt"
            self._rejects = self._sealed.corrupt.open("wb")
        self._rejects.write(line)
        self._sealed.rejected += 1


class _Part:
    """The Parquet file of one project while it is written."""

    def __init__(self, path: Path, reject: Callable[[bytes], Any]) -> None:
        self.writer = RunsWriter(path)
        self._reject = reject
        self._records: list[Record] = []
        self._bytes = 0

    def add(self, record: Record) -> None:
        self._records.append(record)
        self._bytes += len(record.line)
        if len(self._records) >= _BATCH or self._bytes >= _BATCH_BYTES:
            self.convert()

    def convert(self) -> None:
        records, size = self._records, self._bytes
        self._records, self._bytes = [], 0
        self.writer.add(to_table(records, self._reject), size)


def _slowly(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number % _LINES_IN_A_BREATH == 0:
            time.sleep(_BREATH)
        yield line
