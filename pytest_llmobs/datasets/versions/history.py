"""When each version of a dataset was the current one: ``history/NAME.jsonl`` in the store, a line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import make_private, open_private, parse_json, read_text

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Moment:
    """From when on a dataset had a version."""

    version: str
    """Empty where the dataset was deleted then."""
    at: datetime
    """UTC."""


class History:
    """The pasts of all datasets of a store."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: ``datasets`` below the store's root.
        """
        self.folder = folder

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
        file = self._file(dataset)
        with explained(self.folder):
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
        file = self._file(dataset)
        if not file.is_file():
            return ()
        return _text(file).splitlines()

    def _file(self, dataset: str) -> Path:
        return self.folder / "history" / f"{dataset}.jsonl"


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say of an ``OSError`` in the ``with`` block what the disk has refused.

    Raises:
        StoreError: In its place.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"Can't keep versions in {str(folder)!r}: {error.strerror or error}.") from error


def _moment(line: str) -> Moment | None:
    try:
        wire = parse_json(line)
        return Moment(wire["version"], datetime.fromisoformat(wire["at"]))
    except (ValueError, LookupError, TypeError):
        return None  # torn by a crash: what was current then is entered again by whoever looks next


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, ValueError) as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}.") from error
