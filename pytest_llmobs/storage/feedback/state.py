"""What stands after updates and deletes: computed on whole columns, since there may be a million events."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.feedback.schema import CHANGEABLE, CREATE, DELETE, EVENT_ONLY, UPDATE

_TIMES = ("created_at", "modified_at")


def needed_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns of events from which some columns of the state follow."""
    own = [name for name in columns if name not in _TIMES]
    return list(dict.fromkeys([*own, *EVENT_ONLY, "id"]))


def current_state(events: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return one row a feedback, as its events leave it; those that were deleted are left out.

    Args:
        events: With ``needed_columns``, in any order. All events of an id are there, or none.
        columns: Of ``schema.STATE_NAMES``.
    """
    kind = events["event"]
    created = _first_of_each(events.filter(pc.equal(kind, CREATE)))
    created = created.append_column("created_at", created["time"])
    created = created.append_column("modified_at", created["time"])
    later = events.filter(pc.not_equal(kind, CREATE))
    if len(later):
        created = _without_deleted(created, later)
        created = _with_updates(created, later.filter(pc.equal(later["event"], UPDATE)))
    return created.select(list(columns))


def _first_of_each(created: pa.Table) -> pa.Table:
    """Leave out a second creation of an id, which a store without locks can't refuse."""
    # An id that we chose is the event's as well, and is like no other: only a caller's may come twice.
    chosen = pc.not_equal(created["id"], created["event_id"])
    if not pc.any(chosen, min_count=0).as_py():
        return created
    ours = created.filter(pc.invert(chosen))
    callers = created.filter(chosen).sort_by([("time", "ascending"), ("event_id", "ascending")])
    return pa.concat_tables([ours, callers.take(_last_positions(callers["id"], "min"))])


def _without_deleted(created: pa.Table, later: pa.Table) -> pa.Table:
    deleted = later.filter(pc.equal(later["event"], DELETE))["id"]
    if not len(deleted):
        return created
    return created.filter(pc.invert(pc.is_in(created["id"], value_set=deleted.combine_chunks())))


def _with_updates(created: pa.Table, updates: pa.Table) -> pa.Table:
    if not len(updates):
        return created
    updates = updates.sort_by([("time", "ascending"), ("event_id", "ascending")])
    created = _overwritten(created, updates.append_column("modified_at", updates["time"]), ("modified_at",))
    fields = pc.list_flatten(updates["changes"])
    owners = pc.list_parent_indices(updates["changes"])
    for field, names in CHANGEABLE.items():
        present = [name for name in names if name in created.column_names]
        setting = updates.take(owners.filter(pc.equal(fields, field)))
        if present and len(setting):
            created = _overwritten(created, setting, present)
    return created


def _overwritten(created: pa.Table, setting: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return ``created`` with some columns as the last row of ``setting`` with the same id has them."""
    last = setting.take(_last_positions(setting["id"], "max"))
    where = pc.index_in(created["id"], value_set=last["id"].combine_chunks())
    is_set = pc.is_valid(where)
    for name in names:
        values = pc.if_else(is_set, last[name].take(where), created[name])
        created = created.set_column(created.column_names.index(name), created.schema.field(name), values)
    return created


def _last_positions(ids: pa.ChunkedArray, which: str) -> pa.ChunkedArray:
    """Return the position of each id's last row (``max``) or first one (``min``)."""
    rows = pa.table({"id": ids, "position": pa.array(range(len(ids)), pa.int64())})
    return rows.group_by("id").aggregate([("position", which)])[f"position_{which}"]
