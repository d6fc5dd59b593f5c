"""The keyword arguments of ``Store.runs`` become conditions, as the filter language's texts do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.conditions import Condition, Conjunction, FieldCondition
from pytest_llmobs.records.runs import RUN_TYPES
from pytest_llmobs.storage.filtering.fields import STATUSES, by_name
from pytest_llmobs.wording import known, nearest

_CHOICES = {"run_type": RUN_TYPES, "status": STATUSES}


class Filters(TypedDict, total=False):
    """What ``Store.runs`` filters by; several hold together. A sequence means any of its values."""

    id: str | Sequence[str]
    trace_id: str | Sequence[str]
    parent_id: str | Sequence[str]
    name: str | Sequence[str]
    run_type: str | Sequence[str]
    status: str | Sequence[str]
    model: str | Sequence[str]
    provider: str | Sequence[str]
    session: str | Sequence[str]
    suite: str | Sequence[str]
    nodeid: str | Sequence[str]
    dataset: str | Sequence[str]
    example_id: str | Sequence[str]
    attempt: str | Sequence[str]
    trial_status: str | Sequence[str]
    evaluates: str | Sequence[str]
    is_root: bool
    """True: root runs alone; False: the others."""
    error: bool
    """True: runs that raised; False: the others."""
    start_time: datetime
    """Started then or later (with a time zone)."""
    before: datetime
    """Started earlier than that (with a time zone)."""


def keyword_conditions(filters: Filters) -> Conjunction:
    """Return what all the keywords ask for together.

    Raises:
        StoreError: A keyword is unknown or has an impossible value.
    """
    parts = [_condition(name, value) for name, value in filters.items() if value is not None]
    return Conjunction(tuple(parts))


def _condition(name: str, value: Any) -> Condition:
    if name not in Filters.__annotations__:
        choices = list(Filters.__annotations__)
        raise StoreError(f"Unknown filter {name!r}.{nearest(name, choices)} {known(choices)}")
    match name:
        case "is_root":
            return FieldCondition("is_root", "eq", bool(value))
        case "error":
            return FieldCondition("error", "neq" if value else "eq", None)
        case "start_time":
            return FieldCondition("start_time", "gte", _moment(name, value))
        case "before":
            return FieldCondition("start_time", "lt", _moment(name, value))
    return FieldCondition(by_name()[name].name, "in", _texts(name, value))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    values = [value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = list(value)
    for choice in values:
        _check(name, choice)
    return tuple(values)


def _check(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise StoreError(f"{name}={value!r} must be a string or a sequence of strings.")
    if name in _CHOICES and value not in _CHOICES[name]:
        choices = _CHOICES[name]
        raise StoreError(f"Unknown {name} {value!r}.{nearest(value, choices)} {known(choices)}")


def _moment(name: str, value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise StoreError(f"{name}={value!r} must be a datetime with a time zone.")
    return value.astimezone(UTC)
