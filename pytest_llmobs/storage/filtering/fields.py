"""The one table of what filters can ask for; the documentation's table is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from pytest_llmobs.records.conditions import Comparator, RecordKind
from pytest_llmobs.records.runs import RUN_TYPES, RunStatus
from pytest_llmobs.storage.parquet.schema import COLUMNS, Column

SEARCHED = ("name", "error", "inputs", "outputs")
"""The columns that ``search`` looks into, where no field is named."""
STATUSES: tuple[str, ...] = get_args(RunStatus)
"""What a run's status may be."""
PENDING = "pending"
"""LangSmith's word for a run that is going on. The store holds finished runs, so that none has it."""
ROOT_ORDER = 1
"""The ``execution_order`` of a root run."""

FieldKind = Literal[
    "text",
    "uuid",
    "word",
    "time",
    "seconds",
    "integer",
    "number",
    "score",
    "flag",
    "order",
    "tags",
    "json",
    "label",
    "any",
    "thread",
]
"""What a field's values are, and so how they are compared."""

_EQUAL: tuple[Comparator, ...] = ("eq", "neq", "in")
_ORDERED: tuple[Comparator, ...] = ("eq", "neq", "gt", "gte", "lt", "lte", "in")


@dataclass(frozen=True)
class KindRule:
    """What can be asked of fields of one kind."""

    comparators: tuple[Comparator, ...]
    values: str
    """Which values are understood, for messages and documentation."""


KINDS: Mapping[FieldKind, KindRule] = {
    "text": KindRule((*_ORDERED, "search"), "a text in quotes"),
    "uuid": KindRule(_ORDERED, "a UUID in quotes"),
    "word": KindRule(_EQUAL, "one of a few words in quotes"),
    "time": KindRule(_ORDERED, 'a time such as "2026-03-01T12:00:00Z"; without a zone it is local'),
    "seconds": KindRule(_ORDERED, 'seconds such as 2.5, or a text such as "300ms", "5s", "1m", "2h"'),
    "integer": KindRule(_ORDERED, "a number"),
    "number": KindRule(_ORDERED, "a number"),
    "score": KindRule(_ORDERED, "a number, true or false"),
    "flag": KindRule(("eq", "neq"), "true or false"),
    "order": KindRule(("eq", "neq"), "1, which means the root run; no other order is kept"),
    "tags": KindRule(("has", "in"), "a tag in quotes"),
    "json": KindRule(
        ("has", "exists", "search"),
        'a JSON object in quotes for has, such as \'{"env": "prod"}\'; a key for exists',
    ),
    "label": KindRule(("eq", "neq", "in", "search"), "a text in quotes, a number, true or false"),
    "any": KindRule((*_ORDERED, "search"), "a text in quotes, a number, true or false"),
    "thread": KindRule(_EQUAL, "a text in quotes"),
}
"""Every kind of field. ``null`` is understood besides, by ``eq`` and ``neq``, wherever a value may be missing."""


@dataclass(frozen=True)
class FilterField:
    """One word that stands first in a comparison."""

    name: str
    kind: FieldKind
    meaning: str
    column: str = ""
    """The column of the store, or of the table of feedback; empty where several are looked at."""
    aliases: tuple[str, ...] = ()
    """Other names of it, LangSmith's or ours."""
    choices: tuple[str, ...] = ()
    """Of a ``word``: what there is."""
    record: RecordKind | None = None
    """Where it is a field of what a run has several of."""

    @property
    def takes_null(self) -> bool:
        """True where it can be asked whether a value is missing."""
        return self.kind not in ("flag", "order", "thread") and self.record is None


def _entry_fields(record: RecordKind, column: str) -> tuple[FilterField, ...]:
    what = f"the {column}" if column.endswith("s") else column
    return (
        FilterField(
            f"{record}_key", "text", f"a key of {what}; `a.b` reaches into objects", column, record=record
        ),
        FilterField(f"{record}_value", "any", "the value of that key", column, record=record),
    )


