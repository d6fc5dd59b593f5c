"""What lies in an object, and in its class, read without asking either: no ``__getattr__``, property or metaclass."""

from __future__ import annotations

import sys
import types
from typing import Any

bases_of = type.__dict__["__mro__"].__get__
"""Returns the classes that a class is made of, itself first."""
namespace_of = type.__dict__["__dict__"].__get__
"""Returns what a class itself holds."""
_module_of = type.__dict__["__module__"].__get__
_qualname_of = type.__dict__["__qualname__"].__get__
_flags_of = type.__dict__["__flags__"].__get__
ABSENT = object()
NOT_SET = "<not set>"
NOT_LOADED = "<not loaded>"
_DICT_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_IS_HEAP_TYPE = 1 << 9


def class_attribute(kind: type, name: str, default: Any = None) -> Any:
    """Return an attribute of a class as it is stored there."""
    for base in bases_of(kind):
        namespace = namespace_of(base)
        if name in namespace:
            return namespace[name]
    return default


def name_of(kind: type) -> tuple[str, str]:
    """Return the module and the name of a class, whatever its metaclass makes of such a question."""
    module, name = _module_of(kind), _qualname_of(kind)
    if type(module) is not str:  # a class may store anything there
        module = "?"
    return module, name


def is_genuine(kind: type, module: str, name: str) -> bool:
    """Return True where a class is what its module calls so, and not one that only says so."""
    if not _flags_of(kind) & _IS_HEAP_TYPE:
        return True  # written in C; a frozen clock puts its own in the module
    imported = sys.modules.get(module)
    return imported is not None and vars(imported).get(name) is kind


def attributes_of(value: Any) -> dict[str, Any] | None:
    """Return an object's ``__dict__``, or None where it has none; a property of that name isn't asked."""
    for base in bases_of(type(value)):
        descriptor = namespace_of(base).get("__dict__")
        if type(descriptor) in _DICT_DESCRIPTORS:
            attributes: dict[str, Any] = descriptor.__get__(value)
            return attributes
    return None


def stored(value: Any, name: str) -> Any:
    """Return an attribute as it is stored, or ``ABSENT``. A mapped class would query its database if it was asked."""
    attributes = attributes_of(value)
    if attributes is not None and dict.__contains__(attributes, name):
        return dict.__getitem__(attributes, name)
    of_class = class_attribute(type(value), name, ABSENT)
    if type(of_class) is types.MemberDescriptorType:
        try:
            return of_class.__get__(value)
        except AttributeError:  # a slot that nothing was put in
            return ABSENT
    if of_class is not ABSENT and class_attribute(type(of_class), "__set__") is not None:
        return NOT_LOADED
    return of_class
