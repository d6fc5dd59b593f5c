"""Every surface of the openai SDK, sync and async, is one record a logical call; the program notices nothing."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest
import wrapt

from pytest_llmobs import defaults
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.tracing import trace, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, failure, function_call, response, serve, spoken, tool_call
from tests.unit.tracing.memory import MemorySink

MODEL = "gpt-5-mini"
MESSAGES: list[Any] = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}]
ASK: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, "max_completion_tokens": 50}
CHAT_USAGE = {
    "prompt_tokens": 450,
    "prompt_tokens_details": {"cached_tokens": 300, "audio_tokens": 0},
    "completion_tokens": 40,
    "completion_tokens_details": {"reasoning_tokens": 15},
    "total_tokens": 490,
}
RESPONSES_USAGE = {
    "input_tokens": 450,
    "input_tokens_details": {"cached_tokens": 300},
    "output_tokens": 40,
    "output_tokens_details": {"reasoning_tokens": 15},
    "total_tokens": 490,
}
COST = (150 * 0.25 + 300 * 0.025 + 40 * 2) / 1e6
"""USD: gpt-5-mini takes 0.25 for a million input tokens, 0.025 for cached ones, 2 for output."""
SOON = {"retry-after-ms": "1"}
Call = Callable[[Any], Any]


def _sync(server: Server, call: Call, **options: Any) -> Any:
    with openai.OpenAI(base_url=server.url, api_key="sk-proj-secretkey0123456789", **options) as client:
        return call(client)


def _async(server: Server, call: Call, **options: Any) -> Any:
    async def main() -> Any:
        async with openai.AsyncOpenAI(
            base_url=server.url, api_key="sk-proj-secretkey0123456789", **options
        ) as client:
            result = call(client)
            return await result if inspect.isawaitable(result) else result

    return asyncio.run(main())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def use(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Call the SDK, sync or async."""
    return request.param  # type: ignore[no-any-return]


def _create(client: Any) -> Any:
    return client.chat.completions.create(**ASK)


def _respond(client: Any) -> Any:
    return client.responses.create(model=MODEL, instructions="Be kind.", input="hi", max_output_tokens=50)


def _check_usage(sink: MemorySink) -> None:
    (run,) = sink.runs
    usage = run.usage
    assert (usage.input_tokens, usage.uncached_input_tokens) == (450, 150)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (300, None)
    assert (usage.output_tokens, usage.thinking_tokens, usage.total_tokens) == (40, 15, 490)
    assert run.usage.total_cost == pytest.approx(COST)
    assert sink.headers[0]["prices_version"].startswith("genai-prices ")


