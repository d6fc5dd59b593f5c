"""One task after the other, in the thread that waits for it: where a debugger and what belongs to a thread work."""

from __future__ import annotations

import queue
from collections.abc import Callable

from pytest_llmobs.clocks import real
from pytest_llmobs.trials.deadline import Deadline
from pytest_llmobs.trials.workers import Task, Workers

_NAP = 0.5
"""Seconds after which a thread that has nothing to run looks whether an async task has hung."""


class CallersThread(Workers):
    """Runs sync tasks in the thread that calls ``wait``, one at a time; async ones still have a loop of their own.

    What hangs is limited where ``Deadline`` can: in the main thread.
    """

    def __init__(self, timeout: float, clock: Callable[[], float] = real.seconds) -> None:
        """Prepare, without running anything.

        Args:
            timeout: Seconds that a task may take.
            clock: Returns seconds.
        """
        super().__init__(1, clock)
        self._deadline = Deadline(timeout)

    def wait(self, task: Task, timeout: float) -> bool:
        """Run what is due, in the order of ``submit``, until ``task`` has ended; return False where it has hung."""
        while not task.ended:
            try:
                due = self._inbox.get(timeout=_NAP)
            except queue.Empty:
                if self.is_overdue(task, timeout):
                    return False
                continue
            if due is not None:
                with self._deadline.limit(due.name):
                    self._run(due)
                self._end(due, freed_thread=False)
        return True

    def close(self) -> None:
        """Drop what waits, and give the timer back."""
        super().close()
        self._deadline.close()

    def _run_in_thread(self, task: Task) -> None:
        self._inbox.put(task)

    def _end(self, task: Task, *, freed_thread: bool) -> None:
        super()._end(task, freed_thread=freed_thread)
        self._inbox.put(None)  # whoever waits for an async task looks again
