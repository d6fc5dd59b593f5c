"""What the real SDKs send and get: no secret of it lies on the disk, and what is left is replayed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.replay.recorder import CassetteWarning
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests import openai_server
from tests.anthropic_server import Answer, events_of, message, serve, text
from tests.unit.providers.replaying.tape import Tape
from tests.unit.replay.bodies.streams import chat_chunks
from tests.unit.replay.bodies.test_frames import chunk
from tests.unit.replay.cleaning.cleaned import KEY, cut

_OURS = "sk-ant-api03-OursOursOursOursOursOursOurs"
_ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hi"}],
}
_COOKIES = {"set-cookie": f"session={KEY}", "x-api-key": KEY, "anthropic-organization-id": "org-we-are-it"}


@pytest.fixture
def open_client() -> Iterator[Callable[..., Any]]:
    """Makes clients that are closed at the test's end."""
    with ExitStack() as clients:
        yield lambda make, **options: clients.enter_context(make(api_key=_OURS, **options))


def _assert_nowhere(root: Path, *secrets: str) -> None:
    """Fail where a file, or its name, holds one of some texts."""
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    for path in files:
        for secret in secrets:
            assert secret not in str(path)
            assert secret.encode() not in path.read_bytes()


def test_keys_and_cookies_stay_out(tape: Tape, open_client: Callable[..., Any]) -> None:
    answer = text("Hello", headers=_COOKIES)
    ask = {
        **_ASK,
        "extra_headers": {"cookie": f"session={KEY}"},
        "extra_query": {"api_key": KEY, "page": "2"},
    }
    with serve(answer) as server, tape.recording():
        client = open_client(anthropic.Anthropic, base_url=server.url)
        client.messages.create(**ask)
    _assert_nowhere(tape.root, KEY, _OURS, "org-we-are-it", "session")
    with tape.replaying():
        assert client.messages.create(**ask).content[0].text == "Hello"


def test_a_streamed_secret_is_told_as_cleaned(tape: Tape, open_client: Callable[..., Any]) -> None:
    blocks = [
        {"type": "thinking", "thinking": f"The key is {KEY} , no doubt", "signature": "c2ln"},
        {"type": "text", "text": f"Take {KEY} , please"},
        {"type": "tool_use", "id": "toolu_1", "name": "use", "input": {"key": KEY, "where": "here"}},
    ]
    events = _in_pieces(events_of(message(blocks, model="claude-sonnet-5").body))
    with serve(Answer(events=events)) as server, tape.recording():
        client = open_client(anthropic.Anthropic, base_url=server.url)
        with client.messages.stream(**_ASK) as stream:
            assert KEY in stream.get_final_message().content[1].text
    _assert_nowhere(tape.root, KEY, KEY[:30], KEY[30:], _OURS)
    with tape.replaying(), client.messages.stream(**_ASK) as stream:
        replayed = list(stream)
        thinking, said, called = stream.get_final_message().content
    assert thinking.thinking == "The key is [redacted: anthropic key] , no doubt"
    assert said.text == "Take [redacted: anthropic key] , please"
    assert called.input == {"key": "[redacted: anthropic key]", "where": "here"}
    assert sum(event.type == "content_block_delta" for event in replayed) == _deltas(events)


