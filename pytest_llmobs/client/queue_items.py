"""``client.annotation_queues``: the methods that LangSmith's newer client has, which may be awaited or not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.reading.views import Here
from pytest_llmobs.errors import ArgumentError, NotSupported
from pytest_llmobs.review.log.items import run_id_of
from pytest_llmobs.review.outcomes.disagreements import open_ones
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import DISAGREEMENTS, AnnotationQueue, QueueItem
from pytest_llmobs.review.reviewers import reviewer_name
from pytest_llmobs.review.rubric.questions import questions_of
from pytest_llmobs.review.standing import Standing
from pytest_llmobs.wording import known, nearest

_KEYS = ("run_id", "project_id", "session_id", "start_time", "source_proposed_example_id", "item_type")
"""What an item that is to be added may say."""


@dataclass(frozen=True)
class ItemList(Here):
    """Items of a queue."""

    items: Sequence[QueueItem]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[QueueItem]:
        return iter(self.items)

    def __getitem__(self, position: int) -> QueueItem:
        return self.items[position]

    async def __aiter__(self) -> AsyncIterator[QueueItem]:
        for item in self.items:
            yield item


@dataclass(frozen=True)
class ItemStatusAnswer(Here):
    """An item after its status was set."""

    item: QueueItem

    def __getattr__(self, name: str) -> Any:
        """Return what the item has."""
        if name.startswith("__"):  # copying and pickling ask before there is an item
            raise AttributeError(name)
        return getattr(self.item, name)


@dataclass(frozen=True)
class ItemCount(Here):
    """How many items there are."""

    count: int


class QueueItems:
    """The items of queues."""

    def __init__(self, queues: Queues) -> None:
        """Read and write these queues."""
        self._queues = queues

    def create(self, queue_id: Any, *, items: Sequence[Any], **others: Any) -> ItemList:
        """Add runs to a queue, and return their items; a run that is in it already stays where it is.

        Args:
            queue_id: The queue's id or name.
            items: Dicts with ``run_id`` and what else is known: ``project_id``, ``start_time``.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ArgumentError: An item has no run, an unknown key, or an id that is no UUID.
            NotFoundError: There is no such queue.
            NotSupported: An item is a thread.
        """
        accept(self.create, others)
        keys = run_keys(items, "items")
        return ItemList(self._queues.change_items(queue_id, lambda kept, _: list(kept.add(keys))))

    def list(
        self, queue_id: Any, *, status: str | None = None, reviewer: str | None = None, **others: Any
    ) -> ItemList:
        """Return the items of a queue, those first that came first.

        Args:
            queue_id: The queue's id or name, or that of its disagreements: ``NAME:disagreements``.
            status: ``needs_my_review`` (the reviewer hasn't seen it, and it wants a review), ``needs_others_review``
                (the reviewer has, and it wants one more), ``completed``, or None for all.
            reviewer: Who "my" means; by default whom ``LLMOBS_REVIEWER`` names, else git's ``user.name``.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ArgumentError: There is no such status, or a keyword is unknown.
            NotFoundError: There is no such queue.
        """
        accept(self.list, others)
        return ItemList(items_of(self._queues, self._queues.find(queue_id), status, reviewer))

    def create_status(
        self, queue_item_id: Any, *, status: str | None = None, **others: Any
    ) -> ItemStatusAnswer:
        """Say what was done with an item: ``viewed``, ``completed``, or None to show it as new.

        Args:
            queue_item_id: The item's id, or the item.
            status: What was done.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ArgumentError: There is no such status, or the id is none of an item.
            NotFoundError: The item isn't in its queue.
        """
        accept(self.create_status, others)
        queue_id, run_id = _parts(queue_item_id)
        change = self._queues.change_items
        return ItemStatusAnswer(change(queue_id, lambda kept, queue: kept.set_status(run_id, status, queue)))

    def delete_all(self, queue_id: Any, *, item_ids: Sequence[Any], **others: Any) -> ItemList:
        """Take items out of a queue; the runs stay.

        Raises:
            ArgumentError: An id is none of an item.
            NotFoundError: There is no such queue, or an item isn't in it.
        """
        accept(self.delete_all, others)
        run_ids = [_parts(id)[1] for id in item_ids]
        self._queues.change_items(queue_id, lambda kept, queue: kept.remove(run_ids, queue))
        return self.list(queue_id)

    def retrieve_count(
        self, queue_id: Any, *, status: str | None = None, reviewer: str | None = None, **others: Any
    ) -> ItemCount:
        """Return how many items a queue has.

        Args:
            queue_id: The queue's id or name.
            status: As ``list`` takes it.
            reviewer: As ``list`` takes it.
            **others: LangSmith's further parameters, which mean nothing here.

        Raises:
            ArgumentError: There is no such status.
            NotFoundError: There is no such queue.
        """
        accept(self.retrieve_count, others)
        return ItemCount(len(self.list(queue_id, status=status, reviewer=reviewer)))


class AnnotationQueues:
    """Queues, by the names of LangSmith's newer client."""

    def __init__(self, queues: Queues) -> None:
        """Read and write these queues."""
        self.items = QueueItems(queues)


def items_of(
    queues: Queues, queue: AnnotationQueue, status: str | None, reviewer: str | None = None
) -> list[QueueItem]:
    """Return the items of a queue that wait for the reviewer or for others, that are completed, or all of them.

    Args:
        queues: Where the queue is.
        queue: The queue; that of its disagreements has those that nobody has settled.
        status: Which items.
        reviewer: Whose review is meant by "my"; None for whom the environment names.

    Raises:
        ArgumentError: There is no such status, or the reviewer's name is none.
    """
    if status is not None and status not in _ASKED_FOR:
        raise ArgumentError(f"status is {status!r}.{nearest(str(status), _ASKED_FOR)} {known(_ASKED_FOR)}")
    standings = queues.standings(queue)
    items: list[QueueItem] = []
    for item in queues.items(queue).all():
        if item.run_id in standings:  # others may have come meanwhile
            items.append(standings[item.run_id].shown(item))
    if queue.id.endswith(DISAGREEMENTS):
        return _contested(queues, queue, items, status)
    if status is None:
        return items
    me = ""
    if reviewer or any(each.reviewers for each in standings.values()):
        me = reviewer_name(reviewer)
    is_asked_for = partial(_ASKED_FOR[status], reviewer=me)
    return [item for item in items if is_asked_for(standings[item.run_id])]


def _contested(
    queues: Queues, queue: AnnotationQueue, items: Sequence[QueueItem], status: str | None
) -> list[QueueItem]:
    """Return the items about which reviewers differ: each waits for whoever settles it."""
    if status not in (None, "needs_my_review"):
        return []
    contested = set(open_ones(queues.decisions(queue).standing(), questions_of(queue)))
    return [item for item in items if item.run_id in contested]


def _needs_others(standing: Standing, reviewer: str) -> bool:
    return not standing.is_completed and not standing.waits_for(reviewer)


def _is_completed(standing: Standing, reviewer: str) -> bool:
    return standing.is_completed


_ASKED_FOR: Mapping[str, Callable[..., bool]] = {
    "needs_my_review": Standing.waits_for,
    "needs_others_review": _needs_others,
    "completed": _is_completed,
    "archived": _is_completed,
}
"""A status -> whether an item has it."""


def run_keys(runs: Any, what: str) -> list[dict[str, str]]:
    """Return which runs are meant, and what is said of them.

    Args:
        runs: Dicts with ``run_id``, or runs.
        what: What messages call the list.

    Raises:
        ArgumentError: One has no id, an unknown key, or an id that is no UUID.
        NotSupported: One is a thread.
    """
    if isinstance(runs, str | bytes | Mapping) or not isinstance(runs, Sequence):
        raise ArgumentError(f"{what} is {runs!r}. Give a list of dicts with 'run_id'.")
    return [_key(run, f"{what}[{number}]") for number, run in enumerate(runs)]


def _key(run: Any, place: str) -> dict[str, str]:
    if not isinstance(run, Mapping):
        run = {"run_id": getattr(run, "id", run), "project_id": getattr(run, "project", None)}
    if run.get("item_type") == "THREAD" or run.get("thread_id") is not None:
        raise NotSupported(f"{place}: a thread can't wait for review. Add the root runs of its traces.")
    for key in run:
        if key not in _KEYS and key != "thread_id":
            raise ArgumentError(f"{place}: unknown key {key!r}.{nearest(str(key), _KEYS)} {known(_KEYS)}")
    start = run.get("start_time")
    key = {
        "run_id": run_id_of(run.get("run_id"), f"{place}: run_id"),
        "project_id": run.get("project_id") or run.get("session_id"),
        "start_time": start.isoformat() if isinstance(start, datetime) else start,
        "source_proposed_example_id": run.get("source_proposed_example_id"),
    }
    return {name: str(value) for name, value in key.items() if value is not None}


def _parts(item: Any) -> tuple[str, str]:
    """Return the ids of the queue and of the run that an item's id consists of.

    Raises:
        ArgumentError: It is none.
    """
    id = str(getattr(item, "id", item))
    queue_id, colon, run_id = id.rpartition(":")
    if not colon:
        raise ArgumentError(
            f"{id!r} is no item's id. It is that of an item which annotation_queues.items.create() or list() returned."
        )
    return queue_id, run_id_of(run_id, "The run of the item")
