"""Calls that failed: as the same exception with ``llm_record_errors``, and not at all without."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.errors import CassetteError
from tests.anthropic_server import Answer, failure, serve, text
from tests.unit.providers.replaying.tape import Tape

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
WORDS = "one two three four"
LONG, SHORT = 30.0, 0.05
"""Seconds that a client waits where a reply comes, and where none does."""
BROKEN_EVENT = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
Outcome = tuple[Any, ...]


def _described(error: BaseException) -> Outcome:
    """Return what a user can tell of an SDK's error, and of what caused it."""
    cause = error.__cause__
    of_the_client = type(cause).__module__.partition(".")[0] in ("httpx", "httpx2")
    return (
        type(error),
        str(error),
        getattr(error, "status_code", None),
        getattr(error, "body", None),
        getattr(error, "request_id", None),
        (type(cause), str(cause)) if of_the_client else None,
    )


def _create(client: Any) -> Outcome:
    try:
        return (client.messages.create(**ASK).model_dump(),)
    except Exception as error:
        return _described(error)


def _stream(client: Any) -> Outcome:
    heard: list[str] = []
    try:
        with client.messages.stream(**ASK) as stream:
            heard.extend(stream.text_stream)
    except Exception as error:
        return (heard, *_described(error))
    return (heard, stream.get_final_message().model_dump())


def _raw_stream(client: Any) -> Outcome:
    heard: list[Any] = []
    try:
        heard.extend(event.model_dump() for event in client.messages.create(**ASK, stream=True))
    except Exception as error:
        return (heard, *_described(error))
    return (heard,)


def _stream_async(url: str) -> Outcome:
    async def main() -> Outcome:
        heard: list[str] = []
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=1) as client:
            try:
                async with client.messages.stream(**ASK) as stream:
                    async for piece in stream.text_stream:
                        heard.append(piece)
            except Exception as error:
                return (heard, *_described(error))
        return (heard,)

    return asyncio.run(main())


def _create_async(url: str, timeout: float = LONG) -> Outcome:
    async def main() -> Outcome:
        async with anthropic.AsyncAnthropic(
            base_url=url, api_key="k", max_retries=1, timeout=timeout
        ) as client:
            try:
                return ((await client.messages.create(**ASK)).model_dump(),)
            except Exception as error:
                return _described(error)

    return asyncio.run(main())


def _in_sync(call: Callable[[Any], Outcome]) -> Callable[..., Outcome]:
    def run(url: str, timeout: float = LONG) -> Outcome:
        with anthropic.Anthropic(base_url=url, api_key="k", max_retries=1, timeout=timeout) as client:
            return call(client)

    return run


SOON = {"retry-after-ms": "1"}
FAILURES: dict[str, Answer] = {
    "400": failure(400, "invalid_request_error", "max_tokens: too large"),
    "401": failure(401, "authentication_error", "invalid x-api-key"),
    "404": failure(404, "not_found_error", "model: no-such"),
    "429": failure(429, "rate_limit_error", "slow down", headers=SOON),
    "500": Answer(b"<html>Bad gateway</html>", status=500, headers={**SOON, "content-type": "text/html"}),
    "529": failure(529, "overloaded_error", "Overloaded", headers=SOON),
    "timeout": text(WORDS, delay=LONG, headers=SOON),
    "cut": Answer(
        b'{"id": "msg_1", "content": [', headers={**SOON, "content-length": "4096", "connection": "close"}
    ),
}
STREAMS: dict[str, Answer] = {
    "disconnect": text(WORDS, disconnect_after=5),
    "error event": Answer(events=[{"type": "message_start", "message": text("").body}, BROKEN_EVENT]),
    "truncated": text(WORDS, truncate_after=5),
    "disconnect, compressed": text(WORDS, disconnect_after=6, gzipped=True),
}
CASES = [
    *(
        (kind, answer, runner)
        for kind, answer in FAILURES.items()
        for runner in (_in_sync(_create), _create_async)
    ),
    *(
        (kind, answer, runner)
        for kind, answer in STREAMS.items()
        for runner in (_in_sync(_stream), _in_sync(_raw_stream), _stream_async)
    ),
    ("429", FAILURES["429"], _in_sync(_stream)),
    ("529", FAILURES["529"], _stream_async),
]


