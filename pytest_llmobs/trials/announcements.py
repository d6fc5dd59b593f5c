"""Says which attempt is through, in the order in which they are."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from functools import partial
from typing import Generic, TypeVar

from pytest_llmobs.trials.workers import Task

A = TypeVar("A")


class Announcements(Generic[A]):
    """Counts the tasks of each attempt that have not ended; the last one's end announces the attempt.

    What a task starts for its attempt is tracked before that task ends, so that none is announced too early.
    """

    def __init__(self) -> None:
        self._through: queue.SimpleQueue[A] = queue.SimpleQueue()
        self._open: Counter[A] = Counter()
        """Attempt -> its tasks that have not ended."""
        self._lock = threading.Lock()
        """Guards the counter."""

    def track(self, attempt: A, task: Task) -> None:
        """Count a task, which isn't submitted yet."""
        with self._lock:
            self._open[attempt] += 1
        task.on_end = partial(self._ended, attempt)

    def next(self, timeout: float) -> A | None:
        """Return the next attempt that is through; None where none was within ``timeout`` seconds."""
        try:
            return self._through.get(timeout=timeout)
        except queue.Empty:
            return None

    def _ended(self, attempt: A) -> None:
        with self._lock:
            self._open[attempt] -= 1
            is_through = self._open[attempt] == 0
            if is_through:
                del self._open[attempt]
        if is_through:
            self._through.put(attempt)
