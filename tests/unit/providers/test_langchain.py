"""An app on LangChain is traced with no change to its code."""

from __future__ import annotations

import pytest

from pytest_llmobs.tracing import trace
from tests.anthropic_server import serve
from tests.unit.tracing.memory import MemorySink

langchain = pytest.importorskip("langchain_anthropic", reason="needs langchain-anthropic")


def test_calls_and_streams_are_logged(sink: MemorySink) -> None:
    with serve("Hello") as server:
        model = langchain.ChatAnthropic(model="claude-sonnet-5", base_url=server.url, api_key="k")
        with trace("app"):
            assert model.invoke("hi").content == "Hello"
            assert "".join(str(chunk.content) for chunk in model.stream("hi")) == "Hello"
    assert sink.names() == ["anthropic.messages", "anthropic.messages", "app"]
    assert [run.usage.output_tokens for run in sink.runs[:2]] == [10, 10]
    assert {run.parent_id for run in sink.runs[:2]} == {sink.run("app").id}
