"""One spool file of feedback -> Parquet, safe to repeat whatever crashed in the middle.

The order is: write a temporary file, fsync, rename, delete the spool file. The Parquet file is named after the spool
file, so a second attempt after a crash replaces what the first one had finished, and no event shows twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_llmobs.files import PRIVATE, make_private, move_whole, write_whole
from pytest_llmobs.storage.feedback.lines import Row, read_events, to_table, write_event
from pytest_llmobs.storage.feedback.parts import PartWriter
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.files.writer import sync
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.wording import count

_READ = 4 << 20
"""Bytes of lines that are converted at once."""
_GENTLE_READ = 1 << 16
_BREATH = 0.0002
"""Seconds in which other threads get the interpreter's lock."""


@dataclass
class _Attempt:
    """What became of one spool file."""

    rows: int = 0
    rejected: list[bytes] = field(default_factory=list)
    """Lines that could not be read."""

    def reject_line(self, line: bytes) -> None:
        self.rejected.append(line)

    def reject_row(self, row: Row) -> None:
        self.rejected.append(write_event(row))


def seal_feedback(
    segment: Segment, layout: Layout, *, warn: Callable[[str], Any], gently: bool = False
) -> int:
    """Turn a locked spool file into Parquet and delete it; return the number of events.

    Args:
        segment: The file, locked by the caller; it is closed afterwards.
        layout: Where the Parquet file goes.
        warn: Told once where lines had to be put aside.
        gently: Give way to the threads that do the application's work.

    Raises:
        OSError: The disk refuses; the spool file is still there.
        pyarrow.ArrowException: The same, from within Arrow.
    """
    make_private(layout.feedback)
    while True:
        size = segment.size
        attempt = _seal_once(segment, layout, gently)
        # A thread that was in the middle of its write when the file was retired may have added a line since.
        if segment.size == size:
            break
    if attempt.rejected:
        corrupt = layout.feedback_spool / f"{segment.stem}.corrupt"
        write_whole(corrupt, attempt.rejected, mode=PRIVATE)
        warn(
            f"{count(len(attempt.rejected), 'line')} of the feedback spool {segment.path.name!r} could not be read. "
            f"They are kept in {str(corrupt)!r}: look at them, then delete that file."
        )
    segment.discard()
    return attempt.rows


def _seal_once(segment: Segment, layout: Layout, gently: bool) -> _Attempt:
    attempt = _Attempt()
    writer = PartWriter(layout.feedback_spool / f"{segment.stem}.tmp")
    try:
        reader = segment.reader()
        size = _GENTLE_READ if gently else _READ
        while lines := reader.readlines(size):
            rows = read_events(lines, attempt.reject_line)
            writer.add(to_table(rows, attempt.reject_row))
            if gently:
                time.sleep(_BREATH)
        writer.finish()
        attempt.rows = writer.rows
        if writer.rows:
            move_whole(writer.path, part_of(segment.path, layout))
            sync([layout.feedback])
    finally:
        writer.clean()
    return attempt


def part_of(spool_file: Path, layout: Layout) -> Path:
    """Return the Parquet file that a spool file becomes."""
    return layout.feedback / f"{spool_file.stem}.parquet"
