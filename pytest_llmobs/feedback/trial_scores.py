"""The scores of trials, read as feedback of the kind ``model``: an evaluator said them of a run.

They lie with the runs, in the column ``scores``; nothing is written twice. Their ids follow from run and key, so that
they are the same whenever they are read. They are given at the start of their run.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_llmobs.feedback.selection import Selection
from pytest_llmobs.records.feedback import Feedback, FeedbackSource

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.run_queries import RunQueries
    from pytest_llmobs.storage.store import Store

SCORE_COLUMNS = ("id", "trace_id", "start_time", "scores", "attempt")
"""Columns of runs that their scores are read from."""
_NAMESPACE = uuid.UUID("5f0bfa5e-6a5d-5c0f-9a53-0e4f2a1f7c11")
_DONT_COUNT = ("unused", "control")
"""Attempts that no test consumed, and those of the accepted code."""


def score_tables(
    store: RunQueries, selection: Selection, *, newest_first: bool = False
) -> Iterator[pa.Table]:
    """Yield the scores of trials, one a row: ``run_id``, ``trace_id``, ``project``, ``key``, ``score``, ``created_at``.

    Args:
        store: Whose runs are read, a window at a time.
        selection: Which are meant.
        newest_first: In order of their runs' start, the newest first; otherwise the oldest.
    """
    if not selection.wants_trial_scores or selection.run_ids == []:
        return
    filters: dict[str, Any] = {"start_time": selection.start_time, "before": selection.end_time}
    if selection.run_ids is not None:
        filters["id"] = selection.run_ids
    for runs in store.tables(list(SCORE_COLUMNS), selection.project, newest_first=newest_first, **filters):
        scores = scores_of(runs)
        if selection.keys is not None:
            scores = _of_keys(scores, selection.keys)
        if len(scores):
            yield scores


def scores_as_feedback(store: Store, selection: Selection) -> Iterator[Feedback]:
    """Yield the scores of trials as feedback, those of the newest runs first."""
    for table in score_tables(store, selection, newest_first=True):
        yield from map(_feedback, table.to_pylist())


def score_id(run_id: str, key: str) -> str:
    """Return the id of a trial's score as feedback."""
    return str(uuid.uuid5(_NAMESPACE, f"{run_id}/{key}"))


def _feedback(row: dict[str, Any]) -> Feedback:
    return Feedback(
        id=score_id(row["run_id"], row["key"]),
        key=row["key"],
        run_id=row["run_id"],
        trace_id=row["trace_id"],
        project=row["project"],
        score=row["score"],
        source=FeedbackSource(type="model"),
        created_at=row["created_at"],
        modified_at=row["created_at"],
    )


def counted_scores(columns: Mapping[str, Any]) -> Mapping[str, float]:
    """Return what a trial scored, by key, from its run's ``scores`` and ``attempt``; nothing where it doesn't count."""
    if columns.get("attempt") in _DONT_COUNT:
        return {}
    return columns.get("scores") or {}


def scores_as_table(scores: Mapping[str, Mapping[str, float]]) -> pa.Table:
    """Return scores by run and key as a table: ``run_id``, ``key``, ``score``."""
    import pyarrow as pa

    columns: dict[str, list[Any]] = {"run_id": [], "key": [], "score": []}
    for run_id, by_key in scores.items():
        columns["run_id"] += [run_id] * len(by_key)
        columns["key"] += by_key.keys()
        columns["score"] += by_key.values()
    schema = pa.schema([("run_id", pa.string()), ("key", pa.string()), ("score", pa.float64())])
    return pa.table(columns, schema=schema)


def scores_of(runs: pa.Table) -> pa.Table:
    """Return one row a score of the runs that have some, read with ``SCORE_COLUMNS``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = pc.invert(pc.fill_null(pc.is_in(runs["attempt"], value_set=pa.array(_DONT_COUNT)), False))
    scored = runs.filter(pc.and_(pc.is_valid(runs["scores"]), counts))
    maps = pa.concat_arrays([pa.array([], scored["scores"].type), *scored["scores"].chunks])
    # As lists, of which Arrow tells to which row an item belongs.
    owners = pc.list_parent_indices(pa.ListArray.from_arrays(maps.offsets, maps.keys))
    about = scored.select(["id", "trace_id", "project", "start_time"]).take(owners)
    about = about.rename_columns(["run_id", "trace_id", "project", "created_at"])
    return about.append_column("key", maps.keys).append_column("score", maps.items)


def _of_keys(scores: pa.Table, keys: Any) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    return scores.filter(pc.is_in(scores["key"], value_set=pa.array(keys, pa.string())))
