"""Queues that are committed files: ``queues/NAME.yaml`` below rootdir, edited by people and read as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pytest_llmobs.committed import check_case, check_name
from pytest_llmobs.errors import ArgumentError, ConflictError, StoreError
from pytest_llmobs.files import read_text
from pytest_llmobs.prompts.documents import load
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.review.queue_settings import FILE_KEYS, check_queue_name
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.wording import known, nearest

SUFFIX = ".yaml"
_SUFFIXES = (SUFFIX, ".yml")
_NAMESPACE = UUID("6a0f4d0e-2c0e-5b38-9d5b-6f1f7f1f0f16")
"""Makes ids of names: one queue has one id on every machine."""


class QueueFiles:
    """The committed queues of one folder."""

    def __init__(self, folder: Path, rootdir: Path | None = None) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: Where the files lie.
            rootdir: What messages name the files from; None for their whole paths.
        """
        self._folder = folder
        self._rootdir = rootdir

    @property
    def place(self) -> str:
        """What messages call the folder."""
        return self.shown(self._folder)

    def names(self) -> list[str]:
        """Return the names of all queues here, sorted."""
        return sorted(_stems(self._files()))

    def read(self, name: str) -> AnnotationQueue | None:
        """Return the queue of a name; None where there is no such file.

        Raises:
            ArgumentError: The file makes no sense; the message names it, the key and what may stand there.
            ConflictError: Two files have the name, or differ in capitals alone.
            StoreError: It can't be read.
        """
        # the folder is listed: macOS and Windows would open Support.yaml under the name of support.yaml, too
        files = self._files()
        named = [file for file in files if file.stem == name]
        if not named:
            return None
        if len(named) > 1:
            raise ConflictError(
                f"The queue {name!r} has two files, {self.shown(named[0])!r} and {self.shown(named[1])!r}. "
                "Delete one."
            )
        check_case(name, _stems(files), "queue")
        return self._read(named[0])

    def _read(self, file: Path) -> AnnotationQueue:
        place = self.shown(file)
        try:
            text = read_text(file)
            changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except (OSError, ValueError) as error:
            raise StoreError(f"{place!r} can't be read: {error}.") from error
        return AnnotationQueue(
            id=id_of(file.stem),
            name=check_queue_name(file.stem),
            file=place,
            created_at=changed,
            updated_at=changed,
            **read_settings(text, place),
        )

    def path(self, name: str) -> Path:
        """Return the file that a new queue of a name gets; it need not exist.

        Raises:
            ArgumentError: The name can't be a file's.
            ConflictError: A queue's name differs from it in capitals alone.
        """
        check_name(check_queue_name(name), "queue")
        if "/" in name:
            raise ArgumentError(
                f"The queue can't be named {name!r}: a committed queue is a file of one folder. Leave the '/' out."
            )
        check_case(name, self.names(), "queue")
        return self._folder / f"{name}{SUFFIX}"

    def shown(self, file: Path) -> str:
        """Return a file as messages name it: from rootdir, where it lies below it."""
        if self._rootdir is not None and file.is_relative_to(self._rootdir):
            return file.relative_to(self._rootdir).as_posix()
        return file.as_posix()

    def _files(self) -> list[Path]:
        files: list[Path] = []
        for suffix in _SUFFIXES:
            for file in self._folder.glob(f"*{suffix}"):
                if file.is_file() and not file.name.startswith("."):
                    files.append(file)
        return files


def _stems(files: Iterable[Path]) -> set[str]:
    return set(map(attrgetter("stem"), files))


def id_of(name: str) -> str:
    """Return the id of the committed queue of a name."""
    return str(uuid5(_NAMESPACE, name))


def read_settings(text: str, place: str) -> dict[str, Any]:
    """Return what a queue's file states, by the fields of ``AnnotationQueue``; what it doesn't is left out.

    Args:
        text: YAML.
        place: What messages call the file.

    Raises:
        ArgumentError: It makes no sense: no mapping, an unknown key, a key twice, an impossible value.
    """
    try:
        stated = load(text, repr(place))
    except StoreError as error:
        raise ArgumentError(str(error)) from None
    if stated is None:  # all of it is comments
        return {}
    if not isinstance(stated, dict):
        raise ArgumentError(
            f"{place!r} holds {shortened(stated)}. Write keys and values, such as 'instructions: Be fair.' "
            f"{known(FILE_KEYS)}"
        )
    settings: dict[str, Any] = {}
    for key, value in stated.items():
        if key == "name":
            raise ArgumentError(f"{place!r} has the key 'name': a queue is named by its file. Leave it out.")
        if key not in FILE_KEYS:
            raise ArgumentError(
                f"{place!r}: unknown key {key!r}.{nearest(str(key), FILE_KEYS)} {known(FILE_KEYS)}"
            )
        if value is not None:
            setting = FILE_KEYS[key]
            settings[setting.field] = setting.check(value, f"{place}: {key}")
    return settings
