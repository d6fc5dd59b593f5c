"""The versions that a dataset had, as far as the store saw them, and the current one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_llmobs.datasets.versions.base import Versioned
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.models import Model


@dataclass(frozen=True)
class DatasetVersion(Model):
    """One version of a dataset, as it became the current one."""

    version: str
    """The hash of its content (16 hex digits)."""
    as_of: datetime
    """UTC: when it became the current one. The client sees what is edited by hand when it looks next."""
    tags: Sequence[str] | None = None
    """Tags that stand for this version, or None."""


def observe(catalog: Versioned, name: str) -> tuple[str, tuple[Example, ...]]:
    """Return the current version of a dataset and its examples, after keeping both.

    Whoever calls this doesn't hold the dataset's lock.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: Its file makes no sense.
        StoreError: The store can't be written.
    """
    with catalog.lock(name):
        examples = catalog.examples(name)
        version = version_of(examples)
        keep_current(catalog, name, version, lambda: examples)
    return version, examples


def is_kept(catalog: Versioned, name: str, version: str) -> bool:
    """Tell whether the store knows already that a dataset holds a version now, and what that is; asks for no lock.

    Raises:
        StoreError: The history can't be read.
    """
    last = catalog.versions.last(name)
    return last is not None and last.version == version and catalog.versions.has(version)


def keep_current(
    catalog: Versioned, name: str, version: str, examples: Callable[[], Sequence[Example]]
) -> datetime:
    """Keep what a dataset holds now, and return since when it does; whoever calls this holds its lock.

    Args:
        catalog: The datasets.
        name: The dataset's.
        version: The hash of what it holds.
        examples: Returns that; called only where the store hasn't got it.

    Raises:
        StoreError: The store can't be written.
    """
    last = catalog.versions.last(name)
    is_known = last is not None and last.version == version
    if not is_known or not catalog.versions.has(version):
        catalog.prepare_store()
        near = () if last is None else (last.version,)
        catalog.versions.keep(version, examples, near=near)
    if last is not None and is_known:
        return last.at
    return catalog.versions.enter(name, version, catalog.now())


def versions(catalog: Versioned, name: str) -> list[DatasetVersion]:
    """Return every version that a dataset had, newest first, the current one included.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: Its file makes no sense.
    """
    observe(catalog, name)
    return seen_versions(catalog, name)


def seen_versions(catalog: Versioned, name: str) -> list[DatasetVersion]:
    """Return the versions of a dataset that the store has seen, newest first; the file isn't read.

    Raises:
        StoreError: The history or a tag can't be read.
    """
    tags = catalog.tags(name)
    seen = []
    for moment in reversed(catalog.versions.history(name)):
        seen.append(DatasetVersion(moment.version, moment.at, tags_of(tags, moment.version)))
    return seen


def tags_of(tags: Mapping[str, str], version: str) -> Sequence[str] | None:
    """Return the tags that stand for a version, or None."""
    names = [tag for tag, tagged in tags.items() if tagged == version]
    return names or None
