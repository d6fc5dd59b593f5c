"""The runs of one queue: an append-only log, one part a process, read as it stands now.

Nothing is rewritten and no lock is held, so that any number of processes may add at once; a run that several add is
one item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, get_args

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.review.log.parts import LogPart, events_of
from pytest_llmobs.review.records import ItemStatus, QueueItem
from pytest_llmobs.tracing.ids import read_id
from pytest_llmobs.wording import known, nearest

STATUSES: tuple[str, ...] = get_args(ItemStatus)
ITEMS = "items"
"""The folder of the parts, below the queue's."""


def run_id_of(value: Any, place: str) -> str:
    """Return the id of a run as the store has it.

    Raises:
        ArgumentError: It is no UUID.
    """
    id = read_id(value)
    if id is None:
        raise ArgumentError(f"{place} is {value!r}, no run's id: a UUID such as run.id.")
    return id


class Items:
    """The items of one queue."""

    def __init__(self, folder: Path, queue_id: str, part: LogPart, now: Callable[[], datetime]) -> None:
        """Name the queue.

        Args:
            folder: The queue's.
            queue_id: Its id.
            part: Where this process appends.
            now: The time, in UTC.
        """
        self._folder = folder
        self._queue_id = queue_id
        self._part = part
        self._now = now

    def all(self) -> list[QueueItem]:
        """Return the items that are in the queue, in the order in which they came.

        Raises:
            StoreError: A part can't be read.
        """
        return list(self._by_run().values())

    def _by_run(self) -> dict[str, QueueItem]:
        items: dict[str, QueueItem] = {}
        for event in self._events():
            run_id = event["run_id"]
            if event["do"] == "add":
                items.setdefault(run_id, self._item(event))
            elif event["do"] == "remove":
                items.pop(run_id, None)
            elif run_id in items:
                at = datetime.fromisoformat(event["at"])
                items[run_id] = replace(items[run_id], status=event["status"], last_reviewed_time=at)
        return items

    def add(self, runs: Sequence[Mapping[str, Any]]) -> list[QueueItem]:
        """Add runs, and return their items; one that is there already stays where it is.

        Args:
            runs: Each with ``run_id``, and what else is known of it, under the names of ``QueueItem``.

        Raises:
            StoreError: The disk refuses.
        """
        there = self._by_run()
        at = self._now().isoformat()
        events = {}
        for run in runs:
            if run["run_id"] not in there:
                events[run["run_id"]] = {"do": "add", "at": at, **run}
        if events:
            self._part.append(self._folder / ITEMS, events.values())
        now_there = self._by_run()
        wanted = dict.fromkeys(map(itemgetter("run_id"), runs))
        return list(map(now_there.__getitem__, wanted))

    def remove(self, run_ids: Sequence[str], queue: str) -> None:
        """Take runs out of the queue.

        Raises:
            NotFoundError: One isn't in it; then none is taken out.
            StoreError: The disk refuses.
        """
        at = self._now().isoformat()
        events = []
        for run_id in run_ids:
            self.item(run_id, queue)
            events.append({"do": "remove", "at": at, "run_id": run_id})
        self._part.append(self._folder / ITEMS, events)

    def set_status(self, run_id: str, status: str | None, queue: str) -> QueueItem:
        """Say what a reviewer did with an item; None shows it as new.

        Raises:
            ArgumentError: There is no such status.
            NotFoundError: The run isn't in the queue.
            StoreError: The disk refuses.
        """
        if status is not None and status not in STATUSES:
            raise ArgumentError(f"status is {status!r}.{nearest(str(status), STATUSES)} {known(STATUSES)}")
        self.item(run_id, queue)
        event = {"do": "status", "at": self._now().isoformat(), "run_id": run_id, "status": status}
        self._part.append(self._folder / ITEMS, [event])
        return self.item(run_id, queue)

    def item(self, run_id: str, queue: str) -> QueueItem:
        """Return the item of a run.

        Raises:
            NotFoundError: The run isn't in the queue.
        """
        item = self._by_run().get(run_id)
        if item is None:
            raise NotFoundError(f"The run {run_id!r} isn't in the queue {queue!r}.")
        return item

    def _item(self, event: Mapping[str, Any]) -> QueueItem:
        return QueueItem(
            id=f"{self._queue_id}:{event['run_id']}",
            queue_id=self._queue_id,
            run_id=event["run_id"],
            project_id=event.get("project_id"),
            start_time=event.get("start_time"),
            source_proposed_example_id=event.get("source_proposed_example_id"),
            added_at=datetime.fromisoformat(event["at"]),
        )

    def _events(self) -> list[dict[str, Any]]:
        """Return everything that happened, in its order."""
        return events_of(self._folder / ITEMS)
