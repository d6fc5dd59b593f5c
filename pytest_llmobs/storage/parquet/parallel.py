"""Reading several things side by side: Arrow reads and decompresses without the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 4
"""Threads at most."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def thread_count() -> int:
    """Return how many threads help."""
    return min(_AT_ONCE, os.cpu_count() or 1)


def thread_pool() -> ThreadPoolExecutor:
    """Return threads, as many as help."""
    return ThreadPoolExecutor(thread_count(), "llmobs-read")


class Threads:
    """The threads of one scan, started when there is something for them. New ones each time would cost memory."""

    def __init__(self) -> None:
        """Start none yet."""
        self._pool: ThreadPoolExecutor | None = None

    def map(self, function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
        """Return what ``function`` returns for each item, in their order; one item needs no thread."""
        if len(items) < 2:
            return list(map(function, items))
        if self._pool is None:
            self._pool = thread_pool()
        return list(self._pool.map(function, items))

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
