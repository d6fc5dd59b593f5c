"""``as_of``: which version of a dataset is meant by a hash, a tag, a git revision, an experiment, a time."""

from __future__ import annotations

from datetime import datetime

from pytest_llmobs.committed import LATEST
from pytest_llmobs.datasets.versions.apart import Apart
from pytest_llmobs.datasets.versions.base import Versioned
from pytest_llmobs.datasets.versions.commits import Commits, CommittedFile
from pytest_llmobs.datasets.versions.moments import (
    DatasetVersion,
    observe,
    seen_versions,
    versions,
)
from pytest_llmobs.datasets.versions.past import DatasetPast, in_commit
from pytest_llmobs.records.examples import Example

AsOf = datetime | str | None
"""A time (a naive one is local), a hash or its beginning, a tag, a git revision, an experiment's name, an ISO time,
``"latest"`` or None. ``hash:``, ``tag:``, ``git:`` or ``experiment:`` before a text says which of them it is."""


def resolve(catalog: Versioned, name: str, as_of: AsOf) -> DatasetVersion:
    """Return the version that is meant.

    Raises:
        NotFoundError: There is no such dataset, or nothing of that name, or it had no version yet at that time.
        ArgumentError: ``as_of`` is of another type, or may mean two versions.
    """
    name = catalog.name_of(catalog.file(name))
    if as_of is None or as_of == LATEST:
        return versions(catalog, name)[0]
    return DatasetPast(catalog, name).meant(as_of)


def examples_at(catalog: Versioned, name: str, as_of: AsOf) -> tuple[Example, ...]:
    """Return the examples of the version that is meant.

    Raises:
        NotFoundError: There is none, or what it held is neither in the store nor in git.
        ArgumentError: ``as_of`` is of another type, or may mean two versions.
    """
    if as_of is None or as_of == LATEST:
        return catalog.examples(name)
    return read_version(catalog, name, as_of)[1]


def read_version(
    catalog: Versioned, name: str, as_of: datetime | str
) -> tuple[DatasetVersion, tuple[Example, ...]]:
    """Return the version that is meant and its examples, read once; what a commit holds isn't kept.

    Raises:
        NotFoundError: There is none, or what it held is neither in the store nor in git.
        ArgumentError: ``as_of`` is of another type, or may mean two versions.
    """
    name = catalog.name_of(catalog.file(name))
    if as_of == LATEST:
        _, examples = observe(catalog, name)
        return seen_versions(catalog, name)[0], examples
    past = DatasetPast(catalog, name, keeps=False)
    meant = past.meant(as_of)
    read = past.committed.get(meant.version)
    if read is None:
        read = examples_of(catalog, name, meant.version)
    return meant, read


def examples_of(catalog: Versioned, name: str, version: str) -> tuple[Example, ...]:
    """Return the examples of a version that was resolved.

    Args:
        catalog: The datasets.
        name: The dataset's.
        version: The whole hash.

    Raises:
        NotFoundError: What it held is neither in the store nor in git.
    """
    _fetch(catalog, name, version)
    return catalog.versions.examples(version)


def examples_apart(catalog: Versioned, name: str, earlier: AsOf, later: AsOf) -> Apart:
    """Return what two versions of a dataset don't share.

    Raises:
        NotFoundError: There is none, or what one held is neither in the store nor in git.
        ArgumentError: ``earlier`` or ``later`` is of another type, or may mean two versions.
    """
    before, after = resolve(catalog, name, earlier), resolve(catalog, name, later)
    return versions_apart(catalog, name, before.version, after.version)


def versions_apart(catalog: Versioned, name: str, earlier: str, later: str) -> Apart:
    """Return what two versions that were resolved don't share.

    Args:
        catalog: The datasets.
        name: The dataset's.
        earlier: The whole hash of the one.
        later: That of the other.

    Raises:
        NotFoundError: What one held is neither in the store nor in git.
    """
    for version in (earlier, later):
        _fetch(catalog, name, version)
    return catalog.versions.apart(earlier, later)


def commits_of(catalog: Versioned, name: str) -> tuple[CommittedFile, ...]:
    """Return what each commit has made of a dataset's file, the newest first; none where git can't be asked.

    Raises:
        NotFoundError: There is no such dataset.
    """
    return Commits(catalog.file(name)).all


def examples_committed(catalog: Versioned, name: str, committed: CommittedFile) -> tuple[Example, ...]:
    """Return the examples that a dataset had in one of its commits; nothing is kept.

    Raises:
        NotFoundError: There is no such dataset, or git lacks the content.
        DatasetError: The content makes no sense.
    """
    return in_commit(catalog, catalog.file(name), committed)


def _fetch(catalog: Versioned, name: str, version: str) -> None:
    """Bring what a version held from git into the store, where that has lost it."""
    if not catalog.versions.has(version):
        DatasetPast(catalog, catalog.name_of(catalog.file(name))).find_committed(version)
