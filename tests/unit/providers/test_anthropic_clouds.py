"""The same calls through Bedrock, Vertex and Foundry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from tests.anthropic_server import Answer, Server, events_of, serve, text
from tests.unit.providers.aws_frames import frame
from tests.unit.tracing.memory import MemorySink

REPLY = text("Hello", model="claude-sonnet-5")
EVENTS = Answer(events=events_of(REPLY.body))
BEDROCK_MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX_MODEL = "claude-sonnet-4-5@20250929"


def _ask(model: str) -> dict[str, Any]:
    return {"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}


def _bedrock(server: Server) -> anthropic.AnthropicBedrock:
    return anthropic.AnthropicBedrock(api_key="k", aws_region="eu-central-1", base_url=server.url)


def _vertex(server: Server) -> anthropic.AnthropicVertex:
    return anthropic.AnthropicVertex(region="eu", project_id="p", access_token="t", base_url=server.url)


def _foundry(server: Server) -> anthropic.AnthropicFoundry:
    return anthropic.AnthropicFoundry(api_key="k", base_url=server.url)


@pytest.mark.parametrize(
    ("make", "model", "provider"),
    [
        (_bedrock, BEDROCK_MODEL, "aws.bedrock"),
        (_vertex, VERTEX_MODEL, "gcp.vertex_ai"),
        (_foundry, "claude-sonnet-5", "anthropic"),
    ],
)
def test_a_call(sink: MemorySink, make: Callable[[Server], Any], model: str, provider: str) -> None:
    with serve(REPLY) as server, make(server) as client:
        assert client.messages.create(**_ask(model)).content[0].text == "Hello"
    (run,) = sink.runs
    assert (run.provider, run.model, run.usage.output_tokens) == (provider, model, 10)
    assert run.inputs["messages"] == _ask(model)["messages"]
    # Vertex takes a tenth more in a region of one's own, and the list has the global price
    assert (run.usage.total_cost is None) == (make is _vertex)
    assert ("region 'eu'" in run.metadata.get("cost_unknown", "")) == (make is _vertex)


def test_vertexs_global_endpoint_has_the_listed_price(sink: MemorySink) -> None:
    with (
        serve(REPLY) as server,
        anthropic.AnthropicVertex(
            region="global", project_id="p", access_token="t", base_url=server.url
        ) as client,
    ):
        client.messages.create(**_ask(VERTEX_MODEL))
    assert sink.runs[0].usage.total_cost == pytest.approx((20 * 3 + 10 * 15) / 1e6)


@pytest.mark.parametrize(("make", "model"), [(_vertex, VERTEX_MODEL), (_foundry, "claude-sonnet-5")])
def test_a_stream(sink: MemorySink, make: Callable[[Server], Any], model: str) -> None:
    with serve(EVENTS) as server, make(server) as client:
        for _ in client.messages.create(**_ask(model), stream=True):
            pass
    (run,) = sink.runs
    assert (run.status, run.stop_reason, run.usage.output_tokens) == ("success", "end_turn", 10)


def test_a_bedrock_price_is_the_regions(sink: MemorySink) -> None:
    with serve(REPLY) as server, _bedrock(server) as client:
        client.messages.create(**_ask(BEDROCK_MODEL))
    assert sink.runs[0].usage.total_cost == pytest.approx((20 * 3.3 + 10 * 16.5) / 1e6)


@pytest.mark.asyncio
async def test_an_async_cloud_client(sink: MemorySink) -> None:
    with serve(REPLY) as server:
        async with anthropic.AsyncAnthropicVertex(
            region="eu", project_id="p", access_token="t", base_url=server.url
        ) as client:
            await client.messages.create(**_ask(VERTEX_MODEL))
    assert sink.runs[0].provider == "gcp.vertex_ai"


def test_a_bedrock_stream(sink: MemorySink) -> None:
    pytest.importorskip("botocore", reason="Bedrock's streams need botocore")
    stream = b"".join(frame(event) for event in events_of(REPLY.body))
    answer = Answer(stream, headers={"content-type": "application/vnd.amazon.eventstream"})
    with serve(answer) as server, _bedrock(server) as client:
        events = list(client.messages.create(**_ask(BEDROCK_MODEL), stream=True))
    assert events[-1].type == "message_stop"
    (run,) = sink.runs
    assert (run.status, run.stop_reason, run.usage.output_tokens) == ("success", "end_turn", 10)
    assert run.outputs["content"] == [{"type": "text", "text": "Hello"}]  # type: ignore[index]
