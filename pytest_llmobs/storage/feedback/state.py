"""What stands after updates and deletes: computed on whole columns, since there may be a million events."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.storage.feedback.schema import CHANGEABLE, CREATE, DELETE, EVENT_ONLY, UPDATE
from pytest_llmobs.storage.feedback.snapshot import Snapshot

_TIMES = ("created_at", "modified_at")
_CREATED = pc.field("event") == CREATE


def current_state(events: Snapshot, columns: Sequence[str], where: pc.Expression | None) -> pa.Table:
    """Return one row a feedback, as its events leave it; those that were deleted are left out.

    Args:
        events: All there are.
        columns: Of ``schema.STATE_NAMES``.
        where: A condition that holds for all events of a feedback, or for none; None for all feedback.
    """
    own = [name for name in columns if name not in _TIMES]
    # Updates and deletions are few: statistics tell which row groups have none.
    later = events.read(list(dict.fromkeys([*own, *EVENT_ONLY, "id"])), _both(~_CREATED, where))
    needed = [*own, "event_id"]
    if not _disjoint(_TIMES, columns):
        needed.append("time")
    if len(later):
        needed.append("id")
    created = _first_of_each(events, needed, where)
    for name in _TIMES:
        if name in columns:
            created = created.append_column(name, created["time"])
    if len(later):
        created = _without_deleted(created, later)
        created = _with_updates(created, later.filter(pc.equal(later["event"], UPDATE)), columns)
    return created.select(list(columns))


def _disjoint(some: Sequence[str], others: Sequence[str]) -> bool:
    return set(some).isdisjoint(others)


def _both(one: pc.Expression, other: pc.Expression | None) -> pc.Expression:
    if other is None:
        return one
    return one & other


def _first_of_each(events: Snapshot, needed: Sequence[str], where: pc.Expression | None) -> pa.Table:
    """Read the creations, but for a second one of an id, which a store without locks can't refuse."""
    columns = list(dict.fromkeys(needed))
    created = events.read(columns, _both(_CREATED, where))
    # An id that we chose is the event's as well, and is like no other: only a caller's may come twice.
    if created["event_id"].null_count == len(created):
        return created
    columns = list(dict.fromkeys([*columns, "id", "time"]))
    ours = events.read(columns, _both(_CREATED & pc.field("event_id").is_null(), where))
    callers = events.read(columns, _both(_CREATED & pc.field("event_id").is_valid(), where))
    callers = callers.sort_by([("time", "ascending"), ("event_id", "ascending")])
    return pa.concat_tables([ours, callers.take(_last_positions(callers["id"], "min"))])


def _without_deleted(created: pa.Table, later: pa.Table) -> pa.Table:
    deleted = later.filter(pc.equal(later["event"], DELETE))["id"]
    if not len(deleted):
        return created
    return created.filter(pc.invert(pc.is_in(created["id"], value_set=deleted.combine_chunks())))


def _with_updates(created: pa.Table, updates: pa.Table, columns: Sequence[str]) -> pa.Table:
    if not len(updates):
        return created
    updates = updates.sort_by([("time", "ascending"), ("event_id", "ascending")])
    if "modified_at" in columns:
        updates = updates.append_column("modified_at", updates["time"])
        created = _overwritten(created, updates, ("modified_at",))
    fields = pc.list_flatten(updates["changes"])
    owners = pc.list_parent_indices(updates["changes"])
    for field, names in CHANGEABLE.items():
        present = [name for name in names if name in columns]
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