OWN_FIELDS: tuple[FilterField, ...] = (
    FilterField("id", "uuid", "id of the run", "id", ("run_id",)),
    FilterField("name", "text", "name of the traced function or call", "name"),
    FilterField("run_type", "word", "what kind of run it is", "run_type", choices=RUN_TYPES),
    FilterField(
        "status",
        "word",
        "how it ended, in either case; `pending` is never stored",
        "status",
        choices=(*STATUSES, PENDING),
    ),
    FilterField("error", "text", "its traceback; null where it raised nothing", "error"),
    FilterField("start_time", "time", "when it started", "start_time"),
    FilterField("end_time", "time", "when it ended", "end_time"),
    FilterField("latency", "seconds", "from start to end", "latency", ("latency_seconds",)),
    FilterField("total_tokens", "integer", "input plus output tokens", "total_tokens"),
    FilterField("input_tokens", "integer", "tokens that went in", "input_tokens", ("prompt_tokens",)),
    FilterField("output_tokens", "integer", "tokens that came out", "output_tokens", ("completion_tokens",)),
    FilterField("total_cost", "number", "USD", "total_cost"),
    FilterField("tags", "tags", "tags, the parents' included", "tags", ("tag",)),
    FilterField("metadata", "json", "metadata as a whole, the parents' included", "metadata"),
    *_entry_fields("metadata", "metadata"),
    FilterField("inputs", "json", "what went in", "inputs"),
    *_entry_fields("input", "inputs"),
    FilterField("outputs", "json", "what came out", "outputs"),
    *_entry_fields("output", "outputs"),
    FilterField(
        "feedback_key", "text", "what a feedback or a trial's score is called", "key", record="feedback"
    ),
    FilterField("feedback_score", "score", "its number; true is 1, false 0", "score", record="feedback"),
    FilterField(
        "feedback_value", "label", "its label; what else it may be, as JSON", "value", record="feedback"
    ),
    FilterField("feedback_comment", "text", "its comment", "comment", record="feedback"),
    FilterField("is_root", "flag", "whether no other run called it", "parent_id"),
    FilterField("execution_order", "order", "1 is the root run", "parent_id"),
    FilterField(
        "parent_run_id",
        "uuid",
        "id of the run that called it; null for a root run",
        "parent_id",
        ("parent_id",),
    ),
    FilterField("trace_id", "uuid", "id of the trace's root run", "trace_id"),
    FilterField(
        "thread_id", "thread", "`session_id`, `thread_id` or `conversation_id` of its metadata", "metadata"
    ),
    FilterField(
        "reference_example_id", "text", "trials: id of the example, as written", "example_id", ("example_id",)
    ),
    FilterField("project", "text", "its project", "project", ("session_name", "project_name")),
    FilterField("model", "text", "the model asked for", "model", ("model_name",)),
    FilterField("provider", "text", "who served the model", "provider"),
)
"""The fields that are more than a column by its own name."""
_KIND_OF_COLUMN: Mapping[str, FieldKind] = {
    "text": "text",
    "word": "text",
    "json": "json",
    "time": "time",
    "integer": "integer",
    "number": "number",
    "flag": "flag",
}
_SECONDS = ("time_to_first_token",)
ELSEWHERE: Mapping[str, str] = {
    "scores": "Trials' scores count as feedback: and(eq(feedback_key, …), lt(feedback_score, …)).",
    "feedback": "Write and(eq(feedback_key, …), lt(feedback_score, …)).",
}
"""What users look for and is asked for otherwise."""


def _of_column(column: Column) -> FilterField:
    kind = _KIND_OF_COLUMN[column.kind]
    if column.name in _SECONDS:
        kind = "seconds"
    return FilterField(column.name, kind, column.meaning, column.name)


def _all_fields() -> tuple[FilterField, ...]:
    """Return the fields, and with them every column of the store that none of them is about."""
    taken = {field.column for field in OWN_FIELDS if field.record is None}
    rest = []
    for column in COLUMNS:
        if column.name not in taken and column.kind in _KIND_OF_COLUMN:
            rest.append(_of_column(column))
    return (*OWN_FIELDS, *rest)


FIELDS: tuple[FilterField, ...] = _all_fields()
"""Every field, in the order of the documentation."""


@cache
def by_name() -> Mapping[str, FilterField]:
    """Return the fields by their names and aliases."""
    names = {}
    for field in FIELDS:
        for name in (field.name, *field.aliases):
            names[name] = field
    return names


def markdown() -> str:
    """Render the table of fields for ``docs/filters.md``, and that of their kinds."""
    lines = ["| field | a | meaning |", "|---|---|---|"]
    for field in FIELDS:
        names = ", ".join(map(_code, (field.name, *field.aliases)))
        meaning = field.meaning
        if field.choices:
            meaning += f": {', '.join(map(_code, field.choices))}"
        lines.append(f"| {names} | {field.kind} | {meaning} |")
    lines += ["", "| a | is compared by | with |", "|---|---|---|"]
    for kind, rule in KINDS.items():
        lines.append(f"| {kind} | {' '.join(map(_code, rule.comparators))} | {rule.values} |")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`"
