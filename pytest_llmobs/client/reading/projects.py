"""Projects as the client hands them out: of what is written down, of experiments, and of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.reading.query import read_filter, read_flag
from pytest_llmobs.committed import stated
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.projects import Project, ProjectNotes

if TYPE_CHECKING:
    from pytest_llmobs.client.reading.arguments import ProjectArguments
    from pytest_llmobs.storage.store import Store


def read_project(store: Store, name: str) -> Project:
    """Return a project that is known, without the figures of its runs."""
    from pytest_llmobs.storage.project_files import read_notes

    project = _of_experiment(store, name) or Project(name=name, start_time=_first_start(store, name))
    notes = read_notes(store.layout, name)
    if notes is None:
        return project
    metadata = {**project.metadata, **notes.metadata}
    return replace(
        project,
        description=notes.description or project.description,
        metadata=metadata,
        extra={**notes.extra, "metadata": metadata},
        start_time=project.start_time or notes.created_at,
        end_time=notes.end_time or project.end_time,
        reference_dataset_id=notes.reference_dataset or project.reference_dataset_id,
    )


def with_stats(store: Store, project: Project) -> Project:
    """Return a project with the figures of its traces, judges' left out, and what feedback says of it and its runs."""
    from pytest_llmobs.feedback.sums import stats_of

    stats = store.run_stats(project.name, filter=read_filter({}), traces=True)
    return replace(project, stats=stats, feedback_stats=stats_of(store, project=project.name))


def matching_names(
    names: Iterable[str], among: Iterable[str] | None, exact: str | None, part: str | None
) -> list[str]:
    """Return the names that are wanted.

    Args:
        names: All of them.
        among: Those that may be; None for any.
        exact: The one that it must be; None for any.
        part: What the name must hold; None for anything.
    """
    allowed = None if among is None else frozenset(map(str, among))
    matching: list[str] = []
    for name in names:
        if allowed is not None and name not in allowed:
            continue
        if exact in (None, name) and (part or "") in name:
            matching.append(name)
    return matching


def wanted_projects(asked: ProjectArguments) -> Callable[[Project], bool]:
    """Return what tells whether a project is wanted.

    Raises:
        ArgumentError: Both names of the dataset are given, or a value is of the wrong type.
    """
    dataset, same = asked.get("reference_dataset_id"), asked.get("reference_dataset_name")
    if dataset is not None and same is not None:
        raise ArgumentError(
            "Give one of reference_dataset_id and reference_dataset_name: they mean the same."
        )
    free = asked.get("reference_free")
    if free is not None:
        free = read_flag("reference_free", free)
    metadata = asked.get("metadata") or {}

    def is_wanted(project: Project) -> bool:
        its_own = project.reference_dataset_id
        if free is not None and (its_own is None) != free:
            return False
        if (dataset or same) not in (None, its_own):
            return False
        return metadata.items() <= project.metadata.items()

    return is_wanted


def noted(name: str, now: datetime, said: Mapping[str, Any], notes: ProjectNotes | None) -> ProjectNotes:
    """Return what is to be written down of a project.

    Args:
        name: The project's.
        now: UTC.
        said: The fields; None leaves one as it is.
        notes: What is there.
    """
    before = notes or ProjectNotes(name=name, created_at=now)
    return replace(before, **stated(said))


def _of_experiment(store: Store, name: str) -> Project | None:
    from pytest_llmobs.experiments.stored import find_readable

    if name not in store.experiment_names():
        return None
    experiment = find_readable(name, store)
    if experiment is None:
        return None
    datasets = [plan.dataset for plan in experiment.suites if plan.dataset]
    return Project(
        name=name,
        start_time=datetime.fromisoformat(experiment.started),
        reference_dataset_id=next(iter(datasets), None),
    )


def _first_start(store: Store, name: str) -> datetime | None:
    for run in store.runs(name, limit=1, columns=["id", "trace_id", "start_time"]):
        return run.start_time
    return None
