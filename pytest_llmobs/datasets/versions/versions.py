"""What each version of a dataset held, and when it was the current one. Not committed: it lies in the store.

``datasets/HASH.json`` holds the examples of a version, or what changed since another one; it never changes. With
every so many changes all of it is written again, so that a dataset built example by example takes no more than a
few times its size. ``datasets/history/NAME.jsonl`` says which version a dataset had since when, a line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row
from pytest_llmobs.datasets.columns import Columns
from pytest_llmobs.datasets.rows import row_of
from pytest_llmobs.datasets.validation import check_rows
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.files import PRIVATE, make_private, open_private, parse_json, read_text, write_whole
from pytest_llmobs.records.examples import Dataset, Example

_FEW = 20
"""Changes that are always kept as such."""
_TICK = timedelta(microseconds=1)


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
class Moment:
    """From when on a dataset had a version."""

    version: str
    """Empty where the dataset was deleted then."""
    at: datetime
    """UTC."""


class Versions:
    """The versions of all datasets of a store."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: ``datasets`` below the store's root.
        """
        self._folder = folder

    def has(self, version: str) -> bool:
        """Tell whether the content of a version is here."""
        return self._file(version).is_file()

    def keep(self, version: str, examples: Sequence[Example], change: Change | None = None) -> None:
        """Keep the content of a version, once.

        Args:
            version: Its hash.
            examples: All of them.
            change: What made it of another version, if anything is known.

        Raises:
            StoreError: The disk refuses.
        """
        if self.has(version):
            return
        document: dict[str, Any] = {"version": version}
        changes = 0
        if change is not None and self.has(change.parent):
            changes = self._document(change.parent).get("changes", 0)
            changes += len(change.put) + len(change.removed)
        if change is None or not 0 < changes <= max(_FEW, len(examples)):
            document["examples"] = list(map(row_of, examples))
        else:
            document |= {"parent": change.parent, "changes": changes, "removed": list(change.removed)}
            document["examples"] = list(map(row_of, change.put))
        with self._explained():
            make_private(self._folder)
            text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            # not durable: the dataset's own file is, and waiting for the disk twice more would cost most of a change
            write_whole(self._file(version), f"{text}\n", mode=PRIVATE, durable=False)

    def examples(self, version: str) -> tuple[Example, ...]:
        """Return the examples of a version.

        Raises:
            NotFoundError: Its content, or that of a version it is told by, isn't here.
            StoreError: It can't be read.
        """
        chain = [self._document(version)]
        while "parent" in chain[-1]:
            chain.append(self._document(chain[-1]["parent"]))
        rows: dict[str, Any] = {}
        for document in reversed(chain):
            for id in document.get("removed", ()):
                rows.pop(id, None)
            for row in document["examples"]:
                rows[row["id"]] = row
        name = f"version {version}"
        plain = [Row(row, name, True) for row in rows.values()]
        return check_rows(plain, Columns(), name, may_ask_the_same=True)

    def history(self, dataset: str) -> Sequence[Moment]:
        """Return which versions a dataset had since it was made, oldest first.

        Raises:
            StoreError: The file can't be read.
        """
        moments: list[Moment] = []
        for moment in filter(None, map(_moment, self._lines(dataset))):
            moments.append(moment)
            if not moment.version:  # what it was before it was deleted is another dataset's
                moments.clear()
        return moments

    def enter(self, dataset: str, version: str, now: datetime) -> datetime:
        """Write down that a dataset has a version from now on, and return that time.

        Args:
            dataset: Its name; whoever calls this holds its lock.
            version: The hash, or an empty text where it is deleted.
            now: UTC. A time that isn't after the last one is moved behind it.

        Raises:
            StoreError: The disk refuses.
        """
        last = self.last(dataset)
        at = now if last is None else max(now, last.at + _TICK)
        line = json.dumps({"version": version, "at": at.isoformat()})
        file = self._history_file(dataset)
        with self._explained():
            make_private(file.parent)
            with open(file, "ab", buffering=0, opener=open_private) as log:
                if log.tell() and not _text(file).endswith("\n"):  # a crash tore the last line
                    log.write(b"\n")
                log.write(f"{line}\n".encode())
        return at

    def last(self, dataset: str) -> Moment | None:
        """Return what was written down of a dataset last, or None.

        Raises:
            StoreError: The file can't be read.
        """
        for line in reversed(self._lines(dataset)):
            moment = _moment(line)
            if moment is not None:
                return moment
        return None

    def _lines(self, dataset: str) -> Sequence[str]:
        file = self._history_file(dataset)
        if not file.is_file():
            return ()
        return _text(file).splitlines()

    def _document(self, version: str) -> Mapping[str, Any]:
        file = self._file(version)
        if not file.is_file():
            raise NotFoundError(
                f"What version {version} held isn't in the store (no {str(file)!r}). Versions are kept where the "
                "client changes or tags a dataset; of one that was committed, check out its commit."
            )
        try:
            document = parse_json(_text(file))
        except ValueError as error:
            raise StoreError(f"{str(file)!r} is damaged: {error}.") from None
        if not isinstance(document, dict) or not isinstance(document.get("examples"), list):
            raise StoreError(f"{str(file)!r} is damaged: it holds no examples.")
        return document

    def _file(self, version: str) -> Path:
        return self._folder / f"{version}.json"

    def _history_file(self, dataset: str) -> Path:
        return self._folder / "history" / f"{dataset}.jsonl"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"Can't keep versions in {str(self._folder)!r}: {error.strerror or error}."
            ) from error


def _moment(line: str) -> Moment | None:
    try:
        wire = parse_json(line)
        return Moment(wire["version"], datetime.fromisoformat(wire["at"]))
    except (ValueError, LookupError, TypeError):
        return None  # torn by a crash: what was current then is entered again by whoever looks next


def version_of(examples: Iterable[Example]) -> str:
    """Return the version that a dataset of these examples has."""
    return Dataset("", tuple(examples)).version


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, ValueError) as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}.") from error
