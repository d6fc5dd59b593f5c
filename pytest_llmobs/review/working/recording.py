"""Decisions of one session: kept in the queue's log first, then told as feedback on the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.review.records import Decision
from pytest_llmobs.review.rubric.versions import keep_rubric
from pytest_llmobs.review.working.current import Current
from pytest_llmobs.review.working.desk import Desk, short
from pytest_llmobs.review.working.drafts import Draft

Publish = Callable[[Decision, bool], None]
"""Takes a decision that was saved, or with True one that was withdrawn."""


class Recorder:
    """Keeps and withdraws what one reviewer decides."""

    def __init__(self, desk: Desk, publish: Publish, now: Callable[[], datetime]) -> None:
        """Name the desk on which it is decided, who makes feedback of it, and the clock."""
        self._desk, self._publish, self._now = desk, publish, now
        self._kept_rubric = False

    def next_time(self) -> datetime:
        """Return a time after this reviewer's last decision, whatever the clock says: undoing takes the last one."""
        now = self._now()
        last = self.last()
        return now if last is None else max(now, last.at + timedelta(microseconds=1))

    def last(self) -> Decision | None:
        """Return this reviewer's last standing decision in the queue, of earlier sessions too; None without one."""
        mine = self._mine()
        return mine[-1] if mine else None

    def _mine(self) -> Sequence[Decision]:
        return self._desk.open.decisions.by(self._desk.reviewer, self._desk.role)

    def record(self, decision: Decision, current: Current) -> bool:
        """Keep a decision and let go of its item; return False where nothing is to be kept.

        That is where the run was purged, or the reviewer has answered it elsewhere.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        desk = self._desk
        desk.following(desk.check_there)
        desk.open.assignment.refresh()
        if self._is_over(current):
            return False
        loss = desk.loss(current)
        desk.following(lambda: self._keep(decision))
        self._kept_rubric = True
        self._tell(decision, False)
        desk.settle(current.run_id, current.claim)
        if loss:
            desk.notices.append(loss)
        return True

    def withdraw(self, decision: Decision) -> None:
        """Take a decision back; its item is this reviewer's again, if nobody else has it.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        desk = self._desk
        desk.following(lambda: desk.open.assignment.hold(decision.run_id))
        # what was said goes on as a draft, also where the process is killed before the feedback is taken back
        desk.keep(_taken_back(decision))
        try:
            desk.following(lambda: desk.open.decisions.withdraw(decision))
        except LlmobsError:
            desk.keep_draft()
            raise
        self._tell(decision, True)

    def finish(self) -> None:
        """Do what is left of a step in whose middle the process was killed: its draft is still there."""
        desk = self._desk
        desk.open.assignment.refresh()
        draft = desk.open.drafts.read()
        if draft is None:
            return
        if draft.withdraws is not None:
            self.withdraw(draft.withdraws)
            return
        for decision in self._mine():
            if decision.run_id == draft.run_id:
                self._tell(decision, False)
                desk.settle(draft.run_id, None)

    def _keep(self, decision: Decision) -> None:
        desk = self._desk
        desk.check_there()
        if not self._kept_rubric:
            keep_rubric(desk.open.folder, desk.open.queue)
        desk.open.decisions.decide(decision)

    def _is_over(self, current: Current) -> bool:
        desk, name = self._desk, short(current.run_id)
        items = desk.open.items
        if items.is_purged(current.run_id):
            desk.notices.append(f"{name} was purged: its item is closed, and nothing is kept of it.")
            desk.open.drafts.clear()
            return True
        # only where the disk has no locks: two sessions of one reviewer, on two machines
        if any(decision.run_id == current.run_id for decision in self._mine()):
            desk.notices.append(
                f"You have answered {name} elsewhere meanwhile: that answer stands, not this one."
            )
            desk.put_back()
            return True
        if current.run_id not in items.run_ids():
            desk.notices.append(f"{name} was taken out of the queue meanwhile; your answer is kept.")
        return False

    def _tell(self, decision: Decision, withdrawn: bool) -> None:
        try:
            self._publish(decision, withdrawn)
        except (LlmobsError, OSError) as error:
            self._desk.notices.append(f"It is kept in the queue, but isn't feedback on the run: {error}")


def _taken_back(decision: Decision) -> Draft:
    return Draft(
        run_id=decision.run_id,
        answers=decision.answers,
        correction=decision.correction,
        comment=decision.comment,
        withdraws=decision,
    )
