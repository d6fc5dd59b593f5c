"""Reading files beside the event loop: one call, or an iterator, in a thread that keeps the context variables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Any

_LARGEST_TURN = 256
"""Records that are read in one turn; the first turns are smaller, so that the first record shows at once."""


async def iterate(call: Callable[[], Iterator[Any]]) -> AsyncIterator[Any]:
    """Yield what an iterator gives, read in threads, a few records a turn.

    Args:
        call: Returns the iterator; mistakes in its arguments are raised here.
    """
    records = await asyncio.to_thread(call)
    size = 1
    while turn := await asyncio.to_thread(list, islice(records, size)):
        for record in turn:
            yield record
        size = min(size * 2, _LARGEST_TURN)
