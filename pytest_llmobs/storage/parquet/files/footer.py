"""What the footer of a Parquet file of the store promises, held against what the file can keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.parquet.schema import VERSION_KEY

MERGED_KEY = b"llmobs.merged"
"""In a merged file's metadata: the names of the files it replaces, as JSON."""
_MOST_BYTES = 1 << 30
"""Of a row group, not compressed; those that are written have a few million."""


@dataclass(frozen=True)
class FileKind:
    """What sets the files of runs and those of feedback apart."""

    row: str
    """What messages call a row."""
    version: int
    """The newest schema that can be read."""
    needed: Sequence[str]
    """Columns that every file has."""


def check_footer(footer: pq.FileMetaData, path: Path, size: int, kind: FileKind) -> frozenset[Path]:
    """Return the files that a merged one replaces; none where it is no merged one.

    Args:
        footer: The file's.
        path: Where it lies.
        size: Its bytes.
        kind: What its rows are.

    Raises:
        StoreError: It is of a newer schema.
        ValueError: It claims more than its size allows, or lacks what every file has.
    """
    metadata = footer.metadata or {}
    version = int(metadata.get(VERSION_KEY, b"0"))
    if version > kind.version:
        raise StoreError(
            f"{str(path)!r} was written by a newer version (schema {version}, this one reads up to {kind.version}). "
            "Upgrade pytest-llmobs."
        )
    _check_claims(footer, size, kind)
    return frozenset(map(path.with_name, _names(metadata.get(MERGED_KEY, b"[]"))))


def _check_claims(footer: pq.FileMetaData, size: int, kind: FileKind) -> None:
    """Make sure that a file holds no more than its size allows: a few hundred bytes may claim gigabytes.

    Every row has an id, which takes more than a byte, compressed as it may be.
    """
    if footer.num_rows > size:
        raise ValueError(f"it claims {footer.num_rows:,} {kind.row}s in {size:,} bytes")
    for group in range(footer.num_row_groups):
        claimed = footer.row_group(group).total_byte_size
        if not 0 <= claimed <= _MOST_BYTES:
            raise ValueError(f"its row group {group} claims {claimed:,} bytes")
    names = set(footer.schema.names)
    lacking = [name for name in kind.needed if name not in names]
    if lacking:
        raise ValueError(f"it lacks the columns {', '.join(lacking)}")


def _names(text: bytes) -> Sequence[str]:
    names = parse_json(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("the names of the files that it replaces are no list")
    return names
