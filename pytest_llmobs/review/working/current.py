"""The item on a reviewer's screen, and how far the queue is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pytest_llmobs.review.assigning.claims import Claim
from pytest_llmobs.review.material import Material
from pytest_llmobs.review.records import Answer, Decision, QueueItem
from pytest_llmobs.review.working.drafts import Draft, Step


@dataclass
class Current:
    """The item on the screen."""

    item: QueueItem
    material: Material
    started: datetime
    """UTC: when it came to the screen."""
    number: int
    """Its place in this reviewer's order, from 1: what ``jump`` takes."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """By the questions' keys, as far as they are given."""
    correction: Mapping[str, Any] | None = None
    """The outputs that would have been right."""
    comment: str | None = None
    peers: Sequence[Decision] = ()
    """What the reviewers said who disagree; for an adjudicator alone."""
    claim: Claim | None = None
    """None for an item of the calibration set, which all may have at once."""
    steps: list[Step] = field(default_factory=list)
    """What was changed, in order: what undoing takes back."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.item.run_id

    def set(self, part: str, value: Any, key: str | None = None) -> None:
        """Change a part, and remember what stood there.

        Args:
            part: ``answers``, ``correction`` or ``comment``.
            value: The new value; None for none.
            key: Of an answer.
        """
        before = self.answers.get(key) if key is not None else getattr(self, part)
        # a comment is kept letter by letter, and taken back as a whole
        if part != "comment" or not self.steps or self.steps[-1].part != part:
            self.steps.append(Step(part=part, key=key, before=before))
        elif self.steps[-1].before == value:
            self.steps.pop()
        self._put(part, key, value)

    def step_back(self) -> bool:
        """Take the last change back; return False where there is none."""
        if not self.steps:
            return False
        step = self.steps.pop()
        self._put(step.part, step.key, step.before)
        return True

    def _put(self, part: str, key: str | None, value: Any) -> None:
        if key is None:
            setattr(self, part, value)
        elif value is None:
            self.answers.pop(key, None)
        else:
            self.answers[key] = value

    def draft(self) -> Draft:
        """Return what is to be kept of it until it is saved."""
        return Draft(
            run_id=self.run_id,
            answers=dict(self.answers),
            correction=self.correction,
            comment=self.comment,
            steps=tuple(self.steps),
        )

    @property
    def is_untouched(self) -> bool:
        """True where nothing is said of it yet."""
        return not self.answers and self.correction is None and self.comment is None


@dataclass(frozen=True)
class Progress:
    """How far a queue is."""

    done: int
    """Items that enough reviewers have decided."""
    left: int
    """Items that this reviewer may still get, the current one among them."""
    total: int
    mine_today: int
    """What this reviewer has saved since midnight, local time."""

    @property
    def done_for_me(self) -> int:
        """Items that this reviewer needn't judge any more, also where others still have to."""
        return self.total - self.left
