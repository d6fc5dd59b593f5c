"""Binding: which argument went to which parameter.

``inspect.Signature.bind`` takes tens of microseconds. Instead a function with the same parameters is compiled
once that returns them as a dict, so that the interpreter itself binds them, defaults included.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

Bind = Callable[..., dict[str, Any]]
Process = Callable[[Any], Any]
_STARS: dict[int, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def compile_binding(function: Callable[..., Any]) -> Bind:
    """Return a function that is called like ``function`` and returns its inputs.

    ``self`` and ``cls`` are dropped, ``**keywords`` flattened, ``*positional`` a list. It raises the
    TypeError of arguments that don't fit; what is logged then is ``unbound(args, kwargs)``.
    """
    try:
        return _compile(inspect.signature(function))
    except (ValueError, TypeError):
        return lambda *args, **kwargs: unbound(args, kwargs)


def unbound(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a call whose arguments can't be told apart."""
    return {"args": list(args), "kwargs": kwargs}


def _compile(signature: inspect.Signature) -> Bind:
    parameters = list(signature.parameters.values())
    code = f"def bind({_declared(parameters)}):\n return {{{_returned(parameters)}}}"
    scope: dict[str, Any] = {}
    for index, parameter in enumerate(parameters):
        scope[_default_name(index)] = parameter.default
    exec(code, scope)
    bind: Bind = scope["bind"]
    return bind


def _default_name(index: int) -> str:
    return f"_d{index}"


def _declared(parameters: list[inspect.Parameter]) -> str:
    """Return what stands between the parentheses of a function with ``parameters``."""
    declared: list[str] = []
    before: inspect.Parameter | None = None
    for index, parameter in enumerate(parameters):
        declared += _separators(before, parameter)
        text = _STARS.get(parameter.kind, "") + parameter.name
        if parameter.default is not parameter.empty:
            text += f"={_default_name(index)}"
        declared.append(text)
        before = parameter
    if before is not None and before.kind is before.POSITIONAL_ONLY:
        declared.append("/")
    return ", ".join(declared)


def _separators(before: inspect.Parameter | None, parameter: inspect.Parameter) -> Iterator[str]:
    """Yield ``/`` and ``*`` where they belong between two neighbours."""
    if before is not None and before.kind is before.POSITIONAL_ONLY and parameter.kind is not before.kind:
        yield "/"
    begins_keywords = before is None or before.kind not in (before.VAR_POSITIONAL, before.KEYWORD_ONLY)
    if parameter.kind is parameter.KEYWORD_ONLY and begins_keywords:
        yield "*"


def _returned(parameters: list[inspect.Parameter]) -> str:
    """Return what stands between the braces of the dict that the function returns."""
    if parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    returned: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            returned.append(f"**{parameter.name}")
        elif parameter.kind is parameter.VAR_POSITIONAL:
            returned.append(f"{parameter.name!r}: [*{parameter.name}]")
        else:
            returned.append(f"{parameter.name!r}: {parameter.name}")
    return ", ".join(returned)


def process_safely(process: Process, value: Any) -> Any:
    """Return ``process(value)``; where that fails, what says so: the value itself may be sensitive."""
    try:
        return process(value)
    except Exception as error:
        return {"<dropped>": f"{function_name(process)} raised {type(error).__qualname__}"}


def importable_name(function: Any) -> str | None:
    """Return ``module:name`` of a function, or None where it has no name that can be imported."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not (isinstance(module, str) and isinstance(name, str)) or "<" in name:  # <locals>, <lambda>
        return None
    return f"{module}:{name}"


def function_name(function: Any) -> str:
    """Return what a run of ``function`` is called."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", None) or type(function).__name__
