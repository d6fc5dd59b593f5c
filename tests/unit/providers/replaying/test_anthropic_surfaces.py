"""Every way of calling the anthropic SDK is replayed with equal results: no server, no network, no money."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import pydantic
import pytest

from tests.anthropic_server import Answer, Request, Script, message, serve, text, tool_use
from tests.unit.providers.replaying.surfaces import Entered, Surface, listed, plain, settled
from tests.unit.providers.replaying.tape import Tape, check_surface

MODEL = "claude-sonnet-5"
ASK: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Weather?"}],
}
TOOL = {
    "name": "weather",
    "description": "Says how it is.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}
WORDS = "one two  three \N{SNOWMAN} four\nfive"


class Weather(pydantic.BaseModel):
    degrees: int


async def create(client: Any) -> Any:
    return plain(
        await settled(client.messages.create(**ASK, system="Be short.", extra_body={"temperature": 0}))
    )


async def create_request_id(client: Any) -> Any:
    return (await settled(client.messages.create(**ASK)))._request_id


async def stream_texts(client: Any) -> Any:
    async with Entered(client.messages.stream(**ASK)) as stream:
        return await listed(stream.text_stream), plain(await settled(stream.get_final_message()))


async def stream_events(client: Any) -> Any:
    async with Entered(client.messages.stream(**ASK)) as stream:
        return await listed(stream)


async def raw_stream(client: Any) -> Any:
    return await listed(await settled(client.messages.create(**ASK, stream=True)))


async def parse(client: Any) -> Any:
    parsed = await settled(client.messages.parse(**ASK, output_format=Weather))
    return plain(parsed), parsed.parsed_output


async def tools(client: Any) -> Any:
    return plain(await settled(client.messages.create(**ASK, tools=[TOOL])))


async def tools_streamed(client: Any) -> Any:
    async with Entered(client.messages.stream(**ASK, tools=[TOOL])) as stream:
        return plain(await settled(stream.get_final_message()))


async def beta(client: Any) -> Any:
    return plain(await settled(client.beta.messages.create(**ASK, betas=["files-api-2025-04-14"])))


async def raw_response(client: Any) -> Any:
    raw = await settled(client.messages.with_raw_response.create(**ASK))
    return (
        raw.status_code,
        raw.http_version,
        raw.request_id,
        raw.http_response.json(),
        plain(await settled(raw.parse())),
    )


async def streaming_bytes(client: Any) -> Any:
    async with Entered(client.messages.with_streaming_response.create(**ASK)) as response:
        return json.loads(b"".join(await listed(response.iter_bytes())))


async def streaming_lines(client: Any) -> Any:
    async with Entered(client.messages.with_streaming_response.create(**ASK, stream=True)) as response:
        return await listed(response.iter_lines())


async def streaming_read(client: Any) -> Any:
    async with Entered(client.messages.with_streaming_response.create(**ASK)) as response:
        return json.loads(await settled(response.read())), response.elapsed.total_seconds() >= 0


async def streaming_parse(client: Any) -> Any:
    async with Entered(client.messages.with_streaming_response.create(**ASK)) as response:
        return plain(await settled(response.parse()))


async def count_tokens(client: Any) -> Any:
    return plain(
        await settled(client.messages.count_tokens(model=MODEL, messages=ASK["messages"], tools=[TOOL]))
    )


async def posted(client: Any) -> Any:
    return await settled(client.post("/v1/messages", body=ASK, cast_to=object))


async def models(client: Any) -> Any:
    return await listed(
        await settled(client.models.list(limit=2)) if _is_sync(client) else client.models.list(limit=2)
    )


async def twice(client: Any) -> Any:
    return [plain(await settled(client.messages.create(**ASK))) for _ in range(2)]


async def with_options(client: Any) -> Any:
    return plain(await settled(client.with_options(max_retries=5, timeout=3).messages.create(**ASK)))


async def thread_of_tasks(client: Any) -> Any:
    asked = [{**ASK, "messages": [{"role": "user", "content": f"{number % 10}"}]} for number in range(50)]
    if _is_sync(client):
        replies = await asyncio.gather(*(asyncio.to_thread(client.messages.create, **ask) for ask in asked))
    else:
        replies = await asyncio.gather(*(client.messages.create(**ask) for ask in asked))
    return [plain(reply) for reply in replies]


def _is_sync(client: Any) -> bool:
    return isinstance(client, anthropic.Anthropic)


def _counted(request: Request) -> Answer:
    """Answer each question in its own words."""
    return text(f"You said {request.body['messages'][0]['content']}.")


def _paged(request: Request) -> Answer:
    models = [
        {"type": "model", "id": f"claude-{n}", "display_name": "C", "created_at": "2026-01-01T00:00:00Z"}
        for n in range(4)
    ]
    page = models[2:] if "after_id=claude-1" in request.path else models[:2]
    return Answer(
        {"data": page, "has_more": page == models[:2], "first_id": page[0]["id"], "last_id": page[-1]["id"]}
    )


PLAIN = text(WORDS)
SURFACES: list[tuple[Surface, Script]] = [
    (create, PLAIN),
    (create, text(WORDS, gzipped=True)),
    (create_request_id, PLAIN),
    (stream_texts, PLAIN),
    (stream_texts, text(WORDS, gzipped=True)),
    (stream_events, PLAIN),
    (raw_stream, PLAIN),
    (parse, text('{"degrees": 21}')),
    (tools, tool_use("weather", {"city": "Oslo"})),
    (tools_streamed, tool_use("weather", {"city": "Oslo"})),
    (
        stream_events,
        message(
            [{"type": "thinking", "thinking": "Hm, so", "signature": "c2ln"}, {"type": "text", "text": "So."}]
        ),
    ),
    (beta, PLAIN),
    (raw_response, PLAIN),
    (streaming_bytes, PLAIN),
    (streaming_lines, PLAIN),
    (streaming_read, PLAIN),
    (streaming_parse, PLAIN),
    (count_tokens, PLAIN),
    (posted, PLAIN),
    (models, _paged),
    (twice, [text("first"), text("second")]),
    (with_options, PLAIN),
    (thread_of_tasks, _counted),
]


def in_sync(url: str, surface: Surface) -> Any:
    with anthropic.Anthropic(base_url=url, api_key="sk-ant-secret-key") as client:
        return asyncio.run(surface(client))


def in_async(url: str, surface: Surface) -> Any:
    async def main() -> Any:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant-secret-key") as client:
            return await surface(client)

    return asyncio.run(main())


@pytest.mark.parametrize("runner", [in_sync, in_async])
@pytest.mark.parametrize(
    ("surface", "script"),
    SURFACES,
    ids=[f"{surface.__name__}-{n}" for n, (surface, _) in enumerate(SURFACES)],
)
def test_a_surface_is_replayed(tape: Tape, runner: Any, surface: Surface, script: Script) -> None:
    check_surface(tape, serve(script), lambda url: runner(url, surface))


def test_a_call_of_another_kind_is_another_request(tape: Tape) -> None:
    """``stream`` and beta flags are part of what is asked."""
    with serve(PLAIN) as server, tape.recording():
        for surface in (create, raw_stream, beta, tools):
            in_sync(server.url, surface)
    assert len(tape.files) == 4


def test_secrets_stay_out_of_the_recordings(tape: Tape) -> None:
    with serve(PLAIN) as server, tape.recording():
        in_sync(server.url, create)
    assert "sk-ant-secret-key" not in tape.files[0].read_text()
