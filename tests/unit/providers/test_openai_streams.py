"""Streams of the openai SDK: read whole, read by half, broken off, never read."""

from __future__ import annotations

import base64
import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pytest

from pytest_llmobs.tracing import trace, tracing_context
from tests.anthropic_server import Answer, Server
from tests.openai_server import chat, chunks_of, events_of, function_call, response, serve, spoken
from tests.unit.providers.test_openai import ASK, CHAT_USAGE, COST, MODEL, RESPONSES_USAGE
from tests.unit.tracing.memory import MemorySink

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
MESSAGE = {"reasoning_content": "let me see", "content": "The weather in Rome", "tool_calls": [CALL]}
THINKING = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "let me see"}]}
ITEMS = [THINKING, spoken("The weather in Rome"), function_call("weather", {"city": "Rome"})]
INCLUDED: dict[str, Any] = {"stream_options": {"include_usage": True}}


def _whole(**more: Any) -> Answer:
    return chat(MESSAGE, finish_reason="tool_calls", usage=CHAT_USAGE, **more)


def _client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key="k", max_retries=0)


def _check_whole(sink: MemorySink) -> None:
    (run,) = sink.runs
    assert (run.status, run.stop_reason, run.request_id) == ("success", "tool_calls", "req_scripted")
    assert run.outputs is not None
    (choice,) = run.outputs["choices"]
    assert choice["message"] == {"role": "assistant", **MESSAGE, "tool_calls": [{**CALL, "index": 0}]}
    assert run.outputs["object"] == "chat.completion"
    _check_usage(sink)


def _check_items(sink: MemorySink) -> None:
    (run,) = sink.runs
    assert (run.status, run.stop_reason) == ("success", "completed")
    assert run.outputs is not None
    assert run.outputs["output"] == ITEMS
    _check_usage(sink)


def _check_usage(sink: MemorySink) -> None:
    (run,) = sink.runs
    assert (run.usage.input_tokens, run.usage.cache_read_tokens, run.usage.thinking_tokens) == (450, 300, 15)
    assert run.usage.total_cost == pytest.approx(COST)
    assert run.time_to_first_token is not None
    assert run.latency is not None
    assert 0 < run.time_to_first_token <= run.latency


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_raw_stream(sink: MemorySink, gzipped: bool) -> None:
    with serve(_whole(gzipped=gzipped)) as server, _client(server) as client:
        chunks = list(client.chat.completions.create(**ASK, **INCLUDED, stream=True))
    assert chunks[-1].usage is not None
    _check_whole(sink)


def test_without_its_usage_a_stream_has_no_tokens_and_says_so(sink: MemorySink) -> None:
    with serve(_whole()) as server, _client(server) as client:
        list(client.chat.completions.create(**ASK, stream=True))
    (run,) = sink.runs
    assert "stream_options" not in server.requests[0].body
    assert (run.status, run.usage.total_tokens, run.usage.total_cost) == ("success", None, None)
    assert run.metadata == {"no_usage": "streamed without its usage"}


def test_the_stream_helpers(sink: MemorySink) -> None:
    with serve([_whole(), response(ITEMS, usage=RESPONSES_USAGE)]) as server, _client(server) as client:
        with client.chat.completions.stream(**ASK, **INCLUDED) as stream:
            assert "tool_calls.function.arguments.done" in [event.type for event in stream]
            assert stream.get_final_completion().choices[0].message.content == "The weather in Rome"
        _check_whole(sink)
        sink.lines.clear()
        with client.responses.stream(model=MODEL, input="hi") as events:
            assert events.get_final_response().output_text == "The weather in Rome"
    _check_items(sink)


