"""What runs can be filtered by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, TypedDict, get_args

from pytest_llmobs.errors import StoreError
from pytest_llmobs.records.runs import RUN_TYPES, RunStatus
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    import pyarrow.compute as pc

STATUSES: tuple[str, ...] = get_args(RunStatus)
"""What a run's status may be."""
_CHOICES = {"run_type": RUN_TYPES, "status": STATUSES}
_EQUAL: tuple[str, ...] = (
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
)
_EQUAL += ("nodeid", "dataset", "example_id", "attempt", "trial_status", "evaluates")


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
    parts = [_one(name, value) for name, value in filters.items() if value is not None]
    if parts:
        return reduce(lambda left, right: left & right, parts)
    return None


def _one(name: str, value: Any) -> pc.Expression:
    import pyarrow as pa
    import pyarrow.compute as pc

    if name in _EQUAL:
        values = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
        _check(name, values)
        return pc.field(name).isin(pa.array(values, pa.string()))
    if name in ("is_root", "error"):
        is_null = pc.field("parent_id" if name == "is_root" else "error").is_null()
        if bool(value) == (name == "is_root"):
            return is_null
        return ~is_null
    if name in ("start_time", "before"):
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise StoreError(f"{name}={value!r} must be a datetime with a time zone.")
        moment = pa.scalar(value, pa.timestamp("us", "UTC"))
        if name == "start_time":
            return pc.field("start_time") >= moment
        return pc.field("start_time") < moment
    choices = list(Filters.__annotations__)
    raise StoreError(f"Unknown filter {name!r}.{nearest(name, choices)} {known(choices)}")


def _check(name: str, values: Sequence[Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            raise StoreError(f"{name}={value!r} must be a string or a sequence of strings.")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise StoreError(
                f"Unknown {name} {value!r}.{nearest(value, _CHOICES[name])} {known(_CHOICES[name])}"
            )
