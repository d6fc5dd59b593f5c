"""The bytes of every file, searched for what was to go: decompressed, decoded and with escapes undone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pytest_llmobs.errors import StoreError
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
    remaining: list[Remaining] = []
    for path in files_below(roots):
        remaining += search_file(path, needles)
    return remaining


def search_store(store: Store, needles: Needles) -> list[Remaining]:
    """Search all files of a store, wherever it lies.

    Raises:
        StoreError: A remote store can't be reached.
    """
    if store.is_local:
        return search([store.root], needles)
    from pytest_llmobs.storage.remote.store import RemoteStore

    assert isinstance(store, RemoteStore)
    remaining: list[Remaining] = []
    for entry in store.remote.entries(""):
        shown = f"{store.remote.shown}/{entry.key}"
        fetched = store.layout.spool / f"searched-{os.getpid()}{Path(entry.key).suffix}"
        try:
            fetched.write_bytes(store.remote.read(entry.key))
        except StoreError as error:
            remaining.append(Remaining(shown, "text", "unsearchable", 1, (str(error),)))
            continue
        remaining += _named(shown, Path(entry.key), needles)
        remaining += [replace(each, path=shown) for each in _in_content(fetched, needles)]
        fetched.unlink()
    return remaining


def files_below(roots: Iterable[Path]) -> Iterator[Path]:
    """Yield the files below some folders, and those of them that are files; each once, sorted within its folder."""
    seen: set[tuple[int, int]] = set()
    for root in roots:
        if root.is_file():
            yield root
            continue
        for folder, folders, names in os.walk(root, followlinks=True):
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in seen:
                folders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            folders.sort()
            for name in sorted(names):
                yield Path(folder, name)


def search_file(path: Path, needles: Needles) -> list[Remaining]:
    """Search one file, its name included; what is gone holds nothing."""
    return [*_named(str(path), path, needles), *_in_content(path, needles)]


def _named(shown: str, path: Path, needles: Needles) -> Iterator[Remaining]:
    # Folders of projects are named, too, after what somebody has chosen.
    count = needles.count(f"{path.parent.name}/{path.name}".encode("utf-8", "surrogateescape"))
    if count:
        yield Remaining(shown, "name", "id", count)


def _in_content(path: Path, needles: Needles) -> list[Remaining]:
    from pytest_llmobs.storage.erasure.searching.files import searched

    hits = searched(path, needles)
    remaining: list[Remaining] = []
    for what in ("id", "payload"):
        count = hits.counts.get(what, 0)
        if count:
            remaining.append(Remaining(str(path), hits.form, what, count, tuple(sorted(hits.places[what]))))
    if hits.problem:
        remaining.append(Remaining(str(path), hits.form, "unsearchable", 1, (hits.problem,)))
    return remaining
