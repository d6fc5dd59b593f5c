"""What requests, messages and event streams say. No SDK here."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pytest_llmobs.providers import messages
from tests.anthropic_server import events_of, message


def _body(content: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = message(content, model="claude-sonnet-5", **more).body
    return body


def test_a_streamed_message_is_put_together_as_it_was() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "one two", "signature": "s"},
        {"type": "redacted_thinking", "data": "xyz"},
        {
            "type": "text",
            "text": "three four",
            "citations": [{"type": "page", "n": 1}, {"type": "page", "n": 2}],
        },
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1, {"b": "ü"}]}},
        {"type": "tool_use", "id": "u", "name": "g", "input": {}},
    ]
    reply = messages.read_events(events_of(_body(blocks)), "anthropic")
    assert reply.outputs == _body(blocks)
    assert (reply.status, reply.error, reply.streamed) == (None, None, True)


def test_usage_in_a_stream_is_cumulative() -> None:
    start = {**_body([]), "usage": {"input_tokens": 10, "cache_read_input_tokens": 4, "output_tokens": 1}}
    events = [
        {"type": "message_start", "message": start},
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 20}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 30, "input_tokens": 12},
        },
        {"type": "message_stop"},
    ]
    columns = messages.read_events(events, "anthropic").columns
    assert (columns["output_tokens"], columns["uncached_input_tokens"], columns["input_tokens"]) == (
        30,
        12,
        16,
    )


@pytest.mark.parametrize("length", range(11))
def test_a_stream_may_break_off_anywhere_before_its_reason_to_stop(length: int) -> None:
    events = events_of(
        _body([{"type": "text", "text": "a b"}, {"type": "tool_use", "name": "f", "input": {"x": 1}}])
    )
    assert len(events) == 12
    reply = messages.read_events(events[:length], "anthropic")
    assert reply.status == "incomplete"
    assert reply.columns.get("total_cost") is None


def test_a_stream_that_said_why_it_stops_is_whole_without_its_last_event() -> None:
    events = events_of(_body([{"type": "text", "text": "a b"}]))
    assert events[-1] == {"type": "message_stop"}
    reply = messages.read_events(events[:-1], "anthropic")
    assert (reply.status, reply.columns["output_tokens"]) == (None, 10)
    assert reply.columns["total_cost"] > 0


def test_unknown_events_blocks_and_deltas_are_kept_or_passed_over() -> None:
    events = [
        {"type": "message_start", "message": _body([])},
        {"type": "brand_new_event"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "poem", "verse": "a"}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "poem_delta", "verse": "b", "metre": 5},
        },
        {"type": "content_block_delta", "index": 3, "delta": {"type": "text_delta", "text": "late"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "container": {"id": "c"}}},
        {"type": "message_stop"},
    ]
    outputs = messages.read_events(events, "anthropic").outputs
    assert outputs["content"] == [{"type": "poem", "verse": "ab", "metre": 5}, {"text": "late"}]
    assert outputs["container"] == {"id": "c"}


def test_broken_tool_arguments_are_kept_as_text() -> None:
    events = [
        {"type": "message_start", "message": _body([])},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "name": "f", "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"a": 1, "b'},
        },
    ]
    assert messages.read_events(events, "anthropic").outputs["content"][0]["input"] == '{"a": 1, "b'


def test_shuffled_events_never_raise() -> None:
    rng = random.Random(5)
    events = events_of(_body([{"type": "text", "text": "a b c"}, {"type": "thinking", "thinking": "x"}]))
    for _ in range(50):
        rng.shuffle(events)
        messages.read_events(events, "anthropic")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, (1, 1, None, None, 2)),
        (
            {
                "input_tokens": 1,
                "cache_read_input_tokens": 10,
                "cache_creation_input_tokens": 100,
                "output_tokens": 2,
            },
            (111, 1, 10, 100, 2),
        ),
        ({"input_tokens": 1, "cache_read_input_tokens": None, "output_tokens": 0}, (1, 1, None, None, 0)),
        ({}, (None, None, None, None, None)),
    ],
)
def test_cached_tokens_are_counted_once(usage: dict[str, Any], expected: tuple[Any, ...]) -> None:
    columns = messages.usage_columns(usage)
    names = (
        "input_tokens",
        "uncached_input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
    )
    assert tuple(columns[name] for name in names) == expected
