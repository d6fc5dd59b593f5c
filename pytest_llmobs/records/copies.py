"""Copies for code of the user's: whoever is handed one may change it, and nobody else sees that."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache
from traceback import walk_tb
from types import MappingProxyType
from typing import Any, TypeVar

Same = TypeVar("Same")

_UNCHANGEABLE = frozenset({str, int, float, bool, type(None), bytes, complex, date, datetime, timedelta})
_OURS = __name__.partition(".")[0] + "."
_MOST_KEPT = 64
"""So many things in one object may refuse to be copied; with more of them it is handed on as it is."""


def copied(value: Same) -> Same:
    """Return a deep copy of ``value``; strings, numbers and times are shared, since nobody can change them.

    What can't be copied (a lock, a client, a generator) is handed on as it is; what holds it is copied all the same.
    """
    try:
        return _copied(value)  # type: ignore[no-any-return]
    except RecursionError:  # it holds itself
        return _copied_whole(value)  # type: ignore[no-any-return]


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind in _UNCHANGEABLE:
        return value
    return _COPIERS.get(kind, _copied_object)(value)


def _copied_dict(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key: _copied(item) for key, item in value.items()}


def _copied_list(value: list[Any]) -> list[Any]:
    return list(map(_copied, value))


def _copied_tuple(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(map(_copied, value))


def _copied_object(value: Any) -> Any:
    kind = type(value)
    if is_dataclass(kind) and kind.__module__.startswith(_OURS):
        return _copied_record(value)
    return _copied_whole(value)


def _copied_record(record: Any) -> Any:
    """Return a record of ours (``Run``, ``Example``, ``Score``) whose fields are copies of the old one's."""
    kind: Any = type(record)
    return kind(**{name: _copied(getattr(record, name)) for name in _field_names(kind)})


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _copied_whole(value: Any) -> Any:
    """Return what the value's own class makes of it, with what can't be copied in it as it is."""
    kept: dict[int, Any] = {}
    for _ in range(_MOST_KEPT):
        try:
            return copy.deepcopy(value, dict(kept))
        except Exception as error:
            refused = _refused(error, value)
            if refused is value:
                break
            kept[id(refused)] = _unwrapped_copy(refused)
    return _unwrapped_copy(value)


def _refused(error: Exception, value: Any) -> Any:
    """Return what ``deepcopy`` was at when it failed: the innermost object."""
    refused = value
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code is copy.deepcopy.__code__:
            refused = frame.f_locals["x"]
    return refused


def _unwrapped_copy(refused: Any) -> Any:
    if type(refused) is MappingProxyType:
        return MappingProxyType(copied(dict(refused)))
    return refused


_COPIERS: dict[type, Callable[[Any], Any]] = {
    dict: _copied_dict,
    list: _copied_list,
    tuple: _copied_tuple,
}
"""Other kinds are rare, and each knows best how it is copied."""
