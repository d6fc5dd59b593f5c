"""Snapshots: a plain copy of a value that JSON can take, made without running the value's own code.

No ``__repr__``, ``__str__``, ``__iter__`` or property of a foreign class is called: any of them may raise,
hang, or run a database query. Objects that aren't understood become ``<module.Class object>``.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections import deque
from collections.abc import Iterable
from enum import Enum
from itertools import islice
from typing import Any

MAX_DEPTH = 200
"""Levels of nesting that are kept."""
MAX_NODES = 50_000
"""Values that are kept; a walk in Python takes about a microsecond each."""
_HASHED_BYTES = 8 << 20
_MAX_INT_BITS = 10_000
_ARRAY_LIBRARIES = frozenset({"numpy", "pandas", "polars", "pyarrow", "torch", "tensorflow", "jax", "jaxlib"})
_WRITTEN_AS_TEXT = frozenset(
    {
        "datetime.datetime",
        "datetime.date",
        "datetime.time",
        "datetime.timedelta",
        "uuid.UUID",
        "decimal.Decimal",
    }
    | {"fractions.Fraction", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath"}
    | {"pathlib.PureWindowsPath", "ipaddress.IPv4Address", "ipaddress.IPv6Address"}
    | {"zoneinfo.ZoneInfo"}
)


def take(value: Any, limit: int) -> Any:
    """Return a copy of ``value`` made of JSON's own types, with at most about ``limit`` bytes of text."""
    return _Walk(limit).copy(value, 0)


def describe(value: Any) -> str:
    """Return what stands for a value that can't be read: ``<module.Class object>`` or a function's name."""
    kind = type(value)
    if issubclass(kind, type):
        return f"<class {'.'.join(_path(value))}>"
    if kind in (types.FunctionType, types.BuiltinFunctionType, types.MethodType):
        return f"<function {getattr(value, '__module__', None)}.{value.__qualname__}>"
    if kind is types.ModuleType:
        return f"<module {value.__name__}>"
    module, name = _path(kind)
    if module == "builtins":
        return f"<{name} object>"
    return f"<{module}.{name} object>"


def _path(kind: type) -> tuple[str, str]:
    """Return the module and the name of a class, whatever its metaclass makes of such a question."""
    return type.__getattribute__(kind, "__module__"), type.__getattribute__(kind, "__qualname__")


def _stored(value: Any, name: str) -> Any:
    """Return an attribute as it is stored. A mapped class would query its database if it was asked for one."""
    try:
        return object.__getattribute__(value, "__dict__")[name]
    # a slot, a class's default, or something that a mapper loads when asked
    except (AttributeError, KeyError):
        return _stored_by_class(value, name)


def _stored_by_class(value: Any, name: str) -> Any:
    for kind in type(value).__mro__:
        if name not in vars(kind):
            continue
        stored = vars(kind)[name]
        if type(stored) is types.MemberDescriptorType:
            return stored.__get__(value)
        if hasattr(type(stored), "__set__"):
            return "<not loaded>"
        return stored
    return None


def is_record(value: Any) -> bool:
    """Return True for a dict or a pydantic model: what is logged as outputs without being wrapped."""
    return issubclass(type(value), dict) or hasattr(type(value), "__pydantic_serializer__")


