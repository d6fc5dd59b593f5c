"""What each version of a dataset held. Not committed: it lies in the store, ``datasets/HASH.jsonl`` each.

A version is told by another one where most of its rows are the same, so that rows that many versions share are stored
once. With every so many changes all of them are written again: a dataset built example by example takes no more than a
few times its size, and reading one version never means reading a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import filterfalse
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.notices import warn
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.datasets.versions.apart import Apart, SharedRows
from pytest_llmobs.datasets.versions.history import History, explained
from pytest_llmobs.datasets.versions.kept import (
    ERASED,
    Delta,
    KeptVersion,
    delta,
    edited,
    key_of,
    parsed,
    read_kept,
    row_text,
    rows_of,
)
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.files import PRIVATE, locked, make_private, write_whole
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import count

SUFFIX = ".jsonl"
_STEM = attrgetter("stem")
_ERASED_AT = attrgetter("erased_at")
_HASH = re.compile(r"[0-9a-f]{16}")
_FEW = 20
"""Changes that are always kept as such."""
_DEEPEST = 500
"""Versions that must be read at most to read one."""
_NONE_READ: Mapping[str, KeptVersion] = MappingProxyType({})
_NEAR = 3
"""Newest versions that are tried, where nobody says which one a new version comes from."""


@dataclass(frozen=True)
class Change:
    """What made one version of another."""

    parent: str
    """The version before."""
    put: Sequence[Example]
    """Added, or changed."""
    removed: Sequence[str]
    """Ids."""


@dataclass(frozen=True)
class ErasedRows:
    """What is taken out of one version's file."""

    file: Path
    rows: int
    """How many."""


