"""Finding and opening the store that a command is about."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import StoreError
from pytest_llmobs.settings import STORE_FOLDER, store_folder
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count

_URI = "://"
_MAKERS = "`pytest --llm-experiment` makes one, and so do `llmobs eval` and an app that runs with LLMOBS_TRACING=true"
_FOLDERS = ("runs", "spool", "experiments", "feedback", "queues")
"""Every store has one of them, unless it is empty."""


def find_store(start: Path) -> Path:
    """Return the store of ``start`` or of the nearest folder above it that has one.

    Raises:
        StoreError: There is none.
    """
    for folder in (start, *start.parents):
        if (folder / STORE_FOLDER).is_dir():
            return folder / STORE_FOLDER
    raise StoreError(
        f"There is no store {STORE_FOLDER!r} in {str(start)!r} nor in a folder above it. "
        f"{_MAKERS}. --store PATH or LLMOBS_STORE names one elsewhere."
    )


def open_store(path: str | None, console: Console) -> Store:
    """Open a store to read it: a local one, or what sessions have uploaded.

    Args:
        path: As the user gave it, also a URI; or None, see ``local_root``.
        console: Gets the notes.

    Raises:
        StoreError: There is none.
    """
    if path is not None and _URI in path:
        from pytest_llmobs.storage.remote.store import RemoteStore

        return RemoteStore(path, warn=console.note)
    return open_local_store(path, console)


def open_local_store(path: str | None, console: Console) -> Store:
    """Open a store on this machine and recover what crashed sessions have left in it, with one line that says so.

    Args:
        path: As the user gave it, or None, see ``local_root``.
        console: Gets the notes.

    Raises:
        StoreError: There is none, or ``path`` is a URI.
    """
    store = Store(local_root(path), warn=console.note)
    recovered = store.seal()  # what a crashed session left should be found, too
    if recovered and not store.ended_early:  # of those it was said
        console.note(f"recovered {count(recovered, 'run')} of an interrupted session")
    return store


def local_root(path: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of a store on this machine.

    Args:
        path: As the user gave it; None for the one that ``LLMOBS_STORE`` names, else the nearest from the current
            folder upwards.
        environ: The process's environment variables.

    Raises:
        StoreError: There is none, or ``path`` is a URI.
        SettingsError: ``LLMOBS_STORE`` is a URI.
    """
    if path is not None and _URI in path:
        raise StoreError(
            f"{path!r} is no folder of this machine. Name the local store: this command needs the one where "
            "sessions run."
        )
    if path is not None:
        return _store_at(Path(path), "")
    if environ.get("LLMOBS_STORE", "").strip():
        return _store_at(store_folder(environ), ", which LLMOBS_STORE names")
    return find_store(Path.cwd())


def _store_at(folder: Path, named: str) -> Path:
    """Return a folder that is a store.

    Raises:
        StoreError: It isn't.
    """
    if not folder.is_dir():
        raise StoreError(f"There is no store at {str(folder)!r}{named}. {_MAKERS}.")
    if (folder / STORE_FOLDER).is_dir() and not _is_store(folder):
        within = str(folder / STORE_FOLDER)
        raise StoreError(f"{str(folder)!r}{named} is no store. Did you mean {within!r}?")
    if not _is_store(folder):
        raise StoreError(f"{str(folder)!r}{named} is no store: it has none of {', '.join(_FOLDERS)}.")
    return folder


def _is_store(folder: Path) -> bool:
    """Tell whether a folder is a store, or an empty one that may become one."""
    if folder.name == STORE_FOLDER or any((folder / name).is_dir() for name in _FOLDERS):
        return True
    return not any(folder.iterdir())
