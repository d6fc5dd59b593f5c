"""One model call is one run, however many instrumentations tell of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import anthropic
import pytest
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace as otel
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor as OpenLLMetryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pytest_llmobs.tracing import trace, traceable
from tests.anthropic_server import failure, serve, text, tool_use
from tests.unit.tracing.memory import MemorySink

ASK: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "hi"}],
}
USAGE = {"input_tokens": 100, "cache_read_input_tokens": 300, "output_tokens": 40}


@pytest.fixture
def seen(provider: TracerProvider) -> InMemorySpanExporter:
    """What the user's own exporter sees: proof that the instrumentations really made spans."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture(params=[(), ("openinference",), ("openllmetry",), ("openinference", "openllmetry")], ids=repr)
def instrumented(
    request: pytest.FixtureRequest, provider: TracerProvider, seen: InMemorySpanExporter, sink: MemorySink
) -> Iterator[int]:
    """The SDK's own spans are on, and other instrumentations are around them; returns how many spans a call makes."""
    known = {"openinference": AnthropicInstrumentor, "openllmetry": OpenLLMetryInstrumentor}
    used = [known[name]() for name in request.param]
    for one in used:
        one.instrument(tracer_provider=provider, skip_dep_check=True)
    yield len(used) + 1
    for one in reversed(used):
        one.uninstrument()


def _client(url: str, provider: TracerProvider, kind: Any = anthropic.Anthropic) -> Any:
    return kind(base_url=url, api_key="k", open_telemetry={"tracer_provider": provider}, max_retries=0)


def _create(client: anthropic.Anthropic) -> None:
    client.messages.create(**ASK)


def _raw_stream(client: anthropic.Anthropic) -> None:
    for _ in client.messages.create(**ASK, stream=True):
        pass


def _stream(client: anthropic.Anthropic) -> None:
    with client.messages.stream(**ASK) as stream:
        stream.get_final_message()


@pytest.mark.parametrize("call", [_create, _raw_stream, _stream])
def test_a_call_is_one_run(
    sink: MemorySink,
    provider: TracerProvider,
    instrumented: int,
    seen: InMemorySpanExporter,
    call: Callable[[Any], None],
) -> None:
    with serve(text("Fine.", usage=USAGE)) as server, trace("root"), _client(server.url, provider) as client:
        call(client)
    assert len(seen.get_finished_spans()) == instrumented
    assert sorted(sink.names()) == ["anthropic.messages", "root"]
    assert sink.parent_of("anthropic.messages") == "root"
    assert sink.run("anthropic.messages").usage.input_tokens == 400


def test_an_async_call_is_one_run(sink: MemorySink, provider: TracerProvider, instrumented: int) -> None:
    async def main(url: str) -> None:
        async with _client(url, provider, anthropic.AsyncAnthropic) as client:
            await client.messages.create(**ASK)

    with serve("Fine.") as server, trace("root"):
        asyncio.run(main(server.url))
    assert sorted(sink.names()) == ["anthropic.messages", "root"]


def test_a_call_that_fails_is_one_run(sink: MemorySink, provider: TracerProvider, instrumented: int) -> None:
    with serve(failure(400)) as server, trace("root"):
        client = _client(server.url, provider)
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(**ASK)
        client.close()
    assert sorted(sink.names()) == ["anthropic.messages", "root"]
    assert sink.run("anthropic.messages").status == "error"


def test_a_tool_runner_has_the_runs_it_had_without_spans(
    sink: MemorySink, provider: TracerProvider, instrumented: int
) -> None:
    @anthropic.beta_tool
    @traceable(run_type="tool")
    def weather(city: str) -> str:
        """Tell the weather.

        Args:
            city: Where.
        """
        return f"Sunny in {city}."

    script = [tool_use("weather", {"city": "Oslo"}), text("Sunny.")]
    with serve(script) as server, trace("root"), _client(server.url, provider) as client:
        client.beta.messages.tool_runner(**ASK, tools=[weather]).until_done()
    assert sink.names() == ["anthropic.messages", "weather", "anthropic.messages", "root"]
    assert sink.parent_of("weather") == "root"


