"""A LangChain app with OpenInference's instrumentation beside our provider: one tree, each call counted once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from pytest_llmobs.tracing import traceable
from tests.anthropic_server import serve
from tests.unit.tracing.memory import MemorySink

langchain_anthropic = pytest.importorskip("langchain_anthropic", reason="needs langchain-anthropic")
instrumentation = pytest.importorskip(
    "openinference.instrumentation.langchain", reason="needs openinference-instrumentation-langchain"
)
prompts = pytest.importorskip("langchain_core.prompts")
runnables = pytest.importorskip("langchain_core.runnables")


@pytest.fixture
def chain(sink: MemorySink, provider: TracerProvider) -> Iterator[Any]:
    instrumentor = instrumentation.LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider, skip_dep_check=True)
    with serve("Fine.") as server:
        model = langchain_anthropic.ChatAnthropic(
            model="claude-haiku-4-5", base_url=server.url, api_key="k", max_tokens=10
        )
        yield (
            prompts.ChatPromptTemplate.from_messages([("user", "{query}")])
            | model
            | runnables.RunnableLambda(shout)
        )
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
