"""Which item a reviewer gets next: the week's calibration set, then the others, in an order of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import filterfalse
from pathlib import Path

from pytest_llmobs.review.assigning.claims import Claim, Claims
from pytest_llmobs.review.assigning.order import ReviewOrder
from pytest_llmobs.review.calibration import calibration_set, week_of
from pytest_llmobs.review.log.decisions import Decisions
from pytest_llmobs.review.log.items import Items
from pytest_llmobs.review.overlap import reviewers_needed
from pytest_llmobs.review.records import AnnotationQueue

_SLOTS = ("0", "1")


@dataclass(frozen=True)
class Assigned:
    """An item that is the reviewer's now."""

    run_id: str
    claim: Claim | None
    """None for an item of the calibration set, which all may have at once."""


class Assignment:
    """What one reviewer gets of one queue, beside what others get of it."""

    def __init__(
        self,
        queue: AnnotationQueue,
        folder: Path,
        reviewer: str,
        items: Items,
        decisions: Decisions,
        claims: Claims,
        now: Callable[[], datetime],
    ) -> None:
        """Say who reviews what.

        Args:
            queue: The queue.
            folder: Its folder.
            reviewer: Who reviews.
            items: What is in it.
            decisions: What was said of it.
            claims: Who has what.
            now: The time, in UTC.
        """
        self._queue, self._folder, self._reviewer = queue, folder, reviewer
        self._items, self._decisions, self._claims = items, decisions, claims
        self._now = now
        self._complete: set[str] = set()
        """Runs that enough reviewers have decided."""
        self._closed: set[str] = set()
        """Runs that aren't in the store."""
        self._week = ""
        self._calibration: Sequence[str] = ()
        self.order = ReviewOrder(f"{queue.id}/{reviewer}")
        """All items that were in the queue since the session began, in this reviewer's order; late ones come last."""
        self._waiting: Iterator[str] = iter(())
        """Those that the pass under way has still to go over."""
        self._coming: deque[str] = deque()
        """Those of them that were looked at already, to read them ahead."""

    def refresh(self) -> None:
        """Read what happened since the last look.

        Raises:
            StoreError: A part of the logs can't be read.
        """
        self._items.refresh()
        self._decisions.refresh()
        self._arrive(self._items.take_arrived())
        for run_id in self._decisions.take_changed():
            if len(self._decisions.reviewers_of(run_id)) >= reviewers_needed(self._queue, run_id):
                self._complete.add(run_id)
            else:
                self._complete.discard(run_id)

    def _arrive(self, run_ids: Sequence[str]) -> None:
        if run_ids:
            self.order.shuffle_in(run_ids)

    def is_complete(self, run_id: str) -> bool:
        """Tell whether enough reviewers have decided, or somebody has set the item to completed."""
        return run_id in self._complete or self._items.is_completed(run_id)

    def done(self) -> int:
        """Return how many items of the queue are complete, as of the last look."""
        there = self._items.run_ids()
        return len((self._complete | self._items.completed()) & there)

    def total(self) -> int:
        """Return how many items the queue has."""
        return len(self._items.run_ids())

    def left(self) -> int:
        """Return how many items this reviewer may still get, if nobody else took one."""
        there = self._items.run_ids()
        out_of_reach = self._out_of_reach() & there
        back = 0
        for run_id in self._calibration:
            back += run_id in out_of_reach and self._is_for_calibration(run_id)
        return len(there) - len(out_of_reach) + back

    def is_closed(self, run_id: str) -> bool:
        """Tell whether a run's material was found to be gone."""
        return run_id in self._closed

    def close(self, run_id: str) -> None:
        """Leave a run out whose material is gone."""
        self._closed.add(run_id)

    def next(self) -> Assigned | None:
        """Return the next item, claimed; None where this reviewer can have none.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        self.refresh()
        skipped = self._decisions.skipped(self._reviewer)
        for run_id in self._week_set():
            if self._is_for_calibration(run_id) and run_id not in skipped:
                return Assigned(run_id, None)
        assigned = self._first(self._rest(skipped))
        if assigned is None:
            # what was passed over may be free again, and more may have come
            self._begin_pass()
            assigned = self._first(self._rest(skipped))
        if assigned is None:
            assigned = self._first(self._again(skipped))
        if assigned is None:
            # a session that was killed as it claimed has left no draft: what it had is this reviewer's
            assigned = self._first(self._within_reach(), self.take_again)
        return assigned

    def coming(self, number: int) -> list[str]:
        """Return runs that are likely next, to read ahead; nothing is claimed."""
        runs: list[str] = []
        for run_id in self._week_set():
            if self._is_for_calibration(run_id):
                runs.append(run_id)
        while len(self._coming) < number:
            waiting = next(self._waiting, None)
            if waiting is None:
                break
            if self._is_free(waiting):
                self._coming.append(waiting)
        return [*runs, *self._coming][:number]

    def take(self, run_id: str) -> Assigned | None:
        """Claim one item; None where others have it, or it needs nobody any more.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        if run_id in self._week_set():
            return Assigned(run_id, None) if self._is_for_calibration(run_id) else None
        if not self._is_free(run_id):
            return None
        slots = self.slots(run_id)
        if self._room(run_id) <= self._takers(run_id, slots):
            return None
        claim = self._claims.take(run_id, slots)
        if claim is None:
            return None
        # it may have been completed, and its claims taken away, since the last look
        self.refresh()
        # of two who took the last place at the same moment, in different slots, the one behind gives way
        before = self._takers(run_id, slots[: slots.index(claim.slot)])
        if not self._is_free(run_id) or self._room(run_id) <= before:
            self._claims.release(claim)
            if self.is_complete(run_id):
                self._claims.clear(run_id, slots)
            return None
        return Assigned(run_id, claim)

    def _room(self, run_id: str) -> int:
        """Return how many reviewers an item needs still."""
        return len(self.slots(run_id)) - len(self._deciders(run_id))

    def _takers(self, run_id: str, slots: Sequence[str]) -> int:
        """Return how many others have an item of which somebody else has decided; 0 where the slots tell it alone.

        A slot whose reviewer has decided is free again where its lease had run out, or where the item was complete and
        one of its decisions was taken back.
        """
        deciders = self._deciders(run_id)
        if not deciders or len(self.slots(run_id)) == 1:
            return 0
        number = 0
        for slot in slots:
            held = self._claims.live(run_id, [slot])
            number += held is not None and held[0].reviewer not in deciders
        return number

    def _deciders(self, run_id: str) -> set[str]:
        """Return who counts towards an item being complete."""
        return self._decisions.reviewers_of(run_id)

    def hold(self, run_id: str) -> None:
        """Claim an item whose decision this reviewer is about to take back, so that nobody gets it in between.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        if run_id not in self._week_set():
            slots = self.slots(run_id)
            if self._claims.take_again(run_id, slots) is None:
                self._claims.take(run_id, slots)

    def take_again(self, run_id: str) -> Assigned | None:
        """Claim one item that this reviewer had: of the draft of an earlier session, or decided and withdrawn."""
        if run_id not in self._week_set() and self._is_free(run_id):
            claim = self._claims.take_again(run_id, self.slots(run_id))
            if claim is not None:
                return Assigned(run_id, claim)
        return self.take(run_id)

    def slots(self, run_id: str) -> Sequence[str]:
        """Return the names of an item's slots: as many people may have it at once."""
        return _SLOTS[: reviewers_needed(self._queue, run_id)]

    def _first(
        self, run_ids: Iterable[str], take: Callable[[str], Assigned | None] | None = None
    ) -> Assigned | None:
        take = take or self.take
        for run_id in run_ids:
            assigned = take(run_id)
            if assigned is not None:
                return assigned
        return None

    def _begin_pass(self) -> None:
        self._coming.clear()
        self._waiting = self._within_reach()

    def _within_reach(self) -> Iterator[str]:
        # those that left the queue are passed over one by one: they are few
        return filterfalse(self._out_of_reach().__contains__, self.order)

    def _out_of_reach(self) -> set[str]:
        """Return what this reviewer can't get any more, whether it is still in the queue or not."""
        mine = self._decisions.runs_of(self._reviewer)
        return self._complete.union(self._items.completed(), mine, self._closed)

    def _rest(self, skipped: set[str]) -> Iterator[str]:
        while True:
            run_id = self._coming.popleft() if self._coming else next(self._waiting, None)
            if run_id is None:
                return
            if run_id not in skipped and self._is_free(run_id):
                yield run_id

    def _again(self, skipped: set[str]) -> list[str]:
        """Return what this reviewer has skipped and may still get."""
        wanted = skipped & self._items.run_ids()
        for run_id in self._calibration:
            if self._is_for_calibration(run_id):
                wanted.add(run_id)
        return list(filter(wanted.__contains__, self.order)) if wanted else []

    def _open(self) -> set[str]:
        return self._items.run_ids() - self._out_of_reach()

    def _is_free(self, run_id: str) -> bool:
        if run_id not in self._items.run_ids() or run_id in self._closed or run_id in self._calibration:
            return False
        return not self.is_complete(run_id) and not self._is_mine(run_id)

    def _is_mine(self, run_id: str) -> bool:
        return self._reviewer in self._decisions.reviewers_of(run_id)

    def _is_for_calibration(self, run_id: str) -> bool:
        is_there = run_id in self._items.run_ids() and run_id not in self._closed
        return is_there and not self._items.is_completed(run_id) and not self._is_mine(run_id)

    def _week_set(self) -> Sequence[str]:
        if self._queue.calibration > 0 and self._week != week_of(self._now()):
            week = week_of(self._now())
            size = self._queue.calibration
            chosen = calibration_set(self._folder, week, size, lambda before: self._choice(week, before))
            order = ReviewOrder(f"{self._queue.id}/{self._reviewer}")
            order.shuffle_in(chosen)
            self._calibration = order.whole()
            # a short set is filled up as runs come
            self._week = week if len(chosen) >= size else ""
        return self._calibration

    def _choice(self, week: str, before: Sequence[str]) -> Sequence[str]:
        open_ones = ReviewOrder(f"{self._queue.id}/{week}")
        open_ones.shuffle_in(self._open())
        undecided: list[str] = []
        for run_id in open_ones:
            if len(before) + len(undecided) == self._queue.calibration:
                break
            if (
                run_id not in before
                and not self._decisions.reviewers_of(run_id)
                and self._claims.live(run_id, self.slots(run_id)) is None
            ):
                undecided.append(run_id)
        return undecided
