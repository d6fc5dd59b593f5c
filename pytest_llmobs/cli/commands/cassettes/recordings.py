"""What the actions share: the folder of cassettes, and which of them are used."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from pytest_llmobs.cli.stores import local_root
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.housekeeping.uses import Uses, read_uses
from pytest_llmobs.workspace import Workspace


def open_cassettes(arguments: argparse.Namespace) -> CassetteFolder:
    """Return the folder of cassettes: the one that is named, else the workspace's.

    Raises:
        NotFoundError: There is none.
        SettingsError: pytest's configuration can't be read.
    """
    path = Workspace.find().cassette_folder if arguments.dir is None else Path(arguments.dir)
    if not path.is_dir():
        raise NotFoundError(
            f"There is no folder of cassettes {str(path)!r}. `pytest --llm-cassettes=reuse` records model replies "
            "there; --dir PATH or the key llm_cassette_dir names another folder."
        )
    return CassetteFolder(path)


def uses_here(arguments: argparse.Namespace) -> list[Uses]:
    """Return what was used of the cassettes on this machine; nothing where there is no store.

    Raises:
        StoreError: The store that was named isn't there, or a list can't be read.
    """
    try:
        root = local_root(arguments.store)
    except StoreError:
        if arguments.store is not None:
            raise
        return []
    return read_uses(root)


def used_requests(uses: Iterable[Uses]) -> set[str]:
    """Return the requests that any of them used."""
    used: set[str] = set()
    for each in uses:
        used |= each.requests
    return used
