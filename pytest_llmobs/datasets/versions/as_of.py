"""``as_of``: which version of a dataset is meant by a hash, a tag, a git revision, an experiment, a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property

from pytest_llmobs.committed import LATEST
from pytest_llmobs.datasets.versions.base import Versioned
from pytest_llmobs.datasets.versions.commits import Commits, CommittedFile
from pytest_llmobs.datasets.versions.moments import (
    DatasetVersion,
    observe,
    seen_versions,
    tags_of,
    versions,
)
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import ArgumentError, DatasetError, LlmobsError, NotFoundError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import known, listed, nearest

AsOf = datetime | str | None
"""A time (a naive one is local), a hash or its beginning, a tag, a git revision, an experiment's name, an ISO time,
``"latest"`` or None. ``hash:``, ``tag:``, ``git:`` or ``experiment:`` before a text says which of them it is."""
LEAST_DIGITS = 8
"""Of a hash that is cut."""
_HASH = re.compile(r"[0-9a-f]{8,16}")
_SHORT_HASH = re.compile(r"[0-9a-f]{4,7}")
_LISTED = 10
"""Versions and names that a message lists."""


def resolve(catalog: Versioned, name: str, as_of: AsOf) -> DatasetVersion:
    """Return the version that is meant.

    Raises:
        NotFoundError: There is no such dataset, or nothing of that name, or it had no version yet at that time.
        ArgumentError: ``as_of`` is of another type, or may mean two versions.
    """
    name = catalog.name_of(catalog.file(name))
    if as_of is None or as_of == LATEST:
        return versions(catalog, name)[0]
    past = _Past(catalog, name)
    if isinstance(as_of, datetime):
        return past.at(as_of)
    if not isinstance(as_of, str):
        raise ArgumentError(
            f"as_of is {as_of!r}, of type {type(as_of).__name__}. Give a datetime, or as text a tag, a version's hash, "
            "a git revision or an experiment's name."
        )
    kind, colon, word = as_of.partition(":")
    if colon and kind in past.readings:
        return past.read_as(kind, word)
    return past.read(as_of)


def examples_at(catalog: Versioned, name: str, as_of: AsOf) -> tuple[Example, ...]:
    """Return the examples of the version that is meant.

    Raises:
        NotFoundError: There is none, or what it held is neither in the store nor in git.
        ArgumentError: ``as_of`` is of another type, or may mean two versions.
    """
    if as_of is None or as_of == LATEST:
        return catalog.examples(name)
    return examples_of(catalog, name, resolve(catalog, name, as_of).version)


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


def examples_apart(
    catalog: Versioned, name: str, earlier: AsOf, later: AsOf
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return what two versions of a dataset don't share: the examples of each that the other hasn't alike.

    Raises:
        NotFoundError: There is none, or what one held is neither in the store nor in git.
        ArgumentError: ``earlier`` or ``later`` is of another type, or may mean two versions.
    """
    both = []
    for as_of in (earlier, later):
        both.append(resolve(catalog, name, as_of).version)
        _fetch(catalog, name, both[-1])
    return catalog.versions.apart(*both)


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
    file = catalog.file(name)
    content = Commits(file).content(committed)
    where = f"{committed.path} in commit {committed.commit[:7]}"
    return catalog.examples_in(content, file.with_name(committed.path.rpartition("/")[2]), where)


def _fetch(catalog: Versioned, name: str, version: str) -> None:
    """Bring what a version held from git into the store, where that has lost it."""
    if not catalog.versions.has(version):
        _Past(catalog, catalog.name_of(catalog.file(name))).find_committed(version)


