"""What runs can be filtered by."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.runs import RUN_TYPES, RunStatus
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

STATUSES: tuple[str, ...] = get_args(RunStatus)
"""What a run's status may be."""
_CHOICES = {"run_type": RUN_TYPES, "status": STATUSES}
_SAME = (
    "id",
    "trace_id",
    "parent_id",
    "name",
    "run_type",
    "status",
    "model",
    "provider",
    "session",
    "suite",
    "nodeid",
    "dataset",
    "example_id",
    "attempt",
    "trial_status",
    "evaluates",
)
"""Columns of text that are compared as a whole."""


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


def condition(filters: Filters) -> pc.Expression | None:
    """Return ``filters`` as an Arrow expression, or None where there are none.

    Raises:
        StoreError: A filter is unknown or has an impossible value.
    """
    parts = [_condition(name, value) for name, value in filters.items() if value is not None]
    if not parts:
        return None
    return reduce(operator.and_, parts)


def _condition(name: str, value: Any) -> pc.Expression:
    import pyarrow.compute as pc

    if name in _SAME:
        return _is_one_of(name, value)
    match name:
        case "is_root":
            return _is_null("parent_id", bool(value))
        case "error":
            return _is_null("error", not value)
        case "start_time":
            return pc.field("start_time") >= _moment(name, value)
        case "before":
            return pc.field("start_time") < _moment(name, value)
    choices = list(Filters.__annotations__)
    raise StoreError(f"Unknown filter {name!r}.{nearest(name, choices)} {known(choices)}")


def _is_one_of(name: str, value: Any) -> pc.Expression:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = [value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        values = list(value)
    for choice in values:
        _check(name, choice)
    return pc.field(name).isin(pa.array(values, pa.string()))


def _check(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise StoreError(f"{name}={value!r} must be a string or a sequence of strings.")
    if name in _CHOICES and value not in _CHOICES[name]:
        choices = _CHOICES[name]
        raise StoreError(f"Unknown {name} {value!r}.{nearest(value, choices)} {known(choices)}")


def _is_null(column: str, expected: bool) -> pc.Expression:
    import pyarrow.compute as pc

    is_null = pc.field(column).is_null()
    if expected:
        return is_null
    return ~is_null


def _moment(name: str, value: Any) -> pa.Scalar:
    import pyarrow as pa

    if not isinstance(value, datetime) or value.tzinfo is None:
        raise StoreError(f"{name}={value!r} must be a datetime with a time zone.")
    return pa.scalar(value, pa.timestamp("us", "UTC"))