class Versions(History):
    """The versions of all datasets of a store."""

    def has(self, version: str) -> bool:
        """Tell whether the content of a version is here."""
        return bool(_HASH.fullmatch(version)) and self.file(version).is_file()

    def all(self) -> list[str]:
        """Return every version that is here, sorted."""
        return sorted(map(_STEM, self._files()))

    def file(self, version: str) -> Path:
        """Return the file of a version, which need not exist."""
        return self.folder / f"{version}{SUFFIX}"

    def keep(
        self,
        version: str,
        examples: Callable[[], Sequence[Example]],
        change: Change | None = None,
        *,
        near: Sequence[str] = (),
    ) -> None:
        """Keep the content of a version, once.

        Args:
            version: Its hash.
            examples: Returns all of them; called only where they aren't known by the change.
            change: What made it of another version, if anything is known.
            near: Versions that it may have much in common with, the likeliest first.

        Raises:
            StoreError: The disk refuses.
        """
        if self.has(version):
            return
        with self._rewriting():
            if self.has(version):  # another process was faster
                return
            kept = self._by_change(version, change)
            if kept is None:
                kept = self._by_rows(version, list(map(row_text, examples())), near)
            self._write(kept)

    def examples(self, version: str) -> tuple[Example, ...]:
        """Return the examples of a version, and warn where some were erased.

        Raises:
            NotFoundError: Its content, or that of a version it is told by, isn't here.
            StoreError: A file is damaged.
        """
        return _examples(self._rows_left(self._chain(version)), f"version {version}")

    def apart(self, earlier: str, later: str) -> Apart:
        """Return what two versions don't share, and warn where examples of one were erased.

        Raises:
            NotFoundError: The content of one isn't here.
            StoreError: A file is damaged.
        """
        chain = self._chain(earlier)
        before = self._rows_left(chain)
        after = self._rows_left(self._chain(later, read={kept.version: kept for kept in chain}))
        shared = set(before).intersection(after)
        own = list(filterfalse(shared.__contains__, before))
        others = list(filterfalse(shared.__contains__, after))
        return Apart(
            _examples(own, f"version {earlier}"),
            _examples(others, f"version {later}"),
            SharedRows(list(shared)),
        )

    def rows(self, version: str) -> list[str]:
        """Return the rows of a version, each as JSON text, ``null`` where one was erased.

        Raises:
            NotFoundError: Its content, or that of a version it is told by, isn't here.
            StoreError: A file is damaged.
        """
        return rows_of(self._chain(version))

    def erase(
        self, doomed: Callable[[Mapping[str, Any]], bool], *, now: Callable[[], datetime] = real.now
    ) -> list[ErasedRows]:
        """Take examples out of every version: file by file, so that a second call finishes what a first one began.

        Args:
            doomed: Tells of an example, as a line of a file has it, whether it is to go.
            now: The time, in UTC.

        Returns:
            The files that held some.

        Raises:
            StoreError: The disk refuses, or a file is damaged; the others are done.
        """
        erased: list[ErasedRows] = []
        with self._rewriting():
            for kept, lines in self._doomed(doomed):
                self._write(kept.without(lines, now()))
                erased.append(ErasedRows(self.file(kept.version), len(lines)))
        return erased

    def holding(self, doomed: Callable[[Mapping[str, Any]], bool]) -> list[ErasedRows]:
        """Return the files that ``erase`` would take examples out of.

        Raises:
            StoreError: A file is damaged.
        """
        held: list[ErasedRows] = []
        for kept, lines in self._doomed(doomed):
            held.append(ErasedRows(self.file(kept.version), len(lines)))
        return held

    def _doomed(self, doomed: Callable[[Mapping[str, Any]], bool]) -> Iterator[tuple[KeptVersion, list[int]]]:
        """Yield the versions that hold what is to go, and the numbers of those lines.

        Raises:
            StoreError: A file is damaged; the others were yielded.
        """
        damaged: list[str] = []
        for file in self._files():
            try:
                kept = read_kept(file)
                lines = list(_doomed_lines(kept, doomed))
            except StoreError as error:
                damaged.append(str(error))
                continue
            if lines:
                yield kept, lines
        if damaged:
            raise StoreError(f"What damaged files hold isn't known. {' '.join(damaged)}")

    def _by_change(self, version: str, change: Change | None) -> KeptVersion | None:
        """Return a version as what changed of another; None where that isn't known, or is most of it."""
        if change is None:
            return None
        chain = self._readable_chain(change.parent)
        if not chain:
            return None
        put = {key_of(row): row for row in map(row_text, change.put)}
        difference = edited(chain, put, map(_key, change.removed))
        return _told_by(chain[0], difference, version)

    def _by_rows(self, version: str, rows: list[str], near: Sequence[str]) -> KeptVersion:
        """Return a version as it differs from a near one, or whole."""
        for other in dict.fromkeys([*near, *self._newest()]):
            chain = self._readable_chain(other)
            if chain:
                kept = _told_by(chain[0], delta(rows_of(chain), rows), version)
                if kept is not None:
                    return kept
        return KeptVersion(version, rows)

    def _readable_chain(self, version: str) -> list[KeptVersion]:
        """Return a version and those that it is told by; none where one can't be read, which its readers are told."""
        if not self.has(version):
            return []
        with suppress(StoreError):
            return self._chain(version, checked=False)
        return []

    def _newest(self) -> list[str]:
        files = sorted(self._files(), key=_changed, reverse=True)
        return list(map(_STEM, files[:_NEAR]))

    def _rows_left(self, chain: Sequence[KeptVersion]) -> list[str]:
        """Return the rows of a version that weren't erased, and warn where some were."""
        rows = rows_of(chain)
        erased = rows.count(ERASED)
        if not erased:
            return rows
        erased_on = max(map(_ERASED_AT, chain))[:10]
        warn(
            f"Of version {chain[0].version} {count(erased, 'example was', 'examples were')} erased, the last on "
            f"{erased_on}: what is left is another version's content."
        )
        return list(filter(ERASED.__ne__, rows))

    def _chain(
        self, version: str, *, checked: bool = True, read: Mapping[str, KeptVersion] = _NONE_READ
    ) -> list[KeptVersion]:
        """Return a version and those that it is told by.

        Args:
            version: Its hash.
            checked: Make sure that each is as it was written.
            read: Those that need not be read again.
        """
        chain: list[KeptVersion] = []
        parent = version
        while parent:
            if len(chain) > 2 * _DEEPEST:
                raise StoreError(f"{str(self.file(version))!r} is damaged: it is told by itself.")
            chain.append(read[parent] if parent in read else self._read(parent, checked))
            parent = chain[-1].parent
        return chain

    def _read(self, version: str, checked: bool) -> KeptVersion:
        file = self.file(version)
        try:
            return read_kept(file, checked=checked)
        except FileNotFoundError:
            raise NotFoundError(
                f"What version {version} held isn't in the store (no {str(file)!r}). Versions are kept where an "
                "experiment uses a dataset and where the client changes one; of one that was committed, check out its "
                "commit."
            ) from None

    def _write(self, kept: KeptVersion) -> None:
        # not durable: the dataset's own file is, and waiting for the disk twice more would cost most of a change
        write_whole(self.file(kept.version), kept.text(), mode=PRIVATE, durable=False)

    def _files(self) -> list[Path]:
        return list(filter(_is_kept, sorted(self.folder.glob(f"*{SUFFIX}"))))

    @contextmanager
    def _rewriting(self) -> Iterator[None]:
        """Hold the lock of the folder, and make it."""
        with explained(self.folder):
            make_private(self.folder)
            with locked(self.folder):
                yield


def version_of(examples: Sequence[Example]) -> str:
    """Return the version that a dataset of these examples has."""
    return Dataset("", tuple(examples)).version


def _examples(rows: Sequence[str], name: str) -> tuple[Example, ...]:
    plain = [Row(row, name, True) for row in parsed(rows, name)]
    return check_rows(plain, Columns(), name, may_ask_the_same=True)


def _told_by(parent: KeptVersion, difference: Delta, version: str) -> KeptVersion | None:
    """Return a version as it differs from another one; None where writing all its rows is better."""
    changes = parent.changes + difference.changes
    most = max(_FEW, difference.rows)
    if parent.depth >= _DEEPEST or changes > most or 2 * difference.new > most:
        return None
    return KeptVersion(version, difference.pieces, parent.version, parent.depth + 1, changes)


def _key(id: str) -> str:
    return key_of(row_text(Example(id, {})))


def _doomed_lines(kept: KeptVersion, doomed: Callable[[Mapping[str, Any]], bool]) -> Iterator[int]:
    """Yield the numbers of the rows that are to go."""
    for number, piece in enumerate(kept.pieces):
        if piece.startswith("{"):
            (row,) = parsed([piece], kept.version)
            if doomed(row):
                yield number


def _is_kept(file: Path) -> bool:
    return bool(_HASH.fullmatch(file.stem))


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it went meanwhile
        return 0.0
