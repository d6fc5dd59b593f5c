"""Decisions of one session: kept in the queue's log first, then told as feedback on the runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.review.records import Decision
from pytest_llmobs.review.rubric.versions import keep_rubric
from pytest_llmobs.review.working.current import Current
from pytest_llmobs.review.working.desk import Desk, short

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
        mine = self._desk.open.decisions.by(self._desk.reviewer, self._desk.role)
        return mine[-1] if mine else None

    def record(self, decision: Decision, current: Current) -> bool:
        """Keep a decision and let go of its item; return False where nothing may be kept, as the run was purged.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        desk = self._desk
        desk.following(desk.check_there)
        desk.open.assignment.refresh()
        if self._is_purged(current):
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
        """Take a decision back.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        self._desk.following(lambda: self._desk.open.decisions.withdraw(decision))
        self._tell(decision, True)

    def finish(self) -> None:
        """Do what is left of a save in whose middle the process was killed: its draft is still there."""
        desk = self._desk
        desk.open.assignment.refresh()
        draft = desk.open.drafts.read()
        for decision in desk.open.decisions.by(desk.reviewer, desk.role):
            if draft is not None and decision.run_id == draft.run_id:
                self._tell(decision, False)
                desk.settle(draft.run_id, None)

    def _keep(self, decision: Decision) -> None:
        desk = self._desk
        desk.check_there()
        if not self._kept_rubric:
            keep_rubric(desk.open.folder, desk.open.queue)
        desk.open.decisions.decide(decision)

    def _is_purged(self, current: Current) -> bool:
        desk, name = self._desk, short(current.run_id)
        items = desk.open.items
        if items.is_purged(current.run_id):
            desk.notices.append(f"{name} was purged: its item is closed, and nothing is kept of it.")
            desk.open.drafts.clear()
            return True
        if current.run_id not in items.run_ids():
            desk.notices.append(f"{name} was taken out of the queue meanwhile; your answer is kept.")
        return False

    def _tell(self, decision: Decision, withdrawn: bool) -> None:
        try:
            self._publish(decision, withdrawn)
        except (LlmobsError, OSError) as error:
            self._desk.notices.append(f"It is kept in the queue, but isn't feedback on the run: {error}")
