"""A LangChain Runnable is a target, whole or by one of its methods. Run by ``.ci/run``, and by `make langchain`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.runner import Job, Runner
from pytest_llmobs.trials.targets import bind_target
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langchain_core", reason="`make langchain` runs it")
from langchain_core.language_models import FakeListChatModel  # type: ignore[import-not-found,unused-ignore]
from langchain_core.output_parsers import StrOutputParser  # type: ignore[import-not-found,unused-ignore]
from langchain_core.prompts import ChatPromptTemplate  # type: ignore[import-not-found,unused-ignore]
from langchain_core.runnables import RunnableLambda  # type: ignore[import-not-found,unused-ignore]

EXAMPLE = Example("e1", {"name": "Ada", "query": "Why?"})


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner(Tracer(project="unit", sink=MemorySink()), Workers(2), timeout=60.0, window=8)
    yield made
    made.close()


def chain() -> Any:
    model = FakeListChatModel(responses=["because"])
    return ChatPromptTemplate.from_template("{name}: {query}") | model | StrOutputParser()


def shouts(inputs: dict[str, Any]) -> str:
    return str(inputs["query"]).upper()


@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream", None])
def test_a_chain_gets_the_inputs_as_one_dict(runner: Runner, way: str | None) -> None:
    function = chain() if way is None else getattr(chain(), way)
    attempt = runner.take(job(function))
    assert (attempt.error, attempt.outputs) == (None, {"output": "because"})


@pytest.mark.parametrize("way", ["take", "run_inline"])
def test_a_chain_that_gives_messages_streams_their_text(runner: Runner, way: str) -> None:
    messages = ChatPromptTemplate.from_template("{name}: {query}") | FakeListChatModel(responses=["because"])
    attempt = getattr(runner, way)(job(messages.stream))
    assert (attempt.error, attempt.outputs) == (None, {"output": "because"})


def test_a_runnable_of_a_function_is_invoked(runner: Runner) -> None:
    assert runner.take(job(RunnableLambda(shouts))).outputs == {"output": "WHY?"}


def job(function: Any) -> Job:
    target = bind_target(function, Dataset("golden", (EXAMPLE,)))
    return Job(key="t1", suite="suite", name="t1", example=EXAMPLE, target=target)