def _in_pieces(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a stream in which each text comes in ten pieces, with a ping after each."""
    pieces: list[dict[str, Any]] = []
    for event in events:
        delta = event.get("delta", {})
        name = next((name for name in ("thinking", "text", "partial_json") if name in delta), None)
        if event["type"] != "content_block_delta" or name is None:
            pieces.append(event)
            continue
        for piece in cut(delta[name], 10):
            pieces += [{**event, "delta": {**delta, name: piece}}, {"type": "ping"}]
    return pieces


def _deltas(events: list[dict[str, Any]]) -> int:
    return sum(event["type"] == "content_block_delta" for event in events)


def test_a_secret_in_the_end_of_a_broken_stream(tape: Tape, open_client: Callable[..., Any]) -> None:
    pieces = ["Take ", *cut(KEY, 6)]
    events = events_of(message([], model="claude-sonnet-5").body)[:2]
    events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        for piece in pieces
    ]
    half = f"event: content_block_delta\ndata: {json.dumps(events.pop())[:-2]}"
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events) + half
    answer = Answer(body.encode(), headers={"content-type": "text/event-stream"})
    with serve(answer) as server, tape.recording(record_errors=True):
        client = open_client(anthropic.Anthropic, base_url=server.url, max_retries=0)
        live = _texts(client)
    with tape.replaying():
        replayed = _texts(client)
    _assert_nowhere(tape.root, KEY, KEY[:20], KEY[-20:], pieces[-1])
    assert (live[0], replayed[0], len(live)) == ("Take ", "Take ", len(replayed))


def _texts(client: anthropic.Anthropic) -> list[str]:
    """Return the texts of a stream until it breaks."""
    texts: list[str] = []
    try:
        with client.messages.create(**_ASK, stream=True) as stream:
            for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    texts.append(event.delta.text)
    except (anthropic.APIError, ValueError) as error:
        texts.append(type(error).__name__)
    return texts


def test_a_secret_in_the_choices_of_a_chat(tape: Tape, open_client: Callable[..., Any]) -> None:
    pieces = ["Take ", *cut(KEY, 12), " now"]
    chunks = [chunk for choice in (0, 1) for chunk in chat_chunks(pieces, choice=choice)]
    ask: Any = {"model": "gpt-5-mini", "messages": _ASK["messages"], "stream": True, "n": 2}
    with openai_server.serve(Answer(events=[*chunks, openai_server.DONE])) as server, tape.recording():
        client = open_client(openai.OpenAI, base_url=server.url)
        live = list(client.chat.completions.create(**ask))
    _assert_nowhere(tape.root, KEY, KEY[:30], KEY[30:], _OURS)
    with tape.replaying():
        replayed = list(client.chat.completions.create(**ask))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in replayed)
    assert said == "Take [redacted: anthropic key] now" * 2
    assert len(replayed) == len(live)


def test_bedrocks_frames_are_replayed_to_its_client(tape: Tape, open_client: Callable[..., Any]) -> None:
    pytest.importorskip("botocore", reason="Bedrock's streams need botocore")
    events = events_of(text(f"Take {KEY} now", model="claude-sonnet-5").body)
    frames = b"".join(chunk(event, number) for number, event in enumerate(events))
    answer = Answer(frames, headers={"content-type": "application/vnd.amazon.eventstream"})
    ask = {**_ASK, "model": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"}
    with serve(answer) as server, tape.recording():
        client = open_client(anthropic.AnthropicBedrock, aws_region="eu-central-1", base_url=server.url)
        live = list(client.messages.create(**ask, stream=True))
    _assert_nowhere(tape.root, KEY, _OURS)
    with tape.replaying():
        replayed = list(client.messages.create(**ask, stream=True))
    assert [event.type for event in replayed] == [event.type for event in live]
    assert "".join(event.delta.text for event in replayed if event.type == "content_block_delta") == (
        "Take [redacted: anthropic key] now"
    )


def test_what_a_redactor_fails_at_is_not_recorded(tape: Tape, open_client: Callable[..., Any]) -> None:
    def failing(text: str) -> str:
        raise ZeroDivisionError

    tape.redaction = Redaction([failing])
    with serve([text("Hello"), text("Bye")]) as server, tape.recording():
        client = open_client(anthropic.Anthropic, base_url=server.url)
        with pytest.warns(CassetteWarning) as warned:
            replies = [client.messages.create(**{**_ASK, "max_tokens": most}) for most in (8, 9)]
    assert [reply.content[0].text for reply in replies] == ["Hello", "Bye"]
    assert [str(warning.message) for warning in warned] == [
        "Model calls that can't be cleaned aren't recorded: the redactor 'failing' raised an error."
    ]
    assert not tape.root.exists()
