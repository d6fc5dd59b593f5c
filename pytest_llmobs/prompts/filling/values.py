"""What a value becomes in a prompt's text; what was surely given by mistake has no text."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import Enum
from types import ModuleType
from typing import Any

_COLLECTIONS = (list, tuple, set, frozenset, dict)
_DEEPEST = 20
"""Collections in each other that are looked through; what lies deeper is taken as it is."""
_NUMBERS_OF_PANDAS = ("NaTType", "NAType")


class NoText(Exception):
    """A value has no text; the message says why and what to give, without the value."""


def blankness(value: Any) -> str | None:
    """Return how a value is blank (``None``, ``NaN``, ``an empty list``, ``blank``), or None where it isn't."""
    if isinstance(value, str):
        return None if value.strip() else "blank"
    if value is None:
        return "None"
    kind = type(value).__name__
    if kind in _NUMBERS_OF_PANDAS or _is_nan(value):
        return "NaN"
    if isinstance(value, _COLLECTIONS) and not value:
        return f"an empty {kind}"
    return None


def text_of(value: Any) -> str:
    """Return the text that stands for a value: of a str itself, else what ``str()`` makes of it.

    Raises:
        NoText: It has none: bytes, a function, a coroutine, an object that has only an address.
    """
    if isinstance(value, str):
        return str.__str__(value)
    _check(value, 0)
    try:
        return str(value)
    except Exception as error:
        raise NoText(f"its str() raises {type(error).__name__}") from None


def strings_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every text in a value, keys of dicts among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, _COLLECTIONS) and depth < _DEEPEST:
        for item in value:
            yield from strings_in(item, depth + 1)
        if isinstance(value, dict):
            yield from strings_in(list(value.values()), depth + 1)


def _is_nan(value: Any) -> bool:
    is_number = isinstance(value, float) or type(value).__name__ in ("Decimal", "float32", "float16")
    return is_number and bool(value != value)  # noqa: PLR0124


def _check(value: Any, depth: int) -> None:
    if isinstance(value, _COLLECTIONS):
        if depth < _DEEPEST:
            items = [*value, *value.values()] if isinstance(value, Mapping) else value
            for item in items:
                _check(item, depth + 1)
        return
    for applies, reason in _REASONS:
        if applies(value):
            raise NoText(f"is {reason}" if depth == 0 else f"holds {reason}")


def _is_plain_enum(value: Any) -> bool:
    return isinstance(value, Enum) and not isinstance(value, str) and type(value).__str__ is Enum.__str__


def _has_only_an_address(value: Any) -> bool:
    kind: Any = type(value)
    return kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__


_REASONS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda value: isinstance(value, bytes | bytearray | memoryview), "bytes: decode them"),
    (lambda value: isinstance(value, ModuleType), "a module: give a text"),
    (inspect.isclass, "a class: give one of its objects, as a text"),
    (lambda value: isinstance(value, Awaitable), "a coroutine or another awaitable: await it"),
    (callable, "a function or another callable: call it, and give what it returns"),
    (lambda value: isinstance(value, Iterator), "an iterator: join what it yields to a text"),
    (_is_plain_enum, "a member of an Enum: give its .value or its .name"),
    (_has_only_an_address, "an object without a text of its own: give a text, or a class with __str__"),
)
"""In this order: a class is callable as well."""
