"""What reviewers of a queue accepted or corrected: runs of which it is known what a good answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.curation.candidates import Found, Review
from pytest_llmobs.curation.selection import feedback_of
from pytest_llmobs.review.outcomes.grouping import stored_runs
from pytest_llmobs.review.outcomes.release import release
from pytest_llmobs.review.outcomes.settled import SettledItem

if TYPE_CHECKING:
    from pytest_llmobs.records.runs import Run
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.storage.store import Store

CONTESTED, REJECTED, TIED = "contested", "rejected", "several corrections"
OPEN, GONE, SILENT = "without a verdict", "not in the store", "without outputs"
"""Why an item of a queue is no example."""


@dataclass(frozen=True)
class Reviewed:
    """What a queue offers."""

    queue: str
    """Its name."""
    found: Found
    left_out: Mapping[str, int]
    """Why items are no examples -> how many of them, the most frequent first."""
    agreement: str
    """How far the reviewers agree, in a sentence."""


def find_reviewed(store: Store, queues: Queues, queue: str, limit: int, least: float | None) -> Reviewed:
    """Return the runs of a queue that were accepted or corrected, the newest first.

    Args:
        store: Has the runs.
        queues: The store's.
        queue: The queue's name or id.
        limit: Most runs; 0 for all.
        least: The kappa or alpha that the reviewers have to reach; None for the queue's own.

    Raises:
        NotFoundError: There is no such queue.
        AgreementError: Its reviewers agree too little.
        StoreError: Something can't be read.
    """
    released = release(queues, queue, least)
    name = released.queue.name
    reviews, left_out = _sifted(released.items, name)
    runs = list(stored_runs(store, list(reviews)))
    left_out[GONE] = len(reviews) - len(runs)
    answered = _answered(runs, reviews)
    left_out[SILENT] = len(runs) - len(answered)
    answered.sort(key=attrgetter("start_time", "id"), reverse=True)
    chosen = answered[: limit or None]
    found = Found(
        chosen,
        feedback_of(store, list(map(attrgetter("id"), chosen))),
        has_more=len(chosen) < len(answered),
        reviews=reviews,
    )
    return Reviewed(name, found, dict((+left_out).most_common()), released.sentence)


def _sifted(items: Iterable[SettledItem], queue: str) -> tuple[dict[str, Review], Counter[str]]:
    """Return the items of which a right answer is known, by run, and why how many others are left out."""
    reviews: dict[str, Review] = {}
    left_out: Counter[str] = Counter()
    for item in items:
        why = _unfit(item)
        if why:
            left_out[why] += 1
        else:
            reviews[item.run_id] = Review(queue, item)
    return reviews, left_out


def _unfit(item: SettledItem) -> str:
    if item.is_contested:
        return CONTESTED
    # also of what was accepted: somebody has improved it
    if item.correction is not None:
        return ""
    if item.corrected is not None:
        return TIED
    if item.verdict is None:
        return OPEN
    return REJECTED if item.verdict == "reject" else ""


def _answered(runs: Sequence[Run], reviews: Mapping[str, Review]) -> list[Run]:
    return [run for run in runs if run.outputs or not reviews[run.id].is_accepted]
