"""At most so many tasks at once, in daemon threads or on one event loop."""

from __future__ import annotations

import heapq
import inspect
import itertools
import queue
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from pytest_llmobs.clocks import real
from pytest_llmobs.trials.rate_limit import RateLimit

if TYPE_CHECKING:  # a session without async targets does without it: it takes 3 MB
    import asyncio
    import concurrent.futures

_LONGEST_NAP = 0.5
"""Seconds after which ``wait`` looks again, though nothing has ended: other tasks may have started since."""


def _nothing() -> None:
    """Stand in for what a task was to do, once it has ended."""


class Task:
    """One piece of work: a function without arguments, sync or async, and how it ended."""

    __slots__ = ("_future", "cancelled", "ended", "error", "function", "name", "on_end", "order", "started")

    def __init__(
        self,
        function: Callable[[], Any],
        order: tuple[int, ...] = (),
        *,
        name: str = "The task",
        on_end: Callable[[], Any] | None = None,
    ) -> None:
        self.function = function
        self.order = order
        """Lower goes first among the waiting."""
        self.name = name
        """What messages call it."""
        self.on_end = on_end
        """Called once it has ended, in whatever thread; must be quick, and must not raise."""
        self.started: float | None = None
        """Seconds on the workers' clock, or None while it waits."""
        self.ended = False
        self.cancelled = False
        """True once ``Workers.cancel`` was asked to stop it."""
        self.error: BaseException | None = None
        self._future: asyncio.Task[Any] | concurrent.futures.Future[Any] | None = None
        """What of it runs on the event loop."""

    def let_go(self) -> None:
        """Say that it has ended, and forget what it was to do: its trial, which holds it, is in both."""
        if self.on_end is not None:
            self.on_end()
        self.function, self.on_end = _nothing, None

    def describe_timeout(self, seconds: float) -> str:
        """Return what befell a task that was given up after so many seconds."""
        if self.started is None:
            return f"found no free slot within {seconds:g} s (llm_timeout)"
        return f"did not end within {seconds:g} s (llm_timeout)"


