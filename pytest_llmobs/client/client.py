"""The client itself: one group of methods a file, joined here."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pytest_llmobs.client.datasets import DatasetMethods
from pytest_llmobs.client.evaluation import EvaluationMethods
from pytest_llmobs.client.experiments import ExperimentMethods
from pytest_llmobs.client.feedback import FeedbackMethods
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.projects import ProjectMethods
from pytest_llmobs.client.prompts import PromptMethods
from pytest_llmobs.client.queues import QueueMethods
from pytest_llmobs.client.refused import REFUSED, Refusal
from pytest_llmobs.client.runs import RunMethods
from pytest_llmobs.wording import nearest
from pytest_llmobs.workspace import Workspace


class Client(
    EvaluationMethods,
    RunMethods,
    ExperimentMethods,
    ProjectMethods,
    FeedbackMethods,
    DatasetMethods,
    PromptMethods,
    QueueMethods,
):
    """What LangSmith's ``Client`` does, on the files of a folder."""

    def __init__(
        self,
        api_url: str | None = None,
        *,
        store: Path | str | None = None,
        workspace: Workspace | None = None,
        **others: Any,
    ) -> None:
        """Name the folder that is worked in. Nothing is opened, made or asked.

        Args:
            api_url: No service is asked: it has no effect.
            store: The store's folder; by default the one that ``LLMOBS_STORE`` names, else ``.llmobs`` at pytest's
                rootdir.
            workspace: Where datasets, prompts and settings lie; the current folder's by default.
            **others: LangSmith's other arguments; ``client/parameters.py`` says what each means here.

        Raises:
            SettingsError: The configuration of the current folder can't be read, or ``LLMOBS_STORE`` is a URI.
            NotSupported: An argument can't be left out of account, such as ``anonymizer``.
            ArgumentError: An argument is unknown.
        """
        accept(Client.__init__, others)
        super().__init__(store=store, workspace=workspace)

    def __repr__(self) -> str:
        return f"Client(store={str(self.workspace.store_folder)!r})"

    def __getattr__(self, name: str) -> Refusal:
        """Stand in for what only a service can do.

        Raises:
            AttributeError: Nobody knows the name.
        """
        if name in REFUSED:
            return Refusal(name)
        choices = [known for known in dir(type(self)) if not known.startswith("_")]
        raise AttributeError(f"Client has no {name!r}.{nearest(name, choices)}")

    # Ending

    def flush(self, timeout: float | None = None) -> None:
        """Seal what was traced so far into Parquet; it could be read before, too.

        Args:
            timeout: Nothing is waited for.
        """
        from pytest_llmobs.production import flush

        flush()

    def close(self, timeout: float | None = None) -> None:
        """Do what ``flush`` does; the client can be used on."""
        self.flush()

    def cleanup(self, timeout: float | None = None) -> None:
        """Do what ``flush`` does."""
        self.flush()

    def flush_compressed_traces(self, attempts: int = 3, timeout: float | None = None) -> None:
        """Do what ``flush`` does."""
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
