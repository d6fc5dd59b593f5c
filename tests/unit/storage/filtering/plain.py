"""The filter language a second time, in plain Python over plain records: what the compiled filters are held against.

A filter is a nested tuple: ``("and", part, …)``, ``("not", part)``, ``("search", text)``, ``("eq", field, value)``.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Filter = tuple[Any, ...]

COMPARE = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
RECORDS = ("feedback", "metadata", "input", "output")


@dataclass
class PlainRun:
    """A run as the test made it."""

    columns: Mapping[str, Any]
    inputs: Any = None
    outputs: Any = None
    feedback: Sequence[Mapping[str, Any]] = field(default_factory=list)


def text_of(wanted: Filter) -> str:
    """Write a filter in the language."""
    name, *arguments = wanted
    if name in ("and", "or", "not"):
        return f"{name}({', '.join(map(text_of, arguments))})"
    if len(arguments) == 1:
        return f"search({literal(arguments[0])})"
    return f"{name}({arguments[0]}, {literal(arguments[1])})"


def literal(value: Any) -> str:
    if isinstance(value, dict):
        return literal(json.dumps(value))
    if isinstance(value, datetime):
        return literal(value.isoformat())
    return json.dumps(value)


def fulfils(run: PlainRun, wanted: Filter) -> bool:
    name, *parts = wanted
    if name == "and":
        return _all_hold(run, parts)
    if name == "or":
        return any(fulfils(run, part) for part in parts)
    if name == "not":
        return not fulfils(run, parts[0])
    if len(parts) == 1:
        return any(_contains(text, parts[0]) for text in _searched(run))
    kind = kind_of(wanted)
    if kind and name == "neq":
        return not any(_record_fulfils(record, ("eq", *parts)) for record in _records(run, kind))
    if kind:
        return any(_record_fulfils(record, wanted) for record in _records(run, kind))
    return _field_fulfils(run, name, *parts)


def kind_of(wanted: Filter) -> str | None:
    """Tell what a filter is about, where it may be told of one record."""
    name, *parts = wanted
    if name == "and" or (len(parts) == 1 and name == "search"):
        return None
    if name in ("or", "not"):
        kinds = {kind_of(part) for part in parts}
        return kinds.pop() if len(kinds) == 1 else None
    kind, _, what = parts[0].partition("_")
    return kind if kind in RECORDS and what in ("key", "value", "score", "comment") else None


def _all_hold(run: PlainRun, parts: Sequence[Filter]) -> bool:
    for kind in RECORDS:
        group = [part for part in parts if kind_of(part) == kind and part[:2] != ("neq", f"{kind}_key")]
        if any(part[0] not in ("not", "neq") for part in group):
            parts = [part for part in parts if part not in group]
            if not any(
                all(_record_fulfils(record, part) for part in group) for record in _records(run, kind)
            ):
                return False
    return all(fulfils(run, part) for part in parts)


def _records(run: PlainRun, kind: str) -> list[Mapping[str, Any]]:
    if kind == "feedback":
        given = list(run.feedback)
        if run.columns.get("repeat") is not None and run.columns.get("attempt") not in ("unused", "control"):
            for key, score in (run.columns.get("scores") or {}).items():
                given.append({"key": key, "score": score, "value": None, "comment": None})
        return given
    held = {"metadata": run.columns.get("metadata"), "input": run.inputs, "output": run.outputs}[kind]
    return _entries(held or {})


def _entries(held: Mapping[str, Any], path: str = "") -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for key, value in held.items():
        found.append({"key": path + key, "value": value})
        if isinstance(value, dict):
            found += _entries(value, f"{path}{key}.")
    return found


def _record_fulfils(record: Mapping[str, Any], wanted: Filter) -> bool:
    name, *parts = wanted
    if name == "or":
        return any(_record_fulfils(record, part) for part in parts)
    if name == "not":
        return not _record_fulfils(record, parts[0])
    kind, _, what = parts[0].partition("_")
    value, asked = record[what], parts[1]
    if kind == "feedback" or what == "key":
        return compared(name, value, asked)
    return entry_compared(name, value, asked)


def compared(name: str, value: Any, asked: Any) -> bool:
    if value is None:
        return False
    if name == "in":
        return value in asked
    if name == "search":
        return _contains(value, asked)
    return bool(COMPARE[name](value, asked))


def entry_compared(name: str, value: Any, asked: Any) -> bool:
    """Compare a value of metadata: text with text, number with number, bool with bool; null with nothing."""
    if value is None:
        return False
    if name == "in":
        return any(entry_compared("eq", value, choice) for choice in asked)
    if name == "neq":
        return not entry_compared("eq", value, asked)
    if isinstance(asked, str) and name == "eq":
        written = value if isinstance(value, str) else json.dumps(value)
        return written == asked and not isinstance(value, dict | list)
    if isinstance(asked, bool) or isinstance(value, bool):
        return name == "eq" and value is asked
    if isinstance(asked, str) != isinstance(value, str) or isinstance(value, dict | list):
        return False
    return bool(COMPARE[name](value, asked))


def _field_fulfils(run: PlainRun, name: str, what: str, asked: Any) -> bool:
    if what in ("is_root", "execution_order"):
        return (run.columns.get("parent_id") is None) == (bool(asked) == (name == "eq"))
    value = value_of(run, what)
    if what == "tags":
        return _tags_fulfil(name, value or [], asked)
    if name in ("has", "exists") and value is None:
        return False
    if name == "has":
        return _includes(value, asked)
    if name == "exists":
        return any(entry["key"] == asked for entry in _entries(value))
    if asked is None:
        return (value is None) == (name == "eq")
    if name == "search" and what in ("inputs", "outputs"):
        return any(_contains(text, asked) for text in _texts(value))
    return compared(name, value, asked)


def value_of(run: PlainRun, what: str) -> Any:
    if what in ("inputs", "outputs"):
        return getattr(run, what)
    if what == "latency":
        return (
            (run.columns["end_time"] - run.columns["start_time"]).total_seconds()
            if run.columns["end_time"]
            else None
        )
    if what == "parent_run_id":
        what = "parent_id"
    return run.columns.get(what)


def _tags_fulfil(name: str, tags: Sequence[str], asked: Any) -> bool:
    if asked is None:
        return (not tags) == (name == "eq")
    if name == "has":
        return asked in tags
    return any(tag in tags for tag in asked)


def _includes(value: Any, asked: Any) -> bool:
    if isinstance(asked, dict):
        return isinstance(value, dict) and all(
            key in value and _includes(value[key], asked[key]) for key in asked
        )
    return json.dumps(value) == json.dumps(asked)


def _searched(run: PlainRun) -> list[str]:
    found = [run.columns["name"], run.columns.get("error") or ""]
    return [*found, *_texts(run.inputs), *_texts(run.outputs)]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        found: list[str] = list(value)
        for item in value.values():
            found += _texts(item)
        return found
    return [value] if isinstance(value, str) else []


def _contains(text: str, asked: str) -> bool:
    return asked.lower() in text.lower()
