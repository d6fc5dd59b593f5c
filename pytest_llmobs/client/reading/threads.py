"""Conversations: root runs that their metadata say belong together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from pytest_llmobs.records.runs import Run


class Thread(TypedDict):
    """One conversation, as LangSmith's ``list_threads`` gives it."""

    thread_id: str
    runs: list[Run]
    """Its root runs, the oldest first."""
    count: int
    """How many there are."""
    min_start_time: str
    """ISO 8601, UTC."""
    max_start_time: str
    """ISO 8601, UTC."""


def threads_of(runs: Iterable[Run]) -> list[Thread]:
    """Return the conversations of some root runs, the one with the latest run first.

    Args:
        runs: Newest first; those of no conversation are left out.
    """
    by_id: dict[str, list[Run]] = {}
    for run in runs:
        if run.thread_id is not None:
            by_id.setdefault(run.thread_id, []).append(run)
    return [_thread(id, members) for id, members in by_id.items()]


def _thread(id: str, newest_first: list[Run]) -> Thread:
    runs = newest_first[::-1]
    return Thread(
        thread_id=id,
        runs=runs,
        count=len(runs),
        min_start_time=runs[0].start_time.isoformat(),
        max_start_time=runs[-1].start_time.isoformat(),
    )
