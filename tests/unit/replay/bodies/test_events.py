"""Streams come back event by event: whatever was sent, in whatever order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.files import parse_json
from pytest_llmobs.replay.bodies.forms import as_chunks
from pytest_llmobs.replay.layout import laid_out
from tests.anthropic_server import events_of, message
from tests.unit.replay.bodies.streams import (
    DONE,
    as_document,
    chat_chunks,
    chat_usage,
    data_of,
    response_body,
    response_events,
    server_sent,
)

_SERVER_SENT = "text/event-stream"
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_NAMES = st.sampled_from(
    ["type", "index", "text", "delta", "id", "as", "but", "sequence_number", "data", "cuts"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | _TEXTS, inner, max_size=3),
    max_leaves=5,
)
_KINDS = st.sampled_from(
    [
        {"type": "text", "index": 0, "delta": {"text": ""}},
        {"type": "text", "index": 1, "delta": {"text": ""}},
        {"type": "tool", "delta": {"json": "", "usage": 0}},
        {"type": "ping"},
    ]
)


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    """An event alike to others but for its texts and numbers, or any at all."""
    kind = draw(_KINDS | st.none())
    if kind is None:
        return draw(st.dictionaries(_NAMES | _TEXTS, _VALUES, max_size=4))
    event = json.loads(json.dumps(kind))
    for name, value in event.get("delta", {}).items():
        event["delta"][name] = draw(_TEXTS) if value == "" else draw(_NUMBERS)
    return event


def _replayed(content: bytes, media_type: str = _SERVER_SENT) -> list[bytes]:
    """Record a body, write and read its file, and hand it out."""
    document = as_document(content, media_type)
    text = laid_out(document)
    stored = parse_json(text.encode())
    assert stored == document
    return as_chunks(stored)


@settings(max_examples=300, deadline=None)
@given(events=st.lists(_events(), min_size=1, max_size=7), spaced=st.booleans(), numbered=st.booleans())
def test_any_events_come_back_as_they_were_sent(
    events: list[dict[str, Any]], spaced: bool, numbered: bool
) -> None:
    if numbered:
        events = [{"sequence_number": 3 + number, **event} for number, event in enumerate(events)]
    content = server_sent(events, spaced=spaced)
    chunks = _replayed(content)
    assert list(map(data_of, chunks)) == events
    assert b"".join(chunks) == content


@settings(max_examples=150, deadline=None)
@given(events=st.lists(_events(), min_size=2, max_size=5))
def test_any_json_lines_come_back(events: list[dict[str, Any]]) -> None:
    content = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events).encode()
    chunks = _replayed(content, "application/octet-stream")
    assert [json.loads(chunk) for chunk in chunks] == events
    assert b"".join(chunks) == content


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=60) | _TEXTS.map(str.encode))
@pytest.mark.parametrize("media_type", [_SERVER_SENT, "application/json", "audio/mpeg"])
def test_what_is_no_stream_comes_back_or_means_the_same(media_type: str, content: bytes) -> None:
    together = b"".join(_replayed(content, media_type))
    if media_type != _SERVER_SENT and together != content:
        assert json.loads(together) == json.loads(content)


def _named(events: list[dict[str, Any]], *, spaced: bool = False) -> bytes:
    return server_sent(events, named=True, spaced=spaced)


PIECES = ["Hello", " my", " dear", " world", ", how", " are you", "?\n", "", "Fine — thanks", " 🎉"]
_MESSAGE = message(
    [
        {"type": "thinking", "thinking": "Let me think. Twice.", "signature": "c2lnbmVk"},
        {"type": "text", "text": "Hello my world", "citations": [{"type": "page", "cited_text": "Hello"}]},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"where": "é", "how": [1, 2.5]}},
    ],
    model="claude-sonnet-5",
)
_ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
_TWO_CHOICES = [
    chunk
    for pair in zip(chat_chunks(PIECES), chat_chunks(PIECES[::-1], choice=1), strict=True)
    for chunk in pair
]
_STREAMS = {
    "anthropic": _named([*events_of(_MESSAGE.body), {"type": "ping"}, _ERROR], spaced=True),
    "chat": server_sent([*chat_chunks(PIECES), chat_usage(), DONE]),
    "obfuscated chat": server_sent(
        [
            *(chunk | {"obfuscation": "aB3x" * number} for number, chunk in enumerate(chat_chunks(PIECES))),
            DONE,
        ]
    ),
    "two choices": server_sent([*_TWO_CHOICES, DONE]),
    "responses": _named(response_events(PIECES)),
    "unknown": b'event: news\ndata: {"a":1}\nid: 7\n\n: alive\n\nretry: 10\ndata: plain\ndata: words\n\n',
    "escaped": b'data: {"a": "\\u00e9\\ud83c\\udf89 <b>"}\n\ndata: {"a": "\\u20ac"}\n\n',
    "crlf": b'event: x\r\ndata: {"a":"b"}\r\n\r\ndata: [DONE]\r\n\r\n',
    "cr": b'data: {"a":"b"}\r\rdata: [DONE]\r\r',
    "bom": b'\xef\xbb\xbfdata: {"a":"b"}\n\n',
    "without spaces": b'event:x\ndata:{"a":"b"}\n\ndata:[DONE]\n\n',
    "no utf-8": b'data: {"a":"\xff"}\n\ndata: {"a":"b"}\n\n',
    "numbers out of bounds": b'data: {"a":1e400}\n\ndata: {"a":1,"a":2}\n\ndata: {"a":NaN}\n\n',
    "half an emoji each": b'data: {"a":"\\ud83c"}\n\ndata: {"a":"\\udf89"}\n\n',
    "broken off": b'data: {"text":"one"}\n\ndata: {"text":"tw',
    "broken off within a character": 'data: {"text":"one"}\n\ndata: {"text":"€'.encode()[:-1],
    "broken off before its end": b'data: {"text":"one"}\n\ndata: {"text":"two"}\n',
    "looks like a reference": b'data: {"as":"0/text","text":{"as":"0"}}\n\ndata: {"but":{},"as":"1"}\n\n',
    "nothing": b"",
}


@pytest.mark.parametrize("name", _STREAMS)
def test_real_streams_come_back_byte_by_byte(name: str) -> None:
    chunks = _replayed(_STREAMS[name])
    assert b"".join(chunks) == _STREAMS[name]


def test_one_chunk_is_handed_out_for_each_event() -> None:
    events = [*events_of(_MESSAGE.body), {"type": "ping"}, _ERROR]
    assert list(map(data_of, _replayed(_STREAMS["anthropic"]))) == events
    assert len(_replayed(_STREAMS["broken off"])) == 2


def test_json_written_in_another_way_than_the_rest_means_the_same() -> None:
    content = b'data: {"a":1}\n\ndata: {"a" : 1.50}\n\ndata: {"a":\ndata: "b"}\n\ndata: {"a":2}\n\n'
    assert list(map(data_of, _replayed(content))) == [{"a": 1}, {"a": 1.5}, {"a": "b"}, {"a": 2}]


def test_an_answer_is_read_as_one_text() -> None:
    stored = as_document(_STREAMS["anthropic"], _SERVER_SENT)
    texts = [entry["data"]["delta"] for entry in stored["events"] if "cuts" in entry]
    assert texts == [
        {"type": "thinking_delta", "thinking": "Let me think. Twice."},
        {"type": "text_delta", "text": "Hello my world"},
        {"type": "input_json_delta", "partial_json": '{"where": "\\u00e9", "how": [1, 2.5]}'},
    ]


def test_choices_that_take_turns_are_read_one_by_one() -> None:
    stored = as_document(_STREAMS["two choices"], _SERVER_SENT)
    assert stored["order"] == "ab[cd]10efg"
    for text in ("".join(PIECES), "".join(reversed(PIECES))):
        assert json.dumps(text, ensure_ascii=False) in laid_out(stored)


def test_a_text_that_is_said_again_is_stored_once() -> None:
    text = "A sentence long enough to be told apart from any other. " * 2
    stored = laid_out(as_document(_named(response_events([text[:30], text[30:]])), _SERVER_SENT))
    assert stored.count("A sentence long enough") == 2
    assert stored.count(response_body("")["id"]) == 1
