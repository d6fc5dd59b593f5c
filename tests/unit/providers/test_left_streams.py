"""A stream that is left before its end has no cost, however it is left: what it used is never told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.measures.model_calls import spending
from tests import anthropic_server, openai_server
from tests.unit.tracing.memory import MemorySink

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 5,
    "messages": [{"role": "user", "content": "q"}],
}
WORDS = "one two three four"


@contextmanager
def _anthropic() -> Iterator[Callable[[], Any]]:
    with (
        anthropic_server.serve(anthropic_server.text(WORDS, pause=0.005)) as server,
        anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0) as client,
    ):
        yield lambda: client.messages.create(**ASK, stream=True)


@contextmanager
def _openai() -> Iterator[Callable[[], Any]]:
    asked: dict[str, Any] = {**ASK, "model": "gpt-5-mini", "stream_options": {"include_usage": True}}
    with (
        openai_server.serve(openai_server.chat({"content": WORDS}, pause=0.005)) as server,
        openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client,
    ):
        yield lambda: client.chat.completions.create(**asked, stream=True)


def _break(stream: Any) -> None:
    for number, _ in enumerate(stream):
        if number == 2:
            break
    stream.close()


def _raise(stream: Any) -> None:
    with pytest.raises(ZeroDivisionError), stream:
        next(iter(stream))
        raise ZeroDivisionError


def _leave(stream: Any) -> None:
    with stream:
        next(iter(stream))


def _drop(stream: Any) -> None:
    next(iter(stream))
    del stream


def _never_read(stream: Any) -> None:
    stream.close()


@pytest.mark.parametrize("left", [_break, _raise, _leave, _drop, _never_read])
@pytest.mark.parametrize("serving", [_anthropic, _openai])
def test_a_stream_that_is_left(sink: MemorySink, serving: Any, left: Callable[[Any], None]) -> None:
    with serving() as ask:
        left(ask())
    gc.collect()
    _check_unknown(sink)


def _check_unknown(sink: MemorySink) -> None:
    (run,) = sink.runs
    assert (run.status, run.usage.total_cost) == ("abandoned", None)
    assert run.metadata["cost_unknown"]
    assert spending(sink.runs).unpriced


@asynccontextmanager
async def _async_stream() -> AsyncIterator[Any]:
    with anthropic_server.serve(anthropic_server.text(WORDS, pause=0.005)) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client:
            yield await client.messages.create(**ASK, stream=True)


@pytest.mark.asyncio
async def test_an_async_stream_that_is_closed(sink: MemorySink) -> None:
    async with _async_stream() as stream:
        async for _ in stream:
            break
        await stream.close()
    _check_unknown(sink)


def test_a_request_whose_reply_never_came_has_no_cost(sink: MemorySink) -> None:
    late = anthropic_server.text("late", delay=2)
    with (
        anthropic_server.serve(late) as server,
        anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0, timeout=0.05) as client,
        pytest.raises(anthropic.APITimeoutError),
    ):
        client.messages.create(**ASK)
    assert "wasn't heard" in sink.runs[0].metadata["cost_unknown"]
    assert spending(sink.runs).unpriced


def test_a_request_that_was_refused_costs_nothing(sink: MemorySink) -> None:
    with (
        anthropic_server.serve(anthropic_server.failure(400)) as server,
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
        pytest.raises(anthropic.BadRequestError),
    ):
        client.messages.create(**ASK)
    closed = anthropic.Anthropic(base_url="http://127.0.0.1:9", api_key="k", max_retries=0)
    with closed, pytest.raises(anthropic.APIConnectionError):
        closed.messages.create(**ASK)
    assert spending(sink.runs).unpriced == frozenset()


@pytest.mark.asyncio
async def test_a_request_that_was_cancelled_has_no_cost(sink: MemorySink) -> None:
    with anthropic_server.serve(anthropic_server.text("late", delay=1)) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.messages.create(**ASK), 0.2)
    assert spending(sink.runs).unpriced
