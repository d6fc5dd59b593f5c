"""Python's garbage collector, while very many records are made or compared.

It would go through those that are there already again and again and find nothing: of 100,000 examples that is a third
of the time that reading takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_pausing = 0
"""Blocks that are in progress, in all threads."""


@contextmanager
def paused() -> Iterator[None]:
    """Pause the collector inside the ``with`` block, or in a function that this decorates; one that is off stays off.

    For our own code, which makes no circles that are worth collecting, and for a moment: what users' threads make
    meanwhile isn't collected either.
    """
    if not _pause():
        yield
        return
    try:
        yield
    finally:
        _resume()


def _pause() -> bool:
    """Return False where somebody else has the collector off: it stays theirs."""
    global _pausing
    with _lock:
        if not _pausing and not gc.isenabled():
            return False
        _pausing += 1
        gc.disable()
        return True


def _resume() -> None:
    global _pausing
    with _lock:
        _pausing -= 1
        if not _pausing:
            gc.enable()