def test_a_chat_completion_is_logged_with_all_it_says(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve(chat({"content": "Hello"}, usage=CHAT_USAGE)) as server:
        assert use(server, _create).choices[0].message.content == "Hello"
    (run,), (header,) = sink.runs, sink.headers
    assert (run.name, run.run_type, run.status) == ("openai.chat.completions", "llm", "success")
    assert (run.provider, run.model, run.inputs) == ("openai", MODEL, ASK)
    assert run.outputs is not None
    assert run.outputs["choices"][0]["message"]["content"] == "Hello"
    assert (run.stop_reason, run.request_id, run.retries) == ("stop", "req_scripted", 0)
    assert (header["operation"], header["response_id"]) == ("chat", "chatcmpl_scripted")
    assert header["params"] == {"max_completion_tokens": 50}
    assert run.time_to_first_token is None
    _check_usage(sink)


def test_a_response_is_logged_with_all_it_says(sink: MemorySink, use: Callable[..., Any]) -> None:
    thinking = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    with serve(response([thinking, spoken("Hello")], usage=RESPONSES_USAGE)) as server:
        assert use(server, _respond).output_text == "Hello"
    (run,), (header,) = sink.runs, sink.headers
    assert (run.name, run.run_type, run.status) == ("openai.responses", "llm", "success")
    assert run.inputs["instructions"] == "Be kind."
    assert run.outputs is not None
    assert run.outputs["output"] == [thinking, spoken("Hello")]
    assert (run.stop_reason, run.request_id) == ("completed", "req_scripted")
    assert (header["response_id"], header["params"]) == ("resp_scripted", {"max_output_tokens": 50})
    _check_usage(sink)


def test_a_response_that_was_cut_off_or_failed_says_so(sink: MemorySink) -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    failed = {"status": "failed", "error": {"code": "server_error", "message": "Sorry"}}
    with serve([response([spoken("He")], extra=cut), response([], extra=failed, usage=None)]) as server:
        _sync(server, _respond)
        _sync(server, _respond)
    first, second = sink.runs
    assert (first.status, first.stop_reason) == ("success", "max_output_tokens")
    assert (second.status, second.error) == ("error", "server_error: Sorry (said in the response)")


def test_embeddings_are_logged_without_their_numbers(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("") as server:
        reply = use(
            server, lambda client: client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        )
    assert reply.data[1].embedding == [0.5, 0.25, 1.0]
    (run,) = sink.runs
    assert (run.name, run.run_type, run.usage.input_tokens) == ("openai.embeddings", "embedding", 8)
    assert run.inputs["input"] == ["a", "b"]
    assert run.outputs is not None
    assert [each["embedding"] for each in run.outputs["data"]] == [{"dimensions": 3}] * 2
    assert run.usage.total_cost == pytest.approx(8 * 0.02 / 1e6)


def test_older_completions(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("once upon a time") as server:
        use(server, lambda client: client.completions.create(model="davinci-002", prompt="Tell"))
    (run,) = sink.runs
    assert (run.name, run.run_type, run.stop_reason) == ("openai.completions", "llm", "stop")
    assert run.outputs is not None
    assert run.outputs["choices"][0]["text"] == "once upon a time"
    assert run.usage.total_tokens == 30


def test_an_unknown_model_has_no_cost_and_is_named(sink: MemorySink) -> None:
    with serve(chat({"content": "Hello"}, model="tiny-local-model")) as server:
        _sync(server, _create)
    (run,) = sink.runs
    assert (run.usage.total_cost, run.usage.input_tokens) == (None, 20)
    assert run.metadata == {"unpriced_model": "tiny-local-model"}


@pytest.mark.parametrize(("tier", "factor"), [("default", 1.0), ("flex", 0.5), ("unheard-of", None)])
def test_a_service_tier_has_its_own_price(sink: MemorySink, tier: str, factor: float | None) -> None:
    with serve(chat({"content": "Hello"}, usage=CHAT_USAGE, extra={"service_tier": tier})) as server:
        _sync(server, _create)
    cost = sink.runs[0].usage.total_cost
    assert cost == (None if factor is None else pytest.approx(COST * factor))
    assert sink.headers[0]["service_tier"] == tier


@pytest.mark.parametrize(
    ("tier", "known"), [("priority", False), ("flex", False), ("auto", True), ("default", True)]
)
def test_a_tier_that_was_asked_for_and_is_not_confirmed_has_no_price(
    sink: MemorySink, tier: str, known: bool
) -> None:
    with serve(chat({"content": "Hello"}, usage=CHAT_USAGE)) as server:
        _sync(server, lambda client: client.chat.completions.create(**ASK, service_tier=tier))
    (run,) = sink.runs
    assert (run.usage.total_cost is not None) == known
    assert (f"service tier {tier!r} was asked for" in run.metadata.get("cost_unknown", "")) == (not known)


def test_an_iterator_given_as_messages_arrives_intact(sink: MemorySink, use: Callable[..., Any]) -> None:
    messages = ({"role": "user", "content": word} for word in ("a", "b"))
    with serve("ok") as server:
        use(server, lambda client: client.chat.completions.create(model=MODEL, messages=messages))
    sent = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    assert server.requests[0].body["messages"] == sent
    assert sink.runs[0].inputs["messages"] == sent


def test_an_extra_body_is_logged_as_it_is_sent(sink: MemorySink) -> None:
    with serve("ok") as server:
        _sync(server, lambda client: client.chat.completions.create(**ASK, extra_body={"top_k": 3}))
    assert server.requests[0].body == sink.runs[0].inputs == {**ASK, "top_k": 3}


def test_retries_are_one_record(sink: MemorySink, use: Callable[..., Any]) -> None:
    script = [failure(429, "rate_limit_exceeded", headers=SOON), failure(503, headers=SOON), "at last"]
    with serve(script) as server:
        use(server, _create)
    assert len(server.requests) == 3
    (run,) = sink.runs
    assert (run.status, run.retries) == ("success", 2)


def test_an_error_is_the_sdks_own_and_logged(sink: MemorySink, use: Callable[..., Any]) -> None:
    with (
        serve(failure(400, "invalid_request", "too many tokens")) as server,
        pytest.raises(openai.BadRequestError),
    ):
        use(server, _create)
    (run,) = sink.runs
    assert (run.status, run.request_id, run.metadata) == ("error", "req_scripted", {"status_code": 400})
    assert "too many tokens" in (run.error or "")
    assert "BadRequestError" in (run.error or "")
    assert (run.outputs, run.inputs) == (None, ASK)


def test_an_error_after_retries_counts_them(sink: MemorySink) -> None:
    with serve(failure(429, headers=SOON)) as server, pytest.raises(openai.RateLimitError):
        _sync(server, _create)
    assert (sink.runs[0].retries, len(server.requests)) == (2, 3)


def test_a_timeout_is_logged(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve(chat({"content": "late"}, delay=2)) as server, pytest.raises(openai.APITimeoutError):
        use(server, lambda client: client.chat.completions.create(**ASK, timeout=0.05), max_retries=0)
    assert sink.runs[0].status == "error"
    assert "APITimeoutError" in (sink.runs[0].error or "")


def test_calls_nest_under_the_run_they_are_made_in(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server, trace("agent", tags=["t"], metadata={"m": 1}):
        use(server, _respond)
    assert sink.parent_of("openai.responses") == "agent"
    assert sink.run("openai.responses").tags == ["t"]
    assert sink.run("openai.responses").metadata["m"] == 1


def test_disabled_by_the_context(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server, tracing_context(enabled=False):
        use(server, _create)
    assert sink.runs == []


def test_a_raw_response_is_still_raw(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server:
        raw = use(server, lambda client: client.chat.completions.with_raw_response.create(**ASK))
    assert raw.headers["x-request-id"] == "req_scripted"
    assert raw.parse().choices[0].message.content == "ok"
    assert sink.run("openai.chat.completions").usage.output_tokens == 10


class _Verdict(pydantic.BaseModel):
    good: bool


@pytest.mark.parametrize("surface", ["chat", "responses"])
def test_structured_output(sink: MemorySink, use: Callable[..., Any], surface: str) -> None:
    def parse(client: Any) -> Any:
        if surface == "chat":
            return client.chat.completions.parse(**ASK, response_format=_Verdict)
        return client.responses.parse(model=MODEL, input="hi", text_format=_Verdict)

    with serve('{"good": true}') as server:
        reply = use(server, parse)
    parsed = reply.choices[0].message.parsed if surface == "chat" else reply.output_parsed
    assert parsed == _Verdict(good=True)
    (run,) = sink.runs
    assert '{"good": true}' in json.loads(json.dumps(run.outputs)).__str__()
    assert (run.status, run.usage.output_tokens) == ("success", 10)


def test_tools(sink: MemorySink, use: Callable[..., Any]) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": parameters}}]
    with serve(tool_call("weather", {"city": "Rome"})) as server:
        use(server, lambda client: client.chat.completions.create(**ASK, tools=tools))
    (run,) = sink.runs
    assert run.outputs is not None
    assert run.outputs["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "weather"
    assert (run.stop_reason, run.inputs["tools"]) == ("tool_calls", tools)


def test_tools_of_responses(sink: MemorySink) -> None:
    with serve(response([function_call("weather", {"city": "Rome"})])) as server:
        _sync(server, _respond)
    assert sink.runs[0].outputs["output"][0]["arguments"] == '{"city": "Rome"}'  # type: ignore[index]


def test_client_post(sink: MemorySink, use: Callable[..., Any]) -> None:
    with serve("ok") as server:
        body = use(server, lambda client: client.post("/chat/completions", body=ASK, cast_to=dict[str, Any]))
    assert body["id"] == "chatcmpl_scripted"
    assert sink.run("openai.chat.completions").inputs == ASK


def test_other_endpoints_are_no_model_calls(sink: MemorySink) -> None:
    with serve(Answer({"object": "list", "data": []})) as server:
        assert list(_sync(server, lambda client: client.models.list())) == []
    assert sink.runs == []


def test_no_key_is_ever_logged(sink: MemorySink) -> None:
    with (
        serve(failure(401, "invalid_api_key", "Incorrect API key: sk-proj-secretkey0123456789")) as server,
        pytest.raises(openai.AuthenticationError),
    ):
        _sync(server, _create)
    assert "sk-proj-secretkey0123456789" in str(server.requests[0].headers)
    assert b"secretkey0123456789" not in b"".join(sink.lines)


def _azure(server: Server, **options: Any) -> openai.AzureOpenAI:
    return openai.AzureOpenAI(
        azure_endpoint=server.url, api_key="k", api_version="2024-10-21", max_retries=0, **options
    )


@pytest.mark.parametrize("options", [{}, {"azure_deployment": "my-deployment"}])
def test_azure(sink: MemorySink, options: dict[str, str]) -> None:
    with (
        serve(chat({"content": "Hello"}, model="gpt-4o-2024-08-06")) as server,
        _azure(server, **options) as client,
    ):
        client.chat.completions.create(model="my-deployment", messages=MESSAGES)
    assert "/openai/deployments/my-deployment/chat/completions" in server.requests[0].path
    (run,) = sink.runs
    assert (run.provider, run.model) == ("azure.ai.openai", "my-deployment")
    assert run.usage.total_cost == pytest.approx((20 * 2.5 + 10 * 10) / 1e6)


@pytest.mark.asyncio
async def test_async_azure(sink: MemorySink) -> None:
    with serve("Hello") as server:
        async with openai.AsyncAzureOpenAI(
            azure_endpoint=server.url, api_key="k", api_version="2024-10-21"
        ) as client:
            await client.responses.create(model="gpt-4o", input="hi")
    assert (sink.runs[0].provider, sink.runs[0].usage.output_tokens) == ("azure.ai.openai", 10)


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://me.openai.azure.com/openai/v1/", "azure.ai.openai"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "gcp.gemini"),
        ("https://notapi.x.ai.example.com/v1", "openai"),
        ("http://localhost:8000/v1", "openai"),
    ],
)
def test_the_base_url_says_who_serves(url: str, provider: str) -> None:
    from pytest_llmobs.providers.openai import OpenAI

    with openai.OpenAI(base_url=url, api_key="k") as client:
        assert OpenAI().served_by(client) == provider


@pytest.mark.asyncio
async def test_calls_at_once_never_mix(sink: MemorySink) -> None:
    def script(request: Request) -> Answer:
        return chat({"content": f"re: {request.body['messages'][0]['content']}"}, delay=0.01)

    async def agent(client: openai.AsyncOpenAI, name: str) -> None:
        with trace(name):
            await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": name}])

    with serve(script) as server:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="k") as client:
            await asyncio.gather(*(agent(client, f"agent {n}") for n in range(8)))
    by_id = {run.id: run for run in sink.runs}
    calls = [run for run in sink.runs if run.run_type == "llm"]
    assert len(calls) == 8
    for call in calls:
        name = by_id[call.parent_id or ""].name
        assert call.inputs["messages"][0]["content"] == name
        assert call.outputs["choices"][0]["message"]["content"] == f"re: {name}"  # type: ignore[index]


def _looked_at(called: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    """Do what OpenInference's wrapper does: look at the client, and call on."""
    assert isinstance(instance, openai.OpenAI | openai.AsyncOpenAI)
    return called(*args, **kwargs)


def test_an_instrumentation_that_was_there_first_hides_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (openai.OpenAI, openai.AsyncOpenAI):
        monkeypatch.setattr(kind, "request", kind.request)  # put back
        wrapt.wrap_function_wrapper(openai, f"{kind.__name__}.request", _looked_at)
    before = openai.OpenAI.__dict__["request"]
    sink = MemorySink()
    install(Tracer(project="unit", sink=sink))
    instrument_on_import(defaults.pytest_llmobs_providers())
    with serve("Hello") as server:
        for use in (_sync, _async):
            use(server, lambda client: client.chat.completions.create(**ASK))
    uninstrument()
    uninstall()
    assert sink.names() == ["openai.chat.completions"] * 2
    assert openai.OpenAI.__dict__["request"] is before


def test_a_client_with_a_request_of_its_own_is_one_run(sink: MemorySink) -> None:
    class Client(openai.OpenAI):
        def request(self, cast_to: Any, options: Any, **more: Any) -> Any:
            return super().request(cast_to, options.model_copy(), **more)

    uninstrument()
    instrument_on_import(defaults.pytest_llmobs_providers())
    with serve("Hello") as server, Client(base_url=server.url, api_key="k") as client:
        client.chat.completions.create(**ASK)
    assert sink.names() == ["openai.chat.completions"]
