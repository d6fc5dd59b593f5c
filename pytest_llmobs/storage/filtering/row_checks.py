"""What Arrow can't say of a run, as bounds that it can and a check in Python of the rows within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.records.conditions import Condition, FieldCondition, RecordKind, SameRecord
from pytest_llmobs.records.runs import THREAD_KEYS
from pytest_llmobs.storage.filtering import entries
from pytest_llmobs.storage.filtering.expressions import every
from pytest_llmobs.storage.filtering.fields import FilterField
from pytest_llmobs.storage.filtering.language_text import written


class RowCheck(Protocol):
    """One part of a filter that is checked row by row."""

    @property
    def columns(self) -> Sequence[str]:
        """What ``matches`` looks at."""

    @property
    def meaning(self) -> str:
        """What is checked, in the filter language."""

    def possible(self) -> pc.Expression:
        """Return what holds of every run that matches."""

    def certain(self) -> pc.Expression:
        """Return what holds of none but runs that match."""

    def matches(self, table: pa.Table) -> pa.Array:
        """Return for each row whether it matches, without nulls."""


class JsonCheck:
    """A condition of a column that holds a JSON object."""

    def __init__(
        self, column: str, condition: Condition, fits: entries.Matches, needles: Sequence[str]
    ) -> None:
        """Set it up.

        Args:
            column: The column.
            condition: What it says, for people.
            fits: Tells whether an object matches.
            needles: Texts that stand in the JSON of every object that does.
        """
        self.columns = (column,)
        self.meaning = written(condition)
        self._fits = fits
        self._needles = needles

    def possible(self) -> pc.Expression:
        """Return that the JSON holds the texts that it must."""
        (column,) = self.columns
        field = pc.field(column)
        return every([field.is_valid(), *(pc.match_substring(field, needle) for needle in self._needles)])

    def certain(self) -> pc.Expression:
        """Return what no run fulfils: the JSON must be read to know."""
        return pc.scalar(False)

    def matches(self, table: pa.Table) -> pa.Array:
        """Return for each row whether its object matches. Equal texts are read once."""
        (column,) = self.columns
        known: dict[str | None, bool] = {None: False}
        found = []
        for text in table[column].to_pylist():
            if text not in known:
                known[text] = self._fits(_object(column, text))
            found.append(known[text])
        return pa.array(found, pa.bool_())


def needs_json(field: FilterField, condition: FieldCondition) -> bool:
    """Return True where a field's column must be read as JSON to know."""
    return field.kind == "thread" or (field.kind == "json" and condition.comparator in ("has", "exists"))


def json_check(field: FilterField, condition: FieldCondition) -> JsonCheck:
    """Return the check of ``has``, ``exists`` or a thread's id."""
    if field.kind == "thread":
        return _thread_check(field, condition)
    if condition.comparator == "has":
        fits, needles = entries.contains(condition.value), entries.object_needles(condition.value)
    else:
        fits, needles = entries.has_key(condition.value), entries.key_needles(condition.value)
    return JsonCheck(field.column, condition, fits, needles)


def entry_check(field: FilterField, kind: RecordKind, condition: Condition) -> JsonCheck:
    """Return the check that one entry of a column fulfils a condition."""
    meaning = SameRecord(kind, condition)
    return JsonCheck(field.column, meaning, entries.has_entry(condition), entries.needles(condition))


def _thread_check(field: FilterField, condition: FieldCondition) -> JsonCheck:
    def fits(value: Mapping[str, Any]) -> bool:
        for key in THREAD_KEYS:
            if value.get(key) is not None:
                return entries.compare(value[key], condition.comparator, condition.value)
        return False

    asked = entries.value_needles(condition)
    return JsonCheck(field.column, condition, fits, asked)


def _object(column: str, text: str) -> dict[str, Any]:
    """Return the object in a column, as a run has it."""
    from pydantic_core import from_json

    try:
        value = from_json(text)
    except (ValueError, RecursionError):  # a damaged row has nothing
        return {}
    if isinstance(value, dict):
        return value
    return {column.removesuffix("s"): value}
