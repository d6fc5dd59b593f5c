"""Records: objects whose class declares what they hold, or that merely wrap something, read as they are stored.

What a class itself leaves out of a dump (``Field(exclude=True)``) is left out here as well.
"""

from __future__ import annotations

import dataclasses
import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_llmobs.tracing.snapshot.stored import (
    ABSENT,
    NOT_SET,
    attributes_of,
    bases_of,
    class_attribute,
    name_of,
    stored,
)


class Fields(list[tuple[Any, Any]]):
    """Names and values of a record's fields."""


Reader = Callable[[Any], Any]
"""Returns the fields of an object, or what it wraps, or ``ABSENT``."""
_PYDANTIC_1 = frozenset({("pydantic.main", "BaseModel"), ("pydantic.v1.main", "BaseModel")})
_SECRET_MODULES = frozenset({"pydantic.types", "pydantic.v1.types"})
_SECRET = "**********"
"""What pydantic itself shows of one."""
_MAX_READERS = 1_000
_readers: dict[int, tuple[weakref.ref[type], Reader]] = {}
"""By the class's id: a metaclass may be asked neither for a hash nor whether two are equal."""


def is_record(value: Any) -> bool:
    """Return True for a dict or a pydantic model: what is logged as outputs without being wrapped."""
    kind = type(value)
    if issubclass(kind, dict) or class_attribute(kind, "__pydantic_serializer__") is not None:
        return True
    return _is_pydantic_1(kind)


def read(value: Any) -> Any:
    """Return the ``Fields`` of a record, or what an object merely wraps, or ``ABSENT``."""
    kind = type(value)
    known = _readers.get(id(kind))
    if known is None or known[0]() is not kind:
        if len(_readers) >= _MAX_READERS:
            _readers.clear()
        known = _readers[id(kind)] = weakref.ref(kind), _reader_of(kind)
    return known[1](value)


def _reader_of(kind: type) -> Reader:
    for base in bases_of(kind):
        reader = _WRAPPERS.get(name_of(base))
        if reader is not None:
            return reader
        module, name = name_of(base)
        if module in _SECRET_MODULES and name.lstrip("_").startswith("Secret"):
            return lambda value: _SECRET
    if class_attribute(kind, "__pydantic_root_model__") is True:
        return _reader_of_attribute("root")
    return _reader_of_fields(kind) or (lambda value: ABSENT)


def _reader_of_fields(kind: type) -> Reader | None:
    is_pydantic = class_attribute(kind, "__pydantic_serializer__") is not None
    declared = class_attribute(kind, "__dataclass_fields__")
    if isinstance(declared, dict):
        # dataclasses.fields() asks the class, and so its metaclass
        stand_in = types.SimpleNamespace(__dataclass_fields__=declared)
        names = [field.name for field in dataclasses.fields(stand_in)]  # type: ignore[arg-type]
        excluded = _excluded(_descriptions(kind)) if is_pydantic else frozenset()
        return _reader_of_names([name for name in names if name not in excluded])
    if is_pydantic:
        return _reader_of_model(_descriptions(kind))
    if _is_pydantic_1(kind):
        return _reader_of_model_1(_excluded(_descriptions(kind)))
    attributes = class_attribute(kind, "__attrs_attrs__")
    if isinstance(attributes, tuple):
        return _reader_of_names([attribute.name for attribute in attributes])
    struct_fields = class_attribute(type(kind), "__struct_fields__")  # msgspec keeps them in the metaclass
    if type(struct_fields) is types.MemberDescriptorType:
        return _reader_of_names(struct_fields.__get__(kind))
    return None


def _reader_of_names(names: Sequence[str]) -> Reader:
    def read_names(value: Any) -> Fields:
        fields = Fields()
        for name in names:
            item = stored(value, name)
            fields.append((name, NOT_SET if item is ABSENT else item))
        return fields

    return read_names


def _reader_of_model(descriptions: Mapping[str, Any]) -> Reader:
    # Not all that lies in a model's __dict__ is a field: a cached property isn't.
    excluded = _excluded(descriptions)
    names = [name for name in descriptions if name not in excluded]

    def read_model(value: Any) -> Fields:
        attributes = attributes_of(value) or {}
        fields = Fields([(name, attributes[name]) for name in names if name in attributes])
        extra = stored(value, "__pydantic_extra__")
        if isinstance(extra, dict):
            fields += dict.items(extra)
        return fields

    return read_model


def _reader_of_model_1(excluded: frozenset[str]) -> Reader:
    def read_model(value: Any) -> Any:
        attributes = attributes_of(value) or {}
        if "__root__" in attributes:
            return attributes["__root__"]
        return Fields([(name, item) for name, item in dict.items(attributes) if name not in excluded])

    return read_model


def _is_pydantic_1(kind: type) -> bool:
    if not isinstance(class_attribute(kind, "__fields__"), dict):
        return False
    return any(name_of(base) in _PYDANTIC_1 for base in bases_of(kind))


def _descriptions(kind: type) -> Mapping[str, Any]:
    """Return pydantic's descriptions of a model's fields."""
    for name in ("__pydantic_fields__", "model_fields", "__fields__"):
        declared = class_attribute(kind, name)
        if isinstance(declared, dict):
            return declared
    return {}


def _excluded(descriptions: Mapping[str, Any]) -> frozenset[str]:
    excluded: set[str] = set()
    for name, description in descriptions.items():
        info = stored(description, "field_info")
        if info is ABSENT:  # version 1 alone wraps it
            info = description
        if stored(info, "exclude") not in (None, False, ABSENT):
            excluded.add(name)
    return frozenset(excluded)


def _reader_of_attribute(name: str) -> Reader:
    return lambda value: stored(value, name)


def _read_chain_map(value: Any) -> Any:
    """Return what a ChainMap shows, where it is made of dicts; else its maps one by one."""
    maps = stored(value, "maps")
    if not isinstance(maps, list) or not all(issubclass(type(one), dict) for one in maps):
        return maps
    merged: dict[Any, Any] = {}
    for one in reversed(maps):
        merged.update(dict.items(one))
    return merged


_WRAPPERS: dict[tuple[str, str], Reader] = {
    ("types", "SimpleNamespace"): attributes_of,
    ("argparse", "Namespace"): attributes_of,
    ("collections", "UserDict"): _reader_of_attribute("data"),
    ("collections", "UserList"): _reader_of_attribute("data"),
    ("collections", "UserString"): _reader_of_attribute("data"),
    ("collections", "ChainMap"): _read_chain_map,
    ("pydantic.networks", "_BaseUrl"): _reader_of_attribute("_url"),
    ("pydantic.networks", "_BaseMultiHostUrl"): _reader_of_attribute("_url"),
}
"""Classes whose objects merely wrap something, and what they wrap."""
