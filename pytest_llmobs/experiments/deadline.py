"""A limit on what runs in the main thread, where nobody can wait for it from outside."""

from __future__ import annotations

import bdb
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TargetTimeout(Exception):
    """A target, or a test that calls the app itself, didn't end within ``llm_timeout`` seconds."""


@contextmanager
def deadline(seconds: float, what: str) -> Iterator[None]:
    """Raise ``TargetTimeout`` in what runs below once it took ``seconds``, and again each time it goes on regardless.

    It needs the main thread and a system with interval timers (not Windows), and leaves alone a timer that somebody
    else has set, such as pytest-timeout, and whoever sits in a debugger; elsewhere nothing is limited.

    Args:
        seconds: The limit.
        what: What the message calls it.
    """
    if not _available():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if not isinstance(getattr(sys.gettrace(), "__self__", None), bdb.Bdb):
            raise TargetTimeout(f"{what} did not end within {seconds:g} s (llm_timeout).")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _available() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )
