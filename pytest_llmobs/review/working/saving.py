"""From what is on the screen to a decision: what must be said is checked, and named where it is missing."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from uuid import uuid4

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.records import AnnotationQueue, Answer, Decision, Verdict
from pytest_llmobs.review.rubric.questions import Question, missing, visible
from pytest_llmobs.review.rubric.versions import rubric_version
from pytest_llmobs.review.working.current import Current
from pytest_llmobs.review.working.open_queue import role_in
from pytest_llmobs.wording import known, nearest

VERDICTS: tuple[str, ...] = get_args(Verdict)


def decision_of(
    current: Current,
    queue: AnnotationQueue,
    questions: tuple[Question, ...],
    reviewer: str,
    at: datetime,
    verdict: Verdict | None,
    mode: str | None,
) -> Decision:
    """Return what a reviewer says of an item.

    Args:
        current: The item, with what was said so far.
        queue: Its queue.
        questions: Of the queue's rubric.
        reviewer: Who says it.
        at: The time, in UTC.
        verdict: Of the whole; None to say nothing of it. A failure mode alone rejects.
        mode: The failure mode, or None.

    Raises:
        ArgumentError: Nothing is said, a required answer is missing, or a verdict or failure mode is unknown.
    """
    if mode is not None and verdict is None:
        verdict = "reject"
    _check(current, queue, questions, verdict, mode)
    return Decision(
        id=str(uuid4()),
        run_id=current.run_id,
        reviewer=reviewer,
        at=at,
        rubric=rubric_version(queue),
        verdict=verdict,
        mode=mode,
        answers=_visible_answers(current, questions),
        correction=current.correction,
        comment=current.comment,
        seconds=max(0.0, round((at - current.started).total_seconds(), 3)),
        role=role_in(queue),
    )


def _check(
    current: Current,
    queue: AnnotationQueue,
    questions: tuple[Question, ...],
    verdict: str | None,
    mode: str | None,
) -> None:
    _check_words(queue, verdict, mode)
    _check_whole(current, questions, verdict)


def _visible_answers(current: Current, questions: tuple[Question, ...]) -> dict[str, Answer]:
    answers = {}
    for question in visible(questions, current.answers):
        if question.key in current.answers:
            answers[question.key] = current.answers[question.key]
    return answers


def _check_words(queue: AnnotationQueue, verdict: str | None, mode: str | None) -> None:
    if verdict is not None and verdict not in VERDICTS:
        raise ArgumentError(f"The verdict is {verdict!r}.{nearest(verdict, VERDICTS)} {known(VERDICTS)}")
    if mode is not None and mode not in queue.failure_modes:
        raise ArgumentError(
            f"The queue {queue.name!r} has no failure mode {mode!r}.{nearest(mode, queue.failure_modes)} "
            f"{known(queue.failure_modes)}"
        )
    if mode is not None and verdict == "accept":
        raise ArgumentError(f"An answer that is accepted has no failure mode, and this one has {mode!r}.")


def _check_whole(current: Current, questions: tuple[Question, ...], verdict: str | None) -> None:
    lacking = missing(questions, current.answers)
    if lacking:
        keys = ", ".join(question.key for question in lacking)
        raise ArgumentError(f"Not answered yet: {keys}. Answer what is required, or skip the item.")
    if verdict is None and current.is_untouched:
        raise ArgumentError(
            "Nothing is said of this item yet. Accept it, reject it, answer the rubric, or skip it."
        )
