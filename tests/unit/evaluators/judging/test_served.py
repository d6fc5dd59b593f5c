"""Judges on OpenAI's models, through the real SDK."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import openai
import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging import served
from pytest_llmobs.evaluators.judging.judge import Judge
from tests.anthropic_server import Answer, Request, Server
from tests.openai_server import chat, serve, tool_call

GOOD = {"reason": "It says please.", "score": 0.9}
RUBRIC = "Is the reply polite?"


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no client yet."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr(served, "_sync_clients", {})


def _client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key="k", max_retries=0)


def test_a_client_says_which_sdk_is_asked(score: Any, subject: Any) -> None:
    with serve(tool_call("verdict", GOOD)) as server, _client(server) as client:
        judge = Judge("tone", rubric=RUBRIC, model="my-own-model", client=client, temperature=0.0)
        result = score(judge, subject({"output": "Please wait."}))
    assert (result.score, result.comment) == (0.9, "0.9: It says please.")
    assert result.metadata["model"] == "my-own-model"
    (request,) = server.requests
    assert request.body["tool_choice"] == {"type": "function", "function": {"name": "verdict"}}
    assert list(request.body["tools"][0]["function"]["parameters"]["properties"]) == ["reason", "score"]
    assert RUBRIC in request.body["messages"][1]["content"]
    assert (request.body["temperature"], "max_tokens" in request.body) == (0.0, False)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_name_of_openais_needs_no_client(
    keyed: None, subject: Any, monkeypatch: pytest.MonkeyPatch, asynchronous: bool
) -> None:
    with serve(tool_call("verdict", GOOD)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        bound = bind(Judge("tone", rubric=RUBRIC, model="gpt-5-mini"), {})
        judged = subject({"output": "Please wait."})
        (result,) = asyncio.run(bound.ascore(judged)) if asynchronous else bound.score(judged)
        for client in served._sync_clients.values():
            client.close()
    assert result == 0.9
    assert server.requests[0].body["model"] == "gpt-5-mini"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (chat({"content": "I would rather not."}), "no verdict (finish reason 'stop')"),
        (tool_call("verdict", GOOD, extra={}), ""),
        (chat({"content": "Well"}, finish_reason="length"), "cut off"),
    ],
)
def test_an_unusable_reply_is_asked_for_again(score: Any, subject: Any, answer: Answer, problem: str) -> None:
    def script(request: Request) -> Answer:
        return answer if len(server.requests) == 1 else tool_call("verdict", GOOD)

    with serve(script) as server, _client(server) as client:
        assert score(Judge("tone", rubric=RUBRIC, client=client), subject({"output": "x"})) == 0.9
    asked = [request.body["messages"][1]["content"] for request in server.requests]
    assert problem in asked[-1]
    assert len(asked) == (2 if problem else 1)


def test_without_a_key_it_says_what_to_set(
    score: Any, subject: Any, keyed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    result = score(Judge("tone", rubric=RUBRIC, model="gpt-5-mini"), subject({"output": "x"}))
    assert result.error == (
        "Judge model 'gpt-5-mini' can't be asked without a key. "
        "Set OPENAI_API_KEY, or give the judge a client or another model."
    )


def test_without_the_package_it_says_what_to_install(
    score: Any, subject: Any, keyed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    result = score(Judge("tone", rubric=RUBRIC, model="o3"), subject({"output": "x"}))
    assert result.error is not None
    assert "Run `pip install openai`." in result.error
