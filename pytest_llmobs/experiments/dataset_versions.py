"""The versions of datasets that experiments use: kept with it, and found again by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.loading import Past
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.versions.as_of import AsOf, examples_at
from pytest_llmobs.datasets.versions.base import ExperimentVersions
from pytest_llmobs.datasets.versions.moments import is_kept, keep_current
from pytest_llmobs.errors import DatasetError, LlmobsError
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.records.examples import Dataset, Example, UsedDataset
from pytest_llmobs.storage.store import Store

_EXPERIMENT = "experiment:"


def open_catalog(
    folder: Path,
    rootdir: Path,
    open_store: Callable[[], Store],
    formats: Callable[[], Sequence[DatasetFormat]],
) -> Catalog:
    """Return the datasets of a workspace; nothing of it need exist.

    Args:
        folder: Where the client's lie.
        rootdir: Others are named by their path from there.
        open_store: Returns the store, which need not exist.
        formats: Returns the known file formats.
    """
    store = open_store()
    return Catalog(
        folder,
        store.root,
        formats=formats,
        prepare_store=store.layout.create,
        rootdir=rootdir,
        experiment_versions=versions_used(store),
        experiment_names=partial(_newest_first, store),
    )


def _newest_first(store: Store) -> list[str]:
    def written(name: str) -> float:
        try:
            return store.experiment_file(name).stat().st_mtime
        except OSError:  # it went meanwhile
            return 0.0

    return sorted(store.experiment_names(), key=written, reverse=True)


def versions_used(store: Store) -> ExperimentVersions:
    """Return what tells which version of each dataset an experiment of a store used."""

    def used(name: str) -> Mapping[str, str] | None:
        try:
            if not store.experiment_file(name).is_file():
                return None
        except (OSError, ValueError):  # no file can be called so
            return None
        used: dict[str, set[str]] = {}
        for plan in read_experiment(name, store, summed=True).suites:
            if plan.dataset:
                used.setdefault(plan.dataset, set()).add(plan.dataset_version)
        # of lists that are called alike nobody knows which is which
        return {dataset: versions.pop() for dataset, versions in used.items() if len(versions) == 1}

    return used


def past_of(catalog: Catalog, as_of: str = "") -> Past:
    """Return what loads datasets as they were.

    Args:
        catalog: The datasets.
        as_of: Which version is meant of those of which nobody says it; empty for the current one.
    """

    def of_file(file: Path, as_of: AsOf) -> tuple[Example, ...]:
        return examples_at(catalog, str(file), as_of)

    def of_code(name: str) -> tuple[Example, ...] | None:
        used = catalog.experiment_versions(as_of.removeprefix(_EXPERIMENT)) or {}
        if name not in used or not catalog.versions.has(used[name]):
            return None
        return catalog.versions.examples(used[name])

    return Past(of_file, of_code, as_of)


def keep_versions(catalog: Catalog, used: Iterable[UsedDataset], clean: Callable[[Any], Any]) -> str:
    """Keep what an experiment uses, so that it can be run again; return what kept it from that, if anything did.

    Args:
        catalog: The datasets.
        used: Those that it uses.
        clean: Returns a value without what is sensitive: what would be changed by it isn't kept.
    """
    try:
        for each in used:
            _keep(catalog, each.dataset, each.name, clean)
    except (LlmobsError, OSError) as error:
        return f"The examples of this experiment aren't kept, so that it can't be run on them again: {error}"
    return ""


def _keep(catalog: Catalog, dataset: Dataset, name: str, clean: Callable[[Any], Any]) -> None:
    def examples() -> Sequence[Example]:
        return dataset.examples

    if not catalog.versions.has(dataset.version):
        _refuse_sensitive(dataset, clean)
    if name and catalog.has(name):
        name = catalog.name_of(catalog.file(name))
        # a lock takes 18 ms to import, and most sessions use what the last one did
        if not is_kept(catalog, name, dataset.version):
            with catalog.lock(name):
                keep_current(catalog, name, dataset.version, examples)
    elif not catalog.versions.has(dataset.version):
        catalog.prepare_store()
        catalog.versions.keep(dataset.version, examples)


def _refuse_sensitive(dataset: Dataset, clean: Callable[[Any], Any]) -> None:
    """Refuse to keep examples that hold what is redacted in runs: the store has none of it.

    Raises:
        DatasetError: One does.
    """
    for example in dataset.examples:
        row = row_of(example)
        if clean(row) != row:
            raise DatasetError(
                f"the example {clean(example.id)!r} of {dataset.name!r} holds what is redacted. What git has of its "
                "file can be used all the same, by the commit."
            )
