"""What is asked of a store's runs, wherever it lies: one, some in order of time, tables of columns, statistics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.records.runs import Run
from pytest_llmobs.storage.layout import escape, unescape
from pytest_llmobs.storage.parquet.schema import NAMES, PAYLOADS
from pytest_llmobs.wording import known, listed, nearest

if TYPE_CHECKING:  # whoever only writes runs does without
    import pyarrow as pa

    from pytest_llmobs.records.conditions import RunFilter
    from pytest_llmobs.records.run_stats import RunStats
    from pytest_llmobs.storage.feedback.log import FeedbackLog
    from pytest_llmobs.storage.filtering.keywords import Filters
    from pytest_llmobs.storage.parquet.parts import Source
    from pytest_llmobs.storage.parquet.report import ScanReport
    from pytest_llmobs.storage.parquet.where import Where

Projects = str | Sequence[str] | None
"""A project's name, several, or None for all."""
_SHOWN = 20
"""Projects that a message names at most."""
_PLAIN_ID = frozenset("0123456789abcdefABCDEF-")


class RunQueries(ABC):
    """A store as it is asked for runs. Those that living processes have not sealed yet are among them."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it lies, for messages."""

    @property
    @abstractmethod
    def is_local(self) -> bool:
        """True where it lies on this machine."""

    @property
    @abstractmethod
    def feedback(self) -> FeedbackLog:
        """What was said of runs after the fact."""

    @abstractmethod
    def projects(self) -> list[str]:
        """Return the names of the projects that have runs, sorted."""

    @abstractmethod
    def experiment_names(self) -> list[str]:
        """Return the names of all experiments, sorted."""

    @abstractmethod
    def leave_out(self, path: Path, error: StoreError) -> None:
        """Tell the user, once, that a file is left out of what is read."""

    @abstractmethod
    def _sources(
        self, projects: Sequence[str] | None, mentioned: bytes = b"", for_conditions: bool = False
    ) -> Sequence[Source]:
        """List what holds the runs of some projects; runs that don't hold the bytes ``mentioned`` may lack.

        ``for_conditions`` reads footers such that conditions can be held against their statistics.
        """

    @abstractmethod
    def _lasting_sources(
        self, projects: Sequence[str] | None, for_conditions: bool = False
    ) -> Sequence[Source] | None:
        """List them such that they can be read although files are merged meanwhile; None where they are too many."""

    def runs(
        self,
        project: Projects = None,
        *,
        filter: RunFilter | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        payloads: bool = True,
        columns: Sequence[str] | None = None,
        report: ScanReport | None = None,
        **filters: Unpack[Filters],
    ) -> Iterator[Run]:
        """Return runs in order of their start, without children; they are read as far as they are asked for.

        Args:
            project: A name or several; None reads all projects.
            filter: A filter in the filter language, or its conditions.
            limit: Most runs.
            newest_first: Turn the order round.
            payloads: False leaves inputs and outputs out, which is many times faster.
            columns: Fill these alone (see ``schema.NAMES``) and leave all else empty; None for all.
            report: Takes what the scan did.
            **filters: See ``filtering.keywords.Filters``.

        Raises:
            FilterError: The filter can't be understood.
            StoreError: A filter is impossible, a column unknown, a file unreadable or of a newer schema.
        """
        return self._runs_of(
            self.tables(
                _read_columns(columns, payloads),
                project,
                filter=filter,
                limit=limit,
                newest_first=newest_first,
                report=report,
                **filters,
            )
        )

    def _runs_of(self, tables: Iterator[pa.Table]) -> Iterator[Run]:
        from pytest_llmobs.storage.parquet.rows import to_runs

        for table in tables:
            yield from to_runs(table, self.leave_out)

    def tables(
        self,
        columns: Sequence[str],
        project: Projects = None,
        *,
        filter: RunFilter | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        ordered: bool = True,
        report: ScanReport | None = None,
        **filters: Unpack[Filters],
    ) -> Iterator[pa.Table]:
        """Return some columns of the matching runs as Arrow tables, in order of their start.

        Args:
            columns: Their names; ``project`` is one, too.
            project: A name or several; None reads all projects.
            filter: A filter in the filter language, or its conditions.
            limit: Most runs.
            newest_first: Turn the order round.
            ordered: False reads the files side by side, in no order, and no other columns: for counts and sums. In
                order there are ``start_time``, ``id`` and ``project`` besides.
            report: Takes what the scan did.
            **filters: See ``filtering.keywords.Filters``.

        Raises:
            FilterError: The filter can't be understood.
            StoreError: A column is unknown, or what ``runs`` raises.
        """
        _check_columns(columns)
        from pytest_llmobs.storage.parquet.query import Scan
        from pytest_llmobs.storage.parquet.sought import Sought

        sought = Sought.of(self._where(project, filter, filters))
        scan = Scan(tuple(columns), sought, limit, newest_first, report)
        names = _names(project)
        listing = partial(self._sources, names, _mentioned(filters), sought.pushdown is not None)
        if ordered:
            return scan.in_order(listing)
        return scan.in_any_order(partial(self._lasting_sources, names, sought.pushdown is not None), listing)

    def _where(self, project: Projects, filter: RunFilter | None, filters: Filters) -> Where | None:
        if not filter and not any(value is not None for value in filters.values()):
            return None
        from pytest_llmobs.storage.filtering.compilation import compiled

        return compiled(filter, self, project, filters)

    def read_run(self, id: str, load_children: bool = True) -> Run:
        """Return one run, with its descendants nested in ``child_runs``; a moment after its call returned, too.

        Args:
            id: Its id, or the first letters of it (six at least) where no other id begins so.
            load_children: False reads the run alone.

        Raises:
            NotFoundError: No run has that id.
            StoreError: Several begin so.
        """
        from pytest_llmobs.storage.parquet.lookup import (
            WHERE_IDS_STAND,
            UnknownRunError,
            descendants,
            find_run,
        )
        from pytest_llmobs.tracing.run_line import nest

        where = "" if self.is_local else f" in {self.place!r}"
        missing = f"No run{where} has the id {id!r}. {WHERE_IDS_STAND}"
        found = find_run(partial(self._sources, None, _plain(id)), id, missing)
        wanted = ("trace_id", found.trace_id) if load_children else ("id", found.id)
        family = list(self._with_text(found.project, *wanted))
        run = next((member for member in family if member.id == found.id), None)
        if run is None:  # removed since, or damaged, which was told
            raise UnknownRunError(missing)
        if not load_children:
            return run
        if run.parent_id is not None:
            return nest(run, descendants(run, family))
        # Runs whose parents were lost with a crashed process hang from the root.
        return nest(run, [member for member in family if member.id != run.id])

    def _with_text(self, project: str, column: str, text: str) -> Iterator[Run]:
        """Yield the runs of a project that have a text in a column, in order of their start."""
        from pytest_llmobs.storage.parquet.query import Scan
        from pytest_llmobs.storage.parquet.sought import Sought

        scan = Scan(NAMES, Sought.of_text(column, text))
        listing = partial(self._sources, (project,), _plain(text))
        return self._runs_of(scan.in_order(listing))

    def run_stats(
        self,
        project: Projects = None,
        *,
        filter: RunFilter | None = None,
        traces: bool = False,
        **filters: Unpack[Filters],
    ) -> RunStats:
        """Return what runs come to, from one scan.

        Args:
            project: A name or several; None for all projects.
            filter: A filter in the filter language, or its conditions.
            traces: Count root runs alone; tokens and costs are yet those of all runs.
            **filters: See ``filtering.keywords.Filters``.

        Raises:
            FilterError: The filter can't be understood.
            StoreError: What ``runs`` raises.
        """
        from pytest_llmobs.storage.parquet.totals import STATS_COLUMNS, TRACE_COLUMNS, Totals

        totals = Totals(traces=traces)
        columns = TRACE_COLUMNS if traces else STATS_COLUMNS
        for table in self.tables(columns, project, filter=filter, ordered=False, **filters):
            totals.add(table)
        return totals.stats()

    def has_project(self, name: str) -> bool:
        """Tell whether a project has runs, sealed or not, or an experiment's document."""
        choices = {*self.projects(), *self.experiment_names()}
        # Long names are cut where they are names of folders.
        return name in choices or unescape(escape(name)) in choices

    def check_project(self, name: str) -> None:
        """Make sure that a project is known: it has runs, sealed or not, or an experiment's document.

        Raises:
            NotFoundError: It isn't; the message names the known ones.
        """
        if self.has_project(name):
            return
        choices = {*self.projects(), *self.experiment_names()}
        names = f"Known: {listed(sorted(choices), _SHOWN)}." if choices else known(())
        raise NotFoundError(f"Unknown project {name!r} in {self.place!r}.{nearest(name, choices)} {names}")


def _read_columns(columns: Sequence[str] | None, payloads: bool) -> list[str]:
    """Return the columns of runs that are wanted."""
    names: Sequence[str] = NAMES
    if columns is not None:
        names = ("id", "trace_id", *columns)
    left_out = () if payloads else PAYLOADS
    return [name for name in dict.fromkeys(names) if name not in left_out]


def _check_columns(columns: Sequence[str]) -> None:
    choices = (*NAMES, "project")
    for name in columns:
        if name not in choices:
            raise StoreError(f"Unknown column {name!r}.{nearest(name, choices)} {known(choices)}")


def _names(project: Projects) -> Sequence[str] | None:
    if isinstance(project, str):
        return (project,)
    return project


def _mentioned(filters: Filters) -> bytes:
    """Return bytes that the line of every run holds that the filters admit; empty where nothing is known."""
    for id in (filters.get("id"), filters.get("trace_id")):
        if isinstance(id, str) and _plain(id):
            return _plain(id)
    return b""


def _plain(id: str) -> bytes:
    """Return an id as it stands in a line; empty where JSON may write it otherwise."""
    if id and set(id) <= _PLAIN_ID:
        return id.encode()
    return b""
