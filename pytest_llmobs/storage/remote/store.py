"""A store that is read where it lies, beyond this machine: runs in place, experiments fetched as they are asked for."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import write_whole
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage import documents
from pytest_llmobs.storage.layout import escape, unescape
from pytest_llmobs.storage.parquet.file import MERGED_MARK, RunsFile
from pytest_llmobs.storage.parquet.schema import NAMES
from pytest_llmobs.storage.remote.filesystem import Entry, RemoteFiles
from pytest_llmobs.storage.spool.rotation import Rotation
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store

_AT_ONCE = 16
"""Documents fetched side by side."""


class RemoteStore(Store):
    """Reads what sessions have uploaded; nothing is written."""

    def __init__(self, uri: str) -> None:
        """Name the store.

        Args:
            uri: Where it lies.

        Raises:
            StoreError: The URI makes no sense.
        """
        folder = tempfile.mkdtemp(prefix="llmobs-")
        self._fetched = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        super().__init__(folder)
        self.remote = RemoteFiles(uri)
        self.layout.create()

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return self.remote.shown

    def seal(self) -> int:
        """Do nothing: spools are local."""
        return 0

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
        return sorted({_project(entry) for entry in self.remote.entries("runs")})

    def experiment_names(self) -> list[str]:
        """Return the names of all experiments, sorted."""
        return sorted(unescape(Path(entry.key).stem) for entry in self._listed())

    def read_experiment(self, name: str) -> dict[str, Any]:
        """Return an experiment's summary.

        Raises:
            StoreError: It doesn't exist, is unreadable, or of a newer schema.
        """
        path = self.layout.experiment(name)
        if not path.exists():  # else it was fetched to be listed
            names = self.experiment_names()
            if name not in names:
                raise documents.unknown(name, names)
            self._fetch(f"experiments/{escape(name)}.json")
        return documents.read(path)

    def copy_runs(self, project: str, folder: Path) -> None:
        """Fetch the Parquet files of a project into another store's folder."""
        self._bring(self._parquet(project), folder)

    def copy_media(self, folder: Path) -> None:
        """Fetch the images and documents into another store's folder."""
        self._bring(self.remote.entries("media"), folder)

    def _bring(self, entries: Iterable[Entry], folder: Path) -> None:
        for entry in entries:
            folder.mkdir(exist_ok=True)
            target = folder / Path(entry.key).name
            if not target.exists():
                write_whole(target, self.remote.read(entry.key))

    def _documents(self) -> list[Path]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._fetch, [entry.key for entry in self._listed()]))

    def _listed(self) -> list[Entry]:
        return [entry for entry in self.remote.entries("experiments") if entry.key.endswith(".json")]

    def _fetch(self, key: str) -> Path:
        path = self.root / key
        write_whole(path, self.remote.read(key), durable=False)
        return path

    def _open_files(self, project: str | None) -> list[RunsFile]:
        opened = [self._open_file(entry) for entry in self._parquet(project)]
        replaced = {path for file in opened if MERGED_MARK in file.path.name for path in file.merged}
        return [file for file in opened if file.path not in replaced]

    def _open_file(self, entry: Entry) -> RunsFile:
        return RunsFile.open(Path(self.remote.path(entry.key)), self.remote.files)

    def _find(self, id: str) -> Run:
        """Look for a run in one file after another, the newest first: what people look for is mostly young."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from pytest_llmobs.storage.parquet.lookup import SHORTEST, WHOLE
        from pytest_llmobs.storage.parquet.rows import to_runs

        if len(id) < SHORTEST:
            raise StoreError(
                f"{id!r} is too short for a run's id. Give its first {SHORTEST} letters at least."
            )
        whole = len(id) >= WHOLE
        where = pc.field("id") == id if whole else pc.starts_with(pc.field("id"), id)
        found: list[Run] = []
        for file in reversed(self._open_files(None)):
            table = file.read(NAMES, where)
            found += to_runs(
                table.append_column("project", pa.array([file.project] * len(table), pa.string()))
            )
            if whole and found:
                break
        if len(found) != 1:
            several = f"Several runs' ids begin with {id!r}: {', '.join(sorted(run.id for run in found))}."
            raise StoreError(several if found else f"No run in {self.place!r} has the id {id!r}.")
        return found[0]

    def _parquet(self, project: str | None) -> list[Entry]:
        folder = "runs" if project is None else f"runs/{self.layout.partition(project).name}"
        found = [entry for entry in self.remote.entries(folder) if entry.key.endswith(".parquet")]
        return sorted(found, key=lambda entry: Path(entry.key).name)

    def _read_only(self) -> StoreError:
        return StoreError(
            f"{self.place!r} is only read from here. Sessions write to a local store; `llmobs upload {self.place}` "
            "uploads it."
        )


def _project(entry: Entry) -> str:
    return unescape(entry.key.split("/")[1].removeprefix("project="))
