"""How far a queue is: which of its items still want a reviewer, and whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pytest_llmobs.review.log.items import Items
from pytest_llmobs.review.records import Decision, ItemStatus, QueueItem


@dataclass(frozen=True)
class Standing:
    """How far one item is."""

    needed: int
    """How many reviewers it wants."""
    is_set: bool = False
    """True where somebody has set it to completed, whoever reviewed it."""
    is_for_all: bool = False
    """True for an item of this week's calibration set, which every reviewer sees."""
    reviewers: frozenset[str] = frozenset()
    """Who has reviewed it."""
    last: datetime | None = None
    """UTC: when somebody last decided."""

    @property
    def is_completed(self) -> bool:
        """True once enough reviewers have decided, or somebody has set it so."""
        return self.is_set or len(self.reviewers) >= self.needed

    def waits_for(self, reviewer: str) -> bool:
        """Tell whether it still wants the review of somebody."""
        if self.is_set or reviewer in self.reviewers:
            return False
        return self.is_for_all or not self.is_completed

    def shown(self, item: QueueItem) -> QueueItem:
        """Return an item with the status that its decisions come to."""
        if self.last is None:
            return item
        status: ItemStatus = "completed" if self.is_completed else "viewed"
        last = max(self.last, item.last_reviewed_time or self.last)
        return replace(item, status=status, last_reviewed_time=last)


def standings(
    items: Items, decisions: Iterable[Decision], needed: Callable[[str], int], calibration: Sequence[str] = ()
) -> dict[str, Standing]:
    """Return how far the items of a queue are, by the ids of their runs.

    Args:
        items: Of the queue.
        decisions: The standing ones, in their order; an adjudicator's word is none of a reviewer's.
        needed: Takes a run's id; returns how many reviewers it wants.
        calibration: The runs that every reviewer sees this week.
    """
    reviews: dict[str, dict[str, datetime]] = {}
    # in the order of their times: the last one of a reviewer stays
    for decision in decisions:
        if decision.role == "review":
            reviews.setdefault(decision.run_id, {})[decision.reviewer] = decision.at
    items.refresh()
    completed, for_all = items.completed(), frozenset(calibration)
    found: dict[str, Standing] = {}
    for run_id in items.run_ids():
        own = reviews.get(run_id, {})
        found[run_id] = Standing(
            needed=needed(run_id),
            is_set=run_id in completed,
            is_for_all=run_id in for_all,
            reviewers=frozenset(own),
            last=max(own.values(), default=None),
        )
    return found
