"""The run of a trial's target: where the target itself is traced, the trial's root is that run, and no second one.

Evaluators expect it of LangSmith: ``run.child_runs`` are what the target called. The trial's root says which call it
waits for (``OpenRun.awaited``), and the first call of it starts no run of its own.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Protocol

STARTS_RUNS = "__llmobs_decorated__"
"""Attribute of a traced function: what starts its runs. Other decorators copy it to their own functions."""


class StartsRuns(Protocol):
    """What a traced function has as ``STARTS_RUNS``."""

    wrapper: Any
    """What is called in the function's place."""

    @property
    def may_be_root(self) -> bool:
        """True where the root of a trial can be the function's run."""


def awaited_call(target: Any) -> StartsRuns | None:
    """Return what the root of a trial waits for: what starts the run of its target; None where that is another run.

    A function under a further decorator is that decorator's, which may call the traced one often, or never.

    Args:
        target: A function, a method, a ``functools.partial`` or an object that can be called.
    """
    while isinstance(target, functools.partial):
        target = target.func
    for called in (target, inspect.getattr_static(type(target), "__call__", None)):
        function = getattr(called, "__func__", called)
        starts: StartsRuns | None = getattr(function, "__dict__", {}).get(STARTS_RUNS)
        if starts is not None and starts.wrapper is function and starts.may_be_root:
            return starts
    return None
