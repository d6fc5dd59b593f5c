"""Values that are written as text, by the class of the standard library, whatever a subclass overrides."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pytest_llmobs.tracing.snapshot.stored import bases_of, is_genuine, name_of


def _write_as_str(base: Any, value: Any) -> Any:
    return base.__str__(value)


def _write_datetime(base: Any, value: Any) -> Any:
    try:
        return base.isoformat(value, " ")
    except Exception as error:  # a time zone is anybody's code
        local = base.combine(base.date(value), base.time(value))
        return f"{local} (its tzinfo raised {type(error).__name__})"


def _write_date_or_time(base: Any, value: Any) -> Any:
    return base.isoformat(value)


def _write_repr(base: Any, value: Any) -> Any:
    return base.__repr__(value)


def _write_pattern(base: Any, value: re.Pattern[Any]) -> Any:
    return value.pattern


def _write_complex(base: Any, value: Any) -> Any:
    return base.__repr__(value).strip("()")


_WRITERS: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("datetime", "datetime"): _write_datetime,
    ("datetime", "date"): _write_date_or_time,
    ("datetime", "time"): _write_date_or_time,
    ("datetime", "timedelta"): _write_as_str,
    ("datetime", "timezone"): _write_as_str,
    ("zoneinfo", "ZoneInfo"): _write_as_str,
    ("uuid", "UUID"): _write_as_str,
    ("decimal", "Decimal"): _write_as_str,
    ("fractions", "Fraction"): _write_as_str,
    ("pathlib", "PurePath"): _write_as_str,
    ("pathlib._local", "PurePath"): _write_as_str,
    ("ipaddress", "IPv4Address"): _write_as_str,
    ("ipaddress", "IPv6Address"): _write_as_str,
    ("ipaddress", "IPv4Network"): _write_as_str,
    ("ipaddress", "IPv6Network"): _write_as_str,
    ("ipaddress", "IPv4Interface"): _write_as_str,
    ("ipaddress", "IPv6Interface"): _write_as_str,
    ("pydantic_core._pydantic_core", "Url"): _write_as_str,
    ("pydantic_core._pydantic_core", "MultiHostUrl"): _write_as_str,
    ("re", "Pattern"): _write_pattern,
    ("builtins", "complex"): _write_complex,
    ("builtins", "range"): _write_repr,
    ("builtins", "slice"): _write_repr,
    ("builtins", "ellipsis"): _write_repr,
    ("builtins", "NotImplementedType"): _write_repr,
}
"""How a value is written whose class is, or is made of, the named one; the nearest of several counts."""


def text_of(value: Any) -> Any:
    """Return the text that a value is written as (bytes for a pattern of bytes), or None where it has none."""
    for base in bases_of(type(value)):
        module, name = name_of(base)
        write = _WRITERS.get((module, name))
        if write is not None and is_genuine(base, module, name):
            return write(base, value)
    return None
