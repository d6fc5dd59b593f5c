"""One spool file -> Parquet: streaming, and safe to repeat whatever crashed in the middle.

The order is: write temporary files, fsync, rename, delete the spool file. The Parquet files are named after the spool
file, so a second attempt after a crash replaces what the first one had finished, and no run shows twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pytest_llmobs.files import make_private, move_whole, open_private
from pytest_llmobs.storage import notices
from pytest_llmobs.storage.layout import NAMELESS, Layout
from pytest_llmobs.storage.parquet.file import RunsFileWriter
from pytest_llmobs.storage.parquet.files.writer import sync
from pytest_llmobs.storage.spool.batches import to_table
from pytest_llmobs.storage.spool.lines import PatchFound, Record, read_patches, read_records
from pytest_llmobs.storage.spool.segment import Segment

_READ = 1 << 18
_BATCH = 500
_BATCH_BYTES = 3 << 20
# Between two breaths of a gentle seal, a few dozen lines are read: a tenth of the interpreter's switching interval.
_GENTLE_READ = 1 << 16
_GENTLE_BATCH = 100
_BREATH = 0.0002
_HEADER_BYTES = 400
"""About as much text a header holds."""


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
    last: Callable[[Segment], Any] = lambda segment: None,
) -> Sealed:
    """Turn a locked spool file into Parquet and delete it.

    Args:
        segment: The file, locked by the caller; it is closed afterwards.
        layout: Where the Parquet files go.
        warn: Told once where lines had to be put aside.
        gently: Give way to other threads every few lines, so that none waits for the interpreter's lock for long.
        last: Called once everything is in Parquet, before the spool file is deleted.

    Raises:
        OSError: The disk refuses; the spool file is still there.
        pyarrow.ArrowException: The same, from within Arrow.
    """
    layout.create()
    sealed = _attempt(segment, layout, gently)
    last(segment)
    segment.discard()
    if sealed.rejected:
        warn(
            f"{sealed.rejected} lines of the spool {segment.path.name!r} could not be read, or not whole. "
            f"They are kept in {str(sealed.corrupt)!r}: look at them, then delete that file."
        )
    return sealed


def _attempt(segment: Segment, layout: Layout, gently: bool) -> Sealed:
    """Seal until nothing was added meanwhile."""
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
            return sealed


class _Sealing:
    """One attempt."""

    def __init__(self, segment: Segment, layout: Layout, gently: bool, patched: bool) -> None:
        self._segment, self._layout, self._gently, self._patched = segment, layout, gently, patched
        self._files: dict[str, _ProjectFile] = {}
        self._sealed = Sealed()
        self._rejects: IO[bytes] | None = None
        for leftover in layout.spool.glob(f"{segment.stem}.*.tmp"):
            leftover.unlink()

    def run(self) -> Sealed:
        try:
            self._write()
            self._publish()
        finally:
            for file in self._files.values():
                file.writer.clean()
            if self._rejects is not None:
                self._rejects.close()
        return self._sealed

    def _write(self) -> None:
        patches = None
        if self._patched:
            patches = read_patches(self._segment.reader())
        for lines in self._chunks():
            for project, records in by_project(read_records(lines, patches, self._reject)):
                self._file_of(project).add(records)
        if patches is not None:
            for line in patches.unused():
                self._reject(line)
        for file in self._files.values():
            file.convert()
            file.writer.finish()
            self._sealed.rows += file.writer.rows

    def _chunks(self) -> Iterator[list[bytes]]:
        """Yield the whole lines. The last of a killed process may be torn: its run had not finished."""
        reader = self._segment.reader()
        size = _READ
        if self._gently:
            size = _GENTLE_READ
        while lines := reader.readlines(size):
            if not lines[-1].endswith(b"\n"):
                lines.pop()
            yield lines
            if self._gently:
                time.sleep(_BREATH)

    def _file_of(self, project: str) -> _ProjectFile:
        if project not in self._files:
            temporary = self._layout.spool / f"{self._segment.stem}.{len(self._files)}.tmp"
            self._files[project] = _ProjectFile(temporary, self._reject, self._gently)
        return self._files[project]

    def _publish(self) -> None:
        folders = set()
        for project, file in self._files.items():
            if file.writer.rows == 0:
                continue
            folder = self._layout.partition(project)
            make_private(folder)
            final = folder / f"{self._segment.stem}.parquet"
            move_whole(file.writer.path, final)
            self._sealed.files.append(final)
            folders.add(folder)
        sync([*folders, self._layout.runs])

    def _reject(self, line: bytes) -> None:
        if self._rejects is None:
            self._sealed.corrupt = self._layout.spool / f"{self._segment.stem}.corrupt"
            # Line by line as they come, not as one whole: a second attempt after a crash writes the same file anew.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            self._rejects = os.fdopen(open_private(self._sealed.corrupt, flags), "wb")
        self._rejects.write(line)
        self._sealed.rejected += 1


class _ProjectFile:
    """The Parquet file of one project while it is written."""

    def __init__(self, path: Path, reject: Callable[[bytes], Any], gently: bool) -> None:
        self.writer = RunsFileWriter(path)
        self._reject = reject
        self._batch = _BATCH
        if gently:
            self._batch = _GENTLE_BATCH
        self._records: list[Record] = []
        self._bytes = 0

    def add(self, records: Sequence[Record]) -> None:
        self._records += records
        self._bytes += _HEADER_BYTES * len(records)
        for _, inputs, outputs in records:
            self._bytes += len(inputs) + len(outputs)
        if len(self._records) >= self._batch or self._bytes >= _BATCH_BYTES:
            self.convert()

    def convert(self) -> None:
        records, size = self._records, self._bytes
        self._records, self._bytes = [], 0
        if records:
            self.writer.add(to_table(records, self._reject), size)


def by_project(records: Sequence[Record]) -> Iterator[tuple[str, Sequence[Record]]]:
    """Yield the records of each project, in the order of the first ones."""
    names = [header.get("project") for header, _, _ in records]
    # One project is the rule: then there is nothing to take apart.
    if names and names.count(names[0]) == len(names):
        yield _project(names[0]), records
        return
    projects: dict[str, list[Record]] = {}
    for name, record in zip(names, records, strict=True):
        projects.setdefault(_project(name), []).append(record)
    yield from projects.items()


def _project(name: Any) -> str:
    if isinstance(name, str) and name:
        return name
    return NAMELESS