def test_what_runs_around_and_in_a_passed_over_span_hangs_together(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer
) -> None:
    """An HTTP client's span inside the SDK's own one belongs to the run of the call."""

    def send(request: Any, call_next: Any) -> Any:
        with spans.start_as_current_span("POST"):
            return call_next(request)

    with serve("Fine.") as server, spans.start_as_current_span("request"):
        client = _client(server.url, provider).with_options(middleware=[send])
        client.messages.create(**ASK)
        client.close()
    assert sink.parent_of("POST") == "anthropic.messages"
    assert sink.parent_of("anthropic.messages") == "request"


def _framework(spans: otel.Tracer, current: bool, call: Callable[[], Any]) -> None:
    """Tell of a call at its end, as frameworks' instrumentations do, some without making their span current."""
    span = spans.start_span("ChatModel")
    with otel.use_span(span) if current else nullcontext():
        message = call()
    told = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 20, "llm.token_count.completion": 10}
    output = {"generations": [{"text": message.content[0].text}]}  # a stream's reply has lost its id there
    model = {"llm.invocation_parameters": json.dumps({"model": ASK["model"]})}
    span.set_attributes({**told, **model, "output.value": json.dumps(output)})
    span.end()


@pytest.mark.parametrize("reply", ["Fine.", 'Long, "quoted" and näïve. ' * 100], ids=["short", "long"])
@pytest.mark.parametrize("current", [True, False], ids=["current", "aside"])
def test_a_framework_that_tells_of_the_same_call_counts_nothing(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer, current: bool, reply: str
) -> None:
    agent = spans.start_as_current_span("agent")
    with serve(reply) as server, _client(server.url, provider) as client, agent:
        _framework(spans, current, lambda: client.messages.create(**ASK))
    assert sink.names() == ["anthropic.messages", "ChatModel", "agent"]
    assert sink.parent_of("anthropic.messages") == ("ChatModel" if current else "agent")
    assert sink.parent_of("ChatModel") == "agent"
    model = sink.run("ChatModel")
    assert (model.run_type, model.total_tokens, model.usage.total_cost) == ("chain", None, None)
    assert sum(run.total_tokens or 0 for run in sink.runs) == 30


def test_a_framework_that_tells_of_a_failed_call_counts_nothing(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer
) -> None:
    told = {"openinference.span.kind": "LLM", "llm.model_name": ASK["model"]}
    span = spans.start_span("ChatModel", attributes=told)
    with serve(failure(400)) as server, _client(server.url, provider) as client:
        try:
            client.messages.create(**ASK)
        except anthropic.BadRequestError as error:
            span.record_exception(error)
            span.set_status(otel.StatusCode.ERROR)
    span.end()
    assert [run.run_type for run in sink.runs] == ["llm", "chain"]
    assert {run.status for run in sink.runs} == {"error"}


@pytest.mark.parametrize(
    "difference", [{"llm.model_name": "gpt-4o"}, {"output.value": "Fine, too."}], ids=["model", "reply"]
)
def test_another_call_at_the_same_time_counts(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer, difference: dict[str, str]
) -> None:
    told = {"openinference.span.kind": "LLM", "llm.model_name": ASK["model"], "output.value": '["Fine."]'}
    span = spans.start_span("elsewhere", attributes={**told, **difference, "llm.token_count.prompt": 5})
    with serve("Fine.") as server, _client(server.url, provider) as client:
        client.messages.create(**ASK)
    span.end()
    assert sink.run("elsewhere").run_type == "llm"
    assert sink.run("elsewhere").total_tokens == 5


def test_an_earlier_call_with_the_same_reply_is_another_one(
    sink: MemorySink, provider: TracerProvider, spans: otel.Tracer
) -> None:
    with serve("Fine.") as server, _client(server.url, provider) as client:
        client.messages.create(**ASK)
    told = {"openinference.span.kind": "LLM", "llm.model_name": ASK["model"], "output.value": '["Fine."]'}
    spans.start_span("elsewhere", attributes=told).end()
    assert sink.run("elsewhere").run_type == "llm"


def test_a_model_call_that_no_provider_of_ours_makes_is_kept(sink: MemorySink, spans: otel.Tracer) -> None:
    with spans.start_as_current_span("chat gpt-4o", attributes={"gen_ai.operation.name": "chat"}) as span:
        span.set_attributes({"gen_ai.usage.input_tokens": 20, "gen_ai.request.model": "gpt-4o"})
    assert sink.run("chat gpt-4o").run_type == "llm"
    assert sink.run("chat gpt-4o").total_tokens == 20
