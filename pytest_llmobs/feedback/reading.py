"""Reading feedback: listed newest first, the history of one, and what nobody's run is known of."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Unpack

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.feedback import arguments
from pytest_llmobs.feedback.lookup import no_such_feedback
from pytest_llmobs.feedback.selection import Selection, SelectionArguments, select
from pytest_llmobs.feedback.trial_scores import scores_as_feedback
from pytest_llmobs.records.feedback import Feedback, FeedbackEvent

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.feedback.log import FeedbackLog
    from pytest_llmobs.storage.store import Store

_FIRST_WINDOW = 200
"""Records that are read whole at first; each further window is four times as large."""
_LARGEST_WINDOW = 20_000


def list_feedback(
    store: Store, *, limit: int | None = None, **chosen: Unpack[SelectionArguments]
) -> Iterator[Feedback]:
    """Return the feedback that is meant, as it stands now, the newest first; trials' scores are among it.

    Args:
        store: Whose feedback is read.
        limit: Most records; None for all, 0 for none.
        **chosen: See ``SelectionArguments``.

    Returns:
        An iterator that reads as it goes on.

    Raises:
        ArgumentError: An argument is of the wrong type.
        NotFoundError: Nothing is known of the project.
    """
    if limit is not None and (type(limit) is not int or limit < 0):
        raise ArgumentError(f"limit={limit!r} must be a whole number, 0 or more.")
    selection = select(chosen)
    check_project(store, selection)
    return chosen_feedback(store, selection, limit)


def chosen_feedback(store: Store, selection: Selection, limit: int | None) -> Iterator[Feedback]:
    """Return the feedback of a selection, as ``list_feedback`` does."""
    said = _from_log(store, selection, limit)
    scored = scores_as_feedback(store, selection)
    return islice(heapq.merge(said, scored, key=_age, reverse=True), limit)


def read_feedback(store: Store, feedback_id: object) -> Feedback:
    """Return the feedback of an id, as it stands now.

    Raises:
        NotFoundError: There is none (any more).
        ArgumentError: It is no id.
    """
    from pytest_llmobs.feedback.lookup import find_feedback

    return find_feedback(store.feedback, arguments.needed_id("feedback_id", feedback_id))


def history(log: FeedbackLog, feedback_id: object) -> list[FeedbackEvent]:
    """Return what happened to a feedback, in order; what was deleted has a history too.

    Raises:
        NotFoundError: There was never any with that id.
        ArgumentError: It is no id.
    """
    checked = arguments.needed_id("feedback_id", feedback_id)
    events = log.events([checked])
    if not len(events):
        raise no_such_feedback(log, checked)
    from pytest_llmobs.storage.feedback.rows import history_of

    return history_of(events)


def with_projects(store: Store, records: Sequence[Feedback]) -> list[Feedback]:
    """Return feedback with the project of its run, where nobody said it and the run is stored.

    It isn't looked up where feedback is written: there, the run need not be stored yet.
    """
    unsaid = {record.run_id for record in records if record.project is None and record.run_id is not None}
    if not unsaid:
        return list(records)
    projects: dict[str | None, str] = {}
    for runs in store.tables(["id"], id=sorted(unsaid)):  # their project comes along
        projects |= dict(zip(runs["id"].to_pylist(), runs["project"].to_pylist(), strict=True))
    filled: list[Feedback] = []
    for record in records:
        if record.project is None and record.run_id in projects:
            record = replace(record, project=projects[record.run_id])  # noqa: PLW2901 (the same, filled)
        filled.append(record)
    return filled


def selected(store: Store, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """Return some columns of what the log says of a selection, in no order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = [*columns]
    if selection.start_time is not None or selection.end_time is not None:
        needed.append("created_at")
    if selection.source_types is not None:
        needed.append("source_type")
    if selection.project is not None:
        needed += ["project", "run_id"]
    needed = list(dict.fromkeys(needed))
    table = store.feedback.current(run_ids=selection.run_ids, keys=selection.keys, columns=needed)
    if selection.start_time is not None:
        table = table.filter(pc.greater_equal(table["created_at"], _scalar(selection.start_time)))
    if selection.end_time is not None:
        table = table.filter(pc.less(table["created_at"], _scalar(selection.end_time)))
    if selection.source_types is not None:
        table = table.filter(pc.is_in(table["source_type"], value_set=pa.array(selection.source_types)))
    if selection.project is not None:
        table = table.filter(_is_of_project(store, table, selection.project))
    return table.select(list(columns))


def check_project(store: Store, selection: Selection) -> None:
    """Make sure that something is known of the project that is meant.

    Raises:
        NotFoundError: Nothing is.
    """
    import pyarrow.compute as pc

    if selection.project is None:
        return
    named = store.feedback.current(columns=["project"])["project"]
    # What was said of runs that aren't stored yet may be all that is known of their project.
    if not pc.any(pc.equal(named, selection.project), min_count=0).as_py():
        store.check_project(selection.project)


def _from_log(store: Store, selection: Selection, limit: int | None) -> Iterator[Feedback]:
    """Yield what the log says of a selection, the newest first, a window of whole records at a time."""
    import pyarrow.compute as pc

    from pytest_llmobs.storage.feedback.rows import feedback_of

    order = [("created_at", "descending"), ("id", "descending")]
    table = selected(store, selection, ["id", "created_at"])
    if limit is not None and 0 < limit < len(table):
        # Sorting all of a million takes longer than finding how old the oldest of them is.
        newest = pc.select_k_unstable(table, k=limit, sort_keys=order[:1])
        oldest = table["created_at"][newest[-1].as_py()]
        table = table.filter(pc.greater_equal(table["created_at"], oldest))
    ids = table.sort_by(order)["id"].slice(0, limit)
    start, size = 0, _FIRST_WINDOW
    while start < len(ids):
        window = ids.slice(start, size).to_pylist()
        yield from feedback_of(store.feedback.current(ids=window).sort_by(order))
        start, size = start + size, min(size * 4, _LARGEST_WINDOW)


def _is_of_project(store: Store, table: pa.Table, project: str) -> pa.Array:
    """Return which rows are about a project: those that say so, and those whose run is one of its."""
    import pyarrow as pa
    import pyarrow.compute as pc

    says_so = pc.fill_null(pc.equal(table["project"], project), False)
    unsaid = pc.unique(table.filter(pc.is_null(table["project"]))["run_id"].drop_null())
    if not len(unsaid):
        return says_so
    found = [pa.array([], pa.string())]
    for runs in store.tables(["id"], project):
        ids = runs["id"].combine_chunks()
        found.append(ids.filter(pc.is_in(ids, value_set=unsaid)))
    theirs = pa.chunked_array(found)
    return pc.or_(says_so, pc.is_in(table["run_id"], value_set=theirs.combine_chunks()))


def _age(feedback: Feedback) -> datetime:
    return feedback.created_at


def _scalar(at: datetime) -> pa.Scalar:
    import pyarrow as pa

    return pa.scalar(at, pa.timestamp("us", "UTC"))
