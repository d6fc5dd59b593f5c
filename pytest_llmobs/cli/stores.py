"""Finding and opening the store that a command is about."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.cli.console import Console
from pytest_llmobs.errors import StoreError
from pytest_llmobs.settings import STORE_FOLDER
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import count

_URI = "://"


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
        "`pytest --llm-experiment` makes one; --store PATH names one elsewhere."
    )


def open_store(path: str | None, console: Console) -> Store:
    """Open a store to read it: a local one, or what sessions have uploaded.

    Args:
        path: As the user gave it, also a URI; or None to look for it from the current folder upwards.
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
        path: As the user gave it, or None to look for it from the current folder upwards.
        console: Gets the notes.

    Raises:
        StoreError: There is none, or ``path`` is a URI.
    """
    store = Store(local_root(path), warn=console.note)
    recovered = store.seal()  # what a crashed session left should be found, too
    if recovered and not store.ended_early:  # of those it was said
        console.note(f"recovered {count(recovered, 'run')} of an interrupted session")
    return store


def local_root(path: str | None) -> Path:
    """Return the folder of a store on this machine.

    Args:
        path: As the user gave it, or None to look for it from the current folder upwards.

    Raises:
        StoreError: There is none, or ``path`` is a URI.
    """
    if path is not None and _URI in path:
        raise StoreError(
            f"{path!r} is no folder of this machine. Name the local store: this command needs the one where "
            "sessions run."
        )
    if path is not None and not Path(path).is_dir():
        raise StoreError(
            f"There is no store at {path!r}. `pytest --llm-experiment` makes one in its rootdir."
        )
    if path is None:
        return find_store(Path.cwd())
    return Path(path)
