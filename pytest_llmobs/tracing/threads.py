"""Carry the current run into threads and pools. Nothing but our own variable is carried.

Tasks, ``asyncio.to_thread`` and anyio carry the whole context themselves; plain threads and executors carry nothing.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

from pytest_llmobs.tracing.context import CurrentRun, Scope, current, current_run, leave, live

inherited: ContextVar[CurrentRun | Scope | None] = ContextVar("llmobs_inherited", default=None)
"""What a thread got from the one that started it, for all that it does; a queue may say better."""
_start_thread = threading.Thread.start
_submit = ThreadPoolExecutor.submit


def carry_into_threads() -> None:
    """Make runs that start in threads of a run stay under it."""
    threading.Thread.start = _start_carrying  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = _submit_carrying  # type: ignore[method-assign]


def stop_carrying() -> None:
    """Put back what ``carry_into_threads`` replaced, unless somebody else has replaced it since."""
    if threading.Thread.start is _start_carrying:
        threading.Thread.start = _start_thread  # type: ignore[method-assign]
    if ThreadPoolExecutor.submit is _submit_carrying:
        ThreadPoolExecutor.submit = _submit  # type: ignore[method-assign]


def _start_carrying(self: threading.Thread) -> None:
    here = current.get()
    if here is None or self.ident is not None:
        return _start_thread(self)
    own, run = self.__dict__.get("run"), self.run

    def carried() -> None:
        _restore(self, own)
        current.set(here)
        inherited.set(here)
        run()

    self.run = carried  # type: ignore[method-assign]
    try:
        return _start_thread(self)
    except BaseException:
        _restore(self, own)
        raise


def _restore(thread: threading.Thread, own: Any) -> None:
    if own is None:
        thread.__dict__.pop("run", None)
    else:
        thread.run = own  # type: ignore[method-assign]


class Carried:
    """A function that runs where it was handed over, in whatever thread or process of a pool it is called."""

    def __init__(self, function: Callable[..., Any], here: CurrentRun | Scope) -> None:
        self._function = function
        self._here = here

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function there."""
        token = current.set(self._here)
        try:
            return self._function(*args, **kwargs)
        finally:
            leave(token)

    def __reduce__(self) -> Any:
        scope = self._here
        if not isinstance(scope, Scope):
            scope = Scope(scope, None)
        enabled = scope.enabled
        if enabled:  # the other process has a tracer or none: it may be told to trace nothing, not to trace
            enabled = None
        # A run is pickled as its headers, and arrives as a stand-in.
        run = live(scope.parent)
        return _arrived, (self._function, run, enabled, scope.project, dict(scope.metadata), scope.tags)


def _arrived(function: Callable[..., Any], *scope: Any) -> Carried:
    return Carried(function, Scope(*scope))


def carry_run(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a pool's method such that the function it is given stays under the run that hands it over.

    Args:
        method: Takes the function as its first argument, or as ``func=``.
    """
    call_hidden = hide_run(method)

    @functools.wraps(method)
    def hand_over(self: Any, *args: Any, **kwargs: Any) -> Any:
        here = current.get()
        if here is None:
            return method(self, *args, **kwargs)
        if args:
            args = (Carried(args[0], here), *args[1:])
        elif "func" in kwargs:
            kwargs["func"] = Carried(kwargs["func"], here)
        return call_hidden(self, *args, **kwargs)

    return hand_over


def hide_run(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a pool's method such that a worker it starts doesn't inherit the run for good: it will serve others."""

    @functools.wraps(method)
    def call_hidden(self: Any, *args: Any, **kwargs: Any) -> Any:
        token = current.set(None)
        try:
            return method(self, *args, **kwargs)
        finally:
            leave(token)

    return call_hidden


_submit_carrying = carry_run(_submit)


def _forget_in_child() -> None:
    """In a forked child: the runs going on are the parent's to write; what starts now still belongs under them."""
    run = current_run()
    while run is not None:
        run.line = b""
        run = run.parent


os.register_at_fork(after_in_child=_forget_in_child)
