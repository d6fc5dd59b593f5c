"""At most so many pieces of work at once, in daemon threads or on one event loop."""

from __future__ import annotations

import heapq
import inspect
import itertools
import queue
import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from pytest_llmobs.trials.rate import Pace

if TYPE_CHECKING:  # a session without async targets does without it: it takes 3 MB
    import asyncio


class Task:
    """One piece of work: a function without arguments, sync or async, and what came of it."""

    __slots__ = ("_future", "ended", "error", "order", "started", "value", "work")

    def __init__(self, work: Callable[[], Any], order: tuple[int, ...] = ()) -> None:
        self.work = work
        self.order = order
        """Lower goes first among the waiting."""
        self.started: float | None = None
        """Seconds on the slots' clock, or None while it waits."""
        self.ended = False
        self.value: Any = None
        self.error: BaseException | None = None
        self._future: asyncio.Task[Any] | None = None


class Slots:
    """Runs tasks, at most ``limit`` at once.

    Threads are daemons and are never joined: a hung task keeps its slot and can't keep the process alive.
    Every task runs in its own copy of the context in which the slots were made.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.clock = clock
        self.pace = Pace(clock)
        """When the next task may start; see ``Pace``."""
        self.changed = threading.Condition()
        """Notified whenever a task ends."""
        self._base: Context = copy_context()
        self._waiting: list[tuple[tuple[int, ...], int, Task]] = []
        self._running: set[Task] = set()
        self._count = itertools.count()
        self._inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._alarm: threading.Timer | None = None

    def submit(self, task: Task) -> Task:
        """Start ``task`` as soon as a slot is free; the one with the lowest order goes first."""
        with self.changed:
            heapq.heappush(self._waiting, (task.order, next(self._count), task))
            self._dispatch()
        return task

    def wait(self, task: Task, timeout: float) -> bool:
        """Block until ``task`` ended, or until it ran ``timeout`` seconds, or until no slot will come free.

        Returns:
            True where the task ended in time.
        """
        with self.changed:
            while not task.ended:
                remaining = self._patience(task, timeout)
                if remaining <= 0:
                    return False
                self.changed.wait(min(remaining, 0.5))
            return True

    def cancel(self, task: Task) -> None:
        """Take a waiting task out, and ask a running async one to stop; a running sync one goes on."""
        with self.changed:
            self._waiting = [entry for entry in self._waiting if entry[2] is not task]
            heapq.heapify(self._waiting)
            if task._future is not None and self._loop is not None:
                self._loop.call_soon_threadsafe(task._future.cancel)

    def close(self) -> None:
        """Drop what waits, stop the event loop, and let idle threads end. Does not wait for anything."""
        with self.changed:
            self._closed = True
            self._waiting.clear()
            if self._alarm is not None:
                self._alarm.cancel()
            for _ in range(self._threads):
                self._inbox.put(None)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)

    def _patience(self, task: Task, timeout: float) -> float:
        now = self.clock()
        if task.started is not None:
            return task.started + timeout - now
        if len(self._running) < self.limit:  # it waits for its turn by the pace
            return timeout
        # A task that waits gets its chance when the youngest of the running ones has either ended or hung.
        starts = [running.started for running in self._running if running.started is not None]
        return max(starts, default=now) + timeout - now

    def _dispatch(self) -> None:
        while self._waiting and len(self._running) < self.limit and not self._closed:
            if (delay := self.pace.delay()) > 0:
                self._wake_in(delay)
                return
            self.pace.started()
            task = heapq.heappop(self._waiting)[2]
            task.started = self.clock()
            self._running.add(task)
            if inspect.iscoroutinefunction(task.work):
                self._event_loop().call_soon_threadsafe(self._begin, task)
                continue
            if self._idle:
                self._idle -= 1
            else:
                self._threads += 1
                threading.Thread(target=self._serve, name="llmobs-ahead", daemon=True).start()
            self._inbox.put(task)

    def _wake_in(self, delay: float) -> None:
        if self._alarm is None:
            self._alarm = threading.Timer(delay, self._wake)
            self._alarm.daemon = True
            self._alarm.start()

    def _wake(self) -> None:
        with self.changed:
            self._alarm = None
            self._dispatch()

    def _serve(self) -> None:
        while (task := self._inbox.get()) is not None:
            try:
                task.value = self._base.copy().run(task.work)
            except BaseException as error:
                task.error = error
            self._end(task, freed_thread=True)

    def _begin(self, task: Task) -> None:
        task._future = self._event_loop().create_task(task.work(), context=self._base.copy())
        task._future.add_done_callback(lambda future: self._collect(task, future))

    def _collect(self, task: Task, future: asyncio.Task[Any]) -> None:
        if future.cancelled():
            task.error = TimeoutError("cancelled")
        else:
            task.error = future.exception()
            task.value = None if task.error else future.result()
        self._end(task, freed_thread=False)

    def _end(self, task: Task, *, freed_thread: bool) -> None:
        with self.changed:
            self._running.discard(task)
            self._idle += freed_thread
            task.ended = True
            self._dispatch()
            self.changed.notify_all()

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
