"""Streams of the anthropic SDK: read whole, read by half, broken off, never read."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import anthropic
import pytest

from pytest_llmobs.tracing import trace, tracing_context
from tests.anthropic_server import Answer, message, serve, text
from tests.unit.providers.calls import ASK, USAGE
from tests.unit.tracing.memory import MemorySink

BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "let me see now", "signature": "sig"},
    {"type": "text", "text": "The weather in Rome"},
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome", "days": [1, 2]}},
]


def _whole(**more: Any) -> Answer:
    return message(BLOCKS, usage=USAGE, stop_reason="tool_use", **more)


def _client(server: Any, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=server.url, api_key="k", max_retries=0, **options)


def _check_whole(sink: MemorySink) -> None:
    (run,) = sink.runs
    assert (run.status, run.stop_reason, run.request_id) == ("success", "tool_use", "req_scripted")
    assert run.outputs is not None
    assert run.outputs["content"] == BLOCKS
    assert (run.usage.input_tokens, run.usage.output_tokens, run.usage.cache_read_tokens) == (450, 40, 300)
    assert run.usage.total_cost is not None
    assert run.time_to_first_token is not None
    assert run.latency is not None
    assert 0 < run.time_to_first_token <= run.latency


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_raw_stream(sink: MemorySink, gzipped: bool) -> None:
    with (
        serve(_whole(gzipped=gzipped)) as server,
        _client(server) as client,
        client.messages.create(**ASK, stream=True) as stream,
    ):
        kinds = [event.type for event in stream]
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    _check_whole(sink)


def test_a_message_stream(sink: MemorySink) -> None:
    with serve(_whole()) as server, _client(server) as client, client.messages.stream(**ASK) as stream:
        assert "".join(stream.text_stream) == "The weather in Rome"
        final = stream.get_final_message()
        assert stream.response.elapsed.total_seconds() > 0
    assert final.content[2].input == {"city": "Rome", "days": [1, 2]}  # type: ignore[union-attr]
    _check_whole(sink)


@pytest.mark.asyncio
async def test_async_streams(sink: MemorySink) -> None:
    with serve(_whole()) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k") as client:
            async for _ in await client.messages.create(**ASK, stream=True):
                pass
            _check_whole(sink)
            sink.lines.clear()
            async with client.messages.stream(**ASK) as stream:
                await stream.until_done()
            _check_whole(sink)
            sink.lines.clear()
            async with client.messages.with_streaming_response.create(**ASK) as response:
                assert (await response.parse()).content[1].text == "The weather in Rome"
    assert sink.runs[0].outputs["content"] == BLOCKS  # type: ignore[index]
    assert sink.runs[0].time_to_first_token is None


@pytest.mark.parametrize("read", ["parse", "json", "read", "iter_lines", "iter_bytes"])
def test_a_streaming_response_however_it_is_read(sink: MemorySink, read: str) -> None:
    with (
        serve(_whole()) as server,
        _client(server) as client,
        client.messages.with_streaming_response.create(**ASK) as response,
    ):
        said = getattr(response, read)()
        if read.startswith("iter"):
            list(said)
    (run,) = sink.runs
    assert (run.status, run.outputs["content"]) == ("success", BLOCKS)  # type: ignore[index]


def test_the_lines_of_a_stream_read_raw(sink: MemorySink) -> None:
    with (
        serve(_whole()) as server,
        _client(server) as client,
        client.messages.with_streaming_response.create(**ASK, stream=True) as response,
    ):
        assert "event: message_start" in list(response.iter_lines())
    _check_whole(sink)


def test_a_truncated_stream_is_incomplete(sink: MemorySink) -> None:
    with serve(text("one two three", truncate_after=5)) as server, _client(server) as client:
        for _ in client.messages.create(**ASK, stream=True):
            pass
    (run,) = sink.runs
    assert (run.status, run.error, run.stop_reason) == ("incomplete", None, None)
    assert run.outputs["content"] == [{"type": "text", "text": "one two "}]  # type: ignore[index]


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_connection_that_breaks_is_an_error_with_what_came(sink: MemorySink, gzipped: bool) -> None:
    script = text("one two three", disconnect_after=5, gzipped=gzipped)
    with (
        serve(script) as server,
        _client(server) as client,
        pytest.raises(Exception, match="peer closed connection") as caught,
    ):
        for _ in client.messages.create(**ASK, stream=True):
            pass
    assert not isinstance(caught.value, anthropic.APIError)
    (run,) = sink.runs
    assert run.status == "error"
    assert "peer closed connection" in (run.error or "")
    assert run.outputs["content"] == [{"type": "text", "text": "one two "}]  # type: ignore[index]
    assert run.usage.input_tokens == 20


@pytest.mark.asyncio
async def test_an_async_connection_that_breaks(sink: MemorySink) -> None:
    with serve(text("one two three", disconnect_after=5)) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k", max_retries=0) as client:
            with pytest.raises(Exception, match="peer closed connection"):
                async for _ in await client.messages.create(**ASK, stream=True):
                    pass
    assert (sink.runs[0].status, len(sink.runs)) == ("error", 1)


def test_an_error_sent_in_the_stream(sink: MemorySink) -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    start = {
        "type": "message_start",
        "message": {**text("").body, "content": [], "model": "m", "stop_reason": None},
    }
    with (
        serve(Answer(events=[start, overloaded])) as server,
        _client(server) as client,
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
    ):
        for _ in client.messages.create(**ASK, stream=True):
            pass
    assert (sink.runs[0].status, sink.runs[0].error) == (
        "error",
        "overloaded_error: Overloaded (sent in the stream)",
    )


def test_a_stream_closed_early_is_abandoned_with_what_was_read(sink: MemorySink) -> None:
    with (
        serve(text("one two three", pause=0.01)) as server,
        _client(server) as client,
        client.messages.create(**ASK, stream=True) as stream,
    ):
        for event in stream:
            if event.type == "content_block_delta":
                break
    (run,) = sink.runs
    assert run.status == "abandoned"
    assert run.outputs["content"][0]["text"].startswith("one ")  # type: ignore[index]


def _freed_at_once(enabled: bool) -> bool:
    with (
        serve(text("one two three", pause=0.01)) as server,
        _client(server) as client,
        tracing_context(enabled=enabled),
    ):
        stream = client.messages.create(**ASK, stream=True)
        next(iter(stream))
        response = weakref.ref(stream.response)
        gc.disable()
        try:
            del stream
            return response() is None
        finally:
            gc.enable()


def test_a_stream_that_is_dropped_is_freed_as_soon_as_without_us(sink: MemorySink) -> None:
    assert _freed_at_once(enabled=True) == _freed_at_once(enabled=False)
    gc.collect()
    (run,) = sink.runs
    assert run.status == "abandoned"


def test_an_unread_stream_can_be_abandoned_from_its_root(sink: MemorySink) -> None:
    with serve(text("one two")) as server, _client(server) as client:
        with trace("root") as root:
            stream = client.messages.create(**ASK, stream=True)
            root.abandon_unfinished()
        assert sink.run("anthropic.messages").status == "abandoned"
        assert [event.type for event in stream][-1] == "message_stop"
    assert len(sink.runs) == 2
    assert not root.unfinished


def test_a_stream_read_after_its_root_ended_is_whole(sink: MemorySink) -> None:
    with serve(_whole()) as server, _client(server) as client:
        with trace("root"):
            stream = client.messages.create(**ASK, stream=True)
        for _ in stream:
            pass
    assert sink.names() == ["root", "anthropic.messages"]
    assert sink.parent_of("anthropic.messages") == "root"


@pytest.mark.asyncio
async def test_a_cancelled_stream(sink: MemorySink) -> None:
    async def read(client: anthropic.AsyncAnthropic, started: asyncio.Event) -> None:
        async for _ in await client.messages.create(**ASK, stream=True):
            started.set()

    with serve(text("one two three", pause=5)) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k") as client:
            started = asyncio.Event()
            task = asyncio.create_task(read(client, started))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    (run,) = sink.runs
    assert run.status in ("error", "abandoned")
    assert run.outputs is not None
