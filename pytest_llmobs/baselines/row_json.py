"""A row of a baseline's file: one example in one line of JSON, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_llmobs.baselines.records import UNKNOWN_SESSION, BaselineRow
from pytest_llmobs.records.fit import MisfitError, at, check, shortened
from pytest_llmobs.records.wire import from_wire

_OPTIONAL = {
    "latency": "latency",
    "latency_spread": "latency_spread",
    "cost": "cost",
    "cost_spread": "cost_spread",
    "sent": "fingerprints",
    "versions": "versions",
    "recordings": "recordings",
}
"""Keys of a row that are left out where it has nothing of that, in their order -> their fields."""
_PLAIN_FIELDS = {"hash": "hash", "sessions": "sessions", **_OPTIONAL}
"""Keys of a row that need no further look -> their fields."""
_NUMBER: frozenset[type] = frozenset({int, float, type(None)})


def object_of(wire: Mapping[str, Any], key: str, default: Any = None) -> dict[str, Any]:
    """Return the object that a file has under a key.

    Raises:
        MisfitError: It is none.
    """
    value = wire.get(key, default)
    if not isinstance(value, dict):
        raise MisfitError(f"{shortened(value)} is no object", key)
    return value


def each(wire_of: Callable[[Any], Any], records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON form of each record, sorted by key."""
    return {key: wire_of(record) for key, record in sorted(records.items())}


def row_wire(row: BaselineRow) -> dict[str, Any]:
    """Return a row as JSON types."""
    wire: dict[str, Any] = {"hash": row.hash, "pass": _shortened(row.passes)}
    if row.scores:
        wire["scores"] = each(_shortened, row.scores)
    # always, also where all rows are of one: what a row says must not change as another one is merged in
    wire["sessions"] = dict(row.sessions)
    for key, field in _OPTIONAL.items():
        value = getattr(row, field)
        if value not in (None, {}, ()):
            wire[key] = value
    return wire


def read_row(wire: Any) -> BaselineRow:
    """Return the row that JSON holds.

    Raises:
        MisfitError: It holds none.
    """
    if not isinstance(wire, dict):
        raise MisfitError(f"{shortened(wire)} is no object")
    passes = at("pass", _numbers, wire.get("pass"))
    if not {0.0, 1.0, None}.issuperset(passes):
        raise MisfitError(f"pass is {shortened(wire['pass'])}, and a repeat has 1, 0 or null")
    scores = {}
    for key, values in object_of(wire, "scores", {}).items():
        scores[key] = at(f"scores[{shortened(key)}]", _numbers, values)
    fields = {field: wire[key] for key, field in _PLAIN_FIELDS.items() if key in wire}
    row = from_wire(BaselineRow, {"passes": [], **fields})
    if len(row.recordings) not in (0, len(passes)):
        raise MisfitError(f"{len(row.recordings)} of them, and {len(passes)} passes are there", "recordings")
    return replace(row, passes=passes, scores=scores, sessions=_sessions(row.sessions, len(passes)))


def _sessions(sessions: Mapping[str, int], passes: int) -> dict[str, int]:
    """Return which passes of a row come from which session."""
    if not sessions and passes:  # a row of schema 1, also one that was merged into a newer file
        return {UNKNOWN_SESSION: passes}
    counted = sum(sessions.values())
    if counted != passes or min(sessions.values(), default=1) < 1:
        raise MisfitError(
            f"{shortened(dict(sessions))} make no {passes} passes, and so many are there", "sessions"
        )
    return dict(sessions)


def _numbers(values: Any) -> tuple[float | None, ...]:
    if not isinstance(values, list) or not _NUMBER.issuperset(map(type, values)):
        raise MisfitError(f"{shortened(values)} is no list of numbers")
    check(values, _NUMBER)
    numbers: list[float | None] = []
    for value in values:
        numbers.append(None if value is None else float(value))
    return tuple(numbers)


def _shortened(values: Sequence[float | None]) -> list[float | None]:
    return list(map(_short, values))


def _short(value: float | None) -> float | None:
    if value is None:
        return None
    # 1 instead of 1.0: most values are passes
    if value == int(value):
        return int(value)
    # six digits: seventeen would double the file and tell nothing
    return float(f"{value:.6g}")
