"""The one table of columns of feedback: the Parquet schema, its documentation, and the keys of a spool line.

A row is an event: a feedback was created, updated or deleted. What stands now follows from all events of an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from pytest_llmobs.storage.parquet.schema import Column, make_schema

if TYPE_CHECKING:
    import pyarrow as pa

FEEDBACK_VERSION = 1
"""Written to every file; a reader refuses what is newer."""
CREATE, UPDATE, DELETE = "create", "update", "delete"
"""What ``event`` may be."""

FEEDBACK_COLUMNS: tuple[Column, ...] = (
    Column("event_id", "text", "UUID of the event, sorts by time; null where it is the same as id"),
    Column("event", "word", "create, update or delete", statistics=True),
    Column("time", "time", "when it was written", statistics=True),
    Column("id", "text", "UUID of the feedback, the same in each of its events", statistics=True),
    Column("key", "word", "what is told: user_rating", "gen_ai.evaluation.name", statistics=True),
    Column("run_id", "text", "id of the run it is about; null where it is about a project", statistics=True),
    Column("trace_id", "text", "id of that run's trace, where the caller said so"),
    Column("project", "word", "the project it is about, or that its run belongs to where the caller said so"),
    Column(
        "score",
        "number",
        "the number; true is 1, false is 0; null where there is none",
        "gen_ai.evaluation.score.value",
    ),
    Column("score_json", "text", "the score as it was given, as JSON, where that is no double: true, 3"),
    Column("unscored", "text", "why what was given as a score is none"),
    Column("value", "text", "a label as it is, anything else as JSON", "gen_ai.evaluation.score.label"),
    Column("value_is_json", "flag", "true where value is JSON, false where it is a label"),
    Column("comment", "text", "what somebody wrote about it, redacted", "gen_ai.evaluation.explanation"),
    Column("correction", "text", "what the answer should have been, redacted: a text, or an object as JSON"),
    Column("correction_is_json", "flag", "true where correction is JSON"),
    Column("source_type", "word", "api (a person, through the app), model or app (a review)"),
    Column("source_run_id", "text", "id of the run that worked it out, such as a judge's"),
    Column("source_info", "json", "what else names the source, redacted"),
    Column("error", "flag", "true where whatever should have scored failed"),
    Column("extra", "json", "anything else, redacted"),
    Column("group_id", "text", "what one ranking of several runs has in common"),
    Column("comparison_id", "text", "the comparison of experiments that it belongs to"),
    Column("changes", "words", "updates: the fields that it sets; all others stay as they were"),
)
"""Every column, in the order of the files."""

FEEDBACK_NAMES: tuple[str, ...] = tuple(column.name for column in FEEDBACK_COLUMNS)
"""The columns' names, in order."""
EVENT_ONLY = ("event_id", "event", "time", "changes")
"""Columns that say something of an event and not of the feedback."""
STATE_NAMES: tuple[str, ...] = (
    *(name for name in FEEDBACK_NAMES if name not in EVENT_ONLY),
    "created_at",
    "modified_at",
)
"""The columns of a feedback as it stands now, in order."""
CHANGEABLE: Mapping[str, tuple[str, ...]] = {
    "score": ("score", "score_json", "unscored"),
    "value": ("value", "value_is_json"),
    "correction": ("correction", "correction_is_json"),
    "comment": ("comment",),
}
"""The fields that an update may set, and the columns that each takes."""


@cache
def feedback_schema() -> pa.Schema:
    """Return the schema of the Parquet files, meanings and OpenTelemetry names in the fields' metadata."""
    return make_schema(FEEDBACK_COLUMNS, FEEDBACK_VERSION)


def feedback_markdown() -> str:
    """Render the table of columns for the documentation."""
    lines = ["| column | type | meaning |", "|---|---|---|"]
    for column in FEEDBACK_COLUMNS:
        lines.append(f"| `{column.name}` | {column.shown_type} | {column.meaning} |")
    return "\n".join(lines) + "\n"
