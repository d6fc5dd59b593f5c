"""What lies before a reviewer: one item with its claim and its draft, taken from the queue, kept, and put back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
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
from pytest_llmobs.review.rubric.answers import is_answer
from pytest_llmobs.review.rubric.questions import Question
from pytest_llmobs.review.rubric.versions import rubric_of
from pytest_llmobs.review.working.current import Current
from pytest_llmobs.review.working.drafts import Draft
from pytest_llmobs.review.working.open_queue import OpenQueue, role_in
from pytest_llmobs.review.working.reading_ahead import MaterialReader
from pytest_llmobs.wording import count, listed, noun

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
        self._is_draft_refused = self._is_loss_told = False
        self.missing = 0
        """Items that aren't in the store."""
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

    def check_there(self) -> None:
        """Make sure that the queue lies where it lay.

        Raises:
            FileNotFoundError: It was renamed or deleted.
        """
        if not self.open.folder.is_dir():
            raise FileNotFoundError(str(self.open.folder))

    def _follow(self) -> None:
        old = self.open.queue
        try:
            queue = self._queues.find(old.id)
        except NotFoundError:
            raise NotFoundError(
                f"The queue {old.name!r} was deleted while it was open. What was saved before stays as feedback on the "
                "runs."
            ) from None
        # what was asked as the session began is asked to its end: answers keep that version of the rubric
        self.open = self._opened(replace(queue, **vars(rubric_of(old))))
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
        taken = self.following(lambda: self.open.assignment.take_again(draft.run_id))
        if taken is None:
            self._drop(draft)
            return False
        return self.show(taken, draft)

    def _drop(self, draft: Draft) -> None:
        """Take away a draft of an item that isn't to be had any more."""
        self.open.drafts.clear()
        is_there = draft.run_id in self.open.items.run_ids()
        is_empty = not draft.answers and draft.correction is None and draft.comment is None
        if is_there and not is_empty:
            self.notices.append(
                f"Others have {short(draft.run_id)} now, or have answered it: what you had begun to say is dropped."
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
            self.missing += 1
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
            current.correction, current.comment = said.correction, said.comment
            self._take_answers(current, said)
        self.current, self._renewed, self._is_loss_told = current, now, False
        before = None if taken.claim is None else taken.claim.before
        if before is not None and before.reviewer != self.reviewer:
            self.notices.append(_taken_over(before))
        self.keep_draft()
        self.reader.ahead(self.open.assignment.coming(_AHEAD))
        return True

    def _take_answers(self, current: Current, said: Draft | Decision) -> None:
        """Take over what was answered, but for what the rubric doesn't ask any more: it may have been edited."""
        dropped = []
        for key, value in said.answers.items():
            if is_answer(self.questions, key, value):
                current.answers[key] = value
            else:
                dropped.append(key)
        if dropped:
            self.notices.append(
                f"The rubric was edited: your {noun(len(dropped), 'answer')} to {listed(dropped, 3)} "
                f"{noun(len(dropped), 'is', 'are')} dropped."
            )
        elif isinstance(said, Draft):
            current.steps = list(said.steps)

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
        return self.open.assignment.order.number(run_id)

    def _reason(self) -> str:
        assignment, name = self.open.assignment, self.open.queue.name
        if assignment.total() == 0:
            return (
                f"No disagreement waits in {name!r}."
                if self.role == "adjudication"
                else f"{name!r} is empty."
            )
        waiting = assignment.left()
        if waiting == 0:
            others = assignment.total() - assignment.done()
            if others == 0:
                return f"All done: {count(assignment.total(), 'item')} of {name!r}."
            return f"Done for you: {count(others, 'item')} of {name!r} {noun(others, 'waits', 'wait')} for others."
        until = min(self.open.claims.ends(), default=None)
        held = f"Others have the last {count(waiting, 'item')} of {name!r} just now"
        if until is None:
            return f"{held}."
        return f"{held}; the first lease ends at {clock(until)}."

    # Keeping

    def keep_draft(self) -> None:
        """Write down what is said so far."""
        if self.current is not None:
            self.keep(self.current.draft())

    def keep(self, draft: Draft) -> None:
        """Write down a draft; where the disk refuses, say so once and go on."""
        try:
            self.following(lambda: self.open.drafts.write(draft))
        except NotFoundError:
            raise
        except (OSError, StoreError) as error:
            if self._is_draft_refused:
                return
            self._is_draft_refused = True
            self.notices.append(f"What you say of this item can't be kept until you save it: {error}.")

    def renew(self) -> None:
        """Renew the lease, where the last renewal is a minute old and nobody has taken the item over."""
        current = self.current
        now = self._now()
        if current is None or current.claim is None:
            return
        if abs((now - self._renewed).total_seconds()) < _RENEWED_AFTER:
            return
        self._renewed = now
        # a lease that ran out isn't taken back: what is saved counts beside the other's
        by = self.open.claims.successor(current.claim)
        if by is None:
            self.open.claims.renew(current.claim)
        elif not self._is_loss_told:
            self._is_loss_told = True
            self.notices.append(
                f"Your lease on {short(current.run_id)} ran out, and {by.name} has had it since {clock(by.since)}: "
                "what both of you save is kept."
            )

    def loss(self, current: Current) -> str:
        """Return what a reviewer is told whose item somebody took over meanwhile; empty where nobody did."""
        claim = current.claim
        if claim is None or self._is_loss_told:
            return ""
        by = self.open.claims.successor(claim)
        name = short(current.run_id)
        if by is not None:
            return (
                f"Your lease on {name} ran out, and {by.name} has had it since {clock(by.since)}. "
                "Your answer is kept beside theirs."
            )
        others = self.open.decisions.reviewers_of(current.run_id) - {self.reviewer}
        if others and not self.open.claims.is_there(claim):
            return (
                f"Your lease on {name} ran out, and {listed(sorted(others), 2)} answered it meanwhile. "
                "Your answer is kept beside theirs."
            )
        return ""

    def held(self, run_id: str) -> tuple[Holder, datetime] | None:
        """Return who else has an item, and until when; None where nobody does."""
        return self.open.claims.live(run_id, self.open.assignment.slots(run_id))

    def settle(self, run_id: str, claim: Claim | None) -> None:
        """Let go of an item that is saved: its draft goes, and its claim once it is complete."""
        assignment, claims = self.open.assignment, self.open.claims
        self.open.drafts.clear()
        assignment.refresh()
        if assignment.is_complete(run_id):
            claims.clear(run_id, assignment.slots(run_id))
        elif claim is not None:
            claims.hold_for_good(claim)

    def put_back(self, *, keeps_draft: bool = False) -> None:
        """Let others have the item on the desk; what was said of it and not saved is dropped.

        Args:
            keeps_draft: Leave the file of the draft, in whose place another one comes.
        """
        current, self.current = self.current, None
        claim = None if current is None else current.claim
        if claim is not None and self.open.claims.successor(claim) is None:
            self.open.claims.release(claim)
        if not keeps_draft:
            self.open.drafts.clear()


def short(run_id: str) -> str:
    """Return how messages name a run."""
    return f"run {run_id[:8]}…{run_id[-4:]}"


def clock(time: datetime) -> str:
    """Return a time as people read it off a clock: local, without a date."""
    return f"{time.astimezone():%H:%M}"


def _taken_over(before: Holder) -> str:
    return f"{before.name} has had this item since {clock(before.since)}; the lease ran out, it is yours now."
