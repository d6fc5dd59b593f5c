"""No secret reaches a cassette, wherever a stream cut it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs import defaults
from pytest_llmobs.replay.bodies.events import is_identity
from pytest_llmobs.replay.bodies.forms import as_chunks
from pytest_llmobs.replay.json_paths import leaves
from pytest_llmobs.tracing.redaction.redactors import Redactor
from tests.unit.replay.bodies.streams import DONE, chat_chunks, data_of, response_events, server_sent
from tests.unit.replay.cleaning.cleaned import KEY, assert_not_stored, cleaned, cut


def own(text: str) -> str:
    """A redactor of a user's own, which says nothing about what it looks for."""
    return text.replace("project Nightjar of the year", "[a project]")


_BUILT_IN = {"secrets": KEY, "pii": "ann.the.longest.name.of.them@mail.example.com"}
_SECRETS: list[tuple[Redactor | Callable[[str], str], str]] = [
    *((redactor, _BUILT_IN[redactor.name]) for redactor in defaults.pytest_llmobs_redact()),
    (own, "project Nightjar of the year"),
]


def _delta(kind: str, piece: str, index: int = 0) -> dict[str, Any]:
    name = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}[kind]
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: piece}}


@pytest.mark.parametrize("count", range(1, 41))
@pytest.mark.parametrize(("redactor", "secret"), _SECRETS)
def test_a_secret_in_any_number_of_pieces(redactor: Redactor, secret: str, count: int) -> None:
    pieces = ["It is ", *cut(secret, min(count, len(secret))), " and nothing", " else"]
    events: list[Any] = []
    for piece in pieces:
        events += [_delta("text_delta", piece), {"type": "ping"}]
    reply = cleaned(server_sent(events, named=True), redactor)
    replayed = list(map(data_of, as_chunks(reply.body)))
    texts = [event["delta"]["text"] for event in replayed[::2]]
    assert len(replayed) == len(events)
    assert secret not in "".join(texts)
    assert (texts[0], texts[-2:]) == ("It is ", [" and nothing", " else"])
    assert_not_stored(reply, secret)


def _tool_call_chunks(pieces: list[str]) -> list[dict[str, Any]]:
    """Chunks of a chat completion whose tool call is named by the first of them alone."""
    chunks = chat_chunks(["" for _ in pieces])[: len(pieces)]
    for number, (chunk, piece) in enumerate(zip(chunks, pieces, strict=True)):
        call: dict[str, Any] = {"index": 0, "function": {"arguments": piece}}
        if number == 0:
            call = {
                "index": 0,
                "id": "call_1",
                "type": "function",
                "function": {"name": "f", "arguments": piece},
            }
        chunk["choices"][0]["delta"] = {"tool_calls": [call]}
    return chunks


def _taking_turns(first: list[Any], second: list[Any]) -> list[Any]:
    events: list[Any] = []
    for pair in zip(first, second, strict=True):
        events += pair
    return events


_PIECES = ["It is ", *cut(KEY, 7), " and", " that's all"]
_ARGUMENTS = ['{"where": "here", "key": "', *cut(KEY, 9), '", "n": 1}']
_OTHER = [str(number) for number in range(len(_PIECES))]
_STREAMS: dict[str, list[Any]] = {
    "thinking": [_delta("thinking_delta", piece) for piece in _PIECES],
    "tool arguments": [_delta("input_json_delta", piece) for piece in _ARGUMENTS],
    "blocks that take turns": _taking_turns(
        [_delta("text_delta", piece) for piece in _PIECES],
        [_delta("text_delta", piece, index=1) for piece in _OTHER],
    ),
    "a block's beginning": [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": KEY[:20]}},
        _delta("text_delta", KEY[20:40]),
        _delta("text_delta", KEY[40:]),
    ],
    "chat": [*chat_chunks(_PIECES), DONE],
    "choices that take turns": [
        *_taking_turns(chat_chunks(_PIECES), chat_chunks(_OTHER, choice=1)),
        DONE,
    ],
    "tool calls of a chat": _tool_call_chunks(_ARGUMENTS),
    "responses": response_events(_PIECES),
    "an error": [{"type": "error", "error": {"message": f"Invalid key: {KEY}"}}],
    "an unknown event": [{"news": {"words": [piece]}, "at": number} for number, piece in enumerate(_PIECES)],
    "text": [f"so {KEY}"],
}


def _texts(events: list[Any]) -> list[str]:
    """Return what events say, in their order, in the kind of text that holds the secret."""
    texts: list[str] = []
    for path, leaf in leaves(events):
        if isinstance(leaf, str) and not is_identity(path[-1]):
            texts.append(leaf)
    return texts


