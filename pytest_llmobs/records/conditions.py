"""What runs are chosen by: conditions, as the filter language writes them. Plain data, made without a store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Comparator = Literal["eq", "neq", "gt", "gte", "lt", "lte", "in", "has", "exists", "search"]
"""How a field is compared with a value."""
RecordKind = Literal["feedback", "metadata", "input", "output"]
"""What a run has several of: feedback records, or entries of its metadata, inputs or outputs."""


@dataclass(frozen=True)
class FieldCondition:
    """One field of a run compared with a value. False where the run has no value there, unless null is asked for."""

    field: str
    """A name of the table of fields, such as ``latency``."""
    comparator: Comparator
    value: Any = None
    """Of the field's type: text, a number, a bool, an aware ``datetime``, a tuple of those for ``in``, or None."""


@dataclass(frozen=True)
class TextSearch:
    """True where a run's name, error, inputs or outputs hold a text, in whatever case."""

    text: str


@dataclass(frozen=True)
class Conjunction:
    """True where all its parts are; without parts, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Disjunction:
    """True where one of its parts is; without parts, never."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Negation:
    """True where its part is not."""

    part: Condition


@dataclass(frozen=True)
class SameRecord:
    """True where one and the same record of the run (a feedback, an entry of its metadata) fulfils a condition."""

    kind: RecordKind
    condition: Condition
    """Of that kind's fields alone, such as ``feedback_key`` and ``feedback_score``."""


Condition = FieldCondition | TextSearch | Conjunction | Disjunction | Negation | SameRecord
"""Anything that is true or false of a run; never neither."""


def asks_of(condition: Condition, field: str) -> bool:
    """Return True where a condition speaks of a field anywhere."""
    match condition:
        case FieldCondition(name, _, _):
            return name == field
        case Conjunction(parts) | Disjunction(parts):
            return any(asks_of(part, field) for part in parts)
        case Negation(part) | SameRecord(_, part):
            return asks_of(part, field)
    return False


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted: the filter's text or its conditions. All that is given holds."""

    run: str | Condition | None = None
    """Of the run itself: LangSmith's ``filter``."""
    trace: str | Condition | None = None
    """Of the root run of its trace: LangSmith's ``trace_filter``."""
    tree: str | Condition | None = None
    """Of any run of its trace: LangSmith's ``tree_filter``."""

    def narrowed(self, further: Condition) -> RunFilter:
        """Return a filter that asks for a condition of the run itself besides.

        Raises:
            TypeError: What it asks of the run is a text, which has to be parsed first.
        """
        if isinstance(self.run, str):
            raise TypeError("parse the text of a filter before it is narrowed")
        parts = (further,) if self.run is None else (self.run, further)
        return replace(self, run=Conjunction(parts))

    def __bool__(self) -> bool:
        """Return True where something is asked for."""
        return (self.run, self.trace, self.tree) != (None, None, None)