def _timeout(kind: str) -> tuple[float, ...]:
    """Return the limit of a call that is to reach it, and nothing for another."""
    return (SHORT,) if kind == "timeout" else ()


@pytest.fixture
def no_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a server that isn't there: ends the test that does."""
    import anyio

    def refuse(seconds: float) -> Any:
        raise AssertionError(f"slept {seconds} s")

    # the SDK's name for the module, not the module: a thread that an earlier test left may well sleep
    monkeypatch.setattr("anthropic._base_client.time", SimpleNamespace(**{**vars(time), "sleep": refuse}))
    monkeypatch.setattr(anyio, "sleep", refuse)


@pytest.mark.parametrize(("kind", "answer", "call"), CASES)
def test_a_failure_is_replayed_as_it_was(
    tape: Tape, kind: str, answer: Answer, call: Callable[..., Outcome], request: pytest.FixtureRequest
) -> None:
    timeout = _timeout(kind)
    with serve(answer) as server, tape.recording(record_errors=True) as recorded:
        expected = call(server.url, *timeout)
    assert len(tape.files) == 1, "one recording a call, not one an attempt"
    request.getfixturevalue("no_sleeps")
    with tape.replaying() as replayed:
        assert call(server.url, *timeout) == expected
    (run,), (before,) = replayed.runs, recorded.runs
    assert (run.replayed, run.status, run.retries) == (True, before.status, 0)
    assert str(run.error).splitlines()[-1:] == str(before.error).splitlines()[-1:]


@pytest.mark.parametrize("kind", [*FAILURES, *STREAMS])
def test_a_failure_is_not_recorded_unless_asked_for(tape: Tape, kind: str) -> None:
    call = _create if kind in FAILURES else _raw_stream
    with serve({**FAILURES, **STREAMS}[kind]) as server, tape.recording():
        _in_sync(call)(server.url, *_timeout(kind))
    assert tape.files == []


def test_a_connection_that_was_refused(tape: Tape, no_sleeps: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            tape.recording(record_errors=True),
            anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client,
        ):
            expected = _create(client)
    assert expected[0] is anthropic.APIConnectionError
    with tape.replaying(), anthropic.Anthropic(base_url=url, api_key="k") as client:
        assert _create(client)[:-1] == expected[:-1]


@pytest.mark.parametrize("record_errors", [False, True])
def test_of_a_call_that_was_tried_again_the_success_is_recorded(
    tape: Tape, record_errors: bool, no_sleeps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleepless = SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None})
    monkeypatch.setattr("anthropic._base_client.time", sleepless)
    with serve([FAILURES["529"], FAILURES["429"], text("at last")]) as server:
        with tape.recording(record_errors=record_errors) as recorded, _client(server.url) as client:
            expected = _create(client)
        assert (len(server.requests), len(tape.files), recorded.runs[0].retries) == (3, 1, 2)
    monkeypatch.undo()
    with tape.replaying() as replayed, _client(server.url) as client:
        assert _create(client) == expected
    assert replayed.runs[0].retries == 0


def test_an_app_that_tries_again_itself(tape: Tape) -> None:
    """What failed and isn't recorded leaves its turn to what the app asks next."""
    script = [FAILURES["429"], text("then this"), text("and this")]
    with serve(script) as server, tape.recording(), _client(server.url, max_retries=0) as client:
        heard = [_create(client) for _ in range(3)]
    assert heard[0][0] is anthropic.RateLimitError
    with tape.replaying(), _client(server.url) as client:
        assert [_create(client) for _ in range(2)] == heard[1:]


