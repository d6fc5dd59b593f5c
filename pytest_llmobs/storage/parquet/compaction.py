"""Many small Parquet files of one project -> one: what a long-lived process leaves by sealing every minute.

A merged file names in its metadata the files it replaces. So a crash before their deletion doubles nothing: readers
leave them out, and the next merge deletes them. The caller holds the store's lock.
"""

from __future__ import annotations

import os
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.file import MERGED_MARK, ParquetRuns, RunsWriter, sync
from pytest_llmobs.storage.parquet.schema import NAMES
from pytest_llmobs.storage.spool.segment import SUFFIX

SMALL = 4 << 20
"""Bytes; larger files stay as they are."""
MANY = 64
"""So many small files of a project are merged."""


def merge(layout: Layout, *, many: int | None = None) -> int:
    """Merge the small files of each project that has ``many`` of them; return the number of files that are gone.

    Args:
        layout: The store's.
        many: At least 2; ``MANY`` where it is None.

    Raises:
        OSError: The disk refuses; nothing is lost.
    """
    for leftover in layout.spool.glob("merge-*.tmp"):
        leftover.unlink()
    gone = 0
    for folder in sorted(layout.runs.glob("project=*")):
        gone += _delete_replaced(folder)
        small = _small_files(layout, folder)
        if len(small) >= max(MANY if many is None else many, 2):
            gone += _merge(layout, folder, small)
    return gone


def _small_files(layout: Layout, folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.glob("*.parquet")):
        # While its spool file is there, sealing may be about to write the same file again.
        sealing = (layout.spool / f"{path.stem}{SUFFIX}").exists()
        if not sealing and path.stat().st_size < SMALL:
            found.append(path)
    return found


def _merge(layout: Layout, folder: Path, small: list[Path]) -> int:
    token = os.urandom(3).hex()
    files = [file for path in small if (file := _opened(path)) is not None]
    # What a merged file replaced counts on: its spool files may come back after a power failure, and be sealed again.
    replaces = {file.path for file in files}.union(*(file.merged for file in files))
    writer = RunsWriter(layout.spool / f"merge-{token}.tmp", sorted(replaces))
    try:
        expected = 0
        for file in files:
            table = file.read(NAMES, None)
            expected += file.fragment.metadata.num_rows
            writer.add(table, table.nbytes)
        writer.finish()
        if writer.rows != expected:
            raise StoreError(f"Merging {str(folder)!r} read {writer.rows} of {expected} runs.")
        writer.path.rename(folder / f"{small[0].stem.split(MERGED_MARK)[0]}{MERGED_MARK}{token}.parquet")
        sync([folder])
    finally:
        writer.clean()
    return _delete_replaced(folder)


def _delete_replaced(folder: Path) -> int:
    replaced: set[Path] = set()
    for path in folder.glob(f"*{MERGED_MARK}*.parquet"):
        file = _opened(path)
        replaced |= file.merged if file is not None else frozenset()
    present = [path for path in replaced if path.exists()]
    for path in present:
        path.unlink()
    return len(present)


def _opened(path: Path) -> ParquetRuns | None:
    try:
        return ParquetRuns.open(path)
    except StoreError:
        # Damaged, or written by a newer version: not ours to touch.
        return None