@pytest.mark.parametrize("name", _STREAMS)
def test_a_secret_in_any_kind_of_event(name: str) -> None:
    events = _STREAMS[name]
    reply = cleaned(server_sent(events))
    replayed = list(map(data_of, as_chunks(reply.body)))
    assert len(replayed) == len(events)
    said = "".join(_texts(replayed))
    assert KEY not in said
    assert "[redacted: anthropic key]" in said + json.dumps(reply.body)
    assert_not_stored(reply, KEY)


def test_cleaned_tool_arguments_are_still_json() -> None:
    reply = cleaned(server_sent(_STREAMS["tool arguments"]))
    pieces = [data_of(chunk)["delta"]["partial_json"] for chunk in as_chunks(reply.body)]
    assert json.loads("".join(pieces))["where"] == "here"
    assert pieces[0] == _ARGUMENTS[0]


def test_tool_arguments_are_cleaned_by_their_names() -> None:
    pieces = ['{"pass', 'word": 123', '45, "user": "a', 'nn"}']
    reply = cleaned(server_sent([_delta("input_json_delta", piece) for piece in pieces]))
    replayed = "".join(data_of(chunk)["delta"]["partial_json"] for chunk in as_chunks(reply.body))
    assert json.loads(replayed) == {"password": "[redacted: password]", "user": "ann"}


def test_eleven_frames_stay_eleven_frames() -> None:
    pieces = ["The ", "key ", "is ", *cut(KEY, 5), " so", " keep", " it"]
    reply = cleaned(server_sent([_delta("text_delta", piece) for piece in pieces]))
    texts = [data_of(chunk)["delta"]["text"] for chunk in as_chunks(reply.body)]
    assert len(texts) == 11
    assert texts[:3] + texts[8:] == pieces[:3] + pieces[8:]


def test_a_field_that_says_the_same_in_each_event_is_no_text() -> None:
    def own_of_long_rows(text: str) -> str:
        return "[a long row]" if len(text) > 60 else text

    events = [{"fingerprint": "fp_e665f7564b", "text": str(number)} for number in range(10)]
    content = server_sent(events)
    assert b"".join(as_chunks(cleaned(content, own_of_long_rows).body)) == content


def test_a_clean_stream_comes_back_byte_by_byte() -> None:
    content = server_sent(response_events(["Nothing ", "to ", "hide"]), named=True)
    assert b"".join(as_chunks(cleaned(content, own).body)) == content


@pytest.mark.parametrize("count", [1, 2, 5, 17])
@pytest.mark.parametrize("end", ["", '"', '"}', '"}}', '"}}\n'])
def test_a_secret_that_ends_in_half_an_event(count: int, end: str) -> None:
    *pieces, last = cut(KEY, count)
    whole = server_sent([_delta("text_delta", piece) for piece in ["So: ", *pieces]], named=True)
    start = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    reply = cleaned(whole + f'{start}"text":"{last}{end}'.encode(), end="failed", message="broke off")
    *chunks, half = as_chunks(reply.body)
    assert_not_stored(reply, KEY)
    assert last.encode() not in half
    assert len(chunks) == count
    assert b'"text"' in half
    assert (reply.end, reply.message) == ("failed", "broke off")


@pytest.mark.parametrize(
    "content",
    [
        f'data: {{"a":"{KEY}","a":1}}\n\n',
        f'data: {{"a":1e400,"b":"{KEY}"}}\n\n',
        f'data: {{"a":"\\ud83c","b":"{KEY}"}}\n\n',
        f'data: {{"{KEY}":"\n\n',
        f": {KEY}\n\n",
        f"{KEY}: 1\n\n",
        f"event: {KEY}\ndata: 1\n\n",
        f"id: 1\nid: {KEY}",
        f"data: {{\ndata:  \"a\": \"{KEY}\"\ndata: }}\n\n",
    ],
)  # fmt: skip
def test_a_secret_in_what_is_no_proper_event(content: str) -> None:
    reply = cleaned(content.encode())
    assert_not_stored(reply, KEY)
    assert b"redacted" in b"".join(as_chunks(reply.body))


def test_a_secret_beside_bytes_that_are_no_text() -> None:
    events = [
        b'data: {"text":"\xffsk-ant-api03-AbCdEfGhIjKl"}\n\n',
        b'data: {"text":"MnOpQrStUvWxYz0123456789"}\n\n',
    ]
    reply = cleaned(b"".join(events))
    assert b"redacted" in b"".join(as_chunks(reply.body))
    assert b"MnOpQrStUv" not in b"".join(as_chunks(reply.body))
