"""What a text may mean of the past of one dataset: a hash, a tag, a git revision, an experiment, a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pytest_llmobs.committed import LATEST
from pytest_llmobs.datasets.versions.base import Versioned
from pytest_llmobs.datasets.versions.commits import Commits, CommittedFile
from pytest_llmobs.datasets.versions.moments import (
    DatasetVersion,
    observe,
    seen_versions,
    tags_of,
)
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.errors import ArgumentError, DatasetError, LlmobsError, NotFoundError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import known, listed, nearest

LEAST_DIGITS = 8
"""Of a hash that is cut."""
_HASH = re.compile(r"[0-9a-f]{8,16}")
_SHORT_HASH = re.compile(r"[0-9a-f]{4,7}")
_SHOWN_DIGITS = 12
"""Of each hash in a message."""
_LISTED = 10
"""Versions and names that a message lists."""
_FEW = 3
"""Experiments that a message lists."""


def in_commit(catalog: Versioned, file: Path, committed: CommittedFile) -> tuple[Example, ...]:
    """Return the examples that a dataset's file had in one of its commits.

    Raises:
        NotFoundError: Git lacks the content.
        DatasetError: The content makes no sense.
    """
    content = Commits(file).content(committed)
    where = f"{committed.path} in commit {committed.commit[:7]}"
    return catalog.examples_in(content, file.with_name(committed.path.rpartition("/")[2]), where)


class DatasetPast:
    """What the store, git and experiments know of the past of one dataset."""

    def __init__(self, catalog: Versioned, name: str, *, keeps: bool = True) -> None:
        """Read what the store has seen.

        Args:
            catalog: The datasets.
            name: The dataset's, as the catalog has it.
            keeps: Keep what is found in commits, so that it is read from the store from then on.
        """
        self._catalog = catalog
        self._keeps = keeps
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
        self.committed: dict[str, tuple[Example, ...]] = {}
        """The examples of the versions that were found in commits."""

    def meant(self, as_of: datetime | str) -> DatasetVersion:
        """Return the version that a time or a text means.

        Raises:
            NotFoundError: It means none.
            ArgumentError: It may mean two, or is of another type.
        """
        if isinstance(as_of, datetime):
            return self.at(as_of)
        if not isinstance(as_of, str):
            raise ArgumentError(
                f"as_of is {as_of!r}, of type {type(as_of).__name__}. Give a datetime, or as text a tag, a version's "
                "hash, a git revision or an experiment's name."
            )
        kind, colon, word = as_of.partition(":")
        if colon and kind in self.readings:
            return self.read_as(kind, word)
        return self.read(as_of)

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
            names = self._catalog.experiment_names()
            raise NotFoundError(
                f"There is no experiment {word!r} in this store.{nearest(word, names)}{_experiments(names)}"
            )
        if kind == "hash" and not _HASH.fullmatch(word):
            raise NotFoundError(f"{word!r} is no hash: give {LEAST_DIGITS} to 16 digits of 0-9 and a-f.")
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
        return self._keep(committed, in_commit(self._catalog, self._file, committed))

    def _keep(self, committed: CommittedFile, examples: tuple[Example, ...]) -> DatasetVersion:
        """Keep what a commit holds, so that it is read from the store from now on."""
        version = version_of(examples)
        self.committed[version] = examples
        if self._keeps and not self._catalog.versions.has(version):
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
                    yield committed, in_commit(self._catalog, self._file, committed)

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
        hashes = dict.fromkeys(seen.version[:_SHOWN_DIGITS] for seen in self._seen)
        tags, experiments = [*self._tags, LATEST], self._catalog.experiment_names()
        said = f"{nearest(word, [*tags, *experiments])} Tags: {', '.join(sorted(tags))}."
        if hashes:
            said = f"{said} Versions: {listed(list(hashes), _LISTED)}."
        return f"{said}{_experiments(experiments)}{self._git_note()}"

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


def _experiments(names: Sequence[str]) -> str:
    """Return the newest experiments, for a message."""
    if not names:
        return ""
    return f" Experiments: {listed(names, _FEW)}."


_CALLED = {"hash": "hash", "tag": "tag", "git": "git revision", "experiment": "experiment"}
