"""Which queues there are, and their settings: one document a queue, beside the log of its items."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import check_case, stated
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError, StoreError
from pytest_llmobs.files import PRIVATE, make_private, parse_json, read_text, write_whole
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.review.log.items import ITEMS, Items
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.review.rubric.checks import check_rubric
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.layout import escape
from pytest_llmobs.wording import known, nearest

T = TypeVar("T")

_SETTINGS = "queue.json"


class Queues:
    """The queues of a store. A queue is found by its name or by its id."""

    def __init__(
        self,
        folder: Path,
        *,
        prepare_store: Callable[[], Any] = lambda: None,
        now: Callable[[], datetime] = real.now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: ``queues`` below the store's root.
            prepare_store: Makes the store's folder, before a queue is made.
            now: The time, in UTC.
            new_id: Returns an id that nothing has.
        """
        self._folder = folder
        self._prepare_store = prepare_store
        self._now = now
        self._new_id = new_id
        self._part = LogPart()

    def all(self) -> list[AnnotationQueue]:
        """Return every queue, in the order of their names.

        Raises:
            StoreError: The settings of one can't be read.
        """
        queues = []
        for file in self._folder.glob(f"*/{_SETTINGS}"):
            queue = _read(file)
            if queue is not None:
                queues.append(queue)
        return sorted(queues, key=lambda queue: queue.name)

    def find(self, wanted: Any) -> AnnotationQueue:
        """Return the queue of a name or id.

        Raises:
            NotFoundError: There is none; the message names near ones.
        """
        text = str(wanted)
        queue = _read(self._place(text) / _SETTINGS)
        if queue is not None and queue.name == text:
            return queue
        queues = self.all()
        for queue in queues:
            if queue.id == text:
                return queue
        names = list(map(attrgetter("name"), queues))
        raise NotFoundError(
            f"No queue {text!r} in {str(self._folder)!r}.{nearest(text, names)} {known(names)} "
            "create_annotation_queue(name=…) makes one."
        )

    def items(self, queue: AnnotationQueue) -> Items:
        """Return the items of a queue."""
        return Items(self._place(queue.name), queue.id, self._part, self._now)

    def change_items(self, wanted: Any, change: Callable[[Items, str], T]) -> T:
        """Change items of a queue, and return what came of it.

        Args:
            wanted: The queue's name or id.
            change: Takes the items and the queue's name.

        Raises:
            NotFoundError: There is no such queue.
        """
        while True:
            queue = self.find(wanted)
            try:
                return change(self.items(queue), queue.name)
            except FileNotFoundError:
                continue  # renamed meanwhile: it is found at its new place, or not at all

    def create(
        self,
        name: Any,
        *,
        id: Any = None,
        description: str | None = None,
        rubric_instructions: str | None = None,
        rubric_items: Any = None,
    ) -> AnnotationQueue:
        """Make a queue.

        Raises:
            ArgumentError: The name is none, or the rubric makes no sense.
            ConflictError: There is a queue of that name or id, or of a name that differs in capitals alone.
            StoreError: The disk refuses.
        """
        now = self._now()
        queue = AnnotationQueue(
            id=str(self._new_id() if id is None else id),
            name=_checked_name(name),
            description=description,
            rubric_instructions=rubric_instructions,
            rubric_items=check_rubric(rubric_items),
            created_at=now,
            updated_at=now,
        )
        with self._changing():
            self._check_free(queue.name, queue.id)
            make_private(self._place(queue.name) / ITEMS)
            self._write(queue)
        return queue

    def update(self, wanted: Any, **settings: Any) -> AnnotationQueue:
        """Change the settings of a queue; what is None stays.

        Args:
            wanted: Its name or id.
            **settings: ``name``, ``description``, ``rubric_instructions``, ``rubric_items``.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: The new name is none, or the rubric makes no sense.
            ConflictError: There is a queue of the new name.
            StoreError: The disk refuses.
        """
        changes = stated(settings)
        if "rubric_items" in changes:
            changes["rubric_items"] = check_rubric(changes["rubric_items"])
        if "name" in changes:
            _checked_name(changes["name"])
        with self._changing():
            old = self.find(wanted)
            queue = replace(old, **changes, updated_at=self._now())
            if queue.name != old.name:
                self._check_free(queue.name, None)
                self._place(old.name).rename(self._place(queue.name))
            self._write(queue)
        return queue

    def delete(self, wanted: Any) -> None:
        """Delete a queue with its items; the runs stay.

        Raises:
            NotFoundError: There is no such queue.
            StoreError: The disk refuses.
        """
        with self._changing():
            place = self._place(self.find(wanted).name)
            # gone at once for whoever reads: the settings go first
            (place / _SETTINGS).unlink()
            shutil.rmtree(place)

    def _check_free(self, name: str, id: str | None) -> None:
        queues = self.all()
        check_case(name, map(attrgetter("name"), queues), "queue")
        for queue in queues:
            if name == queue.name:
                raise ConflictError(
                    f"The queue {name!r} is there already. Use read_annotation_queue({name!r}), or choose another name."
                )
            if id in (queue.id, queue.name) or name == queue.id:
                raise ConflictError(
                    f"The queue {queue.name!r} has the id {queue.id!r} already. Choose another one."
                )

    def _place(self, name: str) -> Path:
        return self._folder / escape(name)

    def _write(self, queue: AnnotationQueue) -> None:
        text = json.dumps(to_wire(queue), ensure_ascii=False, indent=1)
        write_whole(self._place(queue.name) / _SETTINGS, f"{text}\n", mode=PRIVATE)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock of the settings of all queues."""
        self._prepare_store()
        try:
            make_private(self._folder)
            with locks.exclusive(self._folder / ".lock"):
                yield
        except OSError as error:
            raise StoreError(f"Can't write to {str(self._folder)!r}: {error.strerror or error}.") from error


def _read(file: Path) -> AnnotationQueue | None:
    """Return a queue's settings; None where it is gone.

    Raises:
        StoreError: They can't be read.
    """
    try:
        return from_wire(AnnotationQueue, parse_json(read_text(file)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, MisfitError) as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}.") from error


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ArgumentError(f"The queue's name is {name!r}. Give it a name, such as 'refunds to look at'.")
    return name