@pytest.mark.asyncio
async def test_async_streams(sink: MemorySink) -> None:
    script = [_whole(), _whole(), response(ITEMS, usage=RESPONSES_USAGE), _whole()]
    with serve(script) as server:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="k") as client:
            async for _ in await client.chat.completions.create(**ASK, **INCLUDED, stream=True):
                pass
            _check_whole(sink)
            sink.lines.clear()
            async with client.chat.completions.stream(**ASK, **INCLUDED) as stream:
                await stream.until_done()
            _check_whole(sink)
            sink.lines.clear()
            async for _ in await client.responses.create(model=MODEL, input="hi", stream=True):
                pass
            _check_items(sink)
            sink.lines.clear()
            async with client.chat.completions.with_streaming_response.create(**ASK) as raw:
                assert (await raw.parse()).choices[0].message.content == "The weather in Rome"
    assert sink.run("openai.chat.completions").usage.input_tokens == 450
    assert sink.runs[0].time_to_first_token is None


@pytest.mark.parametrize("read", ["parse", "json", "read", "iter_lines", "iter_bytes"])
def test_a_streaming_response_however_it_is_read(sink: MemorySink, read: str) -> None:
    with (
        serve(_whole()) as server,
        _client(server) as client,
        client.chat.completions.with_streaming_response.create(**ASK) as raw,
    ):
        said = getattr(raw, read)()
        if read.startswith("iter"):
            list(said)
    (run,) = sink.runs
    assert (run.status, run.usage.output_tokens) == ("success", 40)


def test_a_raw_response_of_a_stream(sink: MemorySink) -> None:
    with serve(_whole()) as server, _client(server) as client:
        raw = client.chat.completions.with_raw_response.create(**ASK, **INCLUDED, stream=True)
        list(raw.parse())
    _check_whole(sink)


def test_several_choices(sink: MemorySink) -> None:
    first, second = (
        chat({"content": text}, finish_reason=reason).body["choices"][0]
        for text, reason in (("one", "stop"), ("two", "length"))
    )
    answer = chat({}, extra={"choices": [first, {**second, "index": 1}]})
    with serve(answer) as server, _client(server) as client:
        list(client.chat.completions.create(**ASK, n=2, stream=True))
    (run,) = sink.runs
    assert run.outputs is not None
    assert [choice["message"]["content"] for choice in run.outputs["choices"]] == ["one", "two"]
    assert (run.status, run.stop_reason) == ("success", "stop, length")


def test_a_streamed_sound_is_logged_by_its_size(sink: MemorySink) -> None:
    pieces = [base64.b64encode(piece).decode() for piece in (b"RIFF", b"wave!")]
    with serve(chat({"audio_pieces": pieces})) as server, _client(server) as client:
        list(client.chat.completions.create(**ASK, stream=True))
    assert sink.runs[0].outputs["choices"][0]["message"]["audio"]["data"]["size"] == 9  # type: ignore[index]


def test_older_completions(sink: MemorySink) -> None:
    with serve("once upon a time") as server, _client(server) as client:
        list(client.completions.create(model="davinci-002", prompt="Tell", stream=True))
    (run,) = sink.runs
    assert (run.status, run.stop_reason) == ("success", "stop")
    assert run.outputs["choices"][0]["text"] == "once upon a time"  # type: ignore[index]


def _chat(client: openai.OpenAI) -> Any:
    return client.chat.completions.create(**ASK, stream=True)


def _respond(client: openai.OpenAI) -> Any:
    return client.responses.create(model=MODEL, input="hi", stream=True)


def _said(sink: MemorySink) -> str:
    (run,) = sink.runs
    assert run.outputs is not None
    if "choices" in run.outputs:
        return str(run.outputs["choices"][0]["message"]["content"])
    return str(run.outputs["output"][0]["content"][0]["text"])


SURFACES = [
    pytest.param(_chat, chat({"content": "one two three"}), 3, id="chat"),
    pytest.param(_respond, response([spoken("one two three")]), 6, id="responses"),
]
"""How to ask, what is answered, and after how many events ``one two`` was said."""


