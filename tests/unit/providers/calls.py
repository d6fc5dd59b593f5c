"""Calls of the anthropic SDK against a server of the test's own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import anthropic

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
