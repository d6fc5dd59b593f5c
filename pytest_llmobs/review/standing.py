"""How far a queue is: which of its items still want a reviewer, and whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from pytest_llmobs.review.records import Decision, ItemStatus, QueueItem


@dataclass(frozen=True)
class Standing:
    """How far one item is."""

    needed: int
    """How many reviewers it wants."""
    is_set: bool = False
    """True where somebody has set it to completed, whoever reviewed it."""
    reviewers: frozenset[str] = frozenset()
    """Who has reviewed it."""
    last: datetime | None = None
    """UTC: when somebody last decided."""

    @property
    def is_completed(self) -> bool:
        """True once enough reviewers have decided, or somebody has set it so."""
        return self.is_set or len(self.reviewers) >= self.needed

    def waits_for(self, reviewer: str) -> bool:
        """Tell whether somebody may still review it."""
        return not self.is_completed and reviewer not in self.reviewers

    def shown(self, item: QueueItem) -> QueueItem:
        """Return an item with the status that its decisions come to."""
        if self.last is None:
            return item
        status: ItemStatus = "completed" if self.is_completed else "viewed"
        last = max(self.last, item.last_reviewed_time or self.last)
        return replace(item, status=status, last_reviewed_time=last)


def standings(
    run_ids: Iterable[str], completed: Set[str], decisions: Iterable[Decision], needed: Callable[[str], int]
) -> dict[str, Standing]:
    """Return how far the items of a queue are, by the ids of their runs.

    Args:
        run_ids: Of its items.
        completed: Those that somebody has set to completed.
        decisions: The standing ones, in their order; an adjudicator's word is none of a reviewer's.
        needed: Takes a run's id; returns how many reviewers it wants.
    """
    reviews: dict[str, dict[str, datetime]] = {}
    for decision in decisions:
        if decision.role == "review":
            reviews.setdefault(decision.run_id, {})[decision.reviewer] = decision.at
    found: dict[str, Standing] = {}
    for run_id in run_ids:
        own = reviews.get(run_id)
        if own is None:
            found[run_id] = Standing(needed(run_id), run_id in completed)
        else:
            found[run_id] = Standing(needed(run_id), run_id in completed, frozenset(own), max(own.values()))
    return found
