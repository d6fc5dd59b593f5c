"""Preference pairs of what the reviewers of a queue corrected, where they agree well enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_llmobs.curation.reviewed import CONTESTED
from pytest_llmobs.curation.training.pairs import Pairs, pairs_of
from pytest_llmobs.review.outcomes.corrections import Settled
from pytest_llmobs.review.outcomes.grouping import stored_runs
from pytest_llmobs.review.outcomes.release import release
from pytest_llmobs.review.outcomes.settled import SettledItem

if TYPE_CHECKING:
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.storage.store import Store

UNCORRECTED = "without a correction"


@dataclass(frozen=True)
class QueuePairs:
    """What the corrections of a queue come to."""

    queue: str
    """Its name."""
    pairs: Pairs
    left_out: Mapping[str, int]
    """Why items give no pair -> how many of them."""
    agreement: str
    """How far the reviewers agree, in a sentence."""


def queue_pairs(store: Store, queues: Queues, queue: str, least_agreement: float | None = None) -> QueuePairs:
    """Return the pairs of a queue: its reviewers' correction is learnt, the app's answer unlearnt.

    Args:
        store: Has the runs.
        queues: The store's.
        queue: The queue's name or id.
        least_agreement: The kappa or alpha that the reviewers have to reach; None for the queue's own.

    Raises:
        NotFoundError: There is no such queue.
        AgreementError: Its reviewers agree too little.
        StoreError: Something can't be read.
    """
    released = release(queues, queue, least_agreement)
    settled: dict[str, Settled] = {}
    left_out: Counter[str] = Counter()
    for item in released.items:
        if item.is_contested:
            left_out[CONTESTED] += 1
        elif item.corrected is None:
            left_out[UNCORRECTED] += 1
        else:
            settled[item.run_id] = _with_agreement(item.corrected, item)
    made = pairs_of(stored_runs(store, list(settled)), settled)
    return QueuePairs(released.queue.name, made, dict(left_out), released.sentence)


def _with_agreement(corrected: Settled, item: SettledItem) -> Settled:
    """Return a correction with the share of all reviewers of its run who wanted another answer, or just that one."""
    # several wrote one each: then their share is of those
    if len(corrected.answers) > 1 or item.agreement is None:
        return corrected
    return replace(corrected, agreement=item.agreement)
