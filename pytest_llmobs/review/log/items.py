"""The runs of one queue: an append-only log, one part a process, read as it stands now.

Nothing is rewritten and no lock is held, so that any number of processes may add at once; a run that several add is
one item. Each look reads only what was appended since the one before. The lines of most runs say only that they were
added: they are kept as they stand, and looked for when somebody asks for the item.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, get_args

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.review.log.parts import LogPart, make_below
from pytest_llmobs.review.log.tail import ADDED_AT, Event, Tail, event_of, line_of, plain_adds
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
        self._tail = Tail(folder / ITEMS)
        self.changes = 0
        """Grows with whatever is read."""
        self._forget()

    def _forget(self) -> None:
        self._lines: dict[str, str] = {}
        """Of the runs that are in the queue: the line that added each, or a text of lines among which it stands."""
        self._texts: list[str] = []
        """These texts."""
        self._events: dict[str, list[Event]] = {}
        """Of the runs to which more happened: all of it, in order of time."""
        self._statuses: dict[str, Event] = {}
        """The last ``status`` of the runs in the queue that have one."""
        self._arrived: list[str] = []
        """Runs that came since somebody asked."""

    def all(self) -> list[QueueItem]:
        """Return the items that are in the queue, in the order in which they came.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        self._split()
        return list(map(self._item, sorted(self._lines, key=self._arrival)))

    def run_ids(self) -> KeysView[str]:
        """Return the runs that are in the queue as of the last look, in no order: 100,000 in no time."""
        return self._lines.keys()

    def ever(self) -> set[str]:
        """Return the runs that are or were in the queue.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        return set(chain(self._lines, self._events))

    def take_arrived(self) -> list[str]:
        """Return the runs that came into the queue since this was last asked; all, where all was read anew."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def completed(self) -> set[str]:
        """Return the runs in the queue that somebody has set to completed, as of the last look."""
        runs = set()
        for run_id, event in self._statuses.items():
            if event.fields.get("status") == "completed":
                runs.add(run_id)
        return runs

    def is_completed(self, run_id: str) -> bool:
        """Tell whether somebody has set an item to completed, as of the last look."""
        event = self._statuses.get(run_id)
        return event is not None and event.fields.get("status") == "completed"

    def add(self, runs: Sequence[Mapping[str, Any]]) -> Iterator[QueueItem]:
        """Add runs, and return their items, read as they are asked for; one that is there already stays where it is.

        A run with a ``reason`` comes by a rule, and not a second time: who took it out meant it.

        Args:
            runs: Each with ``run_id``, and what else is known of it, under the names of ``QueueItem``.

        Raises:
            StoreError: The disk refuses.
        """
        self.refresh()
        at = self._now().isoformat()
        events: dict[str, Mapping[str, Any]] = {}
        for run in runs:
            run_id = run["run_id"]
            came_before = "reason" in run and run_id in self._events
            if run_id not in self._lines and not came_before:
                events[run_id] = {"do": "add", "at": at, "run_id": run_id, **run}
        if events:
            self._append(events.values())
        self.refresh()
        self._split()
        wanted = dict.fromkeys(map(itemgetter("run_id"), runs))
        return map(self._item, filter(self._lines.__contains__, wanted))

    def add_by_rule(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """Add runs without a look at the log, for apps that must not wait; what came before stays as it is.

        Args:
            runs: Each with ``run_id`` and ``reason``, and what else is known of it.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        at = self._now().isoformat()
        events = []
        for run in runs:
            # these three first: such lines are read without parsing them
            events.append({"do": "add", "at": at, "run_id": run["run_id"], **run})
        if events:
            self._append(events)

    def remove(self, run_ids: Sequence[str], queue: str) -> None:
        """Take runs out of the queue.

        Raises:
            NotFoundError: One isn't in it; then none is taken out.
            StoreError: The disk refuses.
        """
        at = self._now().isoformat()
        self.refresh()
        events = []
        for run_id in run_ids:
            self._check_there(run_id, queue)
            events.append({"do": "remove", "at": at, "run_id": run_id})
        self._append(events)

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
        self._append([event])
        return self.item(run_id, queue)

    def item(self, run_id: str, queue: str) -> QueueItem:
        """Return the item of a run.

        Raises:
            NotFoundError: The run isn't in the queue.
        """
        self.refresh()
        self._check_there(run_id, queue)
        return self._item(run_id)

    def is_purged(self, run_id: str) -> bool:
        """Tell whether all that was written of a run is gone, although it was read here before.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        if run_id not in self._lines and run_id not in self._events:
            return True
        return not self._tail.still_says(run_id)

    def _append(self, events: Iterable[Mapping[str, Any]]) -> None:
        # a copy of a store that leaves empty folders out has none for a queue that is empty
        self._part.append(make_below(self._folder, ITEMS), events)

    def _check_there(self, run_id: str, queue: str) -> None:
        if run_id not in self._lines:
            raise NotFoundError(f"The run {run_id!r} isn't in the queue {queue!r}.")

    def _arrival(self, run_id: str) -> str:
        if run_id not in self._events:
            at = self._lines[run_id][ADDED_AT]
            if at.endswith("+00:00"):
                return at
        event = event_of(self._line(run_id))
        assert event is not None
        return event.at

    def _item(self, run_id: str) -> QueueItem:
        added = event_of(self._line(run_id))
        assert added is not None  # it was read as one
        status = self._statuses.get(run_id)
        return QueueItem(
            id=f"{self._queue_id}:{run_id}",
            queue_id=self._queue_id,
            run_id=run_id,
            project_id=added.fields.get("project_id"),
            start_time=added.fields.get("start_time"),
            source_proposed_example_id=added.fields.get("source_proposed_example_id"),
            reason=added.fields.get("reason"),
            added_at=added.time,
            status=None if status is None else status.fields.get("status"),
            last_reviewed_time=None if status is None else status.time,
        )

    def refresh(self) -> None:
        """Read what was appended since the last look.

        Raises:
            StoreError: A part can't be read.
        """
        anew, parts = self._tail.read()
        self.changes += anew or bool(parts)
        if anew:
            self._forget()
        for text in parts:
            self._take(text)

    def _take(self, text: str) -> None:
        run_ids = plain_adds(text)
        added = dict.fromkeys(run_ids, text)
        is_new = self._lines.keys().isdisjoint(added) and self._events.keys().isdisjoint(added)
        if is_new and "" not in added and len(added) == len(run_ids):
            self._lines.update(added)
            self._texts.append(text)
            self._arrived += run_ids
            return
        for run_id, line in zip(run_ids, text.split("\n"), strict=False):
            if run_id and run_id not in self._lines and run_id not in self._events:
                self._lines[run_id] = line
                self._arrived.append(run_id)
                continue
            event = event_of(line)
            if event is not None:
                self._happen(event, line)

    def _line(self, run_id: str) -> str:
        line = self._lines.get(run_id, "")
        return line_of(line, run_id) if line.endswith("\n") else line

    def _split(self) -> None:
        """Keep each line by itself: looking for all of them would take the square of their number."""
        for text in self._texts:
            for run_id, line in zip(plain_adds(text), text.split("\n"), strict=False):
                if self._lines.get(run_id) is text:
                    self._lines[run_id] = line
        self._texts = []

    def _happen(self, event: Event, line: str) -> None:
        run_id = event.run_id
        events = self._events.get(run_id)
        if events is None and run_id not in self._lines and event.do == "add":
            self._lines[run_id] = line
            self._arrived.append(run_id)
            return
        if events is None:
            first = event_of(self._line(run_id))
            events = self._events[run_id] = [first] if first else []
        insort(events, event, key=attrgetter("at"))
        self._replay(run_id, events)

    def _replay(self, run_id: str, events: Sequence[Event]) -> None:
        """Work out anew how a run stands of which one line is not all."""
        adding, status, came = None, None, False
        for event in events:
            if event.do == "add" and adding is None:
                if not (came and "reason" in event.fields):
                    adding = event
                came = True
            elif event.do == "remove":
                adding, status = None, None
            elif event.do == "status" and adding is not None:
                status = event
        self._statuses.pop(run_id, None)
        if status is not None:
            self._statuses[run_id] = status
        if adding is None:
            self._lines.pop(run_id, None)
            return
        if run_id not in self._lines:
            self._arrived.append(run_id)
        # assigned, not taken out and put back: runs that came at the same time keep their order
        self._lines[run_id] = json.dumps(adding.fields, ensure_ascii=False)
