"""How far a queue is: which of its items still want a reviewer, and whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pytest_llmobs.review.records import Decision, QueueItem

Needed = Callable[[str], int]
"""Takes a run's id; returns how many reviewers it wants."""


@dataclass(frozen=True)
class ItemStanding:
    """One item, and who has reviewed it."""

    item: QueueItem
    reviewers: frozenset[str]
    needed: int
    """How many reviewers it wants."""

    @property
    def is_completed(self) -> bool:
        """True once enough reviewers have decided, or somebody has set it so."""
        return self.item.is_completed or len(self.reviewers) >= self.needed

    def waits_for(self, reviewer: str) -> bool:
        """Tell whether somebody may still review it."""
        return not self.is_completed and reviewer not in self.reviewers


def standings(
    items: Iterable[QueueItem], decisions: Iterable[Decision], needed: Needed
) -> Sequence[ItemStanding]:
    """Return how far each item is, in their order.

    Args:
        items: Of a queue.
        decisions: The standing ones about it; an adjudicator's word is none of a reviewer's.
        needed: How many reviewers a run wants.
    """
    reviewers: dict[str, set[str]] = {}
    for decision in decisions:
        if decision.role == "review":
            reviewers.setdefault(decision.run_id, set()).add(decision.reviewer)
    found: list[ItemStanding] = []
    for item in items:
        who = frozenset(reviewers.get(item.run_id, ()))
        found.append(ItemStanding(item, who, needed(item.run_id)))
    return found
