"""Which rows of a Parquet file go: runs by their ids, feedback by what it is about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.opened import OpenParquet, texts
from pytest_llmobs.storage.feedback.parts import EVENTS, PartWriter
from pytest_llmobs.storage.parquet.file import RunsFileWriter
from pytest_llmobs.storage.parquet.files.footer import FileKind
from pytest_llmobs.storage.parquet.files.writer import FileWriter
from pytest_llmobs.storage.parquet.runs_file import RUNS


class Doomed(ABC):
    """Rows that go."""

    kind: FileKind
    """What they are."""
    columns: tuple[str, ...]
    """What tells whether a row is among them."""

    @abstractmethod
    def may_be_in(self, opened: OpenParquet, group: int) -> bool:
        """Tell whether a row group may have one, going by its statistics."""

    @abstractmethod
    def among(self, table: pa.Table) -> pa.ChunkedArray:
        """Return which rows go."""

    def left(self, table: pa.Table) -> pa.Table:
        """Return what is left of rows: those that don't go."""
        return table.filter(pc.invert(self.among(table)))

    @abstractmethod
    def writer(self, path: Path, schema: pa.Schema) -> FileWriter:
        """Begin the file that takes the place of one of this schema.

        Raises:
            OSError: The folder can't be written.
        """

    def count(self, opened: OpenParquet) -> int:
        """Return how many rows of a file go.

        Raises:
            StoreError: It is damaged.
        """
        number = 0
        for group in opened.groups:
            if self.may_be_in(opened, group):
                number += pc.sum(self.among(opened.read(group, self.columns))).as_py() or 0
        return number


class DoomedRuns(Doomed):
    """Runs."""

    kind = RUNS
    columns = ("id",)

    def __init__(self, run_ids: Ids) -> None:
        """Take their ids."""
        self._run_ids = run_ids

    def may_be_in(self, opened: OpenParquet, group: int) -> bool:
        """Tell whether a row group may have one."""
        return opened.may_hold(group, "id", self._run_ids)

    def among(self, table: pa.Table) -> pa.ChunkedArray:
        """Return which runs go."""
        return self._run_ids.among(texts(table, "id"))

    def writer(self, path: Path, schema: pa.Schema) -> FileWriter:
        """Begin a file of runs."""
        return RunsFileWriter(path, schema=schema)


class DoomedEvents(Doomed):
    """Events of feedback about runs that go, or about whole traces whose root goes."""

    kind = EVENTS
    columns = ("id", "run_id", "trace_id")

    def __init__(self, run_ids: Ids) -> None:
        """Take the ids of the runs."""
        self._run_ids = run_ids

    def may_be_in(self, opened: OpenParquet, group: int) -> bool:
        """Tell whether a row group may have one."""
        return opened.may_hold(group, "run_id", self._run_ids) or opened.may_lack(group, "run_id")

    def among(self, table: pa.Table) -> pa.ChunkedArray:
        """Return which events go."""
        run_ids = texts(table, "run_id")
        # What is about a trace names its root, whose id is the trace's.
        of_trace = pc.and_(pc.is_null(run_ids), self._run_ids.among(texts(table, "trace_id")))
        return pc.or_(self._run_ids.among(run_ids), of_trace)

    def writer(self, path: Path, schema: pa.Schema) -> FileWriter:
        """Begin a file of events."""
        return PartWriter(path, schema=schema)
