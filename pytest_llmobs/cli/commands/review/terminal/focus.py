"""Which item of the rubric a digit answers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.rubric.questions import Question, missing, visible

if TYPE_CHECKING:
    from pytest_llmobs.review.sessions import ReviewSession

_NOTHING_ASKED = "This queue's rubric asks nothing: a accepts, other keys say what is wrong."


class Focus:
    """The question in focus, which moves on as questions are answered."""

    def __init__(self, session: ReviewSession) -> None:
        """Begin without one."""
        self._session = session
        self.key: str | None = None
        """Of the question; None where all are answered, or none is asked."""

    def questions(self) -> Sequence[Question]:
        """Return the questions that are asked after the answers so far."""
        current = self._session.current
        if current is None:
            return ()
        return visible(self._session.questions, current.answers)

    def _keys(self) -> list[str]:
        return list(map(attrgetter("key"), self.questions()))

    def question(self) -> Question:
        """Return the question in focus.

        Raises:
            ArgumentError: There is none.
        """
        questions = self.questions()
        for question in questions:
            if question.key == self.key:
                return question
        if questions:
            raise ArgumentError("Everything is answered: Enter saves it, Tab goes back to an answer.")
        raise ArgumentError(_NOTHING_ASKED)

    def arrive(self) -> None:
        """Begin at the first question without an answer."""
        self.key = None
        current = self._session.current
        if current is None:
            return
        for question in self.questions():
            if question.key not in current.answers:
                self.key = question.key
                return

    def go_on(self, question: Question) -> None:
        """Go to the question after one that was answered, which may have made others come or go."""
        # asked anew: the answer may have made questions visible that weren't, or hidden some
        keys = self._keys()
        following = keys[keys.index(question.key) + 1 :] if question.key in keys else []
        self.key = following[0] if following else None

    def go_to_missing(self) -> None:
        """Go to the first question that must be answered and isn't, if there is one."""
        current = self._session.current
        if current is not None:
            for question in missing(self._session.questions, current.answers)[:1]:
                self.key = question.key

    def move(self, step: int) -> None:
        """Go to another question, round and round.

        Args:
            step: 1 for the next, -1 for the one before.

        Raises:
            ArgumentError: Nothing is asked.
        """
        keys = self._keys()
        if not keys:
            raise ArgumentError(_NOTHING_ASKED)
        if self.key in keys:
            self.key = keys[(keys.index(self.key) + step) % len(keys)]
        else:
            self.key = keys[0] if step > 0 else keys[-1]
