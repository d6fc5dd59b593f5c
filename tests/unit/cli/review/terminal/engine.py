"""An engine of review in memory: what keys do to it is seen at once, without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.review.material import Material
from pytest_llmobs.review.records import AnnotationQueue, Decision, QueueItem
from pytest_llmobs.review.rubric.questions import missing, questions_of
from pytest_llmobs.review.working.current import Current, Progress

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
RUBRIC = (
    {
        "feedback_key": "correct",
        "description": "Is every fact in the answer true?",
        "score_descriptions": {"0": "no", "1": "yes"},
        "is_required": True,
    },
    {"feedback_key": "tone", "description": "Is it friendly?", "scale": [1, 5]},
    {"feedback_key": "effort", "categories": ["none", "some", "much"]},
)


def make_queue(rubric: Sequence[Mapping[str, Any]] = (), **settings: Any) -> AnnotationQueue:
    """Return a queue."""
    return AnnotationQueue(
        id="q", name="support", rubric_items=rubric, created_at=NOW, updated_at=NOW, **settings
    )


def make_current(number: int, *, peers: Sequence[Decision] = (), **changes: Any) -> Current:
    """Return an item under way; changes are those of its material."""
    item = QueueItem(id=f"q:{number}", queue_id="q", run_id=f"run-{number}", added_at=NOW)
    outputs = changes.pop("outputs", {"output": f"answer {number}"})
    about = {"question": f"question {number}", "answer": str(outputs.get("output", outputs)), **changes}
    return Current(item, Material(outputs=outputs, **about), NOW, number, peers=peers)


@dataclass
class Engine:
    """What ``ReviewSession`` offers, for items in a list."""

    queue: AnnotationQueue
    items: list[Current]
    reviewer: str = "ada"
    saved: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Run id, verdict, failure mode."""
    skipped: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    renewals: int = 0
    purged: set[str] = field(default_factory=set)
    """Runs that were taken out of the store while they were on the screen."""

    def __post_init__(self) -> None:
        self.questions = questions_of(self.queue)
        self._history: list[Current] = []

    @property
    def current(self) -> Current | None:
        return self.items[0] if self.items else None

    @property
    def why_empty(self) -> str:
        return "" if self.items else "Everything in 'support' is reviewed."

    @property
    def progress(self) -> Progress:
        done = len(self._history)
        return Progress(done, len(self.items), len(self.items) + done, done)

    def answer(self, key: str, value: Any) -> None:
        self.items[0].set("answers", value, key)

    def clear(self, key: str) -> None:
        self.items[0].set("answers", None, key)

    def correct(self, outputs: Any) -> None:
        self.items[0].set("correction", outputs)

    def say(self, comment: str | None) -> None:
        self.items[0].set("comment", comment)

    def save(self, verdict: str | None = None, mode: str | None = None) -> bool:
        needed = missing(self.questions, self.items[0].answers)
        if needed:
            raise ArgumentError(f"Not answered: {needed[0].key!r}.")
        if self.items[0].item.run_id in self.purged:
            self.notices.append(f"{self.items.pop(0).item.run_id} was purged.")
            return False
        self.saved.append((self.items[0].item.run_id, verdict, mode))
        self._history.append(self.items.pop(0))
        return True

    def skip(self) -> None:
        self.skipped.append(self.items[0].item.run_id)
        self.items.append(self.items.pop(0))

    def undo(self) -> str:
        if self.items and self.items[0].step_back():
            return self.items[0].run_id
        if not self._history:
            return ""
        self.items.insert(0, self._history.pop())
        self.items[0].steps.clear()
        self.saved.pop()
        return self.items[0].run_id

    def jump(self, target: str) -> None:
        for place, current in enumerate(self.items):
            if target in (str(current.number), current.item.run_id):
                self.items.insert(0, self.items.pop(place))
                return
        raise NotFoundError(f"No item {target!r}.")

    def renew(self) -> None:
        self.renewals += 1

    def take_notices(self) -> list[str]:
        told, self.notices = self.notices, []
        return told
