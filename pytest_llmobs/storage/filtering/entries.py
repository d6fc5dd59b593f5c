"""Entries of JSON columns: whether a run's metadata, inputs or outputs have a key, and which value."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
)

Entry = tuple[str, Any]
Matches = Callable[[Mapping[str, Any]], bool]
"""Tells whether a JSON object is one that is asked for."""

_SAFE = re.compile(r"[A-Za-z0-9_ :;,.!?()-]+")
"""What every writer of JSON leaves as it is."""
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def entries(value: Mapping[str, Any], prefix: str = "") -> Iterator[Entry]:
    """Yield the entries of an object, and those of objects in it by their path: ``user.name``."""
    for key, item in value.items():
        yield prefix + key, item
        if isinstance(item, dict):
            yield from entries(item, f"{prefix}{key}.")


def has_entry(condition: Condition) -> Matches:
    """Return what tells whether one entry of an object fulfils a condition of its key and value."""

    def matches(value: Mapping[str, Any]) -> bool:
        return any(_fulfils(entry, condition) for entry in entries(value))

    return matches


def contains(wanted: Mapping[str, Any]) -> Matches:
    """Return what tells whether an object has all entries of another, at any depth."""

    def matches(value: Mapping[str, Any]) -> bool:
        return _contains(value, wanted)

    return matches


def has_key(key: str) -> Matches:
    """Return what tells whether an object has a key; ``a.b`` reaches into objects."""

    def matches(value: Mapping[str, Any]) -> bool:
        return key in dict(entries(value))

    return matches


def needles(condition: Condition) -> Sequence[str]:
    """Return texts that stand in the JSON of every object with an entry that fulfils a condition."""
    if isinstance(condition, Conjunction):
        found: list[str] = []
        for part in condition.parts:
            found += needles(part)
        return found
    if isinstance(condition, FieldCondition) and condition.comparator == "eq":
        if condition.field.endswith("_key"):
            return key_needles(condition.value)
        return value_needles(condition)
    return ()


def value_needles(condition: FieldCondition) -> Sequence[str]:
    """Return texts that stand in the JSON of every object with a value that fulfils a comparison."""
    value = condition.value
    # A number may be written in several ways.
    if condition.comparator == "eq" and isinstance(value, str) and value[:1] not in "-0123456789":
        return _safe([value])
    return ()


def key_needles(key: str) -> Sequence[str]:
    """Return texts that stand in the JSON of every object with a key, or a path of keys."""
    return _safe(key.split("."))


def object_needles(wanted: Mapping[str, Any]) -> Sequence[str]:
    """Return texts that stand in the JSON of every object that contains another."""
    found: list[str] = []
    for key, value in wanted.items():
        found += _safe([key])
        if isinstance(value, str):
            found += _safe([value])
    return found


def _safe(texts: Sequence[str]) -> Sequence[str]:
    return list(filter(_SAFE.fullmatch, texts))


def _fulfils(entry: Entry, condition: Condition) -> bool:
    match condition:
        case Conjunction(parts):
            return all(map(partial(_fulfils, entry), parts))
        case Disjunction(parts):
            return any(map(partial(_fulfils, entry), parts))
        case Negation(part):
            return not _fulfils(entry, part)
        case FieldCondition(field, comparator, wanted):
            key, value = entry
            return compare(key if field.endswith("_key") else value, comparator, wanted)
    raise AssertionError(f"{condition!r} is no condition of an entry")


def compare(value: Any, comparator: str, wanted: Any) -> bool:
    """Compare an entry's value: as a text with a text, as a number with a number; null fulfils nothing."""
    if value is None:
        return False
    match comparator:
        case "eq":
            return _equal(value, wanted)
        case "neq":
            return not _equal(value, wanted)
        case "in":
            return any(map(partial(_equal, value), wanted))
        case "search":
            return wanted.lower() in (_text(value) or "").lower()
    if isinstance(value, bool) or isinstance(wanted, bool):
        return False
    comparable = isinstance(value, str) == isinstance(wanted, str) and isinstance(value, str | int | float)
    return comparable and _COMPARE[comparator](value, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        return _text(value) == wanted
    return isinstance(value, int | float) and _same(value, wanted)


def _text(value: Any) -> str | None:
    """Return how a plain value is written: LangSmith keeps metadata as texts, and scripts compare it so."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return None


def _contains(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return _same(value, wanted)
    if not isinstance(value, dict):
        return False
    return all(key in value and _contains(value[key], item) for key, item in wanted.items())


def _same(value: Any, wanted: Any) -> bool:
    """Compare JSON values: 1 and 1.0 are the same, 1 and true aren't."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(_same(value[key], wanted[key]) for key in value)
    return bool(value == wanted)
