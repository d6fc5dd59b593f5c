"""One way to read a model call, whichever API's shape its payloads have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_llmobs.evaluators import no_prompt_leak, required_keywords, tool_arguments
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.outputs import text_of
from pytest_llmobs.measures.model_calls import model_calls, output_text, spending
from pytest_llmobs.records import conversation
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import fields_text
from tests import anthropic_server, openai_server

SYSTEM = "You are the friendly support agent of Acme and never mention the secret discount code of ours."
ARGUMENTS = {"city": "Rome", "days": [1]}
USE = {"type": "tool_use", "name": "weather", "input": ARGUMENTS}
CALLED = openai_server.tool_call("weather", ARGUMENTS).body["choices"][0]["message"]
FUNCTION = openai_server.function_call("weather", ARGUMENTS)

ANTHROPIC = {
    "model": "m",
    "max_tokens": 5,
    "system": SYSTEM,
    "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [USE]},
        {"role": "user", "content": [{"type": "tool_result", "content": "Sunny"}]},
    ],
}
CHAT = {
    "model": "m",
    "max_tokens": 5,
    "messages": [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": "hi"},
        CALLED,
        {"role": "tool", "tool_call_id": "call_scripted", "content": "Sunny"},
    ],
}
RESPONSES = {
    "model": "m",
    "max_tokens": 5,
    "instructions": SYSTEM,
    "input": [
        {"role": "user", "content": "hi"},
        FUNCTION,
        {"type": "function_call_output", "call_id": "call_1", "output": "Sunny"},
    ],
}
SHAPES = pytest.mark.parametrize(
    ("asked", "said", "used"),
    [
        pytest.param(
            ANTHROPIC,
            anthropic_server.text("Hello you").body,
            anthropic_server.tool_use("weather", ARGUMENTS).body,
            id="anthropic",
        ),
        pytest.param(
            CHAT,
            openai_server.chat({"content": "Hello you"}).body,
            openai_server.tool_call("weather", ARGUMENTS).body,
            id="chat",
        ),
        pytest.param(
            RESPONSES,
            openai_server.response([openai_server.spoken("Hello you")]).body,
            openai_server.response([FUNCTION]).body,
            id="responses",
        ),
    ],
)


def _run(inputs: Any, outputs: Any, run_type: Any = "llm", **more: Any) -> Run:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    known = {"id": "r", "trace_id": "t", "parent_id": None, "name": "call", "project": "p", "start_time": now}
    return Run(
        **{**known, "end_time": now, "run_type": run_type, "inputs": inputs, "outputs": outputs, **more}
    )


@SHAPES
def test_a_request_is_system_turns_tools_and_parameters(asked: Any, said: Any, used: Any) -> None:
    (call,) = model_calls([_run(asked, said)])
    assert (call.model, call.system, call.params) == ("m", SYSTEM, {"max_tokens": 5})
    assert call.messages[0] == ("user", "hi")
    assert call.messages[1][0] == "assistant"
    assert '[tool_use {"input": {"city": "Rome", "days": [1]}, "name": "weather"}]' in call.messages[1][1]
    assert "Sunny" in call.messages[2][1]
    assert call.output == "Hello you"


@SHAPES
def test_a_reply_is_its_words(asked: Any, said: Any, used: Any) -> None:
    assert output_text(said) == text_of(said) == "Hello you"
    assert fields_text(said, Page(width=80)) == "Hello you"
    assert "weather" in fields_text(used, Page(width=80))


@SHAPES
def test_evaluators_see_through_every_shape(asked: Any, said: Any, used: Any) -> None:
    def score(evaluator: Any, outputs: Any, reference: Any, reply: Any) -> Any:
        example = Example("e", {}, reference)
        root = _run({}, outputs, "chain", child_runs=(_run(asked, reply),))
        (found,) = bind(evaluator, {}).score(Subject(root, example, {}, outputs, reference))
        return found.score

    expected = {"expected_tools": [{"name": "weather", "arguments": {"city": "Rome"}}]}
    assert score(tool_arguments, {"output": "x"}, expected, used) == 1
    assert score(tool_arguments, {"output": "x"}, expected, said) == 0
    assert score(required_keywords, said, {"required_keywords": ["hello"]}, said) == 1
    assert score(no_prompt_leak, {"output": SYSTEM}, {}, said) is False
    assert score(no_prompt_leak, said, {}, said) is True


def test_a_conversation_is_shown_as_one() -> None:
    text = fields_text(CHAT, Page(width=80))
    assert "  system: You are" in text
    assert "  user: hi" in text
    assert "  assistant: [tool_use weather]" in text
    assert "  tool: Sunny" in text


def test_prompts_of_the_older_shapes() -> None:
    assert conversation.turns({"model": "m", "prompt": "Tell"}) == [("user", "Tell")]
    assert conversation.turns({"model": "m", "input": "hi"}) == [("user", "hi")]
    assert conversation.reply({"choices": [{"text": "once"}]}) == "once"


def test_a_stored_prompt_is_part_of_the_instructions() -> None:
    stored = {"id": "pmpt_1", "version": "2"}
    (call,) = model_calls([_run({"model": "m", "prompt": stored, "input": "hi"}, None)])
    assert '"version": "2"' in call.system
    assert call.messages == (("user", "hi"),)


def test_how_much_a_model_thinks_is_a_parameter() -> None:
    asked = {"model": "m", "input": "hi", "reasoning": {"effort": "low"}, "metadata": {"user": "7"}}
    (call,) = model_calls([_run(asked, None)])
    assert call.params == {"reasoning": {"effort": "low"}}


@pytest.mark.parametrize(
    "inputs", [{}, {"query": "x"}, {"input": "x"}, {"prompt": "x"}, {"messages": "x"}, {"input": {"a": 1}}]
)
def test_a_function_of_the_users_own_is_no_conversation(inputs: Any) -> None:
    assert conversation.turns(inputs) is None


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        {},
        {"output": "x"},
        {"output": [1]},
        {"choices": []},
        {"choices": "ab"},
        {"role": "user", "content": "x"},
    ],
)
def test_what_is_no_reply_is_none(outputs: Any) -> None:
    assert conversation.reply(outputs) is None
    assert conversation.tool_uses(outputs) == []


def test_broken_arguments_are_kept_as_text() -> None:
    call = {"function": {"name": "f", "arguments": '{"a": 1, "b'}}
    outputs = {"choices": [{"message": {"content": None, "tool_calls": [call]}}]}
    assert conversation.tool_uses(outputs) == [("f", {"input": '{"a": 1, "b'})]


def test_embeddings_cost_and_unmetered_streams_are_named() -> None:
    embedded = _run({}, {}, "embedding", usage=Usage(input_tokens=8, total_cost=0.5))
    own = _run({}, {}, "embedding")
    streamed = _run({}, {}, model="gpt-5-mini", metadata={"no_usage": "streamed without its usage"})
    spent = spending([embedded, own, streamed])
    assert (spent.calls, spent.tokens, spent.cost) == (2, 8, 0.5)
    assert spent.unpriced == {"gpt-5-mini (streamed without its usage)"}
