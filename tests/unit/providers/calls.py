"""Calls of the anthropic SDK against a server of the test's own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import anthropic
import pluggy

from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.providers.base import Provider
from tests.anthropic_server import Server

MODEL = "claude-sonnet-5"
ASK: dict[str, Any] = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
USAGE = {
    "input_tokens": 100,
    "cache_read_input_tokens": 300,
    "cache_creation_input_tokens": 50,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
    "output_tokens": 40,
    "output_tokens_details": {"thinking_tokens": 15},
    "service_tier": "standard",
}
Call = Callable[[Any], Any]


def registered() -> Sequence[Provider]:
    """Return new providers of every kind there is."""
    return Extensions(_manager()).providers


@cache
def _manager() -> pluggy.PluginManager:
    """Look through the installed packages once: there are hundreds."""
    return standalone_manager()


def in_sync(server: Server, call: Call, **options: Any) -> Any:
    with anthropic.Anthropic(base_url=server.url, api_key="sk-ant-secret-key", **options) as client:
        return call(client)


def in_async(server: Server, call: Call, **options: Any) -> Any:
    async def main() -> Any:
        async with anthropic.AsyncAnthropic(
            base_url=server.url, api_key="sk-ant-secret-key", **options
        ) as client:
            result = call(client)
            return await result if inspect.isawaitable(result) else result

    return asyncio.run(main())


def create(client: Any) -> Any:
    return client.messages.create(**ASK)
