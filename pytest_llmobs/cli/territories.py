"""Finding the folders that an erasure, or the export of a person's data, is about."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_store
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.settings import Settings
from pytest_llmobs.workspace import Workspace


def open_territory(store: str | None, console: Console) -> tuple[Territory, Settings]:
    """Open a store with the committed folders beside it, and return both with the settings of the tests there.

    Args:
        store: As the user gave it, also a URI; None for the one that ``LLMOBS_STORE`` names, else the nearest.
        console: Gets the notes.

    Raises:
        StoreError: There is none.
        SettingsError: The configuration can't be read.
    """
    opened = open_store(store, console)
    workspace = Workspace.find()
    # a store that is named may belong to another folder's tests
    if opened.is_local and opened.root.parent != workspace.rootdir and store is not None:
        workspace = Workspace.find(opened.root.parent)
    if opened.is_local:
        workspace = replace(workspace, store_folder=opened.root)
    return Territory.of(workspace, opened, workspace.open_catalog()), workspace.settings
