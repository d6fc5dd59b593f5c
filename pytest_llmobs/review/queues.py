"""Which queues there are, and their settings: a committed file, or a document beside the log of the queue's items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import check_case
from pytest_llmobs.errors import ArgumentError, ConflictError, LlmobsError, NotFoundError
from pytest_llmobs.review.calibration import chosen_already, week_of
from pytest_llmobs.review.log.decisions import Decisions
from pytest_llmobs.review.log.items import ITEMS, Items
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.overlap import reviewers_needed
from pytest_llmobs.review.queue_files import QueueFiles
from pytest_llmobs.review.queue_settings import check_queue_name, check_settings
from pytest_llmobs.review.records import DISAGREEMENTS, AnnotationQueue
from pytest_llmobs.review.standing import Standing, standings
from pytest_llmobs.review.stored_queues import StoredQueues
from pytest_llmobs.wording import known, nearest

T = TypeVar("T")


class Queues:
    """The queues of a store. A queue is found by its name or by its id."""

    def __init__(
        self,
        folder: Path,
        *,
        files: QueueFiles | None = None,
        prepare_store: Callable[[], Any] = lambda: None,
        now: Callable[[], datetime] = real.now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        """Name the folder; it need not exist.

        Args:
            folder: ``queues`` below the store's root.
            files: The committed queues; None for none.
            prepare_store: Makes the store's folder, before a queue is made.
            now: The time, in UTC.
            new_id: Returns an id that nothing has.
        """
        self._stored = StoredQueues(folder, prepare_store)
        self._files = files
        self._now = now
        self._new_id = new_id
        self._part = LogPart()

    def names(self) -> list[str]:
        """Return the names of all queues, sorted, also of those that can't be read."""
        return sorted({*self._committed(), *self._stored.names()})

    def all(self) -> list[AnnotationQueue]:
        """Return every queue, in the order of their names.

        Raises:
            ArgumentError: A committed file makes no sense.
            ConflictError: Names differ in capitals alone.
            StoreError: The settings of one can't be read.
        """
        queues = []
        for name in self.names():
            queue = self.named(name)
            if queue is not None:
                queues.append(queue)
        return sorted(queues, key=lambda queue: queue.name)

    def named(self, name: str) -> AnnotationQueue | None:
        """Return the queue of a name; None where there is none.

        Where there is a committed file and a stored queue, the file's settings count, and the stored queue's id: its
        items and what was said of them stay.

        Raises:
            ArgumentError: The committed file makes no sense.
            ConflictError: Names differ in capitals alone.
            StoreError: The settings can't be read.
        """
        stored = self._stored.read(name)
        committed = None if self._files is None else self._files.read(name)
        if committed is None:
            return stored
        check_case(name, self.names(), "queue")
        if stored is None or stored.name != name:
            return committed
        # whoever holds the id of an item, "<queue's id>:<run's id>", finds it still
        return replace(committed, id=stored.id, created_at=stored.created_at)

    def find(self, wanted: Any) -> AnnotationQueue:
        """Return the queue of a name or id.

        Behind either, ``:disagreements`` stands for what its reviewers differ about: a queue of its own, with the
        settings of the other one and the same folder.

        Raises:
            NotFoundError: There is none; the message names near ones.
            ArgumentError: A committed file makes no sense.
            StoreError: The settings of one can't be read.
        """
        text = str(wanted)
        queue = self._found(text)
        if queue is None and text.endswith(DISAGREEMENTS):
            queue = self._found(text.removesuffix(DISAGREEMENTS))
            if queue is not None:
                name, id = f"{queue.name}{DISAGREEMENTS}", f"{queue.id}{DISAGREEMENTS}"
                return replace(queue, name=name, id=id, overlap=0.0, calibration=0, rules=())
        if queue is not None:
            return queue
        names = self.names()
        raise NotFoundError(
            f"No queue {text!r}{self._where()}.{nearest(text, names)} {known(names)} "
            "create_annotation_queue(name=…) makes one, and so does `llmobs review create NAME`."
        )

    def _found(self, text: str) -> AnnotationQueue | None:
        queue = self.named(text)
        if queue is not None and queue.name == text:
            return queue
        broken: list[LlmobsError] = []
        for queue in self.readable(broken):
            if queue.id == text:
                return queue
        if broken:  # it may have been one of these
            raise broken[0]
        return None

    def readable(self, broken: list[LlmobsError]) -> Iterator[AnnotationQueue]:
        """Yield the queues that can be read, in the order of their names.

        Args:
            broken: Gets the reason of each that can't.
        """
        for name in self.names():
            try:
                queue = self.named(name)
            except LlmobsError as error:
                broken.append(error)
                continue
            if queue is not None:
                yield queue

    def _where(self) -> str:
        if self._files is None:
            return f" in {str(self._stored.folder)!r}"
        return f" in {self._files.place!r}, nor in {str(self._stored.folder)!r}"

    def items(self, queue: AnnotationQueue) -> Items:
        """Return the items of a queue."""
        return Items(self._place(queue), queue.id, self._part, self._now)

    def decisions(self, queue: AnnotationQueue) -> Decisions:
        """Return what was decided about the items of a queue."""
        return Decisions(self._place(queue), self._part, self._now)

    def standings(self, queue: AnnotationQueue) -> dict[str, Standing]:
        """Return how far each item of a queue is, by its run's id.

        Raises:
            StoreError: What was decided can't be read.
        """
        decisions = self.decisions(queue).standing()
        calibration: Sequence[str] = ()
        if queue.calibration:
            calibration = chosen_already(self._place(queue), week_of(self._now()))
        return standings(self.items(queue), decisions, partial(reviewers_needed, queue), calibration)

    def folder(self, queue: AnnotationQueue) -> Path:
        """Return where a queue's items lie, and what was said of them; a committed queue's is made here.

        Raises:
            StoreError: The disk refuses.
        """
        place = self._place(queue)
        if queue.file is not None and not (place / ITEMS).is_dir():
            self._stored.make_place(_own_name(queue))
        return place

    def change_items(self, wanted: Any, change: Callable[[Items, str], T]) -> T:
        """Change items of a queue, and return what came of it.

        Args:
            wanted: The queue's name or id.
            change: Takes the items and the queue's name.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: What reviewers differ about is meant: no run is added to it, nor taken out.
        """
        while True:
            queue = self.find(wanted)
            _check_own(queue)
            self.folder(queue)
            try:
                return change(self.items(queue), queue.name)
            except FileNotFoundError:
                continue  # renamed meanwhile: it is found at its new place, or not at all

    def create(
        self,
        name: Any,
        *,
        id: Any = None,
        **settings: Any,
    ) -> AnnotationQueue:
        """Make a queue.

        Args:
            name: Any text that no queue is named.
            id: Its id; a new UUID by default.
            **settings: Further fields of ``AnnotationQueue``; those that are None are at their defaults.

        Raises:
            ArgumentError: The name is none, or a setting makes no sense.
            ConflictError: There is a queue of that name or id, or of a name that differs in capitals alone.
            StoreError: The disk refuses.
        """
        now = self._now()
        queue = AnnotationQueue(
            id=str(self._new_id() if id is None else id),
            name=check_queue_name(name),
            created_at=now,
            updated_at=now,
            **check_settings(settings),
        )
        with self._stored.changing():
            self._check_free(queue.name, queue.id)
            self._stored.make_place(queue.name)
            self._stored.write(queue)
        return queue

    def update(self, wanted: Any, **settings: Any) -> AnnotationQueue:
        """Change the settings of a queue; what is None stays.

        Args:
            wanted: Its name or id.
            **settings: ``name``, and further fields of ``AnnotationQueue``.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: The new name is none, a setting makes no sense, or the queue is a committed file.
            ConflictError: There is a queue of the new name.
            StoreError: The disk refuses.
        """
        name = settings.pop("name", None)
        changes = check_settings(settings)
        if name is not None:
            changes["name"] = check_queue_name(name)
        with self._stored.changing():
            old = self.find(wanted)
            _check_own(old)
            _check_stored(old, "change")
            queue = replace(old, **changes, updated_at=self._now())
            if queue.name != old.name:
                self._check_free(queue.name, None)
                self._stored.rename(old.name, queue.name)
            self._stored.write(queue)
        return queue

    def delete(self, wanted: Any) -> None:
        """Delete a queue with its items; the runs stay.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: It is a committed file.
            StoreError: The disk refuses.
        """
        with self._stored.changing():
            queue = self.find(wanted)
            _check_own(queue)
            _check_stored(queue, "delete")
            self._stored.delete(queue.name)

    def _check_free(self, name: str, id: str | None) -> None:
        check_case(name, self.names(), "queue")
        if name in self._committed() or self._stored.has(name):
            raise ConflictError(
                f"The queue {name!r} is there already{self._as_file(name)}. Use read_annotation_queue({name!r}), or "
                "choose another name."
            )
        for queue in self.readable([]):
            if id in (queue.id, queue.name) or name == queue.id:
                raise ConflictError(
                    f"The queue {queue.name!r} has the id {queue.id!r} already. Choose another one."
                )

    def _as_file(self, name: str) -> str:
        if self._files is None or name not in self._files.names():
            return ""
        return f", as a committed file in {self._files.place!r}"

    def _committed(self) -> list[str]:
        return [] if self._files is None else self._files.names()

    def _place(self, queue: AnnotationQueue) -> Path:
        return self._stored.place(_own_name(queue))


def _own_name(queue: AnnotationQueue) -> str:
    """Return the name of the queue whose folder it is; what its reviewers differ about lies there, too."""
    if queue.id.endswith(DISAGREEMENTS):
        return queue.name.removesuffix(DISAGREEMENTS)
    return queue.name


def _check_own(queue: AnnotationQueue) -> None:
    """Refuse to change what follows from decisions."""
    if queue.id.endswith(DISAGREEMENTS):
        raise ArgumentError(
            f"{queue.name!r} is what the reviewers of {_own_name(queue)!r} differ about, and follows from what they "
            f"decided. Change {_own_name(queue)!r}."
        )


def _check_stored(queue: AnnotationQueue, do: str) -> None:
    """Refuse to change what a committed file says."""
    if queue.file is not None:
        raise ArgumentError(
            f"The queue {queue.name!r} is the committed file {queue.file!r}: {do} that. Its items and what was said "
            "of them stay in the store."
        )