@pytest.mark.parametrize(("ask", "answer", "length"), SURFACES)
def test_a_truncated_stream_is_incomplete(
    sink: MemorySink, ask: Callable[..., Any], answer: Answer, length: int
) -> None:
    with serve(replace(answer, truncate_after=length)) as server, _client(server) as client:
        list(ask(client))
    (run,) = sink.runs
    assert (run.status, run.error, run.stop_reason) == ("incomplete", None, None)
    assert _said(sink) == "one two "


@pytest.mark.parametrize(("ask", "answer", "length"), SURFACES)
def test_a_connection_that_breaks_is_an_error_with_what_came(
    sink: MemorySink, ask: Callable[..., Any], answer: Answer, length: int
) -> None:
    with (
        serve(replace(answer, disconnect_after=length)) as server,
        _client(server) as client,
        pytest.raises(Exception, match=r"Connection error|peer closed connection"),
    ):
        list(ask(client))
    (run,) = sink.runs
    assert run.status == "error"
    assert "peer closed connection" in (run.error or "")
    assert _said(sink) == "one two "


@pytest.mark.parametrize(("ask", "answer", "length"), SURFACES)
def test_a_stream_closed_early_is_abandoned_with_what_was_read(
    sink: MemorySink, ask: Callable[..., Any], answer: Answer, length: int
) -> None:
    with serve(replace(answer, pause=0.005)) as server, _client(server) as client, ask(client) as stream:
        for number, _ in enumerate(stream, 1):
            if number == length:
                break
    assert sink.runs[0].status == "abandoned"
    assert _said(sink).startswith("one ")


def test_an_error_sent_in_a_stream(sink: MemorySink) -> None:
    start = chunks_of({**chat({"content": "one"}).body, "model": MODEL}, include_usage=False)[:2]
    error = {"error": {"message": "Overloaded", "type": "server_error", "code": None}}

    def read() -> None:
        with (
            serve(Answer(events=[*start, error])) as server,
            _client(server) as client,
            pytest.raises(openai.APIError, match="Overloaded"),
        ):
            list(_chat(client))

    read()
    gc.collect()  # older versions of the SDK close the stream only when nobody holds it any more
    (run,) = sink.runs
    assert (run.status, run.error) == ("error", "server_error: Overloaded (sent in the stream)")
    assert _said(sink) == "one"


def test_a_response_that_fails_in_its_stream(sink: MemorySink) -> None:
    failed = {"status": "failed", "error": {"code": "server_error", "message": "Sorry"}}
    body = {**response([], extra=failed, usage=None).body, "model": MODEL}
    with serve(Answer(events=events_of(body))) as server, _client(server) as client:
        assert [event.type for event in _respond(client)][-1] == "response.failed"
    (run,) = sink.runs
    assert (run.status, run.error) == ("error", "server_error: Sorry (said in the response)")


def _freed_at_once(enabled: bool) -> bool:
    with (
        serve(chat({"content": "one two three"}, pause=0.01)) as server,
        _client(server) as client,
        tracing_context(enabled=enabled),
    ):
        stream = _chat(client)
        next(iter(stream))
        kept = weakref.ref(stream.response)
        gc.disable()
        try:
            del stream
            return kept() is None
        finally:
            gc.enable()


def test_a_stream_that_is_dropped_is_freed_as_soon_as_without_us(sink: MemorySink) -> None:
    assert _freed_at_once(enabled=True) == _freed_at_once(enabled=False)
    gc.collect()
    (run,) = sink.runs
    assert run.status == "abandoned"


def test_an_unread_stream_can_be_abandoned_from_its_root(sink: MemorySink) -> None:
    with serve("one two") as server, _client(server) as client:
        with trace("root") as root:
            stream = _chat(client)
            root.abandon_unfinished()
        assert sink.run("openai.chat.completions").status == "abandoned"
        assert len(list(stream)) == 4
    assert len(sink.runs) == 2
