"""An app on LangChain is traced with no change to its code. Run by ``.ci/run``, and by `make langchain`."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pytest_llmobs.tracing import trace
from tests.anthropic_server import Answer, Request, serve, text, tool_use
from tests.unit.tracing.memory import MemorySink

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langchain_anthropic", reason="`make langchain` runs it")
from langchain_anthropic import ChatAnthropic  # type: ignore[import-not-found,unused-ignore]


def _model(url: str) -> Any:
    return ChatAnthropic(model="claude-sonnet-5", base_url=url, api_key="k", max_retries=0)


def _check(sink: MemorySink, calls: int) -> None:
    assert sink.names() == ["anthropic.messages"] * calls + ["app"]
    for run in sink.runs[:-1]:
        assert (run.status, run.usage.output_tokens) == ("success", 10)
        assert run.usage.total_cost is not None
        assert run.parent_id == sink.run("app").id
        assert run.inputs["system"] == "Be kind."


MESSAGES = [("system", "Be kind."), ("user", "hi")]


def test_calls_and_streams(sink: MemorySink) -> None:
    with serve("Hello you") as server:
        model = _model(server.url)
        with trace("app"):
            assert model.invoke(MESSAGES).content == "Hello you"
            assert "".join(chunk.text for chunk in model.stream(MESSAGES)) == "Hello you"
            assert [reply.content for reply in model.batch([MESSAGES, MESSAGES])] == ["Hello you"] * 2
    _check(sink, 4)


@pytest.mark.asyncio
async def test_async_calls_and_streams(sink: MemorySink) -> None:
    with serve("Hello you") as server:
        model = _model(server.url)
        with trace("app"):
            assert (await model.ainvoke(MESSAGES)).content == "Hello you"
            assert "".join([chunk.text async for chunk in model.astream(MESSAGES)]) == "Hello you"
    _check(sink, 2)


def test_tools(sink: MemorySink) -> None:
    def weather(city: str) -> str:
        """Tell the weather of a city."""
        return f"Sunny in {city}"

    def script(request: Request) -> Answer:
        answered = request.body["messages"][-1]["content"][0]["type"] == "tool_result"
        return text("Sunny!") if answered else tool_use("weather", {"city": "Rome"})

    with serve(script) as server:
        model = _model(server.url).bind_tools([weather])
        with trace("app"):
            asked = model.invoke([("user", [{"type": "text", "text": "How is Rome?"}])])
            (call,) = asked.tool_calls
            assert (call["name"], call["args"]) == ("weather", {"city": "Rome"})
            told = {"role": "tool", "content": weather(**call["args"]), "tool_call_id": call["id"]}
            final = model.invoke([("user", "How is Rome?"), asked, told])
    assert final.content == "Sunny!"
    first, second = sink.runs[:2]
    assert first.inputs["tools"][0]["name"] == "weather"
    assert first.outputs is not None
    assert first.outputs["content"][0]["input"] == {"city": "Rome"}
    assert (first.stop_reason, second.stop_reason) == ("tool_use", "end_turn")
    assert "Sunny in Rome" in str(second.inputs["messages"])
