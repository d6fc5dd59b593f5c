"""The awaitable client: a twin for each method of ``Client``, made when the class is."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from pytest_llmobs.async_client.threads import iterate
from pytest_llmobs.client.client import Client
from pytest_llmobs.client.refused import REFUSED
from pytest_llmobs.wording import nearest


class AsyncClient:
    """What ``Client`` does, without holding up the event loop: methods are awaited, lists iterated with ``async for``.

    The arguments, the results and the errors are the client's. ``client`` is the client itself.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Take what ``Client`` takes. Nothing is opened, made or asked.

        Raises:
            LlmobsError: As of ``Client``.
        """
        self.client = Client(*arguments, **keywords)

    def __repr__(self) -> str:
        return f"Async{self.client!r}"

    def __getattr__(self, name: str) -> Any:
        """Return the client's groups of methods, which may be awaited anyway, and what it refuses.

        Raises:
            AttributeError: Nobody knows the name.
        """
        if name == "client":  # copying and pickling ask before there is one
            raise AttributeError(name)
        if name in REFUSED or name in _ATTRIBUTES:
            return getattr(self.client, name)
        choices = [known for known in (*dir(type(self)), *_ATTRIBUTES) if not known.startswith("_")]
        raise AttributeError(f"AsyncClient has no {name!r}.{nearest(name, choices)}")

    async def aclose(self) -> None:
        """Do what ``flush`` does; the client can be used on."""
        await asyncio.to_thread(self.client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self.aclose()


def _twin(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the awaitable twin of a method of the client."""
    awaitable = getattr(Client, f"a{name}", method)

    async def await_it(self: AsyncClient, *arguments: Any, **keywords: Any) -> Any:
        return await awaitable(self.client, *arguments, **keywords)

    def iterate_it(self: AsyncClient, *arguments: Any, **keywords: Any) -> Any:
        return iterate(functools.partial(method, self.client, *arguments, **keywords))

    async def call_it(self: AsyncClient, *arguments: Any, **keywords: Any) -> Any:
        return await asyncio.to_thread(method, self.client, *arguments, **keywords)

    twin: Callable[..., Any] = call_it
    if inspect.iscoroutinefunction(awaitable):
        twin = await_it
    elif str(method.__annotations__.get("return")).startswith("Iterator["):
        twin = iterate_it
    return functools.wraps(method)(twin)


_ATTRIBUTES = ("annotation_queues", "redaction", "runs", "store", "workspace")
"""What the client has besides methods."""

for _name, _method in inspect.getmembers(Client, inspect.isfunction):
    if not _name.startswith("_"):
        setattr(AsyncClient, _name, _twin(_name, _method))
