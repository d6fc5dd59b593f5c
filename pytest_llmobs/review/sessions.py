"""One reviewer at work on one queue. Knows no screen: a terminal and a web page drive it alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from types import TracebackType
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError, ConflictError, LlmobsError
from pytest_llmobs.review.assigning.assignment import Assigned
from pytest_llmobs.review.opinions import feedback_lines
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue, Answer, Decision, Verdict
from pytest_llmobs.review.rubric.answers import check_answer
from pytest_llmobs.review.rubric.questions import Question, questions_of
from pytest_llmobs.review.working.current import Current, Progress
from pytest_llmobs.review.working.desk import Desk, clock, short
from pytest_llmobs.review.working.drafts import Draft
from pytest_llmobs.review.working.jumping import find_target
from pytest_llmobs.review.working.open_queue import file_name
from pytest_llmobs.review.working.reading_ahead import MaterialReader
from pytest_llmobs.review.working.recording import Publish, Recorder
from pytest_llmobs.review.working.redacting import Clean, as_it_is, redacted
from pytest_llmobs.review.working.reviewer_lock import ReviewerLock
from pytest_llmobs.review.working.saving import decision_of
from pytest_llmobs.storage.store import Store
from pytest_llmobs.wording import known, nearest


class ReviewSession:
    """One reviewer at work on one queue: use it in a ``with`` block."""

    def __init__(
        self,
        desk: Desk,
        store: Store,
        publish: Publish,
        lock: ReviewerLock,
        now: Callable[[], datetime],
        clean: Clean,
    ) -> None:
        """See ``open``."""
        self._desk, self._store, self._lock, self._now, self._clean = desk, store, lock, now, clean
        self._recorder = Recorder(desk, publish, now)
        self._questions, self._reviewer = desk.questions, desk.reviewer
        self._skipped: list[Draft | None] = []
        """What this session did, in order: a skipped run and what was said of it, or None for what was saved."""
        self._progress: tuple[Any, Progress] | None = None

    @classmethod
    def open(
        cls,
        queues: Queues,
        queue: AnnotationQueue,
        reviewer: str,
        store: Store,
        *,
        publish: Publish,
        now: Callable[[], datetime] = real.now,
        blind: bool = True,
        clean: Clean = as_it_is,
    ) -> ReviewSession:
        """Begin to review: go on with what a session left in the middle, else take the first item.

        Args:
            queues: Those of the store.
            queue: The one to review; one of disagreements is adjudicated.
            reviewer: Who reviews, by whatever name.
            store: Where the runs lie.
            publish: See ``Publish``.
            now: The time, in UTC.
            blind: Show nothing that may sway the reviewer: model, tags, feedback.
            clean: Takes out what is sensitive, see ``Clean``.

        Raises:
            ConflictError: The reviewer has a session of this queue open.
            StoreError: The store can't be read or written.
        """
        lock = ReviewerLock(queues.folder(queue), file_name(queue, reviewer), reviewer, queue.name)
        reader = MaterialReader(store.read_run, blind, partial(feedback_lines, store))
        try:
            desk = Desk(queues, queue, reviewer, questions_of(queue), reader, now)
            session = cls(desk, store, publish, lock, now, clean)
            session._begin()
        except BaseException:
            reader.close()
            lock.release()
            raise
        return session

    def _begin(self) -> None:
        self._recorder.finish()
        if not self._desk.resume():
            self._desk.advance()

    def __enter__(self) -> ReviewSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it. What was said and not saved stays as a draft, with its claim; an untouched item is given back."""
        current = self._desk.current
        try:
            if current is not None and current.is_untouched:
                self._desk.put_back()
        finally:
            self._desk.reader.close()
            self._lock.release()

    # What is to be seen

    @property
    def queue(self) -> AnnotationQueue:
        """The queue, under the name that it has now."""
        return self._desk.open.queue

    @property
    def questions(self) -> Sequence[Question]:
        """Of the queue's rubric, as it was when the session began."""
        return self._questions

    @property
    def reviewer(self) -> str:
        """Whose session it is."""
        return self._reviewer

    @property
    def current(self) -> Current | None:
        """The item on the screen; None where there is none for this reviewer, see ``why_empty``."""
        return self._desk.current

    @property
    def why_empty(self) -> str:
        """Why there is no current item, in a sentence."""
        return self._desk.why_empty

    @property
    def progress(self) -> Progress:
        """How far the queue is, as of the last look."""
        parts, today = self._desk.open, self._now().astimezone().date()
        state = (parts, parts.items.changes, parts.decisions.changes, self._desk.missing, today)
        if self._progress is None or self._progress[0] != state:  # a screen asks at every key
            assignment = parts.assignment
            mine = self._mine_on(today)
            progress = Progress(assignment.done(), assignment.left(), assignment.total(), mine)
            self._progress = (state, progress)
        return self._progress[1]

    def _mine_on(self, day: date) -> int:
        number = 0
        for decision in reversed(self._desk.open.decisions.by(self._reviewer, self._desk.role)):
            if decision.at.astimezone().date() != day:
                break
            number += 1
        return number

    def take_notices(self) -> list[str]:
        """Return what the reviewer is to be told, each sentence once."""
        notices, self._desk.notices = self._desk.notices, []
        return notices

    # What is said of the current item

    def answer(self, key: str, value: Answer) -> None:
        """Answer a question.

        Raises:
            ArgumentError: There is no such question, or the value is no answer to it.
        """
        question = self._question(key)
        self._change("answers", check_answer(question, value), key)

    def clear(self, key: str) -> None:
        """Take an answer away.

        Raises:
            ArgumentError: There is no such question.
        """
        self._change("answers", None, self._question(key).key)

    def correct(self, outputs: Mapping[str, Any] | None) -> None:
        """Say which outputs would have been right; None, or the answer as it was, for none."""
        is_same = outputs == self._needed().material.outputs
        self._change("correction", None if is_same else outputs)

    def say(self, comment: str | None) -> None:
        """Say why, in words; empty for nothing."""
        self._change("comment", comment or None)

    def _question(self, key: str) -> Question:
        keys = [question.key for question in self._questions]
        if key not in keys:
            raise ArgumentError(
                f"The rubric of {self.queue.name!r} has no item {key!r}.{nearest(key, keys)} {known(keys)}"
            )
        return self._questions[keys.index(key)]

    def _change(self, part: str, value: Any, key: str | None = None) -> None:
        self._needed().set(part, value, key)
        self.renew()
        self._desk.keep_draft()

    def renew(self) -> None:
        """Keep the item: to be called whenever the reviewer does something."""
        self._desk.renew()

    # What becomes of it

    def save(self, verdict: Verdict | None = None, mode: str | None = None) -> bool:
        """Keep what is said of the current item, and go to the next.

        Return False where nothing is kept of it, as its run was purged meanwhile: a notice says why.

        Args:
            verdict: Of the whole; None to say nothing of it.
            mode: The failure mode; without a verdict, it rejects.

        Raises:
            ArgumentError: Nothing is said, a required answer is missing, or a verdict or failure mode is unknown.
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses; the item is still there, with all that was said.
        """
        current = self._needed()
        at = self._recorder.next_time()
        decision = decision_of(current, self.queue, self._questions, self._reviewer, at, verdict, mode)
        is_kept = self._recorder.record(redacted(decision, self._questions, self._clean), current)
        if is_kept:
            self._skipped.append(None)
        self._advance()
        return is_kept

    def _advance(self) -> None:
        """Go to the next item; what is in the way is told in the place of the item, as all before it is kept."""
        try:
            self._desk.advance()
        except LlmobsError as error:
            self._desk.why_empty = str(error)

    def skip(self) -> None:
        """See the current item last; others may have it. What was said and not saved is dropped, until undone."""
        current = self._needed()
        desk = self._desk
        desk.following(lambda: desk.open.decisions.skip(current.run_id, self._reviewer))
        self._skipped.append(current.draft())
        self._tell_dropped(current, "Undo brings it back.")
        desk.put_back()
        self._advance()

    def undo(self) -> str:
        """Take the last step back: of the current item, else a skip, else the last decision, of earlier sessions too.

        A decision that is taken back is shown again with all that it said. Return the id of the run that the step was
        about, shown or not; an empty text where there is no step left.

        Raises:
            NotFoundError: The queue was deleted.
            StoreError: The disk refuses.
        """
        desk = self._desk
        if desk.current is not None and desk.current.step_back():
            desk.keep_draft()
            return desk.current.run_id
        skipped = self._skipped[-1] if self._skipped else None
        if skipped is not None:
            self._skipped.pop()
            self._show_again(skipped.run_id, skipped)
            return skipped.run_id
        desk.open.assignment.refresh()
        last = self._recorder.last()
        if last is None:
            return ""
        if self._skipped:
            self._skipped.pop()
        self._recorder.withdraw(last)
        self._show_again(last.run_id, last)
        return last.run_id

    def _tell_dropped(self, current: Current, remedy: str) -> None:
        if not current.is_untouched:
            self._desk.notices.append(f"What you had said of {short(current.run_id)} is dropped. {remedy}")

    def _show_again(self, run_id: str, said: Draft | Decision) -> None:
        desk = self._desk
        desk.put_back(keeps_draft=True)
        desk.open.assignment.refresh()
        if run_id not in desk.open.items.run_ids():
            desk.notices.append(self._why_not(run_id))
            self._advance()
            return
        assigned = desk.following(lambda: desk.open.assignment.take_again(run_id))
        if assigned is None and isinstance(said, Draft):
            # it was only skipped: whoever has it now answers it
            desk.notices.append(self._why_not(run_id))
            self._advance()
            return
        if assigned is None:
            self._tell_of_holder(run_id)
            assigned = Assigned(run_id, None)
        if not desk.show(assigned, said):
            self._advance()

    def _tell_of_holder(self, run_id: str) -> None:
        held = self._desk.held(run_id)
        if held is not None:
            holder, _ = held
            self._desk.notices.append(
                f"{holder.name} has had this item since {clock(holder.since)}: what both of you save is kept."
            )

    def jump(self, target: str) -> None:
        """Go to another item; the current one is given back, and what was said of it and not saved is dropped.

        Args:
            target: A number, the beginning of a run's id, or words of its question.

        Raises:
            NotFoundError: No item is meant, or several may be; the message names near ones.
            ConflictError: The reviewer has answered it already, it is complete, or somebody else has it.
        """
        desk = self._desk
        desk.open.assignment.refresh()
        order, there = desk.open.assignment.order.whole(), desk.open.items.run_ids()
        run_id = find_target(target, order, there, self._store)
        current = desk.current
        if current is not None and current.run_id == run_id:
            return
        assigned = desk.following(lambda: desk.open.assignment.take(run_id))
        if assigned is None:
            raise ConflictError(self._why_not(run_id))
        if current is not None:
            self._tell_dropped(current, "It wasn't saved.")
        desk.put_back()
        if not desk.show(assigned):
            self._advance()

    def _why_not(self, run_id: str) -> str:
        open_queue = self._desk.open
        for decision in open_queue.decisions.by(self._reviewer, self._desk.role):
            if decision.run_id == run_id:
                return (
                    f"You have answered {short(run_id)} already. Undo takes answers back, the last one first."
                )
        if run_id not in open_queue.items.run_ids():
            return f"{short(run_id)} isn't in the queue any more."
        if open_queue.assignment.is_closed(run_id):
            return f"{short(run_id)} isn't in the store: it was purged, or comes from another one."
        held = self._desk.held(run_id)
        if held is not None and not open_queue.assignment.is_complete(run_id):
            holder, until = held
            return f"{holder.name} has {short(run_id)} until {clock(until)}."
        return f"{short(run_id)} needs no further answer: it is complete."

    def _needed(self) -> Current:
        if self._desk.current is None:
            raise ArgumentError(f"There is no item to answer. {self.why_empty}")
        return self._desk.current
