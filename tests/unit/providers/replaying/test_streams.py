"""Streams with recordings in use: closed as early as without them, and handed out event by event."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import anthropic
import pytest

from tests.anthropic_server import Answer, events_of, serve, text
from tests.unit.providers.aws_frames import frame
from tests.unit.providers.replaying.tape import Tape

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
WORDS = "one two three four"


def _is_freed_at_once(url: str) -> bool:
    with anthropic.Anthropic(base_url=url, api_key="k") as client:
        stream = client.messages.create(**ASK, stream=True)
        next(iter(stream))
        response = weakref.ref(stream.response)
        gc.collect()
        gc.disable()
        try:
            del stream
            return response() is None
        finally:
            gc.enable()


@pytest.mark.parametrize("mode", ["reuse", "only"])
def test_a_dropped_stream_is_closed_as_soon_as_without_us(tape: Tape, mode: Any) -> None:
    """By its reference count, where the SDK lets it: nothing of ours holds it in a circle."""
    with serve(text(WORDS)) as server:
        alone = _is_freed_at_once(server.url)
        with tape.recording() as sink:
            assert _is_freed_at_once(server.url) == alone
            gc.collect()
        if mode == "only":
            with tape.session(mode) as sink:
                assert _is_freed_at_once(server.url) == alone
                gc.collect()
    (run,) = sink.runs
    assert run.status == "abandoned"
    assert run.recording is not None


@pytest.mark.parametrize("mode", ["reuse", "only"])
def test_a_stream_that_nobody_reads_is_recorded_before_its_run_is_written(tape: Tape, mode: Any) -> None:
    with serve(text(WORDS)) as server, anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        if mode == "only":
            with tape.recording():
                list(client.messages.create(**ASK, stream=True))
        with tape.session(mode) as sink:
            stream = client.messages.create(**ASK, stream=True)
            del stream
            gc.collect()  # older SDKs hold their streams in circles
    assert sink.runs[0].recording is not None


def test_a_stream_comes_in_its_events(tape: Tape) -> None:
    def read(client: Any) -> list[bytes]:
        with client.messages.with_streaming_response.create(**ASK, stream=True) as opened:
            return list(opened.http_response.iter_raw())

    with (
        serve(text(WORDS, gzipped=True)) as server,
        tape.recording(),
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        read(client)
    with tape.replaying(), anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        pieces = read(client)
    assert len(pieces) == len(events_of(text(WORDS).body))
    assert all(piece.endswith(b"\n\n") for piece in pieces)


def test_a_part_that_was_read_is_replayed(tape: Tape) -> None:
    def read(client: Any) -> list[str]:
        with client.messages.with_streaming_response.create(**ASK, stream=True) as opened:
            lines = opened.iter_lines()
            return [next(lines) for _ in range(4)]

    with (
        serve(text(WORDS, pause=0.01)) as server,
        tape.recording(),
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        expected = read(client)
    with tape.replaying(), anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        assert read(client) == expected


def test_a_stream_of_bedrocks(tape: Tape) -> None:
    pytest.importorskip("botocore", reason="Bedrock's streams need botocore")
    stream = b"".join(frame(event) for event in events_of(text(WORDS, model="claude-sonnet-5").body))
    answer = Answer(stream, headers={"content-type": "application/vnd.amazon.eventstream"})

    def read(url: str, **options: Any) -> list[Any]:
        with anthropic.AnthropicBedrock(aws_region="eu-west-1", base_url=url, **options) as client:
            return [event.model_dump() for event in client.messages.create(**ASK, stream=True)]

    with serve(answer) as server, tape.recording():
        expected = read(server.url, aws_access_key="AKIAIOSFODNN7EXAMPLE", aws_secret_key="wJalrXUtnFEMI")
    assert len(tape.files) == 1
    with tape.replaying() as replayed:
        assert read(server.url) == expected
    assert (replayed.runs[0].status, replayed.runs[0].replayed) == ("success", True)


def test_streams_of_many_tasks(tape: Tape) -> None:
    async def read(client: Any, number: int) -> str:
        asked = {**ASK, "messages": [{"role": "user", "content": f"{number} {WORDS}"}]}
        async with client.messages.stream(**asked) as stream:
            text: str = await stream.get_final_text()
            return text

    async def read_all(url: str) -> list[str]:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k") as client:
            return await asyncio.gather(*(read(client, number) for number in range(20)))

    with serve(lambda request: text(request.body["messages"][0]["content"])) as server, tape.recording():
        expected = asyncio.run(read_all(server.url))
    with tape.replaying():
        assert asyncio.run(read_all(server.url)) == expected
    assert len(set(expected)) == 20


def test_a_reply_that_is_too_long_to_keep_is_not_recorded_as_if_it_were_whole(
    tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_llmobs.providers.bodies.MAX_KEPT", 1000)
    with (
        serve(text(WORDS * 100)) as server,
        tape.recording() as sink,
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        list(client.messages.create(**ASK, stream=True))
    assert tape.files == []
    assert "its reply has more than" in sink.runs[0].metadata["not_recorded"]
