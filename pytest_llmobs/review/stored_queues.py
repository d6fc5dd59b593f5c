"""Queues that the store holds: a document each, beside the log of the queue's items."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, write_whole
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.review.log.items import ITEMS
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import escape, unescape

_SETTINGS = "queue.json"


class StoredQueues:
    """The settings of the queues in one folder, and where the log of each queue lies."""

    def __init__(self, folder: Path, prepare_store: Callable[[], Any]) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: ``queues`` below the store's root.
            prepare_store: Makes the store's folder, before anything is made here.
        """
        self.folder = folder
        self._prepare_store = prepare_store

    def names(self) -> list[str]:
        """Return the names of all queues here, in no order, also of those that can't be read."""
        names = []
        for file in self.folder.glob(f"*/{_SETTINGS}"):
            names.append(unescape(file.parent.name))
        return names

    def has(self, name: str) -> bool:
        """Tell whether a queue has this name, or one whose folder is named the same: of a long name it has a part."""
        return self._file(name).exists()

    def read(self, name: str) -> AnnotationQueue | None:
        """Return the queue of a name; None where there is none.

        Raises:
            StoreError: Its settings can't be read.
        """
        file = self._file(name)
        try:
            return from_wire(AnnotationQueue, parse_json(read_text(file)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, MisfitError) as error:
            raise StoreError(f"{str(file)!r} can't be read: {error}.") from error

    def place(self, name: str) -> Path:
        """Return the folder of a queue, whether its settings are here or in a committed file; it need not exist."""
        return self.folder / escape(name)

    def make_place(self, name: str) -> None:
        """Make the folder of a queue, and that of its items.

        Raises:
            StoreError: The disk refuses.
        """
        place = self.place(name)
        self._prepare_store()
        try:
            make_private(place / ITEMS)
        except OSError as error:
            raise StoreError(f"Can't write to {str(place)!r}: {error.strerror or error}.") from error

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock of the settings of all queues: only within it may they be written.

        Raises:
            StoreError: The disk refuses, the lock or what is done within it.
        """
        self._prepare_store()
        try:
            make_private(self.folder)
            with locks.exclusive(self.folder / ".lock"):
                yield
        except OSError as error:
            raise StoreError(f"Can't write to {str(self.folder)!r}: {error.strerror or error}.") from error

    def write(self, queue: AnnotationQueue) -> None:
        """Keep the settings of a queue that has a folder.

        Raises:
            OSError: The disk refuses.
        """
        text = json.dumps(to_wire(queue), ensure_ascii=False, indent=1)
        write_whole(self._file(queue.name), f"{text}\n", mode=PRIVATE)

    def rename(self, old: str, new: str) -> None:
        """Move a queue's folder, with all that was said of its items.

        Raises:
            OSError: The disk refuses.
        """
        self.place(old).rename(self.place(new))

    def delete(self, name: str) -> None:
        """Delete a queue with its items and what was said of them.

        Raises:
            OSError: The disk refuses.
        """
        # gone at once for whoever reads: the settings go first
        self._file(name).unlink()
        # under another name nobody adds to it while it is emptied
        doomed = self.folder / f".{secrets.token_hex(8)}"
        self.place(name).rename(doomed)
        shutil.rmtree(doomed)

    def _file(self, name: str) -> Path:
        return self.place(name) / _SETTINGS
