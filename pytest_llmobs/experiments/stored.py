"""Experiments as a store has them: each document checked as it is read, a damaged one named and left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.documents import check_meaning, experiment_from_dict
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.storage.experiment_files import unreadable
from pytest_llmobs.storage.store import Store


class StoredExperiment(NamedTuple):
    """An experiment, and the document that it was read from."""

    experiment: Experiment
    document: Mapping[str, Any]


def read_experiment(name: str, store: Store, *, summed: bool = False) -> Experiment:
    """Return the experiment of that very name.

    Args:
        name: Its name.
        store: Has it.
        summed: Put off what only who looks at single trials needs.

    Raises:
        StoreError: It doesn't exist, is damaged, or of a newer schema.
    """
    return checked(store.read_experiment(name), store.experiment_file(name), store, head=summed)


def find_readable(name: str, store: Store, *, summed: bool = False) -> Experiment | None:
    """Return what ``read_experiment`` does, or None, told once, where it can't be read."""
    try:
        return read_experiment(name, store, summed=summed)
    except StoreError as error:
        store.leave_out(store.experiment_file(name), error)
        return None


def stored_experiments(
    store: Store, *, heads: bool = False, mentioning: str = ""
) -> Iterator[StoredExperiment]:
    """Yield the experiments that can be read, the oldest first; of each other one the user is told once.

    Args:
        store: Has them.
        heads: Leave out their trials, which are most of each.
        mentioning: Only those in which this stands, such as a run's id; the others aren't even parsed.
    """
    for path, document in store.documents(heads=heads, mentioning=mentioning):
        try:
            yield StoredExperiment(checked(document, path, store, head=heads), document)
        except StoreError as error:
            store.leave_out(path, error)


def read_heads(store: Store) -> list[Experiment]:
    """Return all experiments of a store, the newest first; most without their trials, so that hundreds take no time."""
    heads = [stored.experiment for stored in stored_experiments(store, heads=True)]
    heads.reverse()
    return heads


def checked(document: Mapping[str, Any], path: Path, store: Store, *, head: bool = False) -> Experiment:
    """Return a document's experiment.

    Args:
        document: The document.
        path: Its file.
        store: Has it.
        head: Put off what only who looks at single trials needs.

    Raises:
        StoreError: It can't be one, or is not that of its file.
    """
    where = store.shown(path)
    try:
        experiment = experiment_from_dict(document, head=head)
        check_meaning(experiment)
    except MisfitError as error:
        raise unreadable(where, error) from error
    if store.experiment_file(experiment.name) != path:
        raise unreadable(where, f"it holds the experiment {experiment.name!r}, whose file has another name")
    return experiment
