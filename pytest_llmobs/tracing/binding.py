"""Binding: which argument went to which parameter.

``inspect.Signature.bind`` takes tens of microseconds. Instead a function with the same parameters is compiled
once that returns them as a dict, so that the interpreter itself binds them, defaults included.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
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
    defaults = {f"_d{i}": p.default for i, p in enumerate(parameters) if p.default is not p.empty}
    code = f"def bind({_declared(parameters)}):\n return {{{_returned(parameters)}}}"
    scope: dict[str, Any] = dict(defaults)
    exec(code, scope)
    bind: Bind = scope["bind"]
    return bind


def _declared(parameters: list[inspect.Parameter]) -> str:
    declared: list[str] = []
    for i, parameter in enumerate(parameters):
        kinds = [p.kind for p in parameters[:i]]
        if parameter.kind > parameter.POSITIONAL_ONLY and kinds and kinds[-1] == parameter.POSITIONAL_ONLY:
            declared.append("/")
        if parameter.kind is parameter.KEYWORD_ONLY and not {
            parameter.VAR_POSITIONAL,
            parameter.KEYWORD_ONLY,
        } & {*kinds}:
            declared.append("*")
        stars = _STARS.get(parameter.kind, "")
        declared.append(
            stars + parameter.name + (f"=_d{i}" if parameter.default is not parameter.empty else "")
        )
    if parameters and parameters[-1].kind is inspect.Parameter.POSITIONAL_ONLY:
        declared.append("/")
    return ", ".join(declared)


def _returned(parameters: list[inspect.Parameter]) -> str:
    returned: list[str] = []
    for i, parameter in enumerate(parameters):
        if i == 0 and parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            returned.append(f"**{parameter.name}")
        elif parameter.kind is parameter.VAR_POSITIONAL:
            returned.append(f"{parameter.name!r}: [*{parameter.name}]")
        else:
            returned.append(f"{parameter.name!r}: {parameter.name}")
    return ", ".join(returned)


def processed(process: Process, value: Any) -> Any:
    """Return ``process(value)``; where that fails, what says so: the value itself may be sensitive."""
    try:
        return process(value)
    except Exception as error:
        return {"<dropped>": f"{function_name(process)} raised {type(error).__qualname__}"}


def function_name(function: Any) -> str:
    """Return what a run of ``function`` is called."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", None) or type(function).__name__
