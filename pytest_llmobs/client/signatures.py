"""What ``help()`` and notebooks show of a method that takes its keywords as ``**``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_NO_DEFAULTS: Mapping[str, Any] = {}


def spelled_out(options: type, defaults: Mapping[str, Any] = _NO_DEFAULTS) -> Callable[[Function], Function]:
    """Let ``help()`` and notebooks show a function's keywords one by one, in the place of ``**options``.

    Args:
        options: The ``TypedDict`` of its keywords.
        defaults: What holds where one isn't given; None for all others.
    """

    def show(function: Function) -> Function:
        signature = inspect.signature(function)
        parameters = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        for name, annotation in options.__annotations__.items():
            parameters.append(
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=defaults.get(name),
                    annotation=annotation.__forward_arg__,
                )
            )
        function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return function

    return show
