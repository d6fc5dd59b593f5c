"""Projects are their names: which are there, and which a call means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.wording import listed, nearest

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store

Projects = str | Iterable[str] | None
"""A project's name, or several."""
_SHOWN = 10
"""Names that a message shows."""


def known_projects(store: Store) -> list[str]:
    """Return the names of all projects, sorted: those with runs, experiments, and those that were created."""
    from pytest_llmobs.storage.project_files import noted_projects

    return sorted({*store.projects(), *store.experiment_names(), *noted_projects(store.layout)})


def chosen_projects(store: Store, named: Projects, ids: Projects) -> list[str] | None:
    """Return the names of the projects that a call is about; None for all of them.

    Args:
        store: Has them.
        named: The argument ``project_name``.
        ids: The argument ``project_id``, which takes names too.

    Raises:
        NotFoundError: There is none of that name.
        ArgumentError: It is no name.
    """
    if named is None and ids is None:
        return None
    chosen: dict[str, None] = {}
    for argument, given in (("project_name", named), ("project_id", ids)):
        for name in _each(given):
            chosen[_checked(argument, name)] = None
    known = known_projects(store)
    for name in chosen:
        if name not in known:
            raise unknown_project(store, name, known)
    return list(chosen)


def known_project(store: Store, project_name: Any, project_id: Any) -> str:
    """Return the name of the one project that a call is about.

    Raises:
        NotFoundError: There is none of that name.
        ArgumentError: None is named, or two are.
    """
    name = named_project(project_name, project_id)
    known = known_projects(store)
    if name not in known:
        raise unknown_project(store, name, known)
    return name


def named_project(project_name: Any, project_id: Any) -> str:
    """Return the name of the one project that a call is about, whether there is one or not.

    Raises:
        ArgumentError: None is named, or two are.
    """
    if (project_name is None) == (project_id is None):
        raise ArgumentError("Give one of project_name and project_id: which project is meant?")
    if project_name is None:
        return _checked("project_id", project_id)
    return _checked("project_name", project_name)


def unknown_project(store: Store, name: str, known: list[str]) -> NotFoundError:
    """Return the error for a project that there isn't."""
    there = "There is none yet."
    if known:
        there = f"Known: {listed(known, _SHOWN)}."
    return NotFoundError(f"Unknown project {name!r} in {store.place!r}.{nearest(name, known)} {there}")


def _each(given: Any) -> Iterable[Any]:
    if given is None:
        return ()
    if isinstance(given, Iterable) and not isinstance(given, str):
        return given
    return (given,)


def _checked(argument: str, name: Any) -> str:
    if isinstance(name, str) and name:
        return name
    raise ArgumentError(f"{argument}={shortened(name)} must be a project's name: a project is its name here.")
