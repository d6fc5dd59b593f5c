"""Which disagreement an adjudicator gets next: the open ones of a queue, each to one person at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_llmobs.review.assigning.assignment import Assignment
from pytest_llmobs.review.outcomes.disagreements import open_ones
from pytest_llmobs.review.rubric.questions import Question

SLOT = "adjudication"
"""Of the claims."""


class Adjudication(Assignment):
    """What one adjudicator gets of the disagreements of a queue."""

    def __init__(self, *parts: Any, questions: Sequence[Question]) -> None:
        """Say who settles what.

        Args:
            *parts: See ``Assignment``.
            questions: Of the queue's rubric: what tells how far two answers are apart.
        """
        super().__init__(*parts)
        self._questions = questions
        self._contested: Mapping[str, None] = {}
        self._settled: set[str] = set()
        self._seen = -1
        """The state of the decisions that the contested ones follow from."""

    def refresh(self) -> None:
        """Read what happened since the last look."""
        super().refresh()
        # whoever asks for decisions reads the new ones, so that this need not be the first look at them
        if self._seen != self._decisions.changes:
            self._seen = self._decisions.changes
            self._contested = dict.fromkeys(open_ones(self._decisions.standing(), self._questions))
            # in the order in which they came up: settled ones keep their numbers
            self.order.append(self._contested)
            self._settled = set()
            for decision in self._decisions.standing():
                if decision.role == "adjudication":
                    self._settled.add(decision.run_id)

    def is_complete(self, run_id: str) -> bool:
        """Tell whether an adjudicator has said a last word."""
        return run_id not in self._contested

    def done(self) -> int:
        """Return how many disagreements of the queue are settled."""
        return len(self._settled & self._items.run_ids())

    def total(self) -> int:
        """Return how many disagreements there are, settled ones among them."""
        return len((self._settled | set(self._contested)) & self._items.run_ids())

    def left(self) -> int:
        """Return how many wait."""
        return len(self._open())

    def slots(self, run_id: str) -> Sequence[str]:
        """Return the one slot of a disagreement: reviewers of the queue itself don't stand in its way."""
        return (SLOT,)

    def _deciders(self, run_id: str) -> set[str]:
        return set()

    def _arrive(self, run_ids: Sequence[str]) -> None:
        """Take no notice of runs that come into the queue: nobody has disagreed about them."""

    def _within_reach(self) -> Iterator[str]:
        return filter(self._is_free, self.order)

    def _open(self) -> set[str]:
        return set(filter(self._is_free, self._contested))

    def _is_free(self, run_id: str) -> bool:
        is_there = run_id in self._items.run_ids() and run_id not in self._closed
        return is_there and run_id in self._contested

    def _week_set(self) -> Sequence[str]:
        # what all reviewers see is theirs: one adjudicator is enough
        return ()
