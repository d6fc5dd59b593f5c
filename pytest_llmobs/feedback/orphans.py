"""Feedback on runs that aren't stored: not yet, not any more, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmobs.records.feedback import Feedback

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store


def orphans(store: Store) -> list[Feedback]:
    """Return the feedback on runs that aren't stored, the oldest first."""
    import pyarrow.compute as pc

    from pytest_llmobs.storage.feedback.rows import feedback_of

    about = store.feedback.current(columns=["id", "run_id", "created_at"])
    about = about.filter(pc.is_valid(about["run_id"]))
    unstored = _without_stored(store, pc.unique(about["run_id"]))
    ids = about.filter(pc.is_in(about["run_id"], value_set=unstored))["id"].to_pylist()
    if not ids:
        return []
    table = store.feedback.current(ids=ids)
    return list(feedback_of(table.sort_by([("created_at", "ascending"), ("id", "ascending")])))


def _without_stored(store: Store, run_ids: pa.Array) -> pa.Array:
    """Return those of some ids that no stored run has."""
    import pyarrow.compute as pc

    for runs in store.tables(["id"]):
        if not len(run_ids):
            break
        run_ids = run_ids.filter(pc.invert(pc.is_in(run_ids, value_set=runs["id"].combine_chunks())))
    return run_ids
