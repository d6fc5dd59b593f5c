"""The client's methods about runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Unpack

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.reading.arguments import RunArguments, StatsArguments
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.settings import STORE_FOLDER
from pytest_llmobs.wording import shell_line

if TYPE_CHECKING:
    from pytest_llmobs.client.reading.arguments import Id, Moment
    from pytest_llmobs.client.reading.project_names import Projects
    from pytest_llmobs.client.reading.threads import Thread
    from pytest_llmobs.client.v2 import Runs
    from pytest_llmobs.records.runs import Run


class RunMethods(ClientBase):
    """Reading runs: sealed ones, and those that a living process has just written."""

    @property
    def runs(self) -> Runs:
        """LangSmith's newer methods: ``runs.query()``, ``runs.retrieve()``."""
        from pytest_llmobs.client.v2 import Runs

        return Runs(self)

    @spelled_out(RunArguments)
    def list_runs(
        self,
        *,
        project_id: Projects = None,
        project_name: Projects = None,
        select: Iterable[str] | None = None,
        limit: int | None = None,
        order: str = "desc",
        **asked: Unpack[RunArguments],
    ) -> Iterator[Run]:
        """Return the matching runs, newest first, each read when it is asked for. There is no upper limit.

        Args:
            project_id: The same as ``project_name``: a project is its name.
            project_name: One name or several; where none is named, every project (LangSmith raises).
            select: The fields that are needed; without inputs and outputs reading is many times faster.
            limit: Most runs; 0 gives none, None all.
            order: ``desc``, newest first, or ``asc``.
            **asked: See ``RunArguments``; all that is given holds.

        Raises:
            NotFoundError: There is no such project.
            ArgumentError: A keyword is unknown, a value of the wrong type, an id no UUID.
            FilterError: A filter can't be understood.
        """
        from pytest_llmobs.client.reading.matching import matching_runs
        from pytest_llmobs.client.reading.project_names import chosen_projects
        from pytest_llmobs.client.reading.query import read_choice, read_filter, read_limit

        accept(self.list_runs, asked)
        if asked.get("run_ids") is not None and asked.get("id") is not None:
            raise ArgumentError("Give one of run_ids and id: they mean the same.")
        newest_first = read_choice("order", order, ("asc", "desc")) == "desc"
        projects = chosen_projects(self.store, project_name, project_id)
        return matching_runs(
            self.store, projects, read_filter(asked), select, read_limit(limit), newest_first
        )

    def read_run(self, run_id: Id, load_child_runs: bool = False, **others: Any) -> Run:
        """Return a run, with what feedback says of it. It can be read the moment its call has returned.

        Args:
            run_id: Its id.
            load_child_runs: True nests everything below it in ``child_runs``.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            NotFoundError: There is no such run.
            ArgumentError: The id is no UUID, or a keyword is unknown.
        """
        from pytest_llmobs.client.reading.details import ordered_below, with_feedback
        from pytest_llmobs.client.reading.query import read_flag
        from pytest_llmobs.feedback.arguments import checked_id

        accept(self.read_run, others)
        id = checked_id("run_id", run_id)
        if id is None:
            raise ArgumentError("run_id is missing: which run is meant?")
        run = self.store.read_run(id, load_children=read_flag("load_child_runs", load_child_runs))
        if run.parent_id is None:
            run = ordered_below(run)
        (run,) = with_feedback(self.store, [run])
        return run

    @spelled_out(StatsArguments)
    def get_run_stats(
        self,
        *,
        project_names: Projects = None,
        project_ids: Projects = None,
        **asked: Unpack[StatsArguments],
    ) -> dict[str, Any]:
        """Return figures of the matching runs: one scan, without payloads.

        Args:
            project_names: Names of projects; every project where none is named (LangSmith raises).
            project_ids: The same.
            **asked: See ``StatsArguments``; all that is given holds.

        Returns:
            ``run_count``, ``error_rate``, ``latency_p50`` and ``latency_p99`` (seconds), ``first_token_p50`` and
            ``first_token_p99`` (seconds), tokens, costs, ``cost_p50`` and ``cost_p99`` (USD), ``last_run_start_time``
            and ``feedback_stats`` by key.

        Raises:
            NotFoundError: There is no such project.
            ArgumentError: A keyword is unknown, a value of the wrong type, an id no UUID.
            FilterError: A filter can't be understood.
        """
        from pytest_llmobs.client.reading.figures import figures
        from pytest_llmobs.client.reading.project_names import chosen_projects
        from pytest_llmobs.client.reading.query import read_filter

        accept(self.get_run_stats, asked)
        projects = chosen_projects(self.store, project_names, project_ids)
        return figures(self.store, projects, read_filter(asked))

    def get_run_url(self, *, run: Any, **others: Any) -> str:
        """Return the command that shows a run: there is no page to open.

        Args:
            run: The run, or its id.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ArgumentError: It is neither, or a keyword is unknown.
        """
        from pytest_llmobs.feedback.arguments import checked_id
        from pytest_llmobs.records.fit import shortened

        accept(self.get_run_url, others)
        id = checked_id("run", getattr(run, "id", run))
        if id is None:
            raise ArgumentError(f"run={shortened(run)} must be a run, or its id.")
        words = ["llmobs", "show", id]
        if self.workspace.store_folder != self.workspace.rootdir / STORE_FOLDER:
            words += ["--store", str(self.workspace.store_folder)]
        return shell_line(words)

    @spelled_out(RunArguments)
    def read_thread(
        self,
        *,
        thread_id: str,
        project_id: Projects = None,
        project_name: Projects = None,
        limit: int | None = None,
        select: Iterable[str] | None = None,
        order: str = "asc",
        **asked: Unpack[RunArguments],
    ) -> Iterator[Run]:
        """Return the runs of one conversation, the oldest first.

        Args:
            thread_id: What their metadata name ``session_id``, ``thread_id`` or ``conversation_id``.
            project_id: The same as ``project_name``.
            project_name: One name or several; every project where none is named (LangSmith raises).
            limit: Most runs.
            select: The fields that are needed.
            order: ``asc``, the oldest first, or ``desc``.
            **asked: See ``RunArguments``; ``is_root=False`` gives what was called within, instead of root runs.

        Raises:
            NotFoundError: There is no such project.
            ArgumentError: A keyword is unknown, or a value of the wrong type.
            FilterError: A filter can't be understood.
        """
        from pytest_llmobs.client.reading.matching import matching_runs
        from pytest_llmobs.client.reading.project_names import chosen_projects
        from pytest_llmobs.client.reading.query import in_thread, read_choice, read_filter, read_limit

        accept(self.read_thread, asked)
        oldest_first = read_choice("order", order, ("asc", "desc")) == "asc"
        projects = chosen_projects(self.store, project_name, project_id)
        wanted = in_thread(read_filter({"is_root": True, **asked}), thread_id)
        return matching_runs(self.store, projects, wanted, select, read_limit(limit), not oldest_first)

    def list_threads(
        self,
        *,
        project_id: str | None = None,
        project_name: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        filter: str | None = None,
        start_time: Moment | None = None,
    ) -> list[Thread]:
        """Return the conversations of a project, the latest first, each with its root runs.

        Args:
            project_id: The same as ``project_name``.
            project_name: Its name.
            limit: Most conversations.
            offset: Conversations that are left out before those.
            filter: Conditions on the root runs.
            start_time: Runs that started then or later; all by default (LangSmith: those of the last day).

        Raises:
            NotFoundError: There is no such project.
            ArgumentError: No project is named, or a value is of the wrong type.
            FilterError: The filter can't be understood.
        """
        from pytest_llmobs.client.reading.matching import matching_runs
        from pytest_llmobs.client.reading.project_names import known_project
        from pytest_llmobs.client.reading.query import read_filter, read_limit
        from pytest_llmobs.client.reading.threads import threads_of

        project = known_project(self.store, project_name, project_id)
        wanted = read_filter({"is_root": True, "filter": filter, "start_time": start_time})
        most, skipped = read_limit(limit), read_limit(offset) or 0
        threads = threads_of(matching_runs(self.store, [project], wanted, None, None))
        return threads[skipped:][:most]
