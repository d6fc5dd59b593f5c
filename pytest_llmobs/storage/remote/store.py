"""A store that is read where it lies, beyond this machine: runs in place, experiments fetched as they are asked for."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, make_private, write_whole
from pytest_llmobs.storage import experiment_files, notices
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.layout import escape, experiment_of, project_of
from pytest_llmobs.storage.remote.filesystem import Entry, RemoteFiles
from pytest_llmobs.storage.spool.rotation import Rotation
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store

if TYPE_CHECKING:
    from pytest_llmobs.storage.parquet.parts import Source
    from pytest_llmobs.storage.parquet.runs_file import RunsFile

_AT_ONCE = 16
"""Documents fetched side by side."""


class RemoteStore(Store):
    """Reads what sessions have uploaded; nothing is written."""

    def __init__(self, uri: str, *, warn: Callable[[str], Any] = notices.warn) -> None:
        """Name the store.

        Args:
            uri: Where it lies.
            warn: Takes the message where something can't be read; must not raise.

        Raises:
            StoreError: The URI makes no sense.
        """
        folder = tempfile.mkdtemp(prefix="llmobs-")
        self._fetched = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        super().__init__(folder, warn=warn)
        self.remote = RemoteFiles(uri)
        self.layout.create()

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return self.remote.shown

    @property
    def is_local(self) -> bool:
        """False: what is written below its root is gone with the process."""
        return False

    def seal(self) -> int:
        """Do nothing: spools are local."""
        return 0

    @cached_property
    def feedback(self) -> FeedbackLog:
        """What was said of runs after the fact, fetched as it is at the first use; nothing is written."""
        make_private(self.layout.feedback)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._fetch, [entry.key for entry in self.remote.entries("feedback", ".parquet")]))
        return FeedbackLog(self.layout, self._notices, refuse=self._read_only)

    def spool(self, session: str | None = None, *, rotation: Rotation | None = None) -> Spool:
        """Refuse.

        Raises:
            StoreError: Always.
        """
        raise self._read_only()

    def write_experiment(self, name: str, document: Mapping[str, Any]) -> Path:
        """Refuse.

        Raises:
            StoreError: Always.
        """
        raise self._read_only()

    def projects(self) -> list[str]:
        """Return the names of the projects that have runs, sorted."""
        folders = {PurePath(entry.key).parent for entry in self._parquet(None)}
        return sorted(map(project_of, folders))

    def experiment_names(self) -> list[str]:
        """Return the names of all experiments, sorted."""
        return sorted(map(experiment_of, self._experiment_keys()))

    def read_experiment(self, name: str) -> dict[str, Any]:
        """Return an experiment's document.

        Raises:
            StoreError: It doesn't exist, is unreadable, or of a newer schema.
        """
        path = self.layout.experiment(name)
        # It may have been fetched to be listed.
        if not path.exists():
            names = self.experiment_names()
            if name not in names:
                raise experiment_files.unknown(name, names)
            self._fetch(f"experiments/{escape(name)}.json")
        return experiment_files.read(path, where=self.shown(path))

    def shown(self, path: Path) -> str:
        """Return what messages call a file of the store."""
        if path.is_relative_to(self.root):
            return f"{self.place}/{path.relative_to(self.root).as_posix()}"
        return str(path)

    def copy_runs(self, project: str, folder: Path) -> None:
        """Fetch the Parquet files of a project into another store's folder."""
        self._bring(self._parquet([project]), folder)

    def copy_media(self, folder: Path) -> None:
        """Fetch the images and documents into another store's folder."""
        self._bring(self.remote.entries("media"), folder)

    def _bring(self, entries: Iterable[Entry], folder: Path) -> None:
        for entry in entries:
            make_private(folder)
            target = folder / Path(entry.key).name
            if not target.exists():
                write_whole(target, self.remote.read(entry.key), mode=PRIVATE)

    def _experiment_files(self) -> list[Path]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._fetch, self._experiment_keys()))

    def _experiment_keys(self) -> list[str]:
        return [entry.key for entry in self.remote.entries("experiments", ".json")]

    def _fetch(self, key: str) -> Path:
        path = self.root / key
        # A copy for as long as this object lives: it need not survive a power cut.
        write_whole(path, self.remote.read(key), mode=PRIVATE, durable=False)
        return path

    def _sources(
        self, projects: Sequence[str] | None, mentioned: bytes = b"", for_conditions: bool = False
    ) -> Sequence[Source]:

        files: list[RunsFile] = []
        for entry in self._parquet(projects):
            file = self._open_file(entry, for_conditions)
            if file is not None:
                files.append(file)
        replaced: set[Path] = set()
        for file in files:
            replaced |= file.merged
        return [file for file in files if file.path not in replaced]

    def _lasting_sources(
        self, projects: Sequence[str] | None, for_conditions: bool = False
    ) -> Sequence[Source] | None:
        return self._sources(projects, for_conditions=for_conditions)

    def _open_file(self, entry: Entry, for_conditions: bool) -> RunsFile | None:
        """Return a file that can be read; None, told once, for a damaged one."""
        from pytest_llmobs.storage.parquet.damage import VanishedError
        from pytest_llmobs.storage.parquet.runs_file import RunsFile

        path = Path(self.remote.path(entry.key))
        try:
            return RunsFile.open(path, self.remote.files, self.leave_out, for_conditions=for_conditions)
        except VanishedError:
            raise
        except StoreError as error:
            self.remote.probe_reading(entry.key)  # a store that can't be reached is not one without runs
            self.leave_out(path, error)
            return None

    def _parquet(self, projects: Sequence[str] | None) -> list[Entry]:
        folders = ["runs"]
        if projects is not None:
            folders = [f"runs/{self.layout.partition(name).name}" for name in dict.fromkeys(projects)]
        entries: list[Entry] = []
        for folder in folders:
            entries += self.remote.entries(folder, ".parquet")
        # By the name, which begins with the time, whatever the project.
        return sorted(entries, key=lambda entry: entry.key.rpartition("/")[2])

    def _read_only(self) -> StoreError:
        return StoreError(
            f"{self.place!r} is only read from here. Sessions write to a local store; `llmobs upload {self.place}` "
            "uploads it."
        )
