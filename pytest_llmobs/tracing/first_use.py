"""What is made or imported at first use: by one thread at a time, and by none while a child is forked.

A child that is forked in the middle of it would wait for a thread that lives in its parent alone.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()
_PATIENCE = 60.0
"""Seconds: recovering what a crash has left is part of it, and may take long."""
_PATIENCE_WHILE_IMPORTING = 2.0
"""The thread that is at work may itself wait for the module that this one is importing."""
_forking: dict[int, bool] = {}
"""By the thread that forks: whether it holds the lock."""


@contextmanager
def alone() -> Iterator[bool]:
    """Keep other threads, and forks, waiting inside the ``with`` block.

    The block gets False where waiting for another thread took too long.
    """
    lock = _lock
    held = lock.acquire(timeout=_patience())
    try:
        yield held
    finally:
        if held:
            lock.release()


def _patience() -> float:
    """Return the seconds to wait: few in the middle of an import, since the lock's holder may wait for it."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return _PATIENCE_WHILE_IMPORTING
        frame = frame.f_back  # type: ignore[assignment]
    return _PATIENCE


def _before_fork() -> None:
    _forking[threading.get_ident()] = _lock.acquire(timeout=_patience())


def _after_fork() -> None:
    if _forking.pop(threading.get_ident()):
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    if _forking[threading.get_ident()]:
        _lock.release()
    else:  # its holder isn't here
        _lock = threading.RLock()
    _forking.clear()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
