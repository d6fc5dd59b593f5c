"""A call that has no recording: the user's code gets the ``CassetteError``, and nobody anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.tracing import active, tracing_context
from pytest_llmobs.tracing.run_tree import start_root
from tests.anthropic_server import serve, text, tool_use
from tests.unit.providers.replaying.tape import Tape, needs_middleware

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
NOWHERE = "http://127.0.0.1:50000"


def _create(client: Any) -> Any:
    return client.messages.create(**ASK)


def _stream(client: Any) -> Any:
    with client.messages.stream(**ASK) as stream:
        return stream.get_final_text()


def _streaming(client: Any) -> Any:
    with client.messages.with_streaming_response.create(**ASK) as response:
        return response.read()


def _unlogged(client: Any) -> Any:
    return client.models.list()


@pytest.mark.parametrize("call", [_create, _stream, _streaming, _unlogged])
def test_a_miss_reaches_the_users_code(tape: Tape, call: Callable[[Any], Any]) -> None:
    attempts = []

    class Counting(anthropic.Anthropic):
        def _prepare_request(self, request: Any) -> None:
            attempts.append(request)

    with (
        tape.replaying(),
        Counting(base_url=NOWHERE, api_key="k") as client,
        pytest.raises(CassetteError, match="No recording of"),
    ):
        call(client)
    assert len(attempts) == 1, "nothing is tried again"


@needs_middleware
def test_a_miss_is_no_error_that_a_middleware_handles(tape: Tape) -> None:
    handled = []

    def handling(request: Any, call_next: Any) -> Any:
        try:
            return call_next(request)
        except Exception as error:
            handled.append(error)
            raise

    with (
        tape.replaying(),
        anthropic.Anthropic(base_url=NOWHERE, api_key="k", middleware=[handling]) as client,
        pytest.raises(CassetteError),
    ):
        client.messages.create(**ASK)
    assert handled == []


def test_a_miss_in_async_code(tape: Tape) -> None:
    async def main() -> list[Any]:
        async with anthropic.AsyncAnthropic(base_url=NOWHERE, api_key="k") as client:
            calls = [client.messages.create(**ASK) for _ in range(3)]
            return await asyncio.gather(*calls, return_exceptions=True)

    with tape.replaying() as sink:
        errors = asyncio.run(main())
    assert [type(error) for error in errors] == [CassetteError] * 3
    assert all("CassetteError" in str(run.error) for run in sink.runs)
    assert len(sink.runs) == 3


@needs_middleware
def test_a_miss_in_a_group_of_tasks(tape: Tape) -> None:
    async def grouped(request: Any, call_next: Any) -> Any:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(call_next(request))
        return task.result()

    async def main() -> None:
        async with anthropic.AsyncAnthropic(base_url=NOWHERE, api_key="k", middleware=[grouped]) as client:
            await client.messages.create(**ASK)

    with tape.replaying(), pytest.raises(CassetteError):
        asyncio.run(main())


def test_a_miss_of_openais(tape: Tape) -> None:
    with (
        tape.replaying() as sink,
        openai.OpenAI(base_url=NOWHERE, api_key="k") as client,
        pytest.raises(CassetteError),
    ):
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hi"}])
    assert "CassetteError" in str(sink.runs[0].error)


@needs_middleware
def test_a_miss_is_not_hidden_by_a_middleware_that_answers_in_its_place(tape: Tape) -> None:
    def fallback(request: Any, call_next: Any) -> Any:
        try:
            return call_next(request)
        except BaseException:
            return None

    with (
        tape.replaying(),
        anthropic.Anthropic(base_url=NOWHERE, api_key="k", middleware=[fallback]) as client,
        pytest.raises(CassetteError),
    ):
        client.messages.create(**ASK)


def test_a_miss_fails_the_trial_though_the_app_catches_it(tape: Tape) -> None:
    with tape.replaying(), anthropic.Anthropic(base_url=NOWHERE, api_key="k") as client:
        assert active.installed is not None
        root = start_root(active.installed, "trial", collect=True)
        with root.activate(), pytest.raises(CassetteError) as caught:
            client.messages.create(**ASK)
        root.end()
    assert root.broken is caught.value


@anthropic.beta_tool
def weather(city: str) -> str:
    """Say how the weather is.

    Args:
        city: Where.
    """
    return f"sunny in {city}"


def _run_tools(client: Any) -> list[Any]:
    runner = client.beta.messages.tool_runner(**ASK, tools=[weather])
    return [message.model_dump() for message in runner]


def test_a_tool_runner_is_replayed_and_a_miss_in_it_is_its_error(tape: Tape) -> None:
    script = [tool_use("weather", {"city": "Oslo"}), text("Sunny.")]
    with (
        serve(script) as server,
        tape.recording(),
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
    ):
        expected = _run_tools(client)
    assert len(expected) == 2
    with tape.replaying(), anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        assert _run_tools(client) == expected
    tape.files[-1].unlink()
    with (
        tape.replaying(),
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
        pytest.raises(CassetteError),
    ):
        _run_tools(client)


def test_nothing_is_sent_where_nothing_is_traced(tape: Tape) -> None:
    """To switch tracing off doesn't switch recordings off."""
    with (
        tape.replaying() as sink,
        anthropic.Anthropic(base_url=NOWHERE, api_key="k") as client,
        tracing_context(enabled=False),
        pytest.raises(CassetteError),
    ):
        client.messages.create(**ASK)
    assert sink.runs == []
