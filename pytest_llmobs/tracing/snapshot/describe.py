"""What stands for a value that can't be read."""

from __future__ import annotations

import types
from typing import Any

from pytest_llmobs.tracing.snapshot.stored import attributes_of, name_of


def describe(value: Any) -> str:
    """Return what stands for a value that can't be read: ``<module.Class object>`` or a function's name."""
    kind = type(value)
    if kind is types.MethodType and _is_function(type(value.__func__)):
        value, kind = value.__func__, type(value.__func__)
    if issubclass(kind, type):
        return f"<class {'.'.join(name_of(value))}>"
    if _is_function(kind):
        module = value.__module__
        if not isinstance(module, str):
            module = None
        return f"<function {module}.{value.__qualname__}>"
    if kind is types.ModuleType:
        return _describe_module(value)
    module, name = name_of(kind)
    if module == "builtins":
        return f"<{name} object>"
    return f"<{module}.{name} object>"


def _is_function(kind: type) -> bool:
    # Not by ==, which may be the metaclass's own.
    return kind is types.FunctionType or kind is types.BuiltinFunctionType


def _describe_module(module: types.ModuleType) -> str:
    name = (attributes_of(module) or {}).get("__name__")
    if type(name) is not str:
        return "<module object>"
    return f"<module {name}>"
