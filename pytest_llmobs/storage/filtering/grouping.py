"""Which conditions of one ``and(…)`` hold for one and the same feedback, or entry of metadata.

Conditions of a feedback that stand side by side are meant of one feedback: that of key ``tone`` has the low score, not
any other. A condition belongs to the group where it is a comparison of such a field, or an ``or`` or ``not`` of
nothing else; a nested ``and`` is a group of its own. Where all of them exclude something (``not``, ``neq``) there is no
record to speak of, and each is meant of the run: none of its records is so. ``neq`` of a key always is, as LangSmith
documents it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmobs.errors import FilterError
from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    RecordKind,
    SameRecord,
)
from pytest_llmobs.storage.filtering.fields import by_name

Complain = Callable[[int, str], FilterError]
"""Makes the error for a column of the filter and a message."""


@dataclass(frozen=True)
class Placed:
    """A condition, and where it begins in the filter."""

    condition: Condition
    column: int


def grouped(parts: Sequence[Placed], complain: Complain) -> tuple[Condition, ...]:
    """Return the parts of an ``and``, those that are meant of one record gathered at the place of the first.

    Raises:
        FilterError: Two of them ask for different keys: no record has both.
    """
    groups = _groups(parts)
    conditions: list[Condition] = []
    for part in parts:
        kind = record_kind(part.condition)
        if kind is None or part not in groups.get(kind, ()):
            conditions.append(part.condition)
        elif part is groups[kind][0]:
            _refuse_contradiction(kind, groups[kind], complain)
            members = tuple(member.condition for member in groups[kind])
            conditions.append(SameRecord(kind, Conjunction(members)))
    return tuple(conditions)


def _groups(parts: Sequence[Placed]) -> dict[RecordKind, list[Placed]]:
    groups: dict[RecordKind, list[Placed]] = {}
    for part in parts:
        kind = record_kind(part.condition)
        if kind is not None and not _excludes_a_key(kind, part.condition):
            groups.setdefault(kind, []).append(part)
    return {kind: members for kind, members in groups.items() if _speak_of_a_record(members)}


def _excludes_a_key(kind: RecordKind, condition: Condition) -> bool:
    """Return True for ``neq(feedback_key, …)``: it is of all the run's records, whatever stands beside it."""
    return isinstance(condition, FieldCondition) and (condition.field, condition.comparator) == (
        f"{kind}_key",
        "neq",
    )


def _speak_of_a_record(members: Sequence[Placed]) -> bool:
    return not all(_excludes(member.condition) for member in members)


def _excludes(condition: Condition) -> bool:
    return isinstance(condition, Negation) or (
        isinstance(condition, FieldCondition) and condition.comparator == "neq"
    )


def record_kind(condition: Condition) -> RecordKind | None:
    """Return what a condition is about where it can be told of one record; None for all others."""
    if isinstance(condition, FieldCondition):
        return by_name()[condition.field].record
    if isinstance(condition, Negation):
        return record_kind(condition.part)
    if isinstance(condition, Disjunction):
        kinds = set(map(record_kind, condition.parts))
        if len(kinds) == 1:
            return kinds.pop()
    return None


def _refuse_contradiction(kind: RecordKind, members: Sequence[Placed], complain: Complain) -> None:
    keys = list(_keys(kind, members))
    for column, key in keys[1:]:
        first = keys[0][1]
        if key != first:
            raise complain(
                column,
                f"No {_NOUNS[kind]} has the keys {first!r} and {key!r} at once. Conditions side by side in one and(…) "
                f"are meant of one: put each pair into its own, and(and(eq({kind}_key, {_quoted(first)}), …), "
                f"and(eq({kind}_key, {_quoted(key)}), …)).",
            )


_NOUNS = {
    "feedback": "feedback",
    "metadata": "entry of the metadata",
    "input": "entry of the inputs",
    "output": "entry of the outputs",
}


def _keys(kind: RecordKind, members: Sequence[Placed]) -> Iterator[tuple[int, str]]:
    for member in members:
        condition = member.condition
        if not isinstance(condition, FieldCondition):
            continue
        if condition.field == f"{kind}_key" and condition.comparator == "eq":
            yield member.column, condition.value


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text, ensure_ascii=False)
