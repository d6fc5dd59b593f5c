"""``TracingMiddleware``: the requests of a service become part of their callers' traces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pytest_llmobs.production import connect
from pytest_llmobs.tracing import tracing_context


class TracingMiddleware:
    """ASGI middleware: what a request runs is nested in the run that its headers carry (see ``RunTree.to_headers``).

    A request without such headers is served as it is: its runs start traces of their own.

    Example::

        app.add_middleware(TracingMiddleware)
    """

    def __init__(self, app: Callable[..., Awaitable[Any]]) -> None:
        """Serve an ASGI application."""
        connect()
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with tracing_context(parent=headers):
            await self.app(scope, receive, send)
