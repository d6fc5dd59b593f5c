"""Finding experiments by their names."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.experiments.stored import find_readable, read_experiment, read_heads
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import listed, nearest_beginning

_NAMED = 8
"""Experiments that a message names; a store may hold thousands."""


def match_name(which: str, names: Sequence[str]) -> str | None:
    """Return the experiment of that name or the only one whose name begins so; None where there is none.

    Raises:
        NotFoundError: Several names begin so.
    """
    if which in names:
        return which
    begun = [name for name in names if name.startswith(which)]
    if len(begun) > 1:
        raise NotFoundError(f"Several experiments' names begin with {which!r}: {listed(begun, _NAMED)}.")
    if begun:
        return begun[0]
    return None


def find_experiment(which: str | None, store: Store) -> Experiment:
    """Return the experiment of that name, or the only one whose name begins so; the newest where none is named.

    Raises:
        NotFoundError: There is none, or there are several.
        StoreError: It is unreadable, or of a newer schema.
    """
    if which is None:
        return newest_experiment(store)
    names = store.experiment_names()
    name = match_name(which, names)
    if name is None:
        raise NotFoundError(f"Unknown experiment {which!r}.{nearest_beginning(which, names)} {remedy(names)}")
    return read_experiment(name, store)


def remedy(names: Sequence[str]) -> str:
    """Return what to do where an experiment is unknown, for a message.

    Args:
        names: Of those there are.
    """
    if names:
        return "`llmobs experiments` lists them."
    return "The store holds none yet."


def newest_experiment(store: Store) -> Experiment:
    """Return the experiment that started last, of those that can be read.

    Raises:
        NotFoundError: There is none.
    """
    for head in read_heads(store):
        experiment = find_readable(head.name, store)
        if experiment is not None:
            return experiment
    raise NotFoundError(none_yet(store))


def stopped_early(name: str, store: Store) -> str:
    """Return what to tell of an evaluation that was killed before it had a verdict."""
    return f"The evaluation {name!r} ended early, without a verdict. {store.session_remedy(name)}"


def none_yet(store: Store) -> str:
    """Return what to tell where a store has no experiment that can be read."""
    if store.experiment_names():
        return f"No experiment in {store.place!r} can be read."
    return f"No experiment in {store.place!r} yet. `pytest --llm-experiment` makes one, and so does `llmobs eval`."
