"""The small Parquet files of feedback, merged (see ``parquet.merging``)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from pytest_llmobs.storage.feedback.parts import Part, PartWriter
from pytest_llmobs.storage.feedback.schema import FEEDBACK_NAMES
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.files.merging import FolderMerging, delete_leftovers

MANY = 32
"""So many small files are merged."""


class _PartMerging(FolderMerging[Part]):
    def open(self, path: Path) -> Part:
        return Part.open(path)

    def read(self, file: Part) -> pa.Table:
        return file.read(FEEDBACK_NAMES)

    def writer(self, path: Path, replaces: Iterable[Path]) -> PartWriter:
        return PartWriter(path, replaces)


def merge_parts(layout: Layout, *, many: int = MANY) -> int:
    """Merge the small files where there are ``many`` of them; return the number of files that are gone.

    Args:
        layout: The store's.
        many: At least 2.

    Raises:
        OSError: The disk refuses; nothing is lost.
    """
    delete_leftovers(layout.feedback_spool)
    return _PartMerging(layout.feedback, layout.feedback_spool).merge(many)
