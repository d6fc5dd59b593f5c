"""With ``--llm-cassettes=only`` nothing is sent, so nobody needs a key: the CI of a fork has none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.errors import CassetteError
from tests import openai_server
from tests.anthropic_server import serve, text
from tests.unit.providers.replaying.tape import Tape, http_library

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
BEDROCK = {
    "aws_access_key": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_key": "wJalrXUtnFEMI",
    "aws_region": "eu-west-1",
}
VERTEX = {"region": "eu", "project_id": "p"}
Make = Callable[[str], Any]
CLIENTS: dict[str, tuple[Make, Make]] = {
    "anthropic": (
        lambda url: anthropic.Anthropic(base_url=url, api_key="k"),
        lambda url: anthropic.Anthropic(base_url=url),
    ),
    "bedrock": (
        lambda url: anthropic.AnthropicBedrock(base_url=url, **BEDROCK),
        lambda url: anthropic.AnthropicBedrock(base_url=url, aws_region="eu-west-1"),
    ),
    "vertex": (
        lambda url: anthropic.AnthropicVertex(base_url=url, access_token="t", **VERTEX),
        lambda url: anthropic.AnthropicVertex(base_url=url, **VERTEX),
    ),
}
ASYNC_CLIENTS: dict[str, tuple[Make, Make]] = {
    "anthropic": (
        lambda url: anthropic.AsyncAnthropic(base_url=url, auth_token="t"),
        lambda url: anthropic.AsyncAnthropic(base_url=url),
    ),
    "bedrock": (
        lambda url: anthropic.AsyncAnthropicBedrock(base_url=url, **BEDROCK),
        lambda url: anthropic.AsyncAnthropicBedrock(base_url=url, aws_region="eu-west-1"),
    ),
    "vertex": (
        lambda url: anthropic.AsyncAnthropicVertex(base_url=url, access_token="t", **VERTEX),
        lambda url: anthropic.AsyncAnthropicVertex(base_url=url, **VERTEX),
    ),
}


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Neither the environment nor the home has any."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("cloud", CLIENTS)
def test_a_client_without_credentials_is_replayed(tape: Tape, cloud: str) -> None:
    with_credentials, without = CLIENTS[cloud]
    with serve(text("Hello")) as server, tape.recording(), with_credentials(server.url) as client:
        expected = client.messages.create(**ASK).model_dump()
    with tape.replaying(), without(server.url) as client:
        assert client.messages.create(**ASK).model_dump() == expected


@pytest.mark.parametrize("cloud", ASYNC_CLIENTS)
def test_an_async_client_without_credentials_is_replayed(tape: Tape, cloud: str) -> None:
    async def ask(client: Any) -> Any:
        async with client:
            return (await client.messages.create(**ASK)).model_dump()

    with_credentials, without = ASYNC_CLIENTS[cloud]
    with serve(text("Hello")) as server, tape.recording():
        expected = asyncio.run(ask(with_credentials(server.url)))
    with tape.replaying():
        assert asyncio.run(ask(without(server.url))) == expected


def test_without_credentials_a_miss_is_a_miss(tape: Tape) -> None:
    with tape.replaying(), anthropic.Anthropic() as client, pytest.raises(CassetteError):
        client.messages.create(**ASK)


def test_where_calls_may_be_sent_the_sdk_asks_for_its_key(tape: Tape) -> None:
    with tape.recording(), anthropic.Anthropic() as client, pytest.raises(TypeError, match="api_key"):
        client.messages.create(**ASK)


def test_any_key_will_do_for_openai(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its constructor insists on one; what the documentation says to set is enough."""
    asked: dict[str, Any] = {"model": "gpt-5-mini", "messages": ASK["messages"]}
    with (
        openai_server.serve("Hello") as server,
        tape.recording(),
        openai.OpenAI(base_url=server.url, api_key="sk-real", organization="org-1") as client,
    ):
        expected = client.chat.completions.create(**asked).model_dump()
    with tape.replaying(), pytest.raises(openai.OpenAIError):
        openai.OpenAI(base_url=server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with tape.replaying(), openai.OpenAI(base_url=server.url) as client:
        assert client.chat.completions.create(**asked).model_dump() == expected


def test_a_call_that_fetches_a_token_first(tape: Tape) -> None:
    """Fetching it is no call of the SDK's: it isn't recorded, and isn't done for what is replayed."""
    http = http_library()

    class Bearer(http.Auth):  # type: ignore[misc]
        def __init__(self, url: str) -> None:
            self._url = url

        def auth_flow(self, request: Any) -> Any:
            yield http.Request("GET", f"{self._url}/token")
            yield request

    def ask(url: str) -> Any:
        sending = anthropic.DefaultHttpxClient(auth=Bearer(url))
        with anthropic.Anthropic(base_url=url, api_key="k", http_client=sending) as client:
            return client.messages.create(**ASK).model_dump()

    with serve(text("Hello")) as server, tape.recording():
        expected = ask(server.url)
    assert [request.path for request in server.requests] == ["/token", "/v1/messages"]
    assert len(tape.files) == 1
    with tape.replaying():
        assert ask(server.url) == expected
