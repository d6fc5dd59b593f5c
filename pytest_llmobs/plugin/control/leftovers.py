"""The folder of a further session: it goes with it, and what a killed one has left goes with the next session."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pytest_llmobs.files import make_private, open_private, parse_json
from pytest_llmobs.plugin.state import LOOKS
from pytest_llmobs.storage import locks

PREFIX = "llmobs-look-"
"""Begins the name of each such folder: nothing else is ever removed."""
WORKTREE = "worktree-"
"""Begins the name of a worktree in it; git knows one by its folder's name."""
_MOST = 1 << 16
"""Bytes of a marker."""


@contextmanager
def temporary_folder(store: Path) -> Iterator[Path]:
    """Have a private folder inside the ``with`` block, and mark it in the store for as long as this process lives.

    Args:
        store: The store's root.

    Raises:
        OSError: The disk refuses.
    """
    folder = Path(tempfile.gettempdir(), f"{PREFIX}{uuid.uuid4().hex[:12]}").resolve()
    markers = _markers(store)
    make_private(markers)
    marker = markers / f"{folder.name}.json"
    descriptor = open_private(marker, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    locks.hold(descriptor)
    try:
        with suppress(OSError):  # a disk without locks: what is left there stays
            locks.claim(descriptor)
        os.pwrite(descriptor, json.dumps({"folder": str(folder)}).encode(), 0)
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        marker.unlink(missing_ok=True)
        locks.let_go(descriptor)
        with suppress(OSError):  # another session's is in it
            markers.rmdir()


def remove_leftovers(store: Path, rootdir: Path) -> None:
    """Remove what killed sessions have left: their folders, and what git knows of worktrees in them.

    Args:
        store: The store's root.
        rootdir: Lies in the repository.
    """
    for marker in sorted(_markers(store).glob("*.json")):
        with suppress(
            OSError
        ):  # it has ended meanwhile, is not ours, or nobody knows whether its process lives
            _remove(marker, rootdir)
    with suppress(OSError):
        _markers(store).rmdir()


def _remove(marker: Path, rootdir: Path) -> None:
    descriptor = os.open(marker, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not locks.claim(descriptor):
            return
        folder = _folder(os.pread(descriptor, _MOST, 0))
        if folder is not None:
            _remove_folder(folder, rootdir)
        marker.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _folder(content: bytes) -> Path | None:
    """Return the folder that a marker names, or None for one that is damaged."""
    try:
        folder = Path(parse_json(content)["folder"])
    except (ValueError, TypeError, KeyError):
        return None
    return folder if folder.name.startswith(PREFIX) else None


def _remove_folder(folder: Path, rootdir: Path) -> None:
    from pytest_llmobs.plugin.control.worktree import registered_below, remove_worktree

    for place in registered_below(rootdir, folder):
        remove_worktree(rootdir, place)
    shutil.rmtree(folder, ignore_errors=True)


def _markers(store: Path) -> Path:
    return store / LOOKS