class _Past:
    """What the store, git and experiments know of the past of one dataset."""

    def __init__(self, catalog: Versioned, name: str) -> None:
        self._catalog = catalog
        self._name = name
        self._file = catalog.file(name)
        self._commits = Commits(self._file)
        self._seen = seen_versions(catalog, name)
        self.readings: Mapping[str, Callable[[str], DatasetVersion | None]] = {
            "hash": self._of_hash,
            "tag": self._of_tag,
            "git": self._of_revision,
            "experiment": self._of_experiment,
        }
        """Each returns the version that a text means, if it is one of its kind; what the kind is called before it."""

    def read_as(self, kind: str, word: str) -> DatasetVersion:
        """Return what a word of one kind means; raises ``NotFoundError`` where it isn't of that kind."""
        if kind == "hash":
            version = self._of_hash(word) or self._committed_hash(word)
        else:
            version = self.readings[kind](word)
        if version is not None:
            return version
        if kind == "git":
            raise NotFoundError(self._commits.problem(word))
        if kind == "experiment":
            raise NotFoundError(
                f"There is no experiment {word!r} in this store. 'llmobs experiments' lists those there are."
            )
        raise NotFoundError(f"The dataset {self._name!r} has no {kind} {word!r}.{self._known(word)}")

    def read(self, word: str) -> DatasetVersion:
        """Return the one version that a word may mean.

        Raises:
            NotFoundError: It means none.
            ArgumentError: It may mean two.
        """
        meanings: dict[str, DatasetVersion] = {}
        failures: list[NotFoundError] = []
        for kind, read in self.readings.items():
            try:
                version = read(word)
            except NotFoundError as error:
                failures.append(error)
                continue
            if version is not None:
                meanings[kind] = version
        if len({version.version for version in meanings.values()}) > 1:
            raise ArgumentError(self._ambiguous(word, meanings))
        for version in meanings.values():
            return version
        if failures:
            raise failures[0]
        version = self._committed_hash(word)
        if version is not None:
            return version
        return self._of_time(word)

    def at(self, time: datetime) -> DatasetVersion:
        """Return the version that was current at a time; raises ``NotFoundError`` where nobody knows."""
        moment = time.astimezone(UTC)
        self._look()
        for version in self._seen:
            if version.as_of <= moment:
                return version
        for committed in self._commits.all:
            if committed.at <= moment:
                return self._kept(committed)
        raise NotFoundError(
            f"The dataset {self._name!r} had no version yet at {moment.isoformat()}: its first one that is known here "
            f"is of {self._first()}."
        )

    def find_committed(self, version: str) -> DatasetVersion | None:
        """Return the version that a commit holds, from then on kept in the store; None where none does."""
        for committed, examples in self._all_committed:
            if version_of(examples).startswith(version):
                return self._keep(committed, examples)
        return None

    def _of_hash(self, text: str) -> DatasetVersion | None:
        if not _HASH.fullmatch(text):
            return None
        matches = self._beginning(text)
        if not matches:
            self._look()
            matches = self._beginning(text)
        if len(matches) > 1:
            raise ArgumentError(f"{text!r} begins several versions. {known(matches)}")
        return next(iter(matches.values()), None)

    def _beginning(self, text: str) -> dict[str, DatasetVersion]:
        return {seen.version: seen for seen in reversed(self._seen) if seen.version.startswith(text)}

    def _committed_hash(self, text: str) -> DatasetVersion | None:
        if not _HASH.fullmatch(text):
            return None
        return self.find_committed(text)

    def _of_tag(self, tag: str) -> DatasetVersion | None:
        version = self._tags.get(tag)
        if version is None:
            return None
        found = self._of_version(version)
        if found is None:
            raise NotFoundError(
                f"The tag {tag!r} stands for version {version}, which neither this store nor git's history of "
                f"{self._file.name!r} has: it was tagged on another machine. {self._in_git()}"
            )
        return found

    def _of_revision(self, revision: str) -> DatasetVersion | None:
        if not self._commits.knows(revision):
            return None
        return self._kept(self._commits.at(revision))

    def _of_experiment(self, experiment: str) -> DatasetVersion | None:
        used = self._catalog.experiment_versions(experiment)
        if used is None:
            return None
        for called, version in used.items():
            # one that was pinned has its version behind it
            if called.partition("@")[0] in (self._name, self._catalog.path_of(self._file)):
                return self._of_version(version) or self._unseen(version)
        raise NotFoundError(
            f"The experiment {experiment!r} didn't use the dataset {self._name!r}. It used: "
            f"{listed(sorted(used), _LISTED) or 'none'}."
        )

    def _of_version(self, version: str) -> DatasetVersion | None:
        """Return a version that the store or git has."""
        for seen in self._seen:
            if seen.version == version:
                return seen
        if self._catalog.versions.has(version):
            return self._unseen(version)
        return self.find_committed(version)

    def _unseen(self, version: str) -> DatasetVersion:
        """Return a version that isn't in the dataset's history: it was kept by an experiment, or found in git."""
        at = datetime.now(UTC)
        with suppress(OSError):
            at = datetime.fromtimestamp(self._catalog.versions.file(version).stat().st_mtime, UTC)
        return DatasetVersion(version, at, tags_of(self._tags, version))

    def _of_time(self, text: str) -> DatasetVersion:
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise NotFoundError(
                f"The dataset {self._name!r} has no version {text!r}: it is no hash, tag, git revision, experiment "
                f"or time.{self._known(text)}"
            ) from None
        return self.at(time)

    def _kept(self, committed: CommittedFile) -> DatasetVersion:
        return self._keep(committed, examples_committed(self._catalog, self._name, committed))

    def _keep(self, committed: CommittedFile, examples: Sequence[Example]) -> DatasetVersion:
        """Keep what a commit holds, so that it is read from the store from now on."""
        version = version_of(examples)
        if not self._catalog.versions.has(version):
            self._catalog.prepare_store()
            near = [seen.version for seen in self._seen[:1]]
            self._catalog.versions.keep(version, lambda: examples, near=near)
        return DatasetVersion(version, committed.at.astimezone(UTC), tags_of(self._tags, version))

    @property
    def _all_committed(self) -> Iterator[tuple[CommittedFile, tuple[Example, ...]]]:
        """Every content that a commit has, once; what makes no sense is passed over."""
        blobs: set[str] = set()
        for committed in self._commits.all:
            if committed.blob not in blobs:
                blobs.add(committed.blob)
                with suppress(DatasetError, NotFoundError):
                    yield committed, examples_committed(self._catalog, self._name, committed)

    @cached_property
    def _tags(self) -> Mapping[str, str]:
        return self._catalog.tags(self._name)

    def _look(self) -> None:
        """See what the file holds now; where that can't be read or kept, the past is asked for all the same."""
        with suppress(LlmobsError):
            observe(self._catalog, self._name)
            self._seen = seen_versions(self._catalog, self._name)

    def _first(self) -> str:
        times = [version.as_of for version in self._seen] + [committed.at for committed in self._commits.all]
        if not times:
            return "today"
        return min(times).astimezone(UTC).isoformat()

    def _ambiguous(self, word: str, meanings: Mapping[str, DatasetVersion]) -> str:
        each = [f"the {_CALLED[kind]} {word!r} (version {found.version})" for kind, found in meanings.items()]
        ways = " or ".join(f"{kind}:{word}" for kind in meanings)
        return f"as_of={word!r} may be {' or '.join(each)} of the dataset {self._name!r}. Write {ways}."

    def _known(self, word: str) -> str:
        """Return what is known, for a message about a word that isn't."""
        if _SHORT_HASH.fullmatch(word) and self._beginning(word):
            return f" Of a hash give {LEAST_DIGITS} digits or more."
        hashes = dict.fromkeys(seen.version for seen in self._seen)
        tags = [*self._tags, LATEST]
        said = f"{nearest(word, tags)} Tags: {', '.join(sorted(tags))}."
        if hashes:
            said = f"{said} Versions: {listed(list(hashes), _LISTED)}."
        return f"{said}{self._git_note()}"

    def _git_note(self) -> str:
        unusable = self._commits.unusable
        if unusable:
            return f" Git knows none: {unusable}"
        return ""

    def _in_git(self) -> str:
        unusable = self._commits.unusable
        if unusable:
            return f"In git nothing was found: {unusable}"
        return "Fetch the branch that had it, or tag another version."


_CALLED = {"hash": "hash", "tag": "tag", "git": "git revision", "experiment": "experiment"}
