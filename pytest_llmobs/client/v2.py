"""``client.runs``: the methods that LangSmith's newer client has, which may be awaited or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.reading.arguments import QueryArguments
from pytest_llmobs.client.reading.matching import page_reader
from pytest_llmobs.client.reading.pages import RunPage
from pytest_llmobs.client.reading.project_names import Projects, chosen_projects
from pytest_llmobs.client.reading.query import read_filter, read_limit
from pytest_llmobs.client.reading.views import RunView, Url
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import shortened

if TYPE_CHECKING:
    from pytest_llmobs.client.reading.arguments import Id
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.storage.store import Store

PAGE_SIZE = 100
"""Runs of a page, where the caller doesn't say."""


class RunReader(Protocol):
    """What reads the runs: the client."""

    @property
    def store(self) -> Store:
        """Has them."""

    def read_run(self, run_id: Id) -> Run:
        """Return a run."""

    def get_run_url(self, *, run: Any) -> str:
        """Return the command that shows a run."""


class Runs:
    """Runs, page by page; LangSmith's names beside those of ``Run``."""

    def __init__(self, client: RunReader) -> None:
        """Read with a client."""
        self._client = client

    @spelled_out(QueryArguments)
    def query(
        self,
        *,
        project_ids: Projects = None,
        selects: Iterable[str] | None = None,
        page_size: int = PAGE_SIZE,
        cursor: str | None = None,
        **asked: Unpack[QueryArguments],
    ) -> RunPage:
        """Return the first page of the matching runs, newest first; iterating over it reads those behind it too.

        Args:
            project_ids: Names of projects; every project where none is named.
            selects: The fields that are needed; all of them by default (LangSmith: the id alone).
            page_size: Runs of a page, 1 or more.
            cursor: The ``next_cursor`` of the page before.
            **asked: See ``QueryArguments``; all that is given holds.

        Raises:
            NotFoundError: There is no such project.
            ArgumentError: A keyword is unknown, a value of the wrong type, an id no UUID, the cursor none of ours.
            FilterError: A filter can't be understood.
        """
        accept(self.query, asked)
        size = read_limit(page_size)
        if not size:
            raise ArgumentError(f"page_size={shortened(page_size)} must be a whole number, 1 or more.")
        store = self._client.store
        projects = chosen_projects(store, project_ids, None)
        return RunPage(page_reader(store, projects, read_filter(asked), selects), size, cursor)

    def retrieve(self, run_id: Id, *, selects: Iterable[str] | None = None, **others: Any) -> RunView:
        """Return a run.

        Args:
            run_id: Its id.
            selects: LangSmith's list of fields; the run has all of them.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            NotFoundError: There is no such run.
            ArgumentError: The id is no UUID, a field or a keyword is unknown.
        """
        from pytest_llmobs.client.reading.fields import select_fields

        accept(self.retrieve, others)
        select_fields(selects)
        return RunView(self._client.read_run(run_id))

    def get_url(self, run_id: Id, **others: Any) -> Url:
        """Return the command that shows a run, as ``.url``.

        Raises:
            ArgumentError: The id is no UUID, or a keyword is unknown.
        """
        accept(self.get_url, others)
        return Url(self._client.get_run_url(run=run_id))
