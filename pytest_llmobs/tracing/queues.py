"""Carry the current run through queues: what a worker does with an item belongs to the run that put it there.

That holds for a worker that serves one item after another. One that has taken items of several traces, and not yet
begun to work on them, may do anything for any of them: what it does then belongs to none.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

from pytest_llmobs.tracing.context import Scope, current, live
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.threads import inherited

_PUT = "_llmobs_put"
"""Attribute of a queue: id of an item -> the item, and the runs in which it was put, the first one first."""
_MOST = 10_000
"""Items that are remembered of one queue; what was removed in other ways than by ``get`` stays among them."""


class _Taken:
    """An item that was taken from a queue, by the run it was put in."""

    __slots__ = ("_runs_below", "run")

    def __init__(self, run: OpenRun) -> None:
        self.run = run
        self._runs_below = run.runs_below

    @property
    def is_open(self) -> bool:
        """True while nothing was done for the item that was logged, and its run is going on."""
        return self.run.runs_below == self._runs_below and live(self.run) is not None


_taken: ContextVar[tuple[_Taken, ...]] = ContextVar("llmobs_taken", default=())
"""What this thread or task has taken and not worked on yet, the latest last."""
_serving: ContextVar[Any] = ContextVar("llmobs_serving", default=None)
"""The run that this module made the current one of a thread or task."""


def carry_put(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a queue's ``_put`` such that the item is known to belong to the current run."""

    @functools.wraps(method)
    def put(self: Any, item: Any, *args: Any, **kwargs: Any) -> Any:
        here = current.get()
        if here is not None:
            run = live(here.parent if isinstance(here, Scope) else here)
            if run is not None:
                _note(self, item, run)
        return method(self, item, *args, **kwargs)

    return put


def carry_get(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a queue's ``_get`` such that the worker goes on under the run in which the item was put.

    Not ``get``: a worker that is older than our tracing is in the middle of that.
    """

    @functools.wraps(method)
    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        item = method(self, *args, **kwargs)
        run = _forget(self, item)
        if run is not None or _serving.get() is not None:
            _serve(run)
        return item

    return get


def _note(queue: Any, item: Any, run: Any) -> None:
    notes = queue.__dict__.setdefault(_PUT, {})
    if len(notes) >= _MOST:
        notes.clear()
    # with the item, so that no other one can have its id
    notes.setdefault(id(item), (item, []))[1].append(run)


def _forget(queue: Any, item: Any) -> OpenRun | None:
    """Return the run that an item was put in, and forget it; None where it was put in none."""
    notes = queue.__dict__.get(_PUT)
    noted = notes.get(id(item)) if notes else None
    if noted is None:
        return None
    runs = noted[1]
    try:
        return cast(OpenRun, runs.pop(0))
    except IndexError:  # another thread was faster with the same object
        return None
    finally:
        if not runs:
            notes.pop(id(item), None)


def _is_main_program() -> bool:
    """Return True in the main thread outside of any event loop: it is nobody's worker, and would keep the run."""
    events = sys.modules.get("asyncio.events")
    in_loop = events is not None and events._get_running_loop() is not None
    return not in_loop and threading.current_thread() is threading.main_thread()


def _serve(run: OpenRun | None) -> None:
    """Go on under ``run``, unless this thread or task is in the middle of a run of its own."""
    here = current.get()
    is_idle = here is None or here is _serving.get() or here is inherited.get()
    if not is_idle and (isinstance(here, Scope) or live(here) is not None):
        return
    if _is_main_program():
        return
    taken = tuple(one for one in _taken.get() if one.is_open)
    if run is not None:
        taken = (*taken, _Taken(run))
    _taken.set(taken)
    traces = {one.run.trace_id for one in taken}
    if run is None or len(traces) > 1:
        run = None
    _serving.set(run)
    current.set(cast(Any, run))
