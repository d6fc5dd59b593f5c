"""Records of feedback as rows of the log, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_llmobs.clocks import microseconds_of
from pytest_llmobs.records.feedback import Feedback, FeedbackEvent, FeedbackSource
from pytest_llmobs.storage.feedback.lines import Row
from pytest_llmobs.storage.feedback.schema import CHANGEABLE, CREATE, DELETE, UPDATE

if TYPE_CHECKING:
    import pyarrow as pa

_ABOUT = ("id", "key", "run_id", "trace_id", "project")
"""Columns of every event: what it is about."""
_SAME = ("run_id", "trace_id", "project", "unscored", "comment", "error", "group_id", "comparison_id")
"""Fields that are columns as they are."""


def create_row(feedback: Feedback, event_id: str) -> Row:
    """Return the event that creates a feedback."""
    row: dict[str, Any] = {
        "event": CREATE,
        "time": microseconds_of(feedback.created_at),
        "id": feedback.id,
        "key": feedback.key,
        "source_type": feedback.source.type,
    }
    if event_id != feedback.id:
        row["event_id"] = event_id
    for name in _SAME:
        value = getattr(feedback, name)
        if value is not None:
            row[name] = value
    row |= _changeable(feedback)
    if feedback.source.run_id is not None:
        row["source_run_id"] = feedback.source.run_id
    if feedback.source.metadata:
        row["source_info"] = _json(feedback.source.metadata)
    if feedback.extra:
        row["extra"] = _json(feedback.extra)
    return row


def update_row(feedback: Feedback, changes: Sequence[str], event_id: str) -> Row:
    """Return the event that updates a feedback.

    Args:
        feedback: As it stands after the update.
        changes: The fields that the update sets, of ``CHANGEABLE``.
        event_id: The event's.
    """
    columns = _changeable(feedback)
    row = _about(feedback, UPDATE, feedback.modified_at, event_id)
    for field in changes:
        for name in CHANGEABLE[field]:
            if name in columns:
                row[name] = columns[name]
    row["changes"] = list(changes)
    return row


def delete_row(feedback: Feedback, at: datetime, event_id: str) -> Row:
    """Return the event that deletes a feedback."""
    return _about(feedback, DELETE, at, event_id)


def _about(feedback: Feedback, event: str, at: datetime, event_id: str) -> dict[str, Any]:
    row: dict[str, Any] = {"event_id": event_id, "event": event, "time": microseconds_of(at)}
    for name in _ABOUT:
        value = getattr(feedback, name)
        if value is not None:
            row[name] = value
    return row


def _changeable(feedback: Feedback) -> dict[str, Any]:
    """Return the columns of the fields that an update may set, those without a value left out."""
    columns: dict[str, Any] = {}
    score = feedback.score
    if score is not None:
        columns["score"] = float(score)
        if type(score) is not float:
            columns["score_json"] = _json(score)
    if feedback.unscored is not None:
        columns["unscored"] = feedback.unscored
    if feedback.comment is not None:
        columns["comment"] = feedback.comment
    for name in ("value", "correction"):
        value = getattr(feedback, name)
        if value is not None:
            is_json = not isinstance(value, str)
            columns[name] = _json(value) if is_json else value
            columns[f"{name}_is_json"] = is_json
    return columns


def to_feedback(row: Mapping[str, Any]) -> Feedback:
    """Return a row of the state (see ``schema.STATE_NAMES``) as a record.

    Raises:
        ValueError: A column of JSON holds none.
    """
    score = row["score"]
    if row["score_json"] is not None:
        score = _parsed(row["score_json"])
    return Feedback(
        id=row["id"],
        key=row["key"],
        score=score,
        value=_either(row, "value"),
        correction=_either(row, "correction"),
        source=FeedbackSource(
            type=row["source_type"] or "api",
            metadata=_parsed(row["source_info"]) or {},
            run_id=row["source_run_id"],
        ),
        extra=_parsed(row["extra"]) or {},
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        **{name: row[name] for name in _SAME},
    )


def feedback_of(table: pa.Table) -> Iterator[Feedback]:
    """Yield the rows of a table of the state as records."""
    for batch in table.to_batches(max_chunksize=256):
        for row in batch.to_pylist():
            yield to_feedback(row)


def history_of(events: pa.Table) -> list[FeedbackEvent]:
    """Return the events of one feedback as records.

    Args:
        events: In order of time.
    """
    standing: dict[str, Any] | None = None
    happened: list[FeedbackEvent] = []
    for row in events.to_pylist():
        standing = _after(standing, row)
        feedback = None if standing is None else to_feedback(standing)
        changes = tuple(row["changes"] or ())
        happened.append(
            FeedbackEvent(
                id=row["event_id"] or row["id"],
                kind=row["event"],
                time=row["time"],
                changes=changes,
                feedback=feedback,
            )
        )
    return happened


def _after(standing: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a row of the state after an event."""
    if row["event"] == DELETE:
        return None
    if row["event"] == CREATE and standing is None:
        return {**row, "created_at": row["time"], "modified_at": row["time"]}
    if standing is None or row["event"] != UPDATE:
        return standing
    changed = {**standing, "modified_at": row["time"]}
    for field in row["changes"] or ():
        for name in CHANGEABLE[field]:
            changed[name] = row[name]
    return changed


def _either(row: Mapping[str, Any], name: str) -> Any:
    """Return a text as it is, or what its JSON holds."""
    if row[f"{name}_is_json"]:
        return _parsed(row[name])
    return row[name]


def _parsed(text: str | None) -> Any:
    if text is None:
        return None
    from pydantic_core import from_json

    return from_json(text)


def _json(value: Any) -> str:
    from pydantic_core import to_json

    return to_json(value).decode()
