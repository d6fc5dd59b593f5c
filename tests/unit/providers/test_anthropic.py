"""Every surface of the anthropic SDK, sync and async, is one record a logical call; the program notices nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
from collections.abc import Callable
from typing import Any

import anthropic
import pydantic
import pytest

from pytest_llmobs.tracing import capture, get_current_run_tree, trace, traceable, tracing_context
from tests.anthropic_server import Answer, Request, failure, message, serve, text, tool_use
from tests.unit.providers.calls import ASK, MODEL, USAGE, create, in_async, in_sync
from tests.unit.tracing.memory import MemorySink


@pytest.fixture(params=[in_sync, in_async], ids=["sync", "async"])
def use(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Call the SDK, sync or async."""
    return request.param  # type: ignore[no-any-return]


def test_a_call_is_logged_with_all_it_says(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve(text("Hello", usage=USAGE)) as server:
        reply = use(server, lambda client: client.messages.create(system="Be kind.", **ASK))
    assert reply.content[0].text == "Hello"
    (run,) = sink.runs
    (header,) = sink.headers
    assert (run.name, run.run_type, run.status, run.provider, run.model) == (
        "anthropic.messages",
        "llm",
        "success",
        "anthropic",
        MODEL,
    )
    assert run.inputs == {**ASK, "system": "Be kind."}
    assert run.outputs is not None
    assert run.outputs["content"] == [{"type": "text", "text": "Hello"}]
    usage = run.usage
    assert (usage.input_tokens, usage.uncached_input_tokens) == (450, 100)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (300, 50)
    assert (usage.output_tokens, usage.thinking_tokens, usage.total_tokens) == (40, 15, 490)
    assert (run.stop_reason, run.request_id, run.retries) == ("end_turn", "req_scripted", 0)
    assert header["params"] == {"max_tokens": 50}
    assert (header["response_id"], header["operation"], header["service_tier"]) == (
        "msg_scripted",
        "chat",
        "standard",
    )
    assert run.time_to_first_token is None


def test_the_cost_counts_cached_tokens_at_their_own_price(sink: MemorySink) -> None:
    with serve(text("Hello", usage=USAGE, model="claude-sonnet-4-0")) as server:
        in_sync(server, create)
    # USD for a million tokens: input 3, cache read 0.3, cache write 3.75 (5 minutes) and 6 (an hour), output 15
    expected = (100 * 3 + 300 * 0.3 + 20 * 3.75 + 30 * 6 + 40 * 15) / 1e6
    assert sink.runs[0].usage.total_cost == pytest.approx(expected)
    assert sink.headers[0]["prices_version"].startswith("genai-prices ")


def test_an_unknown_model_has_no_cost_and_is_named(sink: MemorySink) -> None:
    with serve(text("Hello", model="tiny-local-model")) as server:
        in_sync(server, create)
    assert sink.runs[0].usage.total_cost is None
    assert sink.runs[0].metadata == {"unpriced_model": "tiny-local-model"}
    assert sink.runs[0].usage.input_tokens == 20


def test_a_generator_given_as_messages_arrives_intact(sink: MemorySink, use: Callable[..., Any]) -> None:
    blocks = ({"type": "text", "text": word} for word in ("a", "b"))
    messages = ({"role": "user", "content": content} for content in [blocks])
    with serve("ok") as server:
        use(server, lambda client: client.messages.create(model=MODEL, max_tokens=5, messages=messages))
    sent = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    assert server.requests[0].body["messages"] == sent
    assert sink.runs[0].inputs["messages"] == sent


def test_retries_are_one_record(sink: MemorySink, use: Callable[..., Any]) -> None:
    soon = {"retry-after-ms": "1"}
    script = [failure(429, headers=soon), failure(529, "overloaded_error", headers=soon), text("at last")]
    with serve(script) as server:
        use(server, create)
    assert len(server.requests) == 3
    (run,) = sink.runs
    assert (run.status, run.retries) == ("success", 2)


def test_an_error_is_the_sdks_own_and_logged(sink: MemorySink, use: Callable[..., Any]) -> None:
    with (
        serve(failure(400, "invalid_request_error", "max_tokens: too many")) as server,
        pytest.raises(anthropic.BadRequestError),
    ):
        use(server, create)
    (run,) = sink.runs
    assert (run.status, run.request_id, run.metadata) == ("error", "req_scripted", {"status_code": 400})
    assert "max_tokens: too many" in (run.error or "")
    assert "BadRequestError" in (run.error or "")
    assert run.outputs is None
    assert run.inputs == ASK


def test_an_error_after_retries_counts_them(sink: MemorySink) -> None:
    with (
        serve(failure(500, headers={"retry-after-ms": "1"})) as server,
        pytest.raises(anthropic.InternalServerError),
    ):
        in_sync(server, create)
    assert (sink.runs[0].retries, len(server.requests)) == (2, 3)


def test_a_timeout_is_logged(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve(text("late", delay=2)) as server, pytest.raises(anthropic.APITimeoutError):
        use(server, lambda client: client.messages.create(**ASK, timeout=0.05), max_retries=0)
    assert sink.runs[0].status == "error"
    assert "APITimeoutError" in (sink.runs[0].error or "")


def test_nobody_listens(sink: MemorySink) -> None:
    client = anthropic.Anthropic(base_url="http://127.0.0.1:9", api_key="k", max_retries=0)
    with client, pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**ASK)
    assert sink.runs[0].status == "error"


def test_calls_nest_under_the_run_they_are_made_in(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server, trace("agent", tags=["t"], metadata={"m": 1}):
        use(server, create)
    assert sink.parent_of("anthropic.messages") == "agent"
    assert sink.run("anthropic.messages").tags == ["t"]
    assert sink.run("anthropic.messages").metadata["m"] == 1


def test_disabled_by_the_context(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server, tracing_context(enabled=False):
        use(server, create)
    assert sink.runs == []


def test_count_tokens(sink: MemorySink, use: Callable[..., Any]) -> None:
    question = {"model": MODEL, "messages": ASK["messages"]}
    with serve("ok") as server:
        count = use(server, lambda client: client.messages.count_tokens(**question))
    run = sink.run("anthropic.messages.count_tokens")
    assert run.outputs == {"input_tokens": count.input_tokens}
    assert (run.run_type, run.usage.input_tokens, run.usage.total_cost) == ("tool", None, None)


def test_a_raw_response_is_still_raw(sink: MemorySink) -> None:
    with serve("ok") as server:
        raw = in_sync(server, lambda client: client.messages.with_raw_response.create(**ASK))
    assert raw.headers["request-id"] == "req_scripted"
    assert raw.parse().content[0].text == "ok"
    assert raw.http_response.json()["id"] == "msg_scripted"
    assert len(sink.runs) == 1
    assert sink.runs[0].usage.output_tokens == 10


@pytest.mark.asyncio
async def test_an_async_raw_response_is_still_raw(sink: MemorySink) -> None:
    with serve("ok") as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k") as client:
            raw = await client.messages.with_raw_response.create(**ASK)
            parsed = raw.parse()
            if inspect.isawaitable(parsed):  # since version 1.0
                parsed = await parsed
            assert parsed.content[0].text == "ok"
    assert len(sink.runs) == 1


def test_beta_messages(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server:
        use(server, lambda client: client.beta.messages.create(**ASK, betas=["some-beta-2026-01-01"]))
    assert server.requests[0].headers["anthropic-beta"] == "some-beta-2026-01-01"
    assert sink.run("anthropic.messages").usage.output_tokens == 10


def test_structured_output(sink: MemorySink, use: Callable[..., Any]) -> None:
    class Verdict(pydantic.BaseModel):
        good: bool

    with serve('{"good": true}') as server:
        reply = use(server, lambda client: client.messages.parse(**ASK, output_format=Verdict))
    assert reply.parsed_output == Verdict(good=True)
    assert sink.run("anthropic.messages").outputs["content"][0]["text"] == '{"good": true}'  # type: ignore[index]


def test_a_tool_runner_is_one_record_a_turn(sink: MemorySink) -> None:
    @anthropic.beta_tool
    @traceable("tool")
    def weather(city: str) -> str:
        """Tell the weather.

        Args:
            city: Where.
        """
        return f"Sunny in {city}"

    def script(request: Request) -> Answer:
        answered = isinstance(request.body["messages"][-1]["content"], list)
        return text("Sunny!") if answered else tool_use("weather", {"city": "Rome"})

    with serve(script) as server, trace("agent"):
        final = in_sync(
            server, lambda client: client.beta.messages.tool_runner(**ASK, tools=[weather]).until_done()
        )
    assert final.content[0].text == "Sunny!"
    assert sink.names() == ["anthropic.messages", "weather", "anthropic.messages", "agent"]
    assert sink.runs[0].outputs["content"][0]["input"] == {"city": "Rome"}  # type: ignore[index]
    assert sink.runs[0].stop_reason == "tool_use"
    assert sink.run("weather").outputs == {"output": "Sunny in Rome"}
    assert sink.runs[0].inputs["tools"][0]["name"] == "weather"


def test_a_reply_that_does_not_parse_is_kept_with_its_tokens(
    sink: MemorySink, use: Callable[..., Any]
) -> None:
    class Verdict(pydantic.BaseModel):
        good: bool

    with serve(text('{"good": "perhaps"}', usage=USAGE)) as server, pytest.raises(pydantic.ValidationError):
        use(server, lambda client: client.messages.parse(**ASK, output_format=Verdict))
    run = sink.run("anthropic.messages")
    assert (run.status, run.usage.output_tokens, run.request_id) == ("error", 40, "req_scripted")
    assert "ValidationError" in (run.error or "")
    assert run.outputs["content"][0]["text"] == '{"good": "perhaps"}'  # type: ignore[index]


def test_a_reply_that_is_no_json_is_kept(sink: MemorySink) -> None:
    with serve(Answer(b"{broken")) as server, pytest.raises(json.JSONDecodeError):
        in_sync(server, create)
    assert (sink.runs[0].status, sink.runs[0].outputs) == ("error", {"body": "{broken"})


def test_what_is_nested_deeper_than_we_look_is_sent_all_the_same(sink: MemorySink) -> None:
    deep: dict[str, Any] = {}
    for _ in range(600):
        deep = {"a": deep}
    block = {"type": "tool_use", "id": "t", "name": "n", "input": deep}
    asked = {**ASK, "messages": [{"role": "assistant", "content": [block]}]}
    with serve("ok") as server:
        in_sync(server, lambda client: client.messages.create(**asked))
    assert server.requests[0].body["messages"] == asked["messages"]
    assert "<nested deeper than" in str(sink.runs[0].inputs)


def test_the_time_that_a_long_prompt_takes_is_announced(
    sink: MemorySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "SLOW", 1_000)
    with serve("ok") as server:
        in_sync(server, create)
    assert sink.runs[0].metadata["capture_ms"] > 0


@pytest.mark.parametrize("url", ["/v1/messages", "v1/messages"])
def test_client_post(sink: MemorySink, use: Callable[..., Any], url: str) -> None:
    with serve("ok") as server:
        body = use(server, lambda client: client.post(url, body=ASK, cast_to=dict[str, Any]))
    assert body["id"] == "msg_scripted"
    assert sink.run("anthropic.messages").inputs == ASK


def test_other_endpoints_are_no_model_calls(sink: MemorySink) -> None:
    with serve(Answer({"data": [], "has_more": False, "first_id": None, "last_id": None})) as server:
        assert list(in_sync(server, lambda client: client.models.list())) == []
    assert sink.runs == []


def test_images_are_logged_by_hash_and_size(sink: MemorySink) -> None:
    picture = b"\x89PNG" * 100
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(picture).decode()}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
    with serve("A picture") as server:
        in_sync(
            server,
            lambda client: client.messages.create(
                **{**ASK, "messages": [{"role": "user", "content": content}]}
            ),
        )
    assert server.requests[0].body["messages"][0]["content"][0]["source"]["data"] == source["data"]
    logged = sink.run("anthropic.messages").inputs["messages"][0]["content"]
    assert logged[0]["source"]["data"] == {"size": 400, "sha256": hashlib.sha256(picture).hexdigest()}
    assert logged[1] == content[1]


def test_thinking_and_citations_are_kept(sink: MemorySink) -> None:
    cited = {"type": "char_location", "cited_text": "x", "document_index": 0, "document_title": None}
    cited |= {"start_char_index": 0, "end_char_index": 1, "file_id": None}
    blocks = [
        {"type": "thinking", "thinking": "let me see", "signature": "sig"},
        {"type": "text", "text": "Yes", "citations": [cited]},
    ]
    with serve(message(blocks)) as server:
        in_sync(server, create)
    assert sink.runs[0].outputs["content"] == blocks  # type: ignore[index]


def test_a_compressed_reply(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve(text("Hello", gzipped=True)) as server:
        assert use(server, create).content[0].text == "Hello"
    assert sink.runs[0].usage.output_tokens == 10


def test_batches_are_logged_with_their_results(sink: MemorySink) -> None:
    batch = {"id": "batch_1", "type": "message_batch", "processing_status": "ended", "results_url": None}
    batch |= {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z", "ended_at": None}
    batch |= {"archived_at": None, "cancel_initiated_at": None}
    batch |= {"request_counts": {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0}}
    reply = {**text("Hello", usage=USAGE).body, "model": MODEL}
    results = (
        b'{"custom_id": "a", "result": {"type": "succeeded", "message": %b}}\n'
        b'{"custom_id": "b", "result": {"type": "expired"}}\n'
    ) % json.dumps(reply).encode()

    def script(request: Request) -> Answer:
        if request.method == "POST":
            return Answer(batch)
        if request.path.endswith("/results"):
            return Answer(results, headers={"content-type": "application/x-jsonl"})
        return Answer({**batch, "results_url": f"{server.url}/v1/messages/batches/batch_1/results"})

    with serve(script) as server, anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        client.messages.batches.create(requests=[{"custom_id": "a", "params": ASK}])  # type: ignore[typeddict-item]
        entries = list(client.messages.batches.results("batch_1"))
    assert [entry.custom_id for entry in entries] == ["a", "b"]
    assert sink.run("anthropic.messages.batches.create").inputs["requests"][0]["params"] == ASK
    fetched = sink.run("anthropic.messages.batches.results")
    assert [entry["custom_id"] for entry in fetched.outputs["results"]] == ["a", "b"]  # type: ignore[index]
    result = sink.run("anthropic.messages")
    assert (result.parent_id, result.inputs, result.usage.output_tokens) == (
        fetched.id,
        {"custom_id": "a"},
        40,
    )


@pytest.mark.asyncio
async def test_calls_at_once_never_mix(sink: MemorySink) -> None:
    def script(request: Request) -> Answer:
        return text(f"re: {request.body['messages'][0]['content']}", delay=0.01)

    async def agent(client: anthropic.AsyncAnthropic, name: str) -> None:
        with trace(name):
            await client.messages.create(
                model=MODEL, max_tokens=5, messages=[{"role": "user", "content": name}]
            )
            assert get_current_run_tree() is not None

    with serve(script) as server:
        async with anthropic.AsyncAnthropic(base_url=server.url, api_key="k") as client:
            await asyncio.gather(*(agent(client, f"agent {n}") for n in range(8)))
    by_id = {run.id: run for run in sink.runs}
    calls = [run for run in sink.runs if run.run_type == "llm"]
    assert len(calls) == 8
    for call in calls:
        name = by_id[call.parent_id or ""].name
        assert call.inputs["messages"][0]["content"] == name
        assert call.outputs["content"][0]["text"] == f"re: {name}"  # type: ignore[index]
