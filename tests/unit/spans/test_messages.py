"""Messages of any provider, in the form of the semantic conventions."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.spans.messages import input_messages, output_messages

CALL = {"type": "tool_call", "id": "t1", "name": "weather", "arguments": {"city": "Oslo"}}
ANSWER = {"type": "tool_call_response", "id": "t1", "response": "Sunny"}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"role": "user", "content": "hi"}, [{"type": "text", "content": "hi"}]),
        ({"role": "user", "content": [{"type": "text", "text": "hi"}]}, [{"type": "text", "content": "hi"}]),
        (
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
            [{"type": "reasoning", "content": "hm"}],
        ),
        (
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}],
            },
            [CALL],
        ),
        (
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "Sunny"}],
            },
            [ANSWER],
        ),
        ({"role": "user", "content": [IMAGE]}, [IMAGE]),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "t1", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}},
                ],
            },
            [CALL],
        ),
        ({"role": "tool", "tool_call_id": "t1", "content": "Sunny"}, [ANSWER]),
        ({"role": "user", "parts": [{"type": "text", "content": "hi"}]}, [{"type": "text", "content": "hi"}]),
    ],
)
def test_a_message(message: dict[str, Any], parts: list[Any]) -> None:
    told = input_messages({"messages": [message]})
    assert told == {"gen_ai.input.messages": [{"role": message["role"], "parts": parts}]}


def test_a_request_with_instructions_and_tools() -> None:
    tools = [{"name": "weather"}]
    told = input_messages(
        {"system": "Be kind.", "messages": [{"role": "user", "content": "hi"}], "tools": tools}
    )
    assert told["gen_ai.system_instructions"] == [{"type": "text", "content": "Be kind."}]
    assert told["gen_ai.tool.definitions"] == tools


def test_a_request_of_the_responses_api() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "hi"}, IMAGE]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "t1", "name": "weather", "arguments": '{"city": "Oslo"}'},
        {"type": "function_call_output", "call_id": "t1", "output": "Sunny"},
        {"type": "web_search_call", "id": "w"},
    ]
    assert input_messages({"model": "m", "instructions": "Be kind.", "input": items, "tools": [1]}) == {
        "gen_ai.input.messages": [
            {"role": "user", "parts": [{"type": "text", "content": "hi"}, IMAGE]},
            {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}]},
            {"role": "assistant", "parts": [CALL]},
            {"role": "tool", "parts": [ANSWER]},
            {"role": "assistant", "parts": [items[-1]]},
        ],
        "gen_ai.system_instructions": [{"type": "text", "content": "Be kind."}],
        "gen_ai.tool.definitions": [1],
    }


@pytest.mark.parametrize("key", ["input", "prompt"])
def test_a_request_that_is_one_text(key: str) -> None:
    said = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert input_messages({"model": "m", key: "hi"}) == {"gen_ai.input.messages": said}
    assert input_messages({key: "hi"}) == {}


def test_a_reply_of_several_items_is_one() -> None:
    items = [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]},
        {"type": "function_call", "call_id": "t1", "name": "weather", "arguments": '{"city": "Oslo"}'},
    ]
    parts = [{"type": "text", "content": "hello"}, CALL]
    assert output_messages({"output": items}) == {
        "gen_ai.output.messages": [{"role": "assistant", "parts": parts}]
    }


@pytest.mark.parametrize(
    "outputs",
    [
        {"role": "assistant", "content": [{"type": "text", "text": "hello"}]},
        {"choices": [{"message": {"role": "assistant", "content": "hello"}}]},
        {"messages": [{"role": "assistant", "content": "hello"}]},
        {"choices": [{"text": "hello"}]},
    ],
)
def test_a_reply(outputs: dict[str, Any]) -> None:
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}]
    assert output_messages(outputs) == {"gen_ai.output.messages": said}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"messages": "hi"},
        {"messages": []},
        {"messages": ["hi"]},
        {"output": "x"},
        {"output": [1]},
        {"choices": [{}]},
    ],
)
def test_what_holds_no_messages(payload: dict[str, Any]) -> None:
    assert input_messages(payload) == {}
    assert output_messages(payload) == {}
