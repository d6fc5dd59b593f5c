"""What every group of the client's methods stands on: the workspace and its store."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.settings import words
from pytest_llmobs.workspace import Workspace

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store
    from pytest_llmobs.tracing.redaction.pipeline import Redaction


class ClientWarning(UserWarning):
    """Something that the client was told and leaves out of account."""


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

    @cached_property
    def redaction(self) -> Redaction:
        """What takes sensitive parts out of what is written: what tests and what apps state, both.

        Raises:
            SettingsError: ``llm_redact`` or ``LLMOBS_REDACT`` names what nobody offers.
        """
        from pytest_llmobs.extensions import Extensions, standalone_manager
        from pytest_llmobs.tracing.environment import REDACT
        from pytest_llmobs.tracing.redaction.pipeline import Redaction
        from pytest_llmobs.tracing.redaction.redactors import choose_redactors

        names = dict.fromkeys([*self.workspace.settings.redact, *words(os.environ.get(REDACT, ""))])
        redactors = Extensions(standalone_manager()).redactors
        return Redaction(choose_redactors(list(names), redactors, f"llm_redact or {REDACT}"))
