"""Conditions written in the filter language again, for people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    SameRecord,
    TextSearch,
)


def written(condition: Condition) -> str:
    """Return a filter that means the condition."""
    match condition:
        case FieldCondition(field, comparator, value):
            return f"{comparator}({field}, {_value(value)})"
        case TextSearch(text):
            return f"search({_value(text)})"
        case Negation(part):
            return f"not({written(part)})"
        case Disjunction(parts):
            return f"or({', '.join(map(written, parts))})"
        case SameRecord(_, Conjunction((part,)) | part):
            return written(part)
        case Conjunction(parts):
            return f"and({', '.join(map(written, _flat(parts)))})"


def _flat(parts: tuple[Condition, ...]) -> list[Condition]:
    """Return the parts of an ``and``; those of its one record side by side, as they are written."""
    flat: list[Condition] = []
    for part in parts:
        if isinstance(part, SameRecord) and isinstance(part.condition, Conjunction):
            flat += part.condition.parts
        else:
            flat.append(part)
    return flat


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return _value(json.dumps(value, ensure_ascii=False))
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return json.dumps(value, ensure_ascii=False)
