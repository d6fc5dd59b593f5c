"""What lies before a reviewer: one item with its claim and its draft, taken from the queue, kept, and put back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.review.assigning.assignment import Assigned
from pytest_llmobs.review.assigning.claims import Claim, Holder
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.material import Material
from pytest_llmobs.review.outcomes.disagreements import reviews
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue, Decision, Role
from pytest_llmobs.review.rubric.questions import Question
from pytest_llmobs.review.working.current import Current
from pytest_llmobs.review.working.drafts import Draft
from pytest_llmobs.review.working.open_queue import OpenQueue, role_in
from pytest_llmobs.review.working.reading_ahead import MaterialReader
from pytest_llmobs.wording import count

T = TypeVar("T")

_RENEWED_AFTER = 60.0
"""Seconds after which activity renews the lease."""
_AHEAD = 2
"""Items that are read ahead."""
_FOLLOWED = 3
"""How often an action begins anew because its queue was renamed in the middle."""


class Desk:
    """The item that a reviewer has before them, if any."""

    def __init__(
        self,
        queues: Queues,
        queue: AnnotationQueue,
        reviewer: str,
        questions: tuple[Question, ...],
        reader: MaterialReader,
        now: Callable[[], datetime],
    ) -> None:
        """Put nothing on it yet; see ``resume`` and ``advance``.

        Args:
            queues: The queues of the store.
            queue: The one that is reviewed.
            reviewer: Whose desk it is.
            questions: Of the queue's rubric.
            reader: Reads what reviewers see.
            now: The time, in UTC.
        """
        self._queues, self.reviewer, self.questions = queues, reviewer, questions
        self.reader = reader
        self._now = now
        self._part = LogPart()
        self._session = secrets.token_hex(8)
        self.current: Current | None = None
        self.why_empty = ""
        self.notices: list[str] = []
        self._renewed = now()
        self._is_draft_refused = False
        self._numbers: dict[str, int] = {}
        self.open = self._opened(queue)

    def _opened(self, queue: AnnotationQueue) -> OpenQueue:
        folder = self._queues.folder(queue)
        return OpenQueue(queue, folder, self.reviewer, self.questions, self._part, self._session, self._now)

    def following(self, action: Callable[[], T]) -> T:
        """Carry out something that writes; where the queue was renamed meanwhile, at its new place.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        for _ in range(_FOLLOWED):
            try:
                return action()
            except FileNotFoundError:
                self._follow()
        return action()

    def _follow(self) -> None:
        old = self.open.queue
        try:
            queue = self._queues.find(old.id)
        except NotFoundError:
            raise NotFoundError(
                f"The queue {old.name!r} was deleted while it was open. What was saved before stays as feedback on the "
                "runs."
            ) from None
        self.open = self._opened(queue)
        self.open.assignment.refresh()
        if queue.name != old.name:
            self.notices.append(f"The queue {old.name!r} is called {queue.name!r} now.")

    # Taking

    def resume(self) -> bool:
        """Show the item of the draft that an earlier session left; return False where there is none."""
        self.open.assignment.refresh()
        draft = self.open.drafts.read()
        if draft is None:
            return False
        run_id, claim = draft.run_id, None
        if draft.slot is not None:
            claim = self.open.claims.retake(run_id, draft.slot, draft.generation)
        taken = Assigned(run_id, claim) if claim is not None else self.open.assignment.take(run_id)
        if taken is None or not self._is_open(run_id):
            self._drop(draft)
            return False
        return self.show(taken, draft)

    def _is_open(self, run_id: str) -> bool:
        if run_id not in self.open.items.run_ids():
            return False
        mine = {decision.run_id for decision in self.open.decisions.by(self.reviewer, self.role)}
        return run_id not in mine

    def _drop(self, draft: Draft) -> None:
        """Take away a draft of an item that is no longer to be had."""
        self.open.drafts.clear()
        if not draft.answers and draft.correction is None and draft.comment is None:
            return
        if draft.run_id in self.open.items.run_ids():
            self.notices.append(
                f"Others have answered {short(draft.run_id)} meanwhile: your draft is dropped."
            )

    def advance(self) -> None:
        """Show the next item, or say why there is none."""
        self.current = None
        while True:
            taken = self.following(self._next)
            if taken is None:
                self.open.drafts.clear()
                self.why_empty = self._reason()
                return
            if self.show(taken):
                return

    def _next(self) -> Assigned | None:
        return self.open.assignment.next()

    def show(self, taken: Assigned, said: Draft | Decision | None = None) -> bool:
        """Show an item that is the reviewer's; return False where its run isn't in the store.

        Args:
            taken: The item.
            said: What was said of it before.
        """
        run_id = taken.run_id
        material = self._material(run_id)
        if material.missing:
            self.open.assignment.close(run_id)
            if taken.claim is not None:
                self.open.claims.release(taken.claim)
            self.notices.append(
                f"{short(run_id)} isn't in the store: it was purged, or comes from another one."
            )
            return False
        now = self._now()
        current = Current(
            item=self.open.items.item(run_id, self.open.queue.name),
            material=material,
            started=now,
            number=self.number(run_id),
            peers=self._peers(run_id),
            claim=taken.claim,
        )
        if said is not None:
            current.answers = dict(said.answers)
            current.correction, current.comment = said.correction, said.comment
        if isinstance(said, Draft):
            current.steps = list(said.steps)
        self.current, self._renewed = current, now
        if taken.claim is not None and taken.claim.before is not None:
            self.notices.append(_taken_over(taken.claim.before))
        self.keep_draft()
        self.reader.ahead(self.open.assignment.coming(_AHEAD))
        return True

    def _material(self, run_id: str) -> Material:
        try:
            return self.reader.get(run_id)
        except NotFoundError:
            return Material(missing=True)

    def _peers(self, run_id: str) -> tuple[Decision, ...]:
        if self.role == "review":
            return ()
        return tuple(reviews(self.open.decisions.of(run_id)))

    @property
    def role(self) -> Role:
        """What decisions are here."""
        return role_in(self.open.queue)

    def number(self, run_id: str) -> int:
        """Return the place of an item in this reviewer's order, from 1."""
        if run_id not in self._numbers:
            # those that came meanwhile get the numbers after the others, which stay
            for other in self.open.assignment.order():
                self._numbers.setdefault(other, len(self._numbers) + 1)
            self._numbers.setdefault(run_id, len(self._numbers) + 1)
        return self._numbers[run_id]

    @property
    def numbers(self) -> Mapping[str, int]:
        """The place of every item that has one."""
        return self._numbers

    def _reason(self) -> str:
        open_queue = self.open
        total = len(open_queue.items.run_ids())
        if self.role == "adjudication":
            if open_queue.assignment.left() == 0:
                return "No disagreement waits."
        elif total == 0:
            return f"The queue {open_queue.queue.name!r} is empty."
        waiting = open_queue.assignment.left()
        if waiting == 0:
            return f"All done: {count(total, 'item')}, none left for you."
        until = max(open_queue.claims.ends(), default=None)
        others = (
            f"Others have the last {count(waiting, 'item')}"
            if waiting > 1
            else "Somebody else has the last item"
        )
        if until is None:
            return f"{others}. Come back in a moment."
        return f"{others} until {clock(until)}."

    # Keeping

    def keep_draft(self) -> None:
        """Write down what is said so far; where the disk refuses, say so once and go on."""
        current = self.current
        if current is None:
            return
        try:
            self.following(lambda: self.open.drafts.write(current.draft()))
        except NotFoundError:
            raise
        except (OSError, StoreError) as error:
            if self._is_draft_refused:
                return
            self._is_draft_refused = True
            self.notices.append(f"What you say of this item can't be kept until you save it: {error}.")

    def renew(self) -> None:
        """Renew the lease, where the last renewal is a minute old; tell where somebody has taken the item over."""
        current = self.current
        now = self._now()
        if current is None or current.claim is None:
            return
        if abs((now - self._renewed).total_seconds()) < _RENEWED_AFTER:
            return
        self._renewed = now
        if self.open.claims.successor(current.claim) is None:
            self.open.claims.renew(current.claim)

    def check_lease(self, current: Current) -> Holder | None:
        """Return who has taken the item over meanwhile; None where nobody has."""
        if current.claim is None:
            return None
        return self.open.claims.successor(current.claim)

    def settle(self, current: Current) -> None:
        """Let go of an item that is saved: its draft goes, and its claim once it is complete."""
        self.open.drafts.clear()
        self.open.assignment.refresh()
        if self.open.assignment.is_complete(current.run_id):
            self.open.claims.clear(current.run_id)
        elif current.claim is not None:
            self.open.claims.hold_for_good(current.claim)

    def put_back(self) -> None:
        """Let others have the item on the desk; what was said of it and not saved is dropped."""
        current, self.current = self.current, None
        if current is not None and current.claim is not None and self.check_lease(current) is None:
            self.open.claims.release(current.claim)
        self.open.drafts.clear()

    def claim_again(self, run_id: str) -> Claim | None:
        """Return a claim of an item that the reviewer had decided and takes back; None where somebody else has it."""
        assigned = self.open.assignment.take(run_id)
        return None if assigned is None else assigned.claim


def short(run_id: str) -> str:
    """Return how messages name a run."""
    return f"run {run_id[:8]}…{run_id[-4:]}"


def clock(time: datetime) -> str:
    """Return a time as people read it off a clock: local, without a date."""
    return f"{time.astimezone():%H:%M}"


def _taken_over(before: Holder) -> str:
    return f"{before.name} has had this item since {clock(before.since)}; the lease ran out, it is yours now."


def stolen(run_id: str, by: Holder) -> str:
    """Return what whoever lost an item is told when they save it."""
    return (
        f"Your lease on {short(run_id)} ran out, and {by.name} has had it since {clock(by.since)}. "
        "Your answer is kept beside theirs."
    )
