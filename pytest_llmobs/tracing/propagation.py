"""Carry the current run into threads and thread pools. Nothing but our own variable is carried.

Tasks, ``asyncio.to_thread`` and anyio carry the whole context themselves; plain threads and executors carry nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pytest_llmobs.tracing.context import Scope, current, leave

_start_thread = threading.Thread.start
_submit = ThreadPoolExecutor.submit


def carry_into_threads() -> None:
    """Make runs that start in threads of a run stay under it."""
    threading.Thread.start = _start_carrying  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = _submit_carrying  # type: ignore[method-assign, assignment]


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


def _submit_carrying(
    self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Future[Any]:
    here = current.get()
    if here is None:
        return _submit(self, fn, *args, **kwargs)

    def carried(*args: Any, **kwargs: Any) -> Any:
        token = current.set(here)
        try:
            return fn(*args, **kwargs)
        finally:
            leave(token)

    # A worker that submit starts must not inherit this run for good: it will serve others.
    token = current.set(None)
    try:
        return _submit(self, carried, *args, **kwargs)
    finally:
        leave(token)


def _forget_in_child() -> None:
    """In a forked child: the runs going on are the parent's to write; what starts now still belongs under them."""
    here = current.get()
    run = here.parent if isinstance(here, Scope) else here
    while run is not None:
        run.line = b""
        run = run.parent


os.register_at_fork(after_in_child=_forget_in_child)
