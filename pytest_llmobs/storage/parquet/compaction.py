"""Many small Parquet files of one project -> one: what a long-lived process leaves by sealing every minute.

A merged file names in its metadata the files it replaces. So a crash before their deletion doubles nothing: readers
leave them out, and the next merge deletes them. The caller holds the store's lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import move_whole
from pytest_llmobs.storage.layout import SPOOL_SUFFIX, Layout
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.file import MERGED_MARK, SMALL, RunsFileWriter, sync
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.parquet.schema import NAMES

MANY = 64
"""So many small files of a project are merged."""


def compact(layout: Layout, *, many: int | None = None) -> int:
    """Merge the small files of each project that has ``many`` of them; return the number of files that are gone.

    Args:
        layout: The store's.
        many: At least 2; ``MANY`` where it is None.

    Raises:
        OSError: The disk refuses; nothing is lost.
    """
    for leftover in layout.spool.glob("merge-*.tmp"):
        leftover.unlink()
    if many is None:
        many = MANY
    deleted = 0
    for folder in sorted(layout.runs.glob("project=*")):
        deleted += _delete_replaced(folder)
        small_files = _small_files(layout, folder)
        if len(small_files) >= max(many, 2):
            deleted += _merge(layout, folder, small_files)
    return deleted


def _small_files(layout: Layout, folder: Path) -> list[Path]:
    paths: list[Path] = []
    for path in sorted(folder.glob("*.parquet")):
        # While its spool file is there, sealing may be about to write the same file again.
        being_sealed = (layout.spool / f"{path.stem}{SPOOL_SUFFIX}").exists()
        if not being_sealed and path.stat().st_size < SMALL:
            paths.append(path)
    return paths


def _merge(layout: Layout, folder: Path, paths: list[Path]) -> int:
    """Merge files, leaving out what is damaged or was written by a newer version: it is not ours to touch."""
    files = list(_readable(paths))
    while len(files) > 1:
        damaged = _try_to_merge(layout, folder, files)
        if damaged is None:
            return _delete_replaced(folder)
        files.remove(damaged)
    return 0


def _try_to_merge(layout: Layout, folder: Path, files: list[RunsFile]) -> RunsFile | None:
    """Merge files into a new one; return the first that turns out to be damaged, and then there is none."""
    token = os.urandom(3).hex()
    writer = RunsFileWriter(layout.spool / f"merge-{token}.tmp", _replaced_by(files))
    try:
        for file in files:
            try:
                table = file.read(NAMES)
            except VanishedError:
                raise
            except StoreError:
                return file
            if len(table) != file.metadata.num_rows:
                return file
            writer.add(table, table.nbytes)
        writer.finish()
        # Named after the oldest of them, so that files sorted by name stay in order of time.
        oldest = files[0].path.stem.split(MERGED_MARK)[0]
        move_whole(writer.path, folder / f"{oldest}{MERGED_MARK}{token}.parquet")
        sync([folder])
    finally:
        writer.clean()
    return None


def _replaced_by(files: list[RunsFile]) -> list[Path]:
    replaced: set[Path] = set()
    for file in files:
        replaced.add(file.path)
        # What a merged file replaced counts on: its spool files may come back after a power failure, and be sealed
        # again.
        replaced |= file.merged
    return sorted(replaced)


def _delete_replaced(folder: Path) -> int:
    replaced: set[Path] = set()
    for file in _readable(folder.glob(f"*{MERGED_MARK}*.parquet")):
        replaced |= file.merged
    deleted = 0
    for path in replaced:
        if path.exists():
            path.unlink()
            deleted += 1
    return deleted


def _readable(paths: Iterable[Path]) -> Iterator[RunsFile]:
    """Open files, leaving out what is damaged or was written by a newer version: it is not ours to touch."""
    for path in paths:
        with suppress(StoreError):
            yield RunsFile.open(path)
