"""What is added to runs once they are read: what feedback says of them, and where they stand in their traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from pytest_llmobs.records.runs import Run, order_key

if TYPE_CHECKING:
    from pytest_llmobs.records.feedback import FeedbackStats
    from pytest_llmobs.storage.store import Store

MOST_AT_ONCE = 256
"""Runs whose details are read together."""

Detail = Callable[["Store", Sequence[Run]], list[Run]]
"""Returns the runs with something added."""


def detailed(
    store: Store, runs: Iterator[Run], details: Sequence[Detail], expected: int | None = None
) -> Iterator[Run]:
    """Yield runs with details, which are read for several runs at a time.

    Args:
        store: Has the details.
        runs: The runs.
        details: What is read.
        expected: About how many runs there are; None where nobody knows: ever more are read at a time then, so that
            the first run needn't wait for others.
    """
    if not details:
        yield from runs
        return
    size = min(expected or 1, MOST_AT_ONCE)
    while batch := list(islice(runs, size)):
        for detail in details:
            batch = detail(store, batch)
        yield from batch
        size = min(4 * size, MOST_AT_ONCE)


def with_feedback(store: Store, runs: Sequence[Run]) -> list[Run]:
    """Return runs, and those nested in them, with their ``feedback_stats``."""
    from pytest_llmobs.feedback.sums import stats_of_runs
    from pytest_llmobs.feedback.trial_scores import counted_scores

    scores: dict[str, Mapping[str, float]] = {}
    for run in runs:
        for member in _walk(run):
            scores[member.id] = counted_scores(member.columns)
    stats = stats_of_runs(store, scores, scores)
    if not stats:
        return list(runs)
    return [_add_stats(run, stats) for run in runs]


def with_order(store: Store, runs: Sequence[Run]) -> list[Run]:
    """Return runs with their ``dotted_order``; the ancestors of those that aren't roots are read."""
    keys = {run.id: (run.parent_id, order_key(run)) for run in runs}
    traces = sorted({run.trace_id for run in runs if run.parent_id is not None})
    if traces:
        for run in store.runs(trace_id=traces, payloads=False):
            keys[run.id] = (run.parent_id, order_key(run))
    return [replace(run, dotted_order=_dotted(run, keys)) for run in runs]


def ordered_below(run: Run) -> Run:
    """Return a trace's root run, read whole, with the ``dotted_order`` of every run in it."""
    return _ordered(run, "")


def _walk(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _walk(child)


def _add_stats(run: Run, stats: Mapping[str, Mapping[str, FeedbackStats]]) -> Run:
    children = tuple(_add_stats(child, stats) for child in run.child_runs)
    return replace(run, child_runs=children, feedback_stats=stats.get(run.id, {}))


def _dotted(run: Run, keys: Mapping[str, tuple[str | None, str]]) -> str | None:
    """Return a run's order, or None where an ancestor isn't stored."""
    parts: list[str] = []
    id: str | None = run.id
    while id is not None:
        if id not in keys or len(parts) > len(keys):  # lost with a crashed process, or a circle
            return None
        id, key = keys[id]
        parts.append(key)
    return ".".join(reversed(parts))


def _ordered(run: Run, above: str) -> Run:
    order = order_key(run)
    if above:
        order = f"{above}.{order}"
    children: Iterable[Run] = (_ordered(child, order) for child in run.child_runs)
    return replace(run, dotted_order=order, child_runs=tuple(children))
