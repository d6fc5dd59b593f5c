"""The client's methods about review queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.client.signatures import spelled_out
from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_llmobs.client.queue_items import AnnotationQueues
    from pytest_llmobs.curation.training.reviewed import QueuePairs
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.review.records import AnnotationQueue, QueuedRun, QueueItem
    from pytest_llmobs.review.routing.applying import RoutedRule


class QueueArguments(TypedDict, total=False):
    """What queues are made of; LangSmith has the first three."""

    description: str | None
    """For people."""
    rubric_instructions: str | None
    """For the reviewer, in general."""
    rubric_items: Sequence[Mapping[str, Any]] | None
    """What the reviewer is asked: each with ``feedback_key``, at most one way of answering it (``categories``,
    ``scale``, ``range``, ``text``, ``value_descriptions``, ``score_descriptions``, ``regex_validator`` or
    ``feedback_config``; without one it is no or yes) and, where there is more to say, ``description``, ``ordered``,
    ``is_required``, ``required_if``, ``visible_if``, ``is_assertion``."""
    failure_modes: Sequence[str] | None
    """What may be wrong with an answer, one key each."""
    overlap: float | str | None
    """Share of the items that two reviewers see: 0.2, or ``"20%"``."""
    calibration: int | None
    """Items of each week that every reviewer sees."""
    least_agreement: float | None
    """The kappa or alpha below which nothing is exported."""
    rules: Sequence[Mapping[str, Any]] | None
    """Which runs come here by rule, as ``route`` in a queue's file has them."""


