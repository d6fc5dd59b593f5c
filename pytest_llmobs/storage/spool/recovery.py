"""The spool files that dead processes have left, sealed one by one: those of runs, and those of feedback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import spool_files
from pytest_llmobs.storage.spool.segment import Segment


def recover(
    folder: Path, seal: Callable[[Segment], int], tell: Callable[[Path, Exception], Any]
) -> dict[str, int]:
    """Seal what dead processes have left; return the number of records of each file that was sealed.

    Args:
        folder: The spool.
        seal: Turns a locked file into Parquet and deletes it; returns the number of records.
        tell: Takes what can't be recovered, and why; it stays, to be tried again.
    """
    # Looked at first without the lock: where nothing was left, nothing is imported or made.
    recovered: dict[str, int] = {}
    if not spool_files(folder):
        return recovered
    try:
        with locks.exclusive(folder / ".lock"):
            for path in spool_files(folder):
                try:
                    records = recover_file(path, seal)
                except Exception as error:
                    tell(path, error)
                    continue
                if records:
                    recovered[path.name] = records
    except OSError as error:
        tell(folder, error)
    return recovered


def recover_file(path: Path, seal: Callable[[Segment], int]) -> int:
    """Seal one file unless its writer lives, or it is gone; return the number of its records.

    Raises:
        Exception: Whatever keeps it from being sealed; the file is still there.
    """
    segment = Segment.claim(path)
    if segment is None:
        return 0
    try:
        if segment.size > 0:
            return seal(segment)
        segment.discard()
        return 0
    finally:
        segment.close()
