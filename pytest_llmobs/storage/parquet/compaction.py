"""The small Parquet files of each project, merged (see ``merging``)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.file import RunsFileWriter
from pytest_llmobs.storage.parquet.files.merging import FolderMerging, delete_leftovers
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.parquet.schema import NAMES

MANY = 64
"""So many small files of a project are merged."""


class _ProjectMerging(FolderMerging[RunsFile]):
    def open(self, path: Path) -> RunsFile:
        return RunsFile.open(path)

    def read(self, file: RunsFile) -> pa.Table:
        table = file.read(NAMES)
        if len(table) != file.rows:
            raise StoreError(f"{str(file.path)!r} has {len(table):,} of {file.rows:,} runs.")
        return table

    def writer(self, path: Path, replaces: Iterable[Path]) -> RunsFileWriter:
        return RunsFileWriter(path, replaces)


def compact(layout: Layout, *, many: int | None = None) -> int:
    """Merge the small files of each project that has ``many`` of them; return the number of files that are gone.

    Args:
        layout: The store's.
        many: At least 2; ``MANY`` where it is None.

    Raises:
        OSError: The disk refuses; nothing is lost.
    """
    delete_leftovers(layout.spool)
    if many is None:
        many = MANY
    deleted = 0
    for folder in sorted(layout.runs.glob("project=*")):
        deleted += _ProjectMerging(folder, layout.spool).merge(many)
    return deleted