def test_an_app_that_tries_again_itself_with_errors_recorded(tape: Tape) -> None:
    with (
        serve([FAILURES["429"], text("then this")]) as server,
        tape.recording(record_errors=True),
        _client(server.url, max_retries=0) as client,
    ):
        heard = [_create(client) for _ in range(2)]
    with tape.replaying(), _client(server.url) as client:
        assert [_create(client) for _ in range(2)] == heard


def test_a_call_that_the_app_cancels_is_not_recorded(tape: Tape) -> None:
    async def main(url: str) -> None:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.messages.create(**ASK), 0.2)

    with serve(text("late", delay=1)) as server, tape.recording(record_errors=True):
        asyncio.run(main(server.url))
    assert tape.files == []


def test_a_stream_that_the_app_cancels_is_not_recorded(tape: Tape) -> None:
    async def main(url: str) -> None:
        client = anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0)
        async with client, client.messages.stream(**ASK) as stream:
            async for _ in stream.text_stream:
                pass

    with (
        serve(text(WORDS, pause=0.2)) as server,
        tape.recording(record_errors=True),
        pytest.raises(TimeoutError),
    ):
        asyncio.run(asyncio.wait_for(main(server.url), 0.5))
    assert tape.files == []


def test_a_stream_that_was_left_is_replayed_as_far_as_it_was_read(tape: Tape) -> None:
    def read(client: Any, events: int) -> list[Any]:
        heard = []
        with client.messages.create(**ASK, stream=True) as stream:
            for event in stream:
                heard.append(event.model_dump())
                if len(heard) == events:
                    break
        return heard

    with serve(text(WORDS, pause=0.02)) as server, tape.recording(), _client(server.url) as client:
        expected = read(client, 4)
    assert len(tape.files) == 1
    with tape.replaying() as replayed, _client(server.url) as client:
        assert read(client, 4) == expected
    assert replayed.runs[0].status == "abandoned"
    with (
        tape.replaying(),
        _client(server.url) as client,
        pytest.raises(CassetteError, match="whoever recorded it read no further"),
    ):
        read(client, 40)


def test_a_stream_that_was_left_behind_its_last_event_is_whole(tape: Tape) -> None:
    def read(client: Any, *, to_the_end: bool) -> list[Any]:
        heard = []
        with client.messages.create(**ASK, stream=True) as stream:
            for event in stream:
                heard.append(event.model_dump())
                if event.type == "message_stop" and not to_the_end:
                    break
        return heard

    with (
        serve(text(WORDS, pause=0.02)) as server,
        tape.recording(),
        _client(server.url) as client,
    ):
        expected = read(client, to_the_end=False)
    with tape.replaying() as replayed, _client(server.url) as client:
        assert read(client, to_the_end=True) == expected
    assert replayed.runs[0].status == "success"


@pytest.mark.parametrize("kind", ["429", "timeout", "cut"])
def test_a_recorded_failure_is_final(tape: Tape, kind: str) -> None:
    attempts = []

    class Counting(anthropic.Anthropic):
        def _prepare_request(self, request: Any) -> None:
            attempts.append(request)

    class CountingOpenAI(openai.OpenAI):
        def _prepare_request(self, request: Any) -> None:
            attempts.append(request)

    def ask(url: str, retries: int) -> list[Outcome]:
        timeout = SHORT if kind == "timeout" else LONG
        options: dict[str, Any] = {
            "base_url": url,
            "api_key": "k",
            "max_retries": retries,
            "timeout": timeout,
        }
        with Counting(**options) as client, CountingOpenAI(**options) as other:
            outcomes = [_create(client)]
            try:
                other.chat.completions.create(
                    model="gpt-5-mini", messages=[{"role": "user", "content": "Hi"}]
                )
            except openai.OpenAIError as error:
                outcomes.append(_described(error))
            return outcomes

    with serve(FAILURES[kind]) as server, tape.recording(record_errors=True):
        expected = ask(server.url, retries=0)
    attempts.clear()
    with tape.replaying():
        assert ask(server.url, retries=5) == expected
    assert len(attempts) == 2


def _client(url: str, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key="k", **options)
