"""What a cassette looks like, and how large it is."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.records.http_calls import ReceivedReply
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.cleaning.replies import clean_reply
from pytest_llmobs.replay.layout import laid_out
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests import anthropic_server
from tests.unit.replay.bodies.streams import (
    DONE,
    chat_chunks,
    chat_usage,
    response_body,
    response_events,
    server_sent,
)

_SENTENCE = (
    "A refund takes three working days, counted from the day on which the parcel came back; write to us (or call) if "
    "it doesn't arrive — we'll look for it at once.\n\n1. Note the number.\n2. Say when you sent it.\n"
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(value=_VALUES)
def test_any_value_is_read_as_it_was_written(value: Any) -> None:
    text = laid_out(value)
    assert repr(json.loads(text)) == repr(value)
    assert text.endswith("\n")


def test_halves_of_characters_are_read_as_they_were_written() -> None:
    assert json.loads(laid_out({"a": "é\ud83d"})) == {"a": "é\ud83d"}
    assert "é\\ud83d" in laid_out({"a": "é\ud83d"})


def test_what_is_nested_beyond_reason_is_written() -> None:
    value: Any = "x"
    for _ in range(700):
        value = [value]
    assert json.loads(laid_out(value)) == value


def test_what_fits_stands_in_a_line() -> None:
    value = {
        "role": "assistant",
        "content": [{"type": "text", "text": "Ja, schön.\nBis dann."}],
        "tools": [{"name": "weather", "description": "Says how it is, and how it will be.", "strict": True, "n": 1}],
        "vector": [number / 8 for number in range(40)],
    }  # fmt: skip
    assert laid_out(value) == (
        "{\n"
        ' "role": "assistant",\n'
        ' "content": [{"type": "text", "text": "Ja, schön.\\nBis dann."}],\n'
        ' "tools": [\n'
        '  {"name": "weather", "description": "Says how it is, and how it will be.", "strict": true, "n": 1}\n'
        " ],\n"
        ' "vector": [\n'
        "  0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125, 1.25, 1.375, 1.5, 1.625, 1.75, 1.875,\n"
        "  2.0, 2.125, 2.25, 2.375, 2.5, 2.625, 2.75, 2.875, 3.0, 3.125, 3.25, 3.375, 3.5, 3.625, 3.75, 3.875,\n"
        "  4.0, 4.125, 4.25, 4.375, 4.5, 4.625, 4.75, 4.875\n"
        " ]\n"
        "}\n"
    )


def test_a_number_longer_than_a_line_stays_whole() -> None:
    value = [10**120, 1, 10**130]
    assert json.loads(laid_out(value)) == value


def _tokens(count: int) -> list[str]:
    """Return so many tokens, as a model says them: short words with the space before them, long ones in two, marks."""
    tokens: list[str] = []
    for word in re.findall(r" ?[^\W\d]+| ?\d+| ?[^\w\s]+|\s+", _SENTENCE * count)[:count]:
        middle = len(word) // 2 if len(word) > 7 else 0
        tokens += [part for part in (word[:middle], word[middle:]) if part]
    return tokens[:count]


def _nested(depth: int) -> dict[str, Any]:
    if not depth:
        return {"id": 7, "ok": True, "note": "as asked", "price": 12.5}
    return {"order": _nested(depth - 1), "items": [{"id": depth, "count": 2}, {"id": depth + 1, "count": 1}]}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


_CHANCE = random.Random(3)
_VECTOR = {"object": "embedding", "index": 0, "embedding": [_CHANCE.uniform(-0.1, 0.1) for _ in range(1536)]}
_TOKENS = _tokens(1_000)
_TEXT = "".join(_TOKENS)
_MESSAGE = anthropic_server.text(_TEXT, model="claude-sonnet-5").body
_START, _PING, _BLOCK, _DELTA, *_END = anthropic_server.events_of(
    anthropic_server.text("x", model="claude-sonnet-5").body
)
_MESSAGE_EVENTS = [
    _START,
    _PING,
    _BLOCK,
    *({**_DELTA, "delta": {"type": "text_delta", "text": token}} for token in _TOKENS),
    *_END,
]
_CHAT = {
    **{name: value for name, value in chat_usage().items() if name != "choices"},
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": _TEXT, "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
}
_CALLED = [{"type": "tool_use", "id": "toolu_1", "name": "order", "input": _nested(10)}]
_REPLIES: dict[str, tuple[bytes, bytes]] = {
    "a short text": (_json(anthropic_server.text("Yes.", model="claude-sonnet-5").body),) * 2,
    "a text of 20 KB": (_json(anthropic_server.text(_SENTENCE * 100, model="claude-sonnet-5").body),) * 2,
    "tool calls": (_json(anthropic_server.message(_CALLED * 5, model="claude-sonnet-5").body),) * 2,
    "an embedding": (_json({"object": "list", "data": [_VECTOR], "model": "text-embedding-3-small"}),) * 2,
    "a stream of anthropic's": (server_sent(_MESSAGE_EVENTS, named=True), _json(_MESSAGE)),
    "a stream of chunks": (server_sent([*chat_chunks(_TOKENS), chat_usage(), DONE]), _json(_CHAT)),
    "a stream of a response": (
        server_sent(response_events(_TOKENS), named=True),
        _json(response_body(_TEXT)),
    ),
}


@pytest.mark.parametrize("name", _REPLIES)
def test_a_cassette_is_about_as_large_as_its_reply(name: str) -> None:
    # what a request takes depends on the request
    content, whole = _REPLIES[name]
    media_type = "text/event-stream" if "stream" in name else "application/json"
    received = ReceivedReply(status=200, headers={"content-type": media_type}, content=content)
    cassette = Cassette(
        provider="anthropic",
        operation="messages",
        repeat=1,
        occurrence=1,
        request_hash="0" * 64,
        request={},
        reply=clean_reply(received, Redaction()),
    )
    size = len(laid_out(cassette.document()).encode())
    assert size <= 1.15 * len(whole) + 1024


def test_one_document_has_one_text() -> None:
    document = {"b": [1, {"c": None}], "a": _TEXT}
    assert laid_out(document) == laid_out(json.loads(laid_out(document)))
