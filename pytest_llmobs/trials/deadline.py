"""A limit on what runs in the main thread, where nobody can wait for it from outside."""

from __future__ import annotations

import bdb
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_llmobs.clocks import real

_LOOK = 0.1
"""Seconds between two looks at whether the main thread is through."""


class TargetTimeout(Exception):
    """A target, or a test that calls the app itself, didn't end within ``llm_timeout`` seconds."""


class Deadline:
    """Raises ``TargetTimeout`` in a block that takes too long, and again each time it goes on regardless.

    It needs the main thread and a system with interval timers (not Windows), and leaves alone a timer that somebody
    else has set, such as pytest-timeout, and whoever sits in a debugger; elsewhere nothing is limited.

    The timer stays set from one block to the next and looks at the clock when it rings: to set it anew for every test
    would be felt.
    """

    def __init__(self, seconds: float) -> None:
        """Make a limit; it does nothing until the first block.

        Args:
            seconds: What a block may take.
        """
        self.seconds = seconds
        self.passed = False
        """True once something took too long."""
        self._what: str | None = None
        self._due = 0.0
        self._before: Any = signal.SIG_DFL
        self._main_thread: int | None = None
        """None on a system without interval timers."""
        if hasattr(signal, "setitimer"):
            self._main_thread = threading.main_thread().ident

    def limit(self, what: str) -> Deadline:
        """Return the ``with`` block that is limited; one at a time.

        Args:
            what: What the message calls it.
        """
        if threading.get_ident() == self._main_thread:
            if not signal.getitimer(signal.ITIMER_REAL)[0]:
                self._set_timer()
            self._what, self._due = what, real.seconds() + self.seconds
        return self

    def _set_timer(self) -> None:
        before = signal.signal(signal.SIGALRM, self._ring)
        if before not in (None, self._ring):  # None: of a handler that Python hasn't set
            self._before = before
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, *_: object) -> None:
        """End the block."""
        self._what = None

    def close(self) -> None:
        """Give the timer back."""
        if self._main_thread is not None and signal.getsignal(signal.SIGALRM) == self._ring:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if self._what is None:
            return
        left = self._due - real.seconds()
        if left > 0:  # it was set for a block before this one
            signal.setitimer(signal.ITIMER_REAL, left)
            return
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        if not _in_debugger():
            self.passed = True
            raise TargetTimeout(f"{self._what} did not end within {self.seconds:g} s (llm_timeout).")


def _in_debugger() -> bool:
    return isinstance(getattr(sys.gettrace(), "__self__", None), bdb.Bdb)


def exit_anyway(status: Callable[[], int], grace: float) -> None:
    """See that this process ends though hung threads are left: Python itself waits for those of a thread pool.

    Args:
        status: Returns its exit status, if it has to be ended.
        grace: Seconds for which the main thread may wait for others. What runs at exit takes its time.
    """

    def end() -> None:
        left = grace
        while left > 0:
            time.sleep(_LOOK)
            if _is_through(threading.main_thread()):
                left -= _LOOK
            else:
                left = grace
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status())

    threading.Thread(target=end, name="llmobs-exit", daemon=True).start()


def _is_through(main: threading.Thread) -> bool:
    """Return True where the main thread's outermost frame is that of ``threading``, which waits for the others."""
    frame = sys._current_frames().get(main.ident or 0)
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame is None or frame.f_globals is vars(threading)
