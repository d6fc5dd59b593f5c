"""Many small Parquet files of feedback -> one: what long-lived processes leave by sealing every minute.

A merged file names in its metadata the files that it replaces. So a crash before their deletion doubles nothing:
readers leave them out, and the next merge deletes them. The caller holds the lock of the feedback's spool.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import move_whole
from pytest_llmobs.storage.feedback.parts import Part, PartWriter
from pytest_llmobs.storage.feedback.schema import FEEDBACK_NAMES
from pytest_llmobs.storage.layout import SPOOL_SUFFIX, Layout
from pytest_llmobs.storage.parquet.file import MERGED_MARK, sync

SMALL = 4 << 20
"""Bytes; larger files stay as they are."""
MANY = 32
"""So many small files are merged."""


def merge_parts(layout: Layout, *, many: int = MANY) -> int:
    """Merge the small files where there are ``many`` of them; return the number of files that are gone.

    Raises:
        OSError: The disk refuses; nothing is lost.
    """
    for leftover in layout.feedback_spool.glob("merge-*.tmp"):
        leftover.unlink()
    deleted = _delete_replaced(layout)
    paths = _small_files(layout)
    if len(paths) < max(many, 2):
        return deleted
    _merge(layout, paths)
    return deleted + _delete_replaced(layout)


def _small_files(layout: Layout) -> list[Path]:
    paths: list[Path] = []
    for path in sorted(layout.feedback.glob("*.parquet")):
        # While its spool file is there, sealing may be about to write the same file again.
        is_being_sealed = (layout.feedback_spool / f"{path.stem}{SPOOL_SUFFIX}").exists()
        if not is_being_sealed and path.stat().st_size < SMALL:
            paths.append(path)
    return paths


def _merge(layout: Layout, paths: list[Path]) -> None:
    """Merge files, leaving out what is damaged or was written by a newer version: it is not ours to touch."""
    parts = _readable(paths)
    whole = []
    for part in parts:
        with suppress(StoreError):
            whole.append((part, part.read(FEEDBACK_NAMES)))
    if len(whole) < 2:
        return
    replaced: set[Path] = set()
    for part, _ in whole:
        replaced.add(part.path)
        # Spool files may come back after a power failure, and be sealed again.
        replaced |= {layout.feedback / name for name in part.merged}
    token = os.urandom(3).hex()
    writer = PartWriter(layout.feedback_spool / f"merge-{token}.tmp", sorted(replaced))
    try:
        for _, table in whole:
            writer.add(table)
        writer.finish()
        oldest = whole[0][0].path.stem.split(MERGED_MARK)[0]
        move_whole(writer.path, layout.feedback / f"{oldest}{MERGED_MARK}{token}.parquet")
        sync([layout.feedback])
    finally:
        writer.clean()


def _delete_replaced(layout: Layout) -> int:
    deleted = 0
    for part in _readable(sorted(layout.feedback.glob(f"*{MERGED_MARK}*.parquet"))):
        for name in part.merged:
            path = layout.feedback / name
            if path.exists():
                path.unlink()
                deleted += 1
    return deleted


def _readable(paths: list[Path]) -> list[Part]:
    parts: list[Part] = []
    for path in paths:
        with suppress(StoreError):
            parts.append(Part.open(path))
    return parts
