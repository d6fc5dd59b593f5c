"""Decisions as feedback on the runs: so that filters, curation and training data see what reviewers said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pytest_llmobs.feedback.writing import FeedbackWriter, NewFeedback
from pytest_llmobs.review.records import REVIEW, AnnotationQueue, Answer, Decision


class Said(NamedTuple):
    """One feedback that a decision comes to."""

    id: str
    """UUID: it follows from the decision's id and the key."""
    key: str
    fields: NewFeedback


class Publisher:
    """Keeps the decisions of a queue as feedback, and takes it back with them: what ``ReviewSession`` calls."""

    def __init__(self, writer: FeedbackWriter, queue: AnnotationQueue) -> None:
        """Name the queue, and who writes the feedback of the store."""
        self._writer = writer
        self._queue = queue

    def __call__(self, decision: Decision, withdrawn: bool) -> None:
        """Keep what a decision says of its run, or take it back where it was withdrawn."""
        for said in feedback_of(decision, self._queue):
            if withdrawn:
                self._writer.retract(said.key, said.id, decision.run_id)
            else:
                self._writer.record(said.key, **said.fields)


def feedback_of(decision: Decision, queue: AnnotationQueue) -> Iterator[Said]:
    """Yield the feedback that a decision comes to: the whole under ``review``, each answer under its own key.

    Args:
        decision: What was decided.
        queue: Where.
    """
    is_about_whole = (decision.verdict, decision.comment, decision.correction) != (None, None, None)
    if is_about_whole:
        yield _said(decision, queue, REVIEW, _whole(decision))
    for key, answer in decision.answers.items():
        # the queue's own word goes before a rubric's item of that name
        if key != REVIEW or not is_about_whole:
            yield _said(decision, queue, key, _answer(answer))


def _said(decision: Decision, queue: AnnotationQueue, key: str, fields: NewFeedback) -> Said:
    source = {"reviewer": decision.reviewer, "queue": queue.name, "decision": decision.id}
    if decision.role != "review":
        source["role"] = decision.role
    id = str(uuid5(NAMESPACE_URL, f"{decision.id}/{key}"))
    about: NewFeedback = {
        "feedback_id": id,
        "run_id": decision.run_id,
        "source_type": "app",
        "source_info": source,
    }
    return Said(id, key, {**about, **fields})


def _whole(decision: Decision) -> NewFeedback:
    fields: NewFeedback = {"comment": decision.comment}
    if decision.verdict is not None:
        fields["score"] = int(decision.verdict == "accept")
        fields["value"] = decision.mode
    if decision.correction is not None:
        fields["correction"] = dict(decision.correction)
    return fields


def _answer(answer: Answer) -> NewFeedback:
    if isinstance(answer, str):
        return {"value": answer}
    return {"score": answer}
