"""How many reviewers an item needs: some items are seen by two, so that agreement can be measured."""

from __future__ import annotations

from zlib import crc32

from pytest_llmobs.review.records import AnnotationQueue

_ALL = 1 << 32


def reviewers_needed(queue: AnnotationQueue, run_id: str) -> int:
    """Return how many different reviewers complete an item: 2 for the queue's share of overlap, else 1.

    Which items these are follows from their ids: it is the same for everybody, and stays so.
    """
    if queue.overlap <= 0:
        return 1
    # the queue's id beside the run's: a run in two queues need not be an overlap in both
    chance = crc32(f"{queue.id}/{run_id}".encode()) / _ALL
    return 2 if chance < queue.overlap else 1
