"""The client's methods about projects. A project is its name; its id is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Unpack

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.reading.arguments import ProjectArguments
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError, ConflictError

if TYPE_CHECKING:
    from pytest_llmobs.records.projects import Project


class ProjectMethods(ClientBase):
    """What runs are filed under."""

    def read_project(
        self, *, project_id: str | None = None, project_name: str | None = None, include_stats: bool = False
    ) -> Project:
        """Return a project.

        Args:
            project_id: The same as ``project_name``.
            project_name: Its name.
            include_stats: Add up its runs and its feedback.

        Raises:
            NotFoundError: There is none of that name.
            ArgumentError: None is named, or two are.
        """
        from pytest_llmobs.client.reading.project_names import known_project
        from pytest_llmobs.client.reading.projects import read_project, with_stats

        project = read_project(self.store, known_project(self.store, project_name, project_id))
        if include_stats:
            return with_stats(self.store, project)
        return project

    async def aread_project(
        self, *, project_id: str | None = None, project_name: str | None = None, include_stats: bool = False
    ) -> Project:
        """Do what ``read_project`` does, in a thread."""
        import asyncio  # 20 ms that nobody else needs

        return await asyncio.to_thread(
            self.read_project, project_id=project_id, project_name=project_name, include_stats=include_stats
        )

    def has_project(self, project_name: str, *, project_id: str | None = None) -> bool:
        """Return True where there is a project of that name.

        Args:
            project_name: Its name.
            project_id: The same.
        """
        from pytest_llmobs.client.reading.project_names import known_projects

        return (project_id or project_name) in known_projects(self.store)

    @spelled_out(ProjectArguments)
    def list_projects(
        self,
        project_ids: Iterable[str] | None = None,
        name: str | None = None,
        name_contains: str | None = None,
        *,
        include_stats: bool | None = None,
        limit: int | None = None,
        **asked: Unpack[ProjectArguments],
    ) -> Iterator[Project]:
        """Return the projects, by name, each read when it is asked for.

        Args:
            project_ids: Names; by default all.
            name: The name.
            name_contains: A part of the name.
            include_stats: Add up their runs and their feedback.
            limit: Most projects; 0 gives none, None all.
            **asked: See ``ProjectArguments``; all that is given holds.

        Raises:
            ArgumentError: Both names of a dataset are given, a keyword is unknown, or a value of the wrong type.
        """
        from pytest_llmobs.client.reading.project_names import known_projects
        from pytest_llmobs.client.reading.projects import (
            matching_names,
            read_project,
            wanted_projects,
            with_stats,
        )
        from pytest_llmobs.client.reading.query import read_limit

        accept(self.list_projects, asked)
        wanted = wanted_projects(asked)
        names = matching_names(known_projects(self.store), project_ids, name, name_contains)
        matching = filter(wanted, map(partial(read_project, self.store), names))
        projects = islice(matching, read_limit(limit))
        if include_stats:
            return map(partial(with_stats, self.store), projects)
        return projects

    def create_project(
        self,
        project_name: str,
        *,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        upsert: bool = False,
        project_extra: Mapping[str, Any] | None = None,
        reference_dataset_id: str | None = None,
        **others: Any,
    ) -> Project:
        """Write down a project before it has runs; one that has some needn't be created.

        Args:
            project_name: Its name.
            description: What it is for.
            metadata: Anything that JSON has a form for.
            upsert: Change it where it exists.
            project_extra: Anything else.
            reference_dataset_id: The name of the dataset that its runs are made of.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ConflictError: It exists, and ``upsert`` isn't given.
            ArgumentError: A keyword is unknown.
            StoreError: It can't be written.
        """
        accept(self.create_project, others)
        if not upsert and self.has_project(project_name):
            raise ConflictError(
                f"The project {project_name!r} exists already in {self.store.place!r}. upsert=True changes what is "
                "written down of it; runs of several processes may share it as it is."
            )
        return self._note(
            project_name,
            description=description,
            metadata=metadata,
            extra=project_extra,
            reference_dataset=reference_dataset_id,
        )

    def update_project(
        self,
        project_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        project_extra: Mapping[str, Any] | None = None,
        end_time: datetime | str | None = None,
    ) -> Project:
        """Change what is written down of a project; what isn't given stays.

        Args:
            project_id: Its name.
            name: Its name again: a project can't be renamed, its runs carry the name.
            description: What it is for.
            metadata: Anything that JSON has a form for.
            project_extra: Anything else.
            end_time: When it was completed; without a time zone it is local.

        Raises:
            NotFoundError: There is none of that name.
            ArgumentError: Another name is given, or a value is of the wrong type.
            StoreError: It can't be written.
        """
        from pytest_llmobs.client.reading.project_names import known_project
        from pytest_llmobs.client.reading.query import read_moment

        known = known_project(self.store, None, project_id)
        if name not in (None, known):
            raise ArgumentError(
                f"name={name!r}: the project {known!r} can't be renamed, since its runs carry the name. "
                f"LLMOBS_PROJECT={name} gives those to come another one."
            )
        ended = None if end_time is None else read_moment("end_time", end_time)
        return self._note(
            known, description=description, metadata=metadata, extra=project_extra, end_time=ended
        )

    def _note(self, name: str, **said: Any) -> Project:
        from pytest_llmobs.client.reading.projects import noted, read_project
        from pytest_llmobs.storage.project_files import change_notes

        change_notes(self.store.layout, name, partial(noted, name, real.now(), said))
        return read_project(self.store, name)
