"""A LangChain app with OpenInference's instrumentation beside our provider: one tree, each call counted once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from pytest_llmobs.tracing import traceable
from tests.anthropic_server import serve
from tests.unit.tracing.memory import MemorySink

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langchain_anthropic", reason="`make langchain` runs it")
    pytest.importorskip("openinference.instrumentation.langchain", reason="`make langchain` runs it")
from langchain_anthropic import ChatAnthropic  # type: ignore[import-not-found,unused-ignore]
from langchain_core.prompts import ChatPromptTemplate  # type: ignore[import-not-found,unused-ignore]
from langchain_core.runnables import RunnableLambda  # type: ignore[import-not-found,unused-ignore]
from openinference.instrumentation.langchain import (  # type: ignore[import-not-found,unused-ignore]
    LangChainInstrumentor,
)


@pytest.fixture
def chain(sink: MemorySink, provider: TracerProvider) -> Iterator[Any]:
    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
    with serve("Fine.") as server:
        model = ChatAnthropic(model="claude-haiku-4-5", base_url=server.url, api_key="k", max_tokens=10)
        yield (ChatPromptTemplate.from_messages([("user", "{query}")]) | model | RunnableLambda(shout))
    instrumentor.uninstrument()


@traceable(name="our own function")
def shout(message: Any) -> str:
    return str(message.content).upper()


async def _ainvoke(chain: Any) -> None:
    await chain.ainvoke({"query": "hi"})


@pytest.mark.parametrize(
    "call",
    [
        lambda chain: chain.invoke({"query": "hi"}),
        lambda chain: list(chain.stream({"query": "hi"})),
        lambda chain: asyncio.run(_ainvoke(chain)),
    ],
    ids=["invoke", "stream", "ainvoke"],
)
def test_a_chain_is_one_tree(sink: MemorySink, chain: Any, call: Any) -> None:
    call(chain)
    assert len({run.trace_id for run in sink.runs}) == 1
    assert [run.name for run in sink.runs if run.run_type == "llm"] == ["anthropic.messages"]
    assert sink.parent_of("anthropic.messages") == sink.parent_of("ChatAnthropic") == "RunnableSequence"
    assert sink.parent_of("our own function") == "shout"  # LangChain's name for its step
    assert sum(run.total_tokens or 0 for run in sink.runs) == 30
