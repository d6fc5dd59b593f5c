"""The walk from a value to all that it holds, within a budget of bytes and of values."""

from __future__ import annotations

import gc
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from itertools import islice
from typing import Any

from pytest_llmobs.tracing.snapshot import arrays, records, texts
from pytest_llmobs.tracing.snapshot.describe import describe
from pytest_llmobs.tracing.snapshot.stored import ABSENT, name_of

MAX_DEPTH = 200
"""Levels of nesting that are kept."""
MAX_NODES = 50_000
"""Values that are kept; a walk in Python takes about a microsecond each."""
_HASHED_BYTES = 8 << 20
_MAX_INT_BITS = 10_000
_SEQUENCES = (list, tuple, set, frozenset, deque)
_UNREADABLE = "<a value that could not be captured>"
_VIEWS: dict[int, Callable[[Any], Iterable[Any]]] = {
    id(type({}.keys())): dict.keys,
    id(type({}.values())): dict.values,
    id(type({}.items())): dict.items,
}
"""By the view's id: a class may have a hash of its own."""


def take(value: Any, limit: int) -> Any:
    """Return a copy of ``value`` made of JSON's own types, with at most about ``limit`` bytes of text."""
    return _Walk(limit).copy(value, 0)


class _Walk:
    """One walk with its budget."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._nodes = MAX_NODES
        self._above: set[int] = set()

    def copy(self, value: Any, depth: int) -> Any:
        """Return a plain copy of ``value``; what can't be taken costs nothing but itself."""
        self._nodes -= 1
        self._left -= 4
        # Only the type is asked, never isinstance(): that reads __class__, and a lazy object would load
        # itself.
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is str:
            return self._text(value)
        try:
            if issubclass(kind, Enum):
                return self.copy(object.__getattribute__(value, "_value_"), depth)
            if issubclass(kind, str):
                return self._text(str.__str__(value))
            if issubclass(kind, int | float):
                return self._number(value)
            if issubclass(kind, bytes | bytearray | memoryview):
                return self._binary(value)
            return self._container(value, depth)
        except Exception:
            return _describe_safely(value)

    def _text(self, text: str) -> str:
        size, room = len(text), max(self._left, 0)
        self._left -= size
        if size > room:
            text = f"{text[:room]}<cut: {size - room:,} of {size:,} characters>"
        return text.encode("utf-8", "backslashreplace").decode()

    def _number(self, value: int | float) -> int | float | str:
        if issubclass(type(value), float):
            return float.__float__(value)
        number = int.__int__(value)  # type: ignore[arg-type]
        bits = number.bit_length()
        self._left -= bits // 4
        if bits <= _MAX_INT_BITS:
            return number
        return f"<an int of {bits:,} bits>"

    def _binary(self, data: bytes | bytearray | memoryview) -> Any:
        size = _size(data)
        if size > _HASHED_BYTES:
            return {"type": "bytes", "size": size}
        raw = _raw_bytes(data)
        try:
            return self._text(raw.decode())
        except UnicodeDecodeError:
            import hashlib

            return {"type": "bytes", "size": size, "sha256": hashlib.sha256(raw).hexdigest()}

    def _container(self, value: Any, depth: int) -> Any:
        if id(value) in self._above:
            return f"<the {name_of(type(value))[1]} this is part of>"
        if depth >= MAX_DEPTH:
            return f"<nested deeper than {MAX_DEPTH} levels>"
        self._above.add(id(value))
        try:
            return self._open(value, depth + 1)
        finally:
            self._above.discard(id(value))

    def _open(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if issubclass(kind, dict):
            return self._pairs(_entries(value), dict.__len__(value), depth)
        for base in _SEQUENCES:
            if issubclass(kind, base):
                return self._items(base.__iter__(value), base.__len__(value), depth)
        found = records.read(value)
        if found is ABSENT:
            return self._leaf(value, kind, depth)
        if type(found) is records.Fields:
            return self._pairs(found, len(found), depth)
        return self.copy(found, depth)

    def _leaf(self, value: Any, kind: type, depth: int) -> Any:
        for read in (arrays.values_of, texts.text_of, arrays.description_of):
            found = read(value)
            if found is not None:
                return self.copy(found, depth)
        if issubclass(kind, BaseException):
            args = BaseException.args.__get__(value)  # type: ignore[attr-defined]
            return {"type": name_of(kind)[1], "args": self.copy(args, depth)}
        return self._look_behind(value, kind, depth)

    def _look_behind(self, value: Any, kind: type, depth: int) -> Any:
        """Return what a view shows: of a mapping that isn't a dict, nobody knows what reading it would do."""
        if kind is types.MappingProxyType:
            return self.copy(gc.get_referents(value)[0], depth)
        entries_of = _VIEWS.get(id(kind))
        if entries_of is not None:
            (shown,) = gc.get_referents(value)
            if issubclass(type(shown), dict):
                return self.copy(list(entries_of(shown)), depth)
        if name_of(kind) == ("array", "array"):
            return self._items(iter(value), len(value), depth)
        return describe(value)

    def _pairs(self, pairs: Iterable[tuple[Any, Any]], size: int, depth: int) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for key, value in self._affordable(pairs):
            if self._spent():
                break
            name = unused_key(self._key(key), copied)
            copied[name] = self.copy(value, depth)
        if len(copied) < size:
            copied["<cut>"] = f"{size - len(copied):,} of {size:,} entries"
        return copied

    def _items(self, items: Iterable[Any], size: int, depth: int) -> list[Any]:
        copied: list[Any] = []
        for item in self._affordable(items):
            if self._spent():
                break
            copied.append(self.copy(item, depth))
        if len(copied) < size:
            copied.append(f"<cut: {size - len(copied):,} of {size:,} items>")
        return copied

    def _affordable(self, items: Iterable[Any]) -> list[Any]:
        # Listed at once: another thread may be changing what is walked.
        return list(islice(items, max(self._nodes, 0)))

    def _spent(self) -> bool:
        return self._left <= 0 or self._nodes <= 0

    def _key(self, key: Any) -> str:
        if type(key) is str:
            return self._text(key)
        plain = self.copy(key, MAX_DEPTH - 1)
        if type(plain) is bool:
            return str(plain).lower()
        if type(plain) is list:  # as plain dicts of such keys are written
            return ",".join(map(str, plain))
        return str(plain)


def _entries(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return the entries of a dict; of an ordered one in its order, as far as no key is asked for its hash."""
    if issubclass(type(value), OrderedDict):
        keys = list(OrderedDict.__iter__(value))
        if all(type(key) is str for key in keys):
            return [(key, dict.__getitem__(value, key)) for key in keys]
    return dict.items(value)


def _size(data: bytes | bytearray | memoryview) -> int:
    if issubclass(type(data), memoryview):
        return data.nbytes  # type: ignore[union-attr]
    base = bytes if issubclass(type(data), bytes) else bytearray
    return base.__len__(data)  # type: ignore[arg-type]


def _raw_bytes(data: bytes | bytearray | memoryview) -> bytes:
    if issubclass(type(data), memoryview):
        return memoryview.tobytes(data)  # type: ignore[arg-type]
    base = bytes if issubclass(type(data), bytes) else bytearray
    return bytes(base.__getitem__(data, slice(None)))  # type: ignore[index]


def unused_key(name: str, taken: Mapping[str, Any]) -> str:
    """Return ``name``, numbered where another key looks alike."""
    unused, number = name, len(taken)  # few numbers are tried, however many look alike
    while unused in taken:
        number += 1
        unused = f"{name} ({number})"
    return unused


def _describe_safely(value: Any) -> str:
    try:
        return describe(value)
    except Exception:
        return _UNREADABLE