class Workers:
    """Runs tasks, at most ``limit`` at once.

    Threads are daemons and are never joined: a hung task keeps its slot and can't keep the process alive.
    Every task runs in its own copy of the context in which the workers were made.
    """

    def __init__(
        self,
        limit: int,
        clock: Callable[[], float] = real.seconds,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Prepare, without starting a thread.

        Args:
            limit: Tasks at once.
            clock: Returns seconds.
            loop: A loop that is running, for async tasks: sessions and locks of the caller's belong to his loop. None
                for one of the workers' own, in a thread of theirs.
        """
        self.limit = limit
        self.clock = clock
        self.rate_limit = RateLimit(clock)
        """When the next task may start."""
        self._changed = threading.Condition()
        """Guards all below; notified whenever a task ends."""
        self._base_context: Context = copy_context()
        self._waiting: list[tuple[tuple[int, ...], int, Task]] = []
        self._running: set[Task] = set()
        self._count = itertools.count()
        self._inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        """Where threads get their next task; None tells one to end."""
        self._served = threading.local()
        """The task of each thread, as ``task``."""
        self._threads = 0
        self._idle_threads = 0
        self._loop = loop
        self._owns_loop = loop is None
        self._loop_ends = False
        """True once the caller's loop cancels its tasks, as ``asyncio.run`` does at its end: nothing starts then."""
        self._closed = False
        self._alarm: threading.Timer | None = None
        """Rings when the rate limit lets the next task start."""

    def submit(self, task: Task) -> Task:
        """Start ``task`` as soon as a slot is free; the one with the lowest order goes first."""
        with self._changed:
            heapq.heappush(self._waiting, (task.order, next(self._count), task))
            self._start_waiting()
        return task

    def wait(self, task: Task, timeout: float) -> bool:
        """Block until ``task`` ended, or until it ran ``timeout`` seconds, or until no slot will come free.

        Returns:
            True where the task ended in time.
        """
        with self._changed:
            while not task.ended:
                remaining = self._patience(task, timeout)
                if remaining <= 0:
                    return False
                self._changed.wait(min(remaining, _LONGEST_NAP))
            return True

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the event loop, in a copy of this thread's context, and block until it ended."""
        import asyncio

        with self._changed:
            loop = self._event_loop()
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        task: Task | None = getattr(self._served, "task", None)
        if task is not None:
            task._future = future
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def cancel(self, task: Task) -> None:
        """Take a waiting task out, and ask what runs on the event loop to stop; a running sync one goes on."""
        with self._changed:
            self._waiting = [entry for entry in self._waiting if entry[2] is not task]
            heapq.heapify(self._waiting)
            task.cancelled = True
            if task._future is not None and self._loop is not None:
                with suppress(RuntimeError):  # a caller's loop may have been closed meanwhile
                    self._loop.call_soon_threadsafe(task._future.cancel)

    def is_overdue(self, task: Task, timeout: float) -> bool:
        """Return True where ``wait`` would give a task up at once."""
        with self._changed:
            return not task.ended and self._patience(task, timeout) <= 0

    def close(self) -> None:
        """Drop what waits, stop the event loop, and let idle threads end. Does not wait for anything.

        A second call changes nothing.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._waiting.clear()
            if self._alarm is not None:
                self._alarm.cancel()
            for _ in range(self._threads):
                self._inbox.put(None)
            if self._loop is not None and self._owns_loop:
                self._loop.call_soon_threadsafe(self._loop.stop)

    def _patience(self, task: Task, timeout: float) -> float:
        """Return for how many seconds it makes sense to wait for ``task``."""
        now = self.clock()
        if task.started is not None:
            return task.started + timeout - now
        if len(self._running) < self.limit:  # only the rate limit keeps it waiting
            return timeout
        # A task that waits gets its chance when the youngest of the running ones has either ended or hung.
        starts = [running.started for running in self._running if running.started is not None]
        return max(starts, default=now) + timeout - now

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self.limit and not self._closed:
            delay = self.rate_limit.delay()
            if delay > 0:
                self._wake_in(delay)
                return
            self.rate_limit.started()
            task = heapq.heappop(self._waiting)[2]
            task.started = self.clock()
            self._running.add(task)
            if inspect.iscoroutinefunction(task.function):
                self._start_on_loop(task)
            else:
                self._run_in_thread(task)

    def _wake_in(self, delay: float) -> None:
        if self._alarm is None:
            self._alarm = threading.Timer(delay, self._wake)
            self._alarm.daemon = True
            self._alarm.start()

    def _wake(self) -> None:
        with self._changed:
            self._alarm = None
            self._start_waiting()

    def _run_in_thread(self, task: Task) -> None:
        if self._idle_threads:
            self._idle_threads -= 1
        else:
            self._threads += 1
            threading.Thread(target=self._serve, name="llmobs-ahead", daemon=True).start()
        self._inbox.put(task)

    def _serve(self) -> None:
        while (task := self._inbox.get()) is not None:
            self._served.task = task
            self._run(task)
            self._end(task, freed_thread=True)

    def _run(self, task: Task) -> None:
        """Run a sync task here, in a context of its own, and keep what it raises."""
        try:
            self._base_context.copy().run(task.function)
        except BaseException as error:
            task.error = error

    def _start_on_loop(self, task: Task) -> None:
        try:
            self._event_loop().call_soon_threadsafe(self._run_on_loop, task)
        except RuntimeError:  # the caller has closed his loop
            self._end_unstarted(task)

    def _end_unstarted(self, task: Task) -> None:
        """End a task whose loop takes no more: to the task that is as if it had been cancelled."""
        import asyncio

        task.error = asyncio.CancelledError()
        self._end(task, freed_thread=False)

    def _run_on_loop(self, task: Task) -> None:
        if self._loop_ends:
            self._end_unstarted(task)
            return
        coroutine = task.function()
        task._future = self._event_loop().create_task(coroutine, context=self._base_context.copy())
        task._future.add_done_callback(lambda future: self._collect(task, future))

    def _collect(self, task: Task, future: asyncio.Task[Any]) -> None:
        if future.cancelled():
            task.error = TimeoutError("cancelled")
        else:
            task.error = future.exception()
        # asked of the future: a target's cancellation ends its trial and goes no further
        if future.cancelling() and not task.cancelled and not self._owns_loop:
            self._leave_loop()
        self._end(task, freed_thread=False)

    def _leave_loop(self) -> None:
        """Start nothing more on a loop that ends, and stop what it began after it had cancelled its tasks."""
        with self._changed:
            self._loop_ends = True
            for running in self._running:
                if running._future is not None:
                    running._future.cancel()

    def _end(self, task: Task, *, freed_thread: bool) -> None:
        with self._changed:
            self._running.discard(task)
            self._idle_threads += freed_thread
            task.ended = True
            self._start_waiting()
            self._changed.notify_all()
        task.let_go()

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
            threading.Thread(
                target=_run_loop, args=(self._loop,), name="llmobs-ahead-loop", daemon=True
            ).start()
        return self._loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
