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


def thread_pool() -> ThreadPoolExecutor:
    """Return threads, as many as help."""
    return ThreadPoolExecutor(thread_count(), "llmobs-read")


def thread_count() -> int:
    """Return how many threads help."""
    return min(_AT_ONCE, os.cpu_count() or 1)


def side_by_side(function: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Return what ``function`` returns for each item, in their order; one item needs no thread."""
    if len(items) < 2:
        return list(map(function, items))
    with thread_pool() as pool:
        return list(pool.map(function, items))
