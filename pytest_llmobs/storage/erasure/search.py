"""The bytes of every file, searched for what was to go: decompressed, decoded and with escapes undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.store import Store

RemainingKind = Literal["id", "payload", "unsearchable"]


@dataclass(frozen=True)
class Remaining:
    """Something that a file still holds, or may hold."""

    path: str
    """The file; of a remote store, its URI and the key."""
    form: str
    """How it was read: ``text`` (as it is), ``parquet``, ``gzip``, ``zstd`` or ``name`` (the file's own)."""
    what: RemainingKind
    """``id``: the text that was searched for; ``payload``: inputs, outputs or a text of an erased run, which somebody
    else may have written as well; ``unsearchable``: it can't be read, so nobody knows."""
    count: int
    """How often; values that hold it, in Parquet. 1 where it can't be read."""
    places: tuple[str, ...] = ()
    """Where: columns of a Parquet file; why, of what can't be read."""


def search(roots: Iterable[Path], needles: Needles) -> list[Remaining]:
    """Search every file below some folders, hidden and temporary ones too; return what was found, by path.

    Args:
        roots: Folders, or files; what doesn't exist is passed over. Links to folders are followed, each once.
        needles: What to search for.
    """
    raise NotImplementedError


def search_store(store: Store, needles: Needles) -> list[Remaining]:
    """Search all files of a store, wherever it lies.

    Raises:
        StoreError: A remote store can't be reached.
    """
    raise NotImplementedError
