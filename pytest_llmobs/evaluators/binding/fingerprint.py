"""The version of an evaluator: a hash that changes when what it computes may have changed.

It covers source code (see ``source``) and the values that the user passed: the fields of an evaluator
object, default arguments, closures, arguments of a ``partial``. So it is the same in every process, under
every hash seed, on every machine. What it can't see: code imported from another module, and files read at run
time. Give such an evaluator an explicit ``version``.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pytest_llmobs.evaluators.binding.source import (
    class_source,
    closure_names,
    function_source,
    helper_source,
)
from pytest_llmobs.records.examples import content_hash

_Seen = frozenset[int]


def fingerprint(evaluator: Any) -> str:
    """Return the version of ``evaluator``: 16 hex digits.

    Args:
        evaluator: A function, a partial, or an object such as a frozen dataclass with ``evaluate``.
    """
    return content_hash(describe(evaluator))


def describe(value: Any, seen: _Seen = frozenset()) -> Any:
    """Return JSON types that stand for ``value``'s meaning; an object of an unknown kind counts by its class.

    Args:
        value: Anything.
        seen: Ids of the objects around ``value``, which are described only once.
    """
    if value is None or type(value) in (str, bool, int):
        return value
    if id(value) in seen:
        return "…"
    return _describe(value, seen | {id(value)})


@functools.singledispatch
def _describe(value: Any, seen: _Seen) -> Any:
    fields = []
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.metadata.get("version", True):
                fields.append([field.name, describe(getattr(value, field.name), seen)])
    kind = type(value)
    return [kind.__qualname__, _code_of(kind), fields]


def _code_of(kind: type) -> Any:
    # Built-in evaluators count their meaning by hand, so that tidying up their code moves nobody's baseline.
    if kind.__module__.startswith("pytest_llmobs."):
        revision = getattr(kind, "revision", None)
        if revision is not None:
            return revision
    return class_source(kind)


@_describe.register(float)
@_describe.register(complex)
@_describe.register(bytes)
def _literal(value: Any, seen: _Seen) -> Any:
    return [type(value).__name__, repr(value)]


@_describe.register(str)
@_describe.register(int)
def _subclass(value: Any, seen: _Seen) -> Any:
    if isinstance(value, str):
        return describe(str(value), seen)
    return describe(int(value), seen)


@_describe.register
def _enum(value: Enum, seen: _Seen) -> Any:
    return [type(value).__qualname__, value.name]


@_describe.register(Mapping)
def _mapping(value: Mapping[Any, Any], seen: _Seen) -> Any:
    pairs = []
    for key, item in value.items():
        pairs.append([describe(key, seen), describe(item, seen)])
    return ["mapping", sorted(pairs, key=repr)]


@_describe.register(list)
@_describe.register(tuple)
def _sequence(value: Any, seen: _Seen) -> Any:
    return [describe(item, seen) for item in value]


@_describe.register(set)
@_describe.register(frozenset)
def _set(value: Any, seen: _Seen) -> Any:
    return ["set", sorted(_sequence(value, seen), key=repr)]


@_describe.register(re.Pattern)
def _pattern(value: re.Pattern[Any], seen: _Seen) -> Any:
    return ["pattern", str(value.pattern), value.flags]


@_describe.register(functools.partial)
def _partial(value: functools.partial[Any], seen: _Seen) -> Any:
    return ["partial", *_sequence([value.func, value.args, value.keywords], seen)]


@_describe.register
def _method(value: types.MethodType, seen: _Seen) -> Any:
    return ["method", describe(value.__self__, seen), describe(value.__func__, seen)]


@_describe.register
def _class(value: type, seen: _Seen) -> Any:
    return ["class", value.__qualname__, class_source(value)]


@_describe.register
def _function(value: types.FunctionType, seen: _Seen) -> Any:
    inner = inspect.unwrap(value)
    if not isinstance(inner, types.FunctionType):
        return describe(inner, seen)
    given = [inner.__defaults__, inner.__kwdefaults__, _closure(inner)]
    return [function_source(inner), _sequence(given, seen)]


def _closure(function: types.FunctionType) -> dict[str, Any]:
    """Return what a function holds of the function around it, by the place at which its code comes to it."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    values: dict[str, Any] = {}
    for number, name in enumerate(closure_names(function)):
        try:
            value = cells[name].cell_contents
        except ValueError:  # a name that is not bound yet
            value = None
        if isinstance(value, types.FunctionType):
            value = _Helper(value)
        values[f"free {number}"] = value
    return values


@dataclasses.dataclass(frozen=True)
class _Helper:
    """A function that another one holds."""

    function: types.FunctionType


@_describe.register
def _helper(value: _Helper, seen: _Seen) -> Any:
    inner = inspect.unwrap(value.function)
    if not isinstance(inner, types.FunctionType) or id(inner) in seen:
        return "…"
    given = [inner.__defaults__, inner.__kwdefaults__, _closure(inner)]
    return [helper_source(inner), _sequence(given, seen | {id(inner)})]
