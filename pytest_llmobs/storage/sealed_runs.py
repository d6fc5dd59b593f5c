"""The runs of a few sealed files, asked for as those of their whole store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.layout import project_of
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.run_queries import RunQueries

if TYPE_CHECKING:
    from pytest_llmobs.storage.feedback.log import FeedbackLog
    from pytest_llmobs.storage.parquet.parts import Source


class SealedRuns(RunQueries):
    """What was sealed just now; feedback and all else is that of the store."""

    def __init__(self, store: RunQueries, files: Sequence[Path]) -> None:
        """Read nothing yet.

        Args:
            store: Where the files lie, on this machine.
            files: Parquet files of runs. One that was merged into another meanwhile is left out.
        """
        self._store, self._files = store, files

    @property
    def place(self) -> str:
        """Where the store lies, for messages."""
        return self._store.place

    @property
    def is_local(self) -> bool:
        """True where the store lies on this machine."""
        return self._store.is_local

    @property
    def feedback(self) -> FeedbackLog:
        """The store's feedback."""
        return self._store.feedback

    def projects(self) -> list[str]:
        """Return the names of the projects of the files, sorted."""
        return sorted({project_of(file.parent) for file in self._files})

    def experiment_names(self) -> list[str]:
        """Return the names of the store's experiments, sorted."""
        return self._store.experiment_names()

    def leave_out(self, path: Path, error: StoreError) -> None:
        """Tell the user, once, that a file is left out of what is read."""
        self._store.leave_out(path, error)

    def _sources(
        self, projects: Sequence[str] | None, mentioned: bytes = b"", for_conditions: bool = False
    ) -> Sequence[Source]:
        sources: list[Source] = []
        for path in self._files:
            if projects is not None and project_of(path.parent) not in projects:
                continue
            try:
                # held open, it can be read although another process merges it away
                file = RunsFile.open(path, leave_out=self.leave_out, for_conditions=for_conditions)
                sources.append(file.pinned())
            except VanishedError:
                continue
        return sources

    def _lasting_sources(
        self, projects: Sequence[str] | None, for_conditions: bool = False
    ) -> Sequence[Source] | None:
        return self._sources(projects, for_conditions=for_conditions)
