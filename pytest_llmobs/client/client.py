"""The client itself: one group of methods a file, joined here."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.client.datasets import DatasetMethods
from pytest_llmobs.client.prompts import PromptMethods
from pytest_llmobs.workspace import Workspace


class Client(DatasetMethods, PromptMethods):
    """What LangSmith's ``Client`` does, on the files of a folder."""

    def __init__(self, *, store: Path | str | None = None, workspace: Workspace | None = None) -> None:
        """Name the workspace (see ``ClientBase``)."""
        super().__init__(store=store, workspace=workspace)
