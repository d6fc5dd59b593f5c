"""Which version of a dataset is meant: the current one, a tag, a hash, or what was current at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_llmobs.committed import LATEST
from pytest_llmobs.datasets.versions.base import Versioned
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.models import Model
from pytest_llmobs.wording import known, nearest

AsOf = datetime | str | None
"""A time (a naive one is local), a tag, a hash or its beginning, an ISO time, ``"latest"`` or None."""
_LEAST_DIGITS = 4
"""Of a hash that is cut."""


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
    """Return every version that a dataset had, newest first.

    Raises:
        NotFoundError: There is no such dataset.
    """
    observe(catalog, name)
    tags = catalog.beside.tags(name)
    found = []
    for moment in reversed(catalog.versions.history(name)):
        names = [tag for tag, version in tags.items() if version == moment.version]
        found.append(DatasetVersion(moment.version, moment.at, names or None))
    return found


def version_at(catalog: Versioned, name: str, as_of: AsOf) -> DatasetVersion:
    """Return the version that is meant.

    Raises:
        NotFoundError: There is no such dataset, tag or version, or it had none yet at that time.
        ArgumentError: ``as_of`` is of another type.
    """
    every = versions(catalog, name)
    if as_of is None or as_of == LATEST:
        return every[0]
    if isinstance(as_of, datetime):
        return _at(every, as_of, name)
    if not isinstance(as_of, str):
        raise ArgumentError(
            f"as_of is {as_of!r}, of type {type(as_of).__name__}. Give a datetime, a tag, or a version's hash."
        )
    tags = catalog.beside.tags(name)
    if as_of in tags:
        return _tagged(every, tags[as_of], as_of)
    hashed = _hashed(every, as_of)
    if hashed is not None:
        return hashed
    time = _time(as_of)
    if time is not None:
        return _at(every, time, name)
    raise NotFoundError(
        f"The dataset {name!r} has no tag or version {as_of!r}.{nearest(as_of, tags)} {known([*tags, LATEST])}"
    )


def examples_at(catalog: Versioned, name: str, as_of: AsOf) -> tuple[Example, ...]:
    """Return the examples of the version that is meant.

    Raises:
        NotFoundError: There is none, or what it held isn't in the store.
        ArgumentError: ``as_of`` is of another type.
    """
    if as_of is None or as_of == LATEST:
        return catalog.examples(name)
    return catalog.versions.examples(version_at(catalog, name, as_of).version)


def _at(every: Sequence[DatasetVersion], time: datetime, name: str) -> DatasetVersion:
    moment = time.astimezone(UTC)
    for version in every:
        if version.as_of <= moment:
            return version
    raise NotFoundError(
        f"The dataset {name!r} had no version yet at {moment.isoformat()}: its first one that the store knows is of "
        f"{every[-1].as_of.isoformat()}."
    )


def _tagged(every: Sequence[DatasetVersion], version: str, tag: str) -> DatasetVersion:
    for one in every:
        if one.version == version:
            return one
    raise NotFoundError(
        f"The tag {tag!r} stands for version {version}, which this store doesn't know: it was tagged on another "
        "machine. Check out the commit that had it, and read the dataset there."
    )


def _hashed(every: Sequence[DatasetVersion], text: str) -> DatasetVersion | None:
    matches = {one.version: one for one in reversed(every) if one.version.startswith(text)}
    if len(text) < _LEAST_DIGITS or not matches:
        return None
    if len(matches) > 1:
        raise ArgumentError(f"{text!r} begins several versions. {known(matches)}")
    return next(iter(matches.values()))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