class _Walk:
    """One walk with its budget."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._nodes = MAX_NODES
        self._above: set[int] = set()

    def copy(self, value: Any, depth: int) -> Any:
        """Return a plain copy of ``value``."""
        self._nodes -= 1
        self._left -= 4
        # Only the type is asked, never isinstance(): that reads __class__, and a lazy object would load
        # itself.
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if issubclass(kind, Enum):
            return self.copy(object.__getattribute__(value, "_value_"), depth)
        if issubclass(kind, str):
            return self._text(str.__str__(value))
        if issubclass(kind, int | float):
            return self._number(value)
        if issubclass(kind, bytes | bytearray | memoryview):
            return self._binary(value)
        return self._container(value, depth)

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
        if len(data) > _HASHED_BYTES:
            return {"type": "bytes", "size": len(data)}
        raw = bytes(data)
        try:
            return self._text(raw.decode())
        except UnicodeDecodeError:
            import hashlib

            return {"type": "bytes", "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}

    def _container(self, value: Any, depth: int) -> Any:
        if id(value) in self._above:
            return f"<the {type(value).__qualname__} this is part of>"
        if depth >= MAX_DEPTH:
            return f"<nested deeper than {MAX_DEPTH} levels>"
        self._above.add(id(value))
        try:
            return self._open(value, depth + 1)
        except Exception:
            return describe(value)
        finally:
            self._above.discard(id(value))

    def _open(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if issubclass(kind, dict):
            return self._pairs(dict.items(value), dict.__len__(value), depth)
        if kind is types.MappingProxyType:
            return self._pairs(value.items(), len(value), depth)
        for base in (list, tuple, set, frozenset, deque):
            if issubclass(kind, base):
                return self._items(base.__iter__(value), base.__len__(value), depth)
        return self._record(value, depth)

    def _record(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if hasattr(kind, "__pydantic_serializer__"):
            return self._model(value, depth)
        if dataclasses.is_dataclass(kind):
            return self._fields(value, [field.name for field in dataclasses.fields(kind)], depth)
        if isinstance(attributes := getattr(kind, "__attrs_attrs__", None), tuple):
            return self._fields(value, [attribute.name for attribute in attributes], depth)
        return self._leaf(value, depth)

    def _leaf(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if issubclass(kind, BaseException):
            args = BaseException.__getattribute__(value, "args")
            return {"type": kind.__qualname__, "args": self.copy(args, depth)}
        if kind is re.Pattern:
            return self._text(value.pattern)
        # Python 3.13 alone has its paths in pathlib._local.
        if f"{kind.__module__.removesuffix('._local')}.{kind.__qualname__}" in _WRITTEN_AS_TEXT:
            return self._text(str(value))
        if kind.__module__.partition(".")[0] in _ARRAY_LIBRARIES:
            return self._array(value, depth)
        if kind in (range, slice, complex):
            return self._text(str(value))
        return describe(value)

    def _array(self, value: Any, depth: int) -> Any:
        shape = getattr(value, "shape", None)
        if shape == () and hasattr(value, "item"):
            return self.copy(value.item(), depth)
        described = {"type": describe(value)[1:-8], "shape": self.copy(shape, depth)}
        if hasattr(type(value), "dtype"):  # the class is asked: a table answers with its column of that name
            described["dtype"] = self._text(str(value.dtype))
        return described

    def _model(self, value: Any, depth: int) -> Any:
        # An iterator inside a model would be consumed by its serializer, and the user's own reading find
        # nothing.
        if any(hasattr(type(field), "__next__") for field in vars(value).values()):
            return self._fields(value, list(vars(value)), depth)
        dumped = type(value).__pydantic_serializer__.to_python(
            value, mode="json", warnings=False, fallback=describe
        )
        return self.copy(dumped, depth)

    def _fields(self, value: Any, names: list[str], depth: int) -> dict[str, Any]:
        return self._pairs(((name, _stored(value, name)) for name in names), len(names), depth)

    def _pairs(self, pairs: Iterable[tuple[Any, Any]], size: int, depth: int) -> dict[str, Any]:
        copied: dict[str, Any] = {}
        for key, value in islice(pairs, size):
            if self._spent():
                copied["<cut>"] = f"{size - len(copied):,} of {size:,} entries"
                break
            name = self._key(key)
            copied[name] = self.copy(value, depth)
        return copied

    def _items(self, items: Iterable[Any], size: int, depth: int) -> list[Any]:
        copied: list[Any] = []
        for item in items:
            if self._spent():
                copied.append(f"<cut: {size - len(copied):,} of {size:,} items>")
                break
            copied.append(self.copy(item, depth))
        return copied

    def _spent(self) -> bool:
        return self._left <= 0 or self._nodes <= 0

    def _key(self, key: Any) -> str:
        kind = type(key)
        if issubclass(kind, str):
            return self._text(str.__str__(key))
        if key is None:
            return "null"
        if kind is bool:
            return str(key).lower()
        plain = self.copy(key, MAX_DEPTH - 1)
        if type(plain) is str:
            return plain
        return str(plain)
