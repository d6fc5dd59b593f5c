"""What spans say, in OpenInference's words, in ``gen_ai``'s of today and of yesterday, and in nobody's."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import anthropic
import pytest
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider

from pytest_llmobs.providers.imports import uninstrument
from pytest_llmobs.records.runs import Run
from tests.anthropic_server import message, serve
from tests.unit.tracing.memory import MemorySink

SECOND = 1_000_000_000
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-haiku-4-5",
    "gen_ai.provider.name": "anthropic",
}


def _stored(sink: MemorySink, spans: otel.Tracer, attributes: Mapping[str, Any]) -> Run:
    spans.start_span("span", attributes=attributes).end()
    (run,) = sink.runs
    return run


@pytest.mark.parametrize(
    ("attributes", "run_type"),
    [
        ({"openinference.span.kind": "LLM"}, "llm"),
        ({"openinference.span.kind": "AGENT"}, "chain"),
        ({"openinference.span.kind": "TOOL"}, "tool"),
        ({"openinference.span.kind": "RETRIEVER"}, "retriever"),
        ({"openinference.span.kind": "EMBEDDING"}, "embedding"),
        ({"gen_ai.operation.name": "chat"}, "llm"),
        ({"gen_ai.operation.name": "execute_tool"}, "tool"),
        ({"gen_ai.operation.name": "embeddings"}, "embedding"),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m"}, "chain"),
        ({"traceloop.span.kind": "workflow"}, "chain"),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}, "llm"),
        ({"http.request.method": "GET"}, "chain"),
        ({}, "chain"),
    ],
)
def test_the_kind(sink: MemorySink, spans: otel.Tracer, attributes: dict[str, str], run_type: str) -> None:
    assert _stored(sink, spans, attributes).run_type == run_type


TODAY = {
    **CHAT,
    "gen_ai.usage.input_tokens": 450,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.cache_write.input_tokens": 50,
    "gen_ai.usage.output_tokens": 40,
    "gen_ai.usage.reasoning.output_tokens": 15,
}
YESTERDAY = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-haiku-4-5",
    "gen_ai.system": "Anthropic",
    "gen_ai.usage.prompt_tokens": 100,  # cached ones left out, as Anthropic counts
    "gen_ai.usage.cache_read_input_tokens": 300,
    "gen_ai.usage.cache_creation_input_tokens": 50,
    "gen_ai.usage.completion_tokens": 40,
    "gen_ai.usage.reasoning_tokens": 15,
}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "claude-haiku-4-5",
    "llm.provider": "anthropic",
    "llm.token_count.prompt": 450,
    "llm.token_count.prompt_details.cache_read": 300,
    "llm.token_count.prompt_details.cache_write": 50,
    "llm.token_count.completion": 40,
    "llm.token_count.completion_details.reasoning": 15,
}


@pytest.mark.parametrize(
    "attributes", [TODAY, YESTERDAY, OPENINFERENCE], ids=["today", "yesterday", "openinference"]
)
def test_tokens_and_cost(sink: MemorySink, spans: otel.Tracer, attributes: dict[str, Any]) -> None:
    run = _stored(sink, spans, attributes)
    assert (run.model, run.provider) == ("claude-haiku-4-5", "anthropic")
    usage = run.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (450, 300, 50)
    assert (usage.uncached_input_tokens, usage.output_tokens, usage.thinking_tokens) == (100, 40, 15)
    assert usage.total_cost == pytest.approx((100 * 1 + 300 * 0.1 + 50 * 1.25 + 40 * 5) / 1e6)


def test_an_unknown_price_is_unknown(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(
        sink, spans, {**CHAT, "gen_ai.request.model": "house-model", "gen_ai.usage.output_tokens": 3}
    )
    assert run.usage.total_cost is None
    assert run.metadata["unpriced_model"] == "house-model"


@pytest.mark.parametrize(
    ("seller", "model"),
    [
        ("azure.ai.openai", "gpt-4o"),
        ("gcp.gemini", "gemini-2.5-flash"),
        ("mistral_ai", "mistral-large-latest"),
    ],
)
def test_prices_of_other_providers(sink: MemorySink, spans: otel.Tracer, seller: str, model: str) -> None:
    told = {
        **CHAT,
        "gen_ai.provider.name": seller,
        "gen_ai.request.model": model,
        "gen_ai.usage.output_tokens": 3,
    }
    assert (_stored(sink, spans, told).usage.total_cost or 0) > 0


def test_an_agents_sum_is_not_counted_again(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(sink, spans, {**TODAY, "gen_ai.operation.name": "invoke_agent"})
    assert (run.total_tokens, run.usage.total_cost) == (None, None)
    assert run.metadata["gen_ai.usage.input_tokens"] == 450


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gen_ai.usage.input_tokens", "many"),
        ("gen_ai.usage.input_tokens", 1 << 70),
        ("gen_ai.response.time_to_first_chunk", math.inf),
    ],
)
def test_what_a_column_cant_hold_stays_an_attribute(
    sink: MemorySink, spans: otel.Tracer, name: str, value: Any
) -> None:
    run = _stored(sink, spans, {**CHAT, name: value})
    assert (run.usage.input_tokens, run.time_to_first_token) == (None, None)
    assert str(run.metadata[name]).lower().startswith(str(value))


def test_parameters_reasons_and_ids(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(
        sink,
        spans,
        {
            **CHAT,
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.stop_sequences": ("END",),
            "gen_ai.response.id": "msg_1",
            "gen_ai.response.finish_reasons": ("end_turn",),
            "gen_ai.response.time_to_first_chunk": 0.25,
        },
    )
    assert run.columns["params"] == {"temperature": 0.2, "stop_sequences": ["END"]}
    assert (run.columns["response_id"], run.stop_reason, run.time_to_first_token) == (
        "msg_1",
        "end_turn",
        0.25,
    )


def test_messages_of_the_semantic_conventions(sink: MemorySink, spans: otel.Tracer) -> None:
    asked = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}]
    run = _stored(
        sink,
        spans,
        {**CHAT, "gen_ai.input.messages": json.dumps(asked), "gen_ai.output.messages": json.dumps(said)},
    )
    assert run.inputs == {"messages": asked}
    assert run.outputs == {"messages": said}


def test_messages_spread_over_attributes(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(
        sink,
        spans,
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "hi",
            "llm.input_messages.10.message.role": "user",
            "llm.input_messages.2.message.role": "assistant",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "hello",
        },
    )
    assert run.inputs == {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant"}, {"role": "user"}]
    }
    assert run.outputs == {"messages": [{"role": "assistant", "content": "hello"}]}


@pytest.mark.parametrize(
    ("value", "inputs"),
    [('{"query": "x"}', {"query": "x"}), ("plain", {"input": "plain"}), ("{broken", {"input": "{broken"})],
)
def test_values_of_openinference(
    sink: MemorySink, spans: otel.Tracer, value: str, inputs: dict[str, str]
) -> None:
    run = _stored(
        sink, spans, {"input.value": value, "input.mime_type": "application/json", "output.value": value}
    )
    assert run.inputs == inputs
    assert run.outputs == {key.replace("input", "output"): text for key, text in inputs.items()}


def test_a_tools_arguments_are_its_inputs(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(
        sink,
        spans,
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": '{"city": "Oslo"}',
            "gen_ai.tool.call.result": "Sunny",
        },
    )
    assert (run.inputs, run.outputs) == ({"city": "Oslo"}, {"result": "Sunny"})


def test_metadata_tags_and_everything_else_are_kept(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(
        sink, spans, {"metadata": '{"tier": "gold"}', "tag.tags": ("a", "b"), "http.route": "/x", "n": (1, 2)}
    )
    assert run.tags == ["a", "b"]
    assert run.metadata == {
        "tier": "gold",
        "http.route": "/x",
        "n": [1, 2],
        "otel.scope": "acme.instrumentation",
    }


def test_times_are_the_spans(sink: MemorySink, spans: otel.Tracer) -> None:
    span = spans.start_span("span", start_time=1_000 * SECOND)
    span.add_event("First Token Stream Event", timestamp=1_000 * SECOND + SECOND // 2)
    span.add_event("retried", {"attempt": 2}, timestamp=1_001 * SECOND)
    span.end(end_time=1_002 * SECOND)
    (run,) = sink.runs
    assert (run.start_time.timestamp(), run.latency, run.time_to_first_token) == (1000.0, 2.0, 0.5)
    assert run.metadata["events"] == [{"name": "retried", "time": 1_001_000_000, "attempt": 2}]


def test_errors(sink: MemorySink, spans: otel.Tracer) -> None:
    with pytest.raises(KeyError), spans.start_as_current_span("raised"):
        raise KeyError("order 7")
    span = spans.start_span("told")
    span.set_status(otel.StatusCode.ERROR, "it broke")
    span.end()
    raised, told = sink.runs
    assert raised.error is not None
    assert raised.error.startswith("Traceback")
    assert raised.error.endswith("KeyError: 'order 7'")
    assert "events" not in raised.metadata
    assert (told.status, told.error) == ("error", "it broke")


def test_a_real_instrumentation(sink: MemorySink, provider: TracerProvider) -> None:
    usage = {"input_tokens": 100, "cache_read_input_tokens": 300, "output_tokens": 40}
    content = [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}]
    uninstrument()  # or the provider's own run would be the one that is kept
    instrumentor = AnthropicInstrumentor()
    instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
    try:
        with serve(message(content, usage=usage, stop_reason="tool_use")) as server:
            client = anthropic.Anthropic(base_url=server.url, api_key="k", open_telemetry=False)
            client.messages.create(
                model="claude-haiku-4-5", max_tokens=50, messages=[{"role": "user", "content": "hi"}]
            )
            client.close()
    finally:
        instrumentor.uninstrument()
    (run,) = sink.runs
    assert (run.run_type, run.model, run.provider, run.stop_reason) == (
        "llm",
        "claude-haiku-4-5",
        "anthropic",
        "tool_use",
    )
    assert (run.usage.input_tokens, run.usage.uncached_input_tokens, run.total_tokens) == (400, 100, 440)
    assert run.usage.total_cost == pytest.approx((100 * 1 + 300 * 0.1 + 40 * 5) / 1e6)
    assert run.inputs["messages"] == [{"role": "user", "content": "hi"}]
    assert run.outputs is not None
    assert run.outputs["content"][0]["input"] == {"city": "Oslo"}
    assert "messages" not in run.outputs
    assert run.columns["params"] == {"max_tokens": 50}


def test_tokens_that_are_no_plain_ones_are_not_priced_as_such(sink: MemorySink, spans: otel.Tracer) -> None:
    run = _stored(sink, spans, {**TODAY, "llm.token_count.prompt_details.audio": 40})
    assert run.usage.total_cost is None
    assert run.metadata["cost_unknown"] == "llm.token_count.prompt_details.audio: not priced"
