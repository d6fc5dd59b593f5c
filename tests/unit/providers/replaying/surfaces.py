"""Ways of calling the SDKs. Each returns what a user gets of it in a form that can be compared."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

Surface = Callable[[Any], Awaitable[Any]]
"""Takes a client, sync or async."""


async def settled(value: Any) -> Any:
    """Await what is to be awaited: one call then serves a sync client and an async one."""
    return await value if inspect.isawaitable(value) else value


async def listed(stream: Any) -> list[Any]:
    """Return all items of an iterator, sync or async."""
    if hasattr(stream, "__aiter__"):
        return [plain(item) async for item in stream]
    return [plain(item) for item in stream]


class Entered:
    """The ``with`` block of a manager, sync or async."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    async def __aenter__(self) -> Any:
        if hasattr(self._manager, "__aenter__"):
            return await self._manager.__aenter__()
        return self._manager.__enter__()

    async def __aexit__(self, *error: Any) -> Any:
        if hasattr(self._manager, "__aexit__"):
            return await self._manager.__aexit__(*error)
        return self._manager.__exit__(*error)


def plain(value: Any) -> Any:
    """Return a result in a form that compares by content."""
    if hasattr(value, "model_dump"):
        return value.model_dump(warnings=False)  # older SDKs parse into what their own models don't declare
    return value