class QueueMethods(ClientBase):
    """Queues of runs that wait for a person. ``queue_id`` is a queue's id, or its name."""

    @cached_property
    def _queues(self) -> Queues:
        return self.workspace.open_queues()

    @cached_property
    def annotation_queues(self) -> AnnotationQueues:
        """The newer methods: ``annotation_queues.items.create()`` and others."""
        from pytest_llmobs.client.queue_items import AnnotationQueues

        return AnnotationQueues(self._queues)

    @spelled_out(QueueArguments)
    def create_annotation_queue(
        self, *, name: str, queue_id: Any = None, **settings: Unpack[QueueArguments]
    ) -> AnnotationQueue:
        """Make a queue.

        Args:
            name: Any text that no queue is named.
            queue_id: Its id; a new UUID by default.
            **settings: See ``QueueArguments``.

        Raises:
            ArgumentError: The name is none, a setting is unknown or impossible, or an item of the rubric has an
                unknown key or an impossible value.
            ConflictError: There is a queue of that name or id.
            StoreError: The disk refuses.
        """
        accept(self.create_annotation_queue, settings)
        return self._queues.create(name, id=queue_id, **settings)

    def list_annotation_queues(
        self,
        *,
        queue_ids: Sequence[Any] | None = None,
        name: str | None = None,
        name_contains: str | None = None,
        limit: int | None = None,
    ) -> Iterator[AnnotationQueue]:
        """Return the matching queues, in the order of their names.

        Args:
            queue_ids: These ids or names alone.
            name: This one alone; none where it isn't there.
            name_contains: A part of the name, in whatever case.
            limit: Most of them; None for all.
        """
        wanted = None if queue_ids is None else set(map(str, queue_ids))
        part = (name_contains or "").casefold()
        matching = []
        for queue in self._queues.all():
            is_named = wanted is None or not wanted.isdisjoint((queue.id, queue.name))
            if is_named and name in (None, queue.name) and part in queue.name.casefold():
                matching.append(queue)
        return iter(matching[:limit])

    def read_annotation_queue(self, queue_id: Any) -> AnnotationQueue:
        """Return a queue.

        Raises:
            NotFoundError: There is none; the message names near ones.
        """
        return self._queues.find(queue_id)

    @spelled_out(QueueArguments)
    def update_annotation_queue(
        self, queue_id: Any, *, name: str | None = None, **settings: Unpack[QueueArguments]
    ) -> None:
        """Change a queue; what is None stays, and a rubric replaces the one before.

        Args:
            queue_id: The queue's id or name.
            name: What it is to be named.
            **settings: See ``QueueArguments``.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: The name is none, a setting is unknown or impossible, or the queue is a committed file.
            ConflictError: There is a queue of the new name.
        """
        accept(self.update_annotation_queue, settings)
        self._queues.update(queue_id, name=name, **settings)

    def delete_annotation_queue(self, queue_id: Any) -> None:
        """Delete a queue with its items; the runs stay.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: It is a committed file.
        """
        self._queues.delete(queue_id)

    def add_runs_to_annotation_queue(
        self,
        queue_id: Any,
        *,
        run_ids: Sequence[Any] | None = None,
        runs: Sequence[Any] | None = None,
    ) -> None:
        """Add runs to a queue; one that is in it already stays where it is.

        Args:
            queue_id: The queue's id or name.
            run_ids: Their ids.
            runs: Dicts with ``run_id`` and what else is known (``session_id``, ``start_time``), or runs.

        Raises:
            ArgumentError: Not exactly one of the two is given, or an id is no UUID.
            NotFoundError: There is no such queue.
        """
        from pytest_llmobs.client.queue_items import run_keys
        from pytest_llmobs.review.log.items import run_id_of

        if (run_ids is None) == (runs is None):
            raise ArgumentError("Give one of run_ids and runs.")
        if run_ids is None:
            keys = run_keys(runs, "runs")
        else:
            if isinstance(run_ids, str):
                raise ArgumentError(f"run_ids is {run_ids!r}. Give a list: [{run_ids!r}].")
            keys = [{"run_id": run_id_of(id, f"run_ids[{number}]")} for number, id in enumerate(run_ids)]
        self._queues.change_items(queue_id, lambda items, _: items.add(keys))

    def route_queues(
        self,
        project_name: str | Sequence[str] | None = None,
        *,
        queue_id: Any = None,
        since: datetime | str | None = None,
        limit: int | None = None,
        dry_run: bool = False,
    ) -> Sequence[RoutedRule]:
        """Add runs to queues by the queues' rules, as ``llmobs review route`` does; return what each rule came to.

        Args:
            project_name: Runs of this project alone, or of several; None for all.
            queue_id: A queue's name or id; None for all that have rules.
            since: Runs that started then or later, and by rules about feedback those that got some since.
            limit: Most new items of each queue, the newest runs first; None for all.
            dry_run: Add none.

        Raises:
            NotFoundError: There is no such queue, or nothing is known of the project.
            ArgumentError: The queue has no rules, a rule can't be meant, or the time is none.
            StoreError: The store can't be read, or the disk refuses.
        """
        from pytest_llmobs.client.reading.query import read_moment
        from pytest_llmobs.review.routing.applying import route
        from pytest_llmobs.review.routing.matching import Scope

        projects = [project_name] if isinstance(project_name, str) else project_name
        return route(
            self.store,
            self._queues,
            wanted=None if queue_id is None else str(queue_id),
            scope=Scope(projects, None if since is None else read_moment("since", since)),
            limit=limit,
            dry_run=dry_run,
        )

    def delete_run_from_annotation_queue(self, queue_id: Any, *, run_id: Any) -> None:
        """Take a run out of a queue.

        Raises:
            ArgumentError: The id is no UUID.
            NotFoundError: There is no such queue, or the run isn't in it.
        """
        from pytest_llmobs.review.log.items import run_id_of

        id = run_id_of(run_id, "run_id")
        self._queues.change_items(queue_id, lambda items, queue: items.remove([id], queue))

    def get_run_from_annotation_queue(
        self, queue_id: Any, *, index: int, reviewer: str | None = None
    ) -> QueuedRun:
        """Return one of the runs that wait for the reviewer.

        Args:
            queue_id: The queue's id or name.
            index: 0 for the one that has waited longest.
            reviewer: Who asks; by default whom ``LLMOBS_REVIEWER`` names, else git's ``user.name``.

        Raises:
            NotFoundError: There is no such queue, or so many runs don't wait in it.
            ArgumentError: The index is no whole number, 0 or above.
        """
        from pytest_llmobs.client.queue_items import items_of

        if type(index) is not int or index < 0:
            raise ArgumentError(f"index is {index!r}; it must be a whole number, 0 or above.")
        queue = self._queues.find(queue_id)
        waiting = items_of(self._queues, queue, "needs_my_review", reviewer)
        if index >= len(waiting):
            raise NotFoundError(
                f"No run with index {index} waits in the queue {queue.name!r}: {count(len(waiting), 'run')} in all."
            )
        return self._queued(waiting[index])

    def list_runs_from_annotation_queue(
        self,
        queue_id: Any,
        *,
        status: str | None = None,
        limit: int | None = None,
        reviewer: str | None = None,
    ) -> Iterator[QueuedRun]:
        """Return the runs of a queue, those first that came first; each is read when it is asked for.

        Args:
            queue_id: The queue's id or name.
            status: ``needs_my_review`` (the reviewer hasn't seen it, and it wants a review), ``needs_others_review``
                (the reviewer has, and it wants one more), ``completed`` (enough reviewers have decided, or somebody
                has set it so), or None for all.
            limit: Most of them; None for all.
            reviewer: Who "my" means; by default whom ``LLMOBS_REVIEWER`` names, else git's ``user.name``.

        Raises:
            NotFoundError: There is no such queue.
            ArgumentError: There is no such status.
        """
        from pytest_llmobs.client.queue_items import items_of

        items = items_of(self._queues, self._queues.find(queue_id), status, reviewer)
        return map(self._queued, items[:limit])

    def preference_pairs(self, from_queue: Any, *, least_agreement: float | None = None) -> QueuePairs:
        """Return what the reviewers of a queue corrected as preference pairs, as ``llmobs export --pairs`` writes them.

        Args:
            from_queue: The queue's name or id.
            least_agreement: The kappa or alpha that its reviewers have to reach; None for the queue's own.

        Returns:
            ``.pairs.rows`` are the lines, with ``prompt``, ``chosen``, ``rejected``, ``source_run_id``, ``reviewer``
            and ``agreement``.

        Raises:
            NotFoundError: There is no such queue.
            AgreementError: Its reviewers agree too little.
        """
        from pytest_llmobs.curation.training.reviewed import queue_pairs

        return queue_pairs(self.store, self._queues, str(from_queue), least_agreement)

    def _queued(self, item: QueueItem) -> QueuedRun:
        from pytest_llmobs.review.records import QueuedRun

        return QueuedRun(item, self._run_or_none(item.run_id))

    def _run_or_none(self, id: str) -> Run | None:
        try:
            return self.store.read_run(id, load_children=False)
        except NotFoundError:
            return None
