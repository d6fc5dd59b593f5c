"""A queue that somebody reviews: all that a session reads and writes of it, where it lies just now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pytest_llmobs.review.assigning.adjudication import SLOT, Adjudication
from pytest_llmobs.review.assigning.assignment import Assignment
from pytest_llmobs.review.assigning.claims import Claims
from pytest_llmobs.review.log.decisions import Decisions
from pytest_llmobs.review.log.items import Items
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.records import DISAGREEMENTS, AnnotationQueue, Role
from pytest_llmobs.review.rubric.questions import Question
from pytest_llmobs.review.working.drafts import Drafts
from pytest_llmobs.storage.layout import escape


def role_in(queue: AnnotationQueue) -> Role:
    """Return what decisions in a queue are: reviews, or in a queue of disagreements the words that settle them."""
    return "adjudication" if queue.name.endswith(DISAGREEMENTS) else "review"


def file_name(queue: AnnotationQueue, reviewer: str) -> str:
    """Return the name of a reviewer's files in a queue, whatever letters the reviewer's name has."""
    name = escape(reviewer)
    if role_in(queue) == "adjudication":
        return f"{name}+{SLOT}"  # no escaped name has a plus
    return name


class OpenQueue:
    """The parts of one queue, as one reviewer's session has them."""

    def __init__(
        self,
        queue: AnnotationQueue,
        folder: Path,
        reviewer: str,
        questions: Sequence[Question],
        part: LogPart,
        session: str,
        now: Callable[[], datetime],
    ) -> None:
        """Name the queue; nothing is read yet.

        Args:
            queue: The queue.
            folder: Its folder.
            reviewer: Whose session it is.
            questions: Of its rubric.
            part: Where this process appends.
            session: What tells this session from the reviewer's others.
            now: The time, in UTC.
        """
        self.queue, self.folder = queue, folder
        self.items = Items(folder, queue.id, part, now)
        self.decisions = Decisions(folder, part, now)
        self.claims = Claims(folder, reviewer, session, now)
        self.drafts = Drafts(folder, file_name(queue, reviewer))
        parts = (queue, folder, reviewer, self.items, self.decisions, self.claims, now)
        self.assignment = Assignment(*parts)
        if role_in(queue) == "adjudication":
            self.assignment = Adjudication(*parts, questions=questions)
