"""HTTP clients and middleware of the user's own: recordings come before whatever they do."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import anthropic
import pytest

from tests.anthropic_server import Request, failure, serve, text
from tests.unit.providers.replaying.tape import Tape, http_library, needs_middleware

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
NOWHERE = "http://127.0.0.1:50000"


def _ask(url: str, **options: Any) -> Any:
    with anthropic.Anthropic(base_url=url, api_key="k", **options) as client:
        return client.messages.create(**ASK).model_dump()


def test_a_client_with_a_send_of_its_own(tape: Tape) -> None:
    sent = []

    class Counting(http_library().Client):  # type: ignore[misc]
        def send(self, request: Any, **options: Any) -> Any:
            sent.append(request.url)
            return super().send(request, **options)

    with serve(text("Hello")) as server, tape.recording():
        _ask(server.url)  # whose class is the one above
        expected = _ask(server.url, http_client=Counting())
    with tape.replaying():
        assert _ask(server.url) == expected
        assert _ask(server.url, http_client=Counting()) == expected
    assert (len(sent), len(tape.files)) == (1, 2)


def test_a_client_that_answers_in_its_send(tape: Tape) -> None:
    """One that never asks the class above it is recorded, too."""
    http = http_library()

    class Answering(http.Client):  # type: ignore[misc]
        def send(self, request: Any, **options: Any) -> Any:
            body = {**text("Hello").body, "model": "claude-sonnet-5"}
            return http.Response(200, json=body, request=request)

    with tape.recording():
        expected = _ask(NOWHERE, http_client=Answering())
    with tape.replaying():
        assert _ask(NOWHERE, http_client=http.Client()) == expected


def test_a_transport_of_the_users_own(tape: Tape) -> None:
    http = http_library()

    def answer(request: Any) -> Any:
        return http.Response(200, json={**text("mocked").body, "model": json.loads(request.content)["model"]})

    with tape.recording():
        expected = _ask(NOWHERE, http_client=http.Client(transport=http.MockTransport(answer)))
    assert expected["content"][0]["text"] == "mocked"
    with tape.replaying():
        assert _ask(NOWHERE) == expected


def test_a_transport_that_fails_in_its_own_way_is_not_recorded(tape: Tape) -> None:
    http = http_library()

    def answer(request: Any) -> Any:
        raise ValueError("no such thing")

    client = http.Client(transport=http.MockTransport(answer))
    with tape.recording(record_errors=True), pytest.raises(anthropic.APIConnectionError):
        _ask(NOWHERE, http_client=client, max_retries=0)
    assert tape.files == []


def test_hooks_hear_of_responses_and_not_of_requests_that_are_not_sent(tape: Tape) -> None:
    heard: list[str] = []
    hooks = {
        "request": [lambda request: heard.append("request")],
        "response": [lambda response: heard.append(f"response {response.status_code}")],
    }
    with serve(text("Hello")) as server, tape.recording():
        expected = _ask(server.url, http_client=http_library().Client(event_hooks=hooks))
    with tape.replaying():
        assert _ask(server.url, http_client=http_library().Client(event_hooks=hooks)) == expected
    assert heard == ["request", "response 200", "response 200"]


def test_hooks_of_an_async_client(tape: Tape) -> None:
    heard = []

    async def hear(response: Any) -> None:
        heard.append(json.loads(await response.aread())["content"][0]["text"])

    async def ask(url: str) -> Any:
        sending = http_library().AsyncClient(event_hooks={"response": [hear]})
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", http_client=sending) as client:
            return (await client.messages.create(**ASK)).model_dump()

    with serve(text("Hello")) as server, tape.recording():
        expected = asyncio.run(ask(server.url))
    with tape.replaying():
        assert asyncio.run(ask(server.url)) == expected
    assert heard == ["Hello", "Hello"]


def test_a_closed_client_is_an_error_as_ever(tape: Tape) -> None:
    client = anthropic.Anthropic(base_url=NOWHERE, api_key="k", max_retries=0)
    client.close()
    with tape.replaying(), pytest.raises(anthropic.APIConnectionError) as caught:
        client.messages.create(**ASK)
    assert "closed" in str(caught.value.__cause__)


def test_what_else_a_client_sends_is_left_alone(tape: Tape) -> None:
    with serve(text("Hello")) as server, tape.recording(), http_library().Client() as client:
        client.post(f"{server.url}/v1/messages", json=ASK)
        _ask(server.url, http_client=client)
    assert len(tape.files) == 1


def test_threads(tape: Tape) -> None:
    def ask(client: Any, number: int) -> Any:
        asked = {**ASK, "messages": [{"role": "user", "content": str(number)}]}
        return client.messages.create(**asked).model_dump()

    def echo(request: Request) -> Any:
        return text(request.body["messages"][0]["content"])

    def ask_all(url: str) -> list[Any]:
        with anthropic.Anthropic(base_url=url, api_key="k") as client, ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda number: ask(client, number), range(40)))

    with serve(echo) as server, tape.recording():
        expected = ask_all(server.url)
    with tape.replaying():
        assert ask_all(server.url) == expected


@needs_middleware
def test_a_middleware_that_answers_itself_is_not_recorded(tape: Tape) -> None:
    reply = anthropic.types.Message.model_validate({**text("mine").body, "model": "claude-sonnet-5"})
    with tape.replaying() as sink:
        assert _ask(NOWHERE, middleware=[lambda request, call_next: reply])["content"][0]["text"] == "mine"
    assert (tape.files, sink.runs[0].replayed) == ([], False)


@needs_middleware
def test_a_middleware_that_changes_the_request(tape: Tape) -> None:
    """The key is what would be sent."""

    def louder(request: Any, call_next: Any) -> Any:
        body = {**request.options.json_data, "messages": [{"role": "user", "content": "HI"}]}
        return call_next(request.copy(body=body))

    with serve(text("Hello")) as server, tape.recording():
        expected = _ask(server.url, middleware=[louder])
    assert server.requests[0].body["messages"][0]["content"] == "HI"
    with tape.replaying():
        assert _ask(server.url, middleware=[louder]) == expected
    assert '"HI"' in tape.files[0].read_text()


@needs_middleware
def test_a_middleware_that_asks_twice(tape: Tape) -> None:
    """Two replies that both came are two recordings."""
    heard: list[str] = []

    def twice(request: Any, call_next: Any) -> Any:
        heard.append(call_next(request).parse().content[0].text)
        return call_next(request)

    with serve([text("first"), text("second")]) as server, tape.recording():
        expected = _ask(server.url, middleware=[twice])
    with tape.replaying():
        assert _ask(server.url, middleware=[twice]) == expected
    assert (heard, expected["content"][0]["text"]) == (["first", "first"], "second")


@needs_middleware
def test_a_middleware_that_tries_again(tape: Tape) -> None:
    def stubborn(request: Any, call_next: Any) -> Any:
        response = call_next(request)
        return response if response.http_response.is_success else call_next(request)

    with serve([failure(503), text("at last")]) as server, tape.recording():
        expected = _ask(server.url, middleware=[stubborn])
    with tape.replaying():
        assert _ask(server.url, middleware=[stubborn]) == expected
    assert (len(server.requests), len(tape.files)) == (2, 1)


@needs_middleware
def test_a_middleware_that_tries_again_in_vain(tape: Tape) -> None:
    """It hears of the recorded failure as often as it asks."""
    statuses: list[int] = []

    def stubborn(request: Any, call_next: Any) -> Any:
        for _ in range(2):
            response = call_next(request)
            statuses.append(response.http_response.status_code)
        return response

    def ask(url: str) -> None:
        with pytest.raises(anthropic.InternalServerError):
            _ask(url, middleware=[stubborn], max_retries=0)

    with serve(failure(503)) as server, tape.recording(record_errors=True):
        ask(server.url)
    with tape.replaying():
        ask(server.url)
    assert (statuses, len(tape.files)) == ([503] * 4, 1)


@needs_middleware
def test_a_middleware_that_rejects_a_reply(tape: Tape) -> None:
    """The SDK tries again, and nobody waits for that at replay."""

    def strict(request: Any, call_next: Any) -> Any:
        response = call_next(request)
        if response.parse().content[0].text == "bad":
            raise anthropic.RetryableError("bad")
        return response

    def ask(url: str) -> Any:
        return _ask(url, middleware=[strict])

    with serve([text("bad"), text("good")]) as server, tape.recording() as recorded:
        expected = ask(server.url)
    with tape.replaying() as replayed, pytest.MonkeyPatch.context() as patch:
        sleep = {"sleep": lambda seconds: pytest.fail(f"slept {seconds} s")}
        patch.setattr("anthropic._base_client.time", SimpleNamespace(**{**vars(time), **sleep}))
        assert ask(server.url) == expected
    assert (recorded.runs[0].retries, replayed.runs[0].retries) == (1, 0)


@needs_middleware
@pytest.mark.parametrize("record_errors", [False, True])
def test_a_middleware_that_falls_back_on_another_model(tape: Tape, record_errors: bool) -> None:
    def falling_back(request: Any, call_next: Any) -> Any:
        response = call_next(request)
        if response.http_response.is_success:
            return response
        return call_next(request.copy(body={**request.options.json_data, "model": "claude-haiku-4-5"}))

    def overloaded(request: Request) -> Any:
        return text("from the small one") if "haiku" in request.body["model"] else failure(529)

    with serve(overloaded) as server, tape.recording(record_errors=record_errors):
        expected = _ask(server.url, middleware=[falling_back], max_retries=0)
    assert len(tape.files) == 1 + record_errors
    if record_errors:
        with tape.replaying():
            assert _ask(server.url, middleware=[falling_back]) == expected


@needs_middleware
def test_each_model_that_failed_is_recorded(tape: Tape) -> None:
    def falling_back(request: Any, call_next: Any) -> Any:
        call_next(request)
        return call_next(request.copy(body={**request.options.json_data, "model": "claude-haiku-4-5"}))

    def ask(url: str) -> None:
        with pytest.raises(anthropic.InternalServerError):
            _ask(url, middleware=[falling_back], max_retries=0)

    with serve(failure(529)) as server, tape.recording(record_errors=True):
        ask(server.url)
    assert len(tape.files) == 2
    with tape.replaying():
        ask(server.url)
