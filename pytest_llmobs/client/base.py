"""What every group of the client's methods stands on: the workspace and its store."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.workspace import Workspace

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store


class ClientBase:
    """A client of one workspace. Making one costs nothing: no folder is made, and Arrow isn't imported."""

    def __init__(self, *, store: Path | str | None = None, workspace: Workspace | None = None) -> None:
        """Name the workspace.

        Args:
            store: The store's folder; that of the workspace by default.
            workspace: Where the datasets, the prompts and the settings lie; the current folder's by default.

        Raises:
            SettingsError: The configuration of the current folder can't be read.
        """
        found = workspace or Workspace.find()
        if store is not None:
            found = replace(found, store_folder=Path(store).expanduser().absolute())
        self.workspace = found

    @cached_property
    def store(self) -> Store:
        """The store that is read and written."""
        return self.workspace.open_store()
