"""Literals become values of a field's type, or are refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_llmobs.storage.filtering.fields import ROOT_ORDER, FieldKind, FilterField
from pytest_llmobs.storage.filtering.syntax import Constant
from pytest_llmobs.tracing.ids import read_id
from pytest_llmobs.wording import known, nearest

_UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-z]*)\s*")
_LARGEST = 2**63 - 1


class MisfitValueError(ValueError):
    """A literal is no value of the field; the text says what else is wrong with it, or is empty."""


def value_of(field: FilterField, constant: Constant) -> Any:
    """Return what a literal means for a field.

    Raises:
        MisfitValueError: It means nothing there.
    """
    if field.kind == "word":
        return _word(field, constant)
    return _READERS[field.kind](constant)


def json_object(constant: Constant) -> dict[str, Any]:
    """Return the object that ``has(metadata, …)`` asks for.

    Raises:
        MisfitValueError: It is none.
    """
    # Within '…' people write JSON's own escapes, and mean them for JSON: first without the filter's, then with them.
    for text in (constant.value, constant.raw):
        if not isinstance(text, str):
            raise MisfitValueError
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            return value
        raise MisfitValueError
    raise MisfitValueError


def filled_text(constant: Constant) -> str:
    """Return a quoted text that isn't empty.

    Raises:
        MisfitValueError: It is none.
    """
    text = _text(constant)
    if not text:
        raise MisfitValueError("The text is empty.")
    return text


def _text(constant: Constant) -> str:
    if not isinstance(constant.value, str) or not constant.quoted:
        raise MisfitValueError
    try:
        constant.value.encode()
    except UnicodeEncodeError:
        raise MisfitValueError("Half of a surrogate pair is no text.") from None
    return constant.value


def _uuid(constant: Constant) -> str:
    id = read_id(_text(constant))
    if id is None:
        raise MisfitValueError
    return id


def _word(field: FilterField, constant: Constant) -> str:
    text = _text(constant)
    word = text.lower()
    if word not in field.choices:
        raise MisfitValueError(
            f"Unknown {field.name} {text!r}.{nearest(word, field.choices)} {known(field.choices)}"
        )
    return word


def _time(constant: Constant) -> datetime:
    text = _text(constant)
    try:
        # A naive time is local, as everywhere in query arguments.
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise MisfitValueError from None


def _seconds(constant: Constant) -> float:
    if not isinstance(constant.value, str):
        return _number(constant)
    match = _DURATION.fullmatch(constant.value.lower())
    if match is None:
        raise MisfitValueError
    unit = match[2] or "s"
    if unit not in _UNITS:
        raise MisfitValueError(f"Unknown unit {unit!r}. {known(_UNITS)}")
    seconds = float(match[1]) * _UNITS[unit]
    if not math.isfinite(seconds):
        raise MisfitValueError
    return seconds


def _number(constant: Constant) -> float:
    value = constant.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MisfitValueError
    if isinstance(value, float) and not math.isfinite(value):
        raise MisfitValueError
    if abs(value) > _LARGEST:
        raise MisfitValueError("It is larger than 64 bits hold.")
    return value


def _score(constant: Constant) -> float:
    if isinstance(constant.value, bool):
        return float(constant.value)
    return _number(constant)


def _flag(constant: Constant) -> bool:
    if constant.value in (0, 1) and constant.value is not None:
        return bool(constant.value)
    raise MisfitValueError


def _order(constant: Constant) -> int:
    if _number(constant) != ROOT_ORDER:
        raise MisfitValueError
    return ROOT_ORDER


def _label(constant: Constant) -> str:
    """Return a label, or how the log of feedback writes another value."""
    return json.dumps(_anything(constant)) if not isinstance(constant.value, str) else _text(constant)


def _anything(constant: Constant) -> Any:
    if isinstance(constant.value, bool):
        return constant.value
    if isinstance(constant.value, str):
        return _text(constant)
    return _number(constant)


_READERS: Mapping[FieldKind, Callable[[Constant], Any]] = {
    "text": _text,
    "uuid": _uuid,
    "time": _time,
    "seconds": _seconds,
    "integer": _number,
    "number": _number,
    "score": _score,
    "flag": _flag,
    "order": _order,
    "tags": _text,
    "json": _text,
    "label": _label,
    "any": _anything,
    "thread": _text,
}
