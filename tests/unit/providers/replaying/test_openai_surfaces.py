"""Every way of calling the openai SDK is replayed with equal results: no server, no network, no money."""

from __future__ import annotations

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import openai
import pydantic
import pytest

from tests.anthropic_server import Answer, Script
from tests.openai_server import chat, function_call, response, serve, spoken, tool_call
from tests.unit.providers.replaying.surfaces import Entered, Surface, listed, plain, settled
from tests.unit.providers.replaying.tape import Tape, check_surface

ASK: dict[str, Any] = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Weather?"}]}
ANSWER: dict[str, Any] = {"model": "gpt-5-mini", "input": "Weather?"}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
SOUND = bytes(range(256)) * 20
WORDS = "one two  three \N{SNOWMAN} four\nfive"


class Weather(pydantic.BaseModel):
    degrees: int


async def create(client: Any) -> Any:
    return plain(await settled(client.chat.completions.create(**ASK, temperature=0.0, seed=1)))


async def two_choices(client: Any) -> Any:
    return plain(await settled(client.chat.completions.create(**ASK, n=2)))


async def streamed(client: Any) -> Any:
    options = {"include_usage": True}
    return await listed(
        await settled(client.chat.completions.create(**ASK, stream=True, stream_options=options))
    )


async def stream_events(client: Any) -> Any:
    async with Entered(client.chat.completions.stream(**ASK)) as stream:
        kinds = [event["type"] for event in await listed(stream)]
        return kinds, plain(await settled(stream.get_final_completion()))


async def parse(client: Any) -> Any:
    parsed = await settled(client.chat.completions.parse(**ASK, response_format=Weather))
    return parsed.id, parsed.choices[0].message.parsed


async def tools(client: Any) -> Any:
    return plain(await settled(client.chat.completions.create(**ASK, tools=[TOOL])))


async def tools_streamed(client: Any) -> Any:
    return await listed(await settled(client.chat.completions.create(**ASK, tools=[TOOL], stream=True)))


async def raw_response(client: Any) -> Any:
    raw = await settled(client.chat.completions.with_raw_response.create(**ASK))
    return raw.status_code, raw.request_id, raw.elapsed.total_seconds() >= 0, plain(raw.parse())


async def streaming_lines(client: Any) -> Any:
    made = client.chat.completions.with_streaming_response.create(**ASK, stream=True)
    async with Entered(made) as opened:
        return await listed(opened.iter_lines())


async def responses(client: Any) -> Any:
    return plain(await settled(client.responses.create(**ANSWER)))


async def responses_streamed(client: Any) -> Any:
    return await listed(await settled(client.responses.create(**ANSWER, stream=True)))


async def responses_parse(client: Any) -> Any:
    return plain(await settled(client.responses.parse(**ANSWER, text_format=Weather)))


async def background(client: Any) -> Any:
    seen = [plain(await settled(client.responses.create(**ANSWER, background=True)))]
    while seen[-1]["status"] != "completed":
        seen.append(plain(await settled(client.responses.retrieve("resp_scripted"))))
    return seen


async def embeddings(client: Any) -> Any:
    return plain(await settled(client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])))


async def embeddings_as_floats(client: Any) -> Any:
    asked: dict[str, Any] = {"model": "text-embedding-3-small", "input": "a", "encoding_format": "float"}
    return plain(await settled(client.embeddings.create(**asked)))


async def speech(client: Any) -> Any:
    return (await settled(client.audio.speech.create(model="tts-1", voice="alloy", input="Hi"))).content


async def speech_in_pieces(client: Any) -> Any:
    made = client.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hi")
    async with Entered(made) as opened:
        return b"".join(await listed(opened.iter_bytes(1000)))


async def transcription(client: Any) -> Any:
    return plain(await settled(client.audio.transcriptions.create(model="whisper-1", file=("a.wav", SOUND))))


async def transcription_of_a_file(client: Any) -> Any:
    return plain(await settled(client.audio.transcriptions.create(model="whisper-1", file=Path(__file__))))


async def transcription_of_what_is_open(client: Any) -> Any:
    opened = io.BytesIO(SOUND)
    opened.name = "a.wav"
    return plain(await settled(client.audio.transcriptions.create(model="whisper-1", file=opened)))


async def image(client: Any) -> Any:
    return plain(await settled(client.images.generate(model="gpt-image-1", prompt="A cat")))


async def image_edit(client: Any) -> Any:
    return plain(
        await settled(client.images.edit(model="gpt-image-1", prompt="A hat", image=("a.png", SOUND)))
    )


async def moderation(client: Any) -> Any:
    return plain(await settled(client.moderations.create(input="Hi")))


async def models(client: Any) -> Any:
    page = client.models.list()
    return await listed(page if hasattr(page, "__aiter__") else await settled(page))


def _choices(count: int) -> Answer:
    body = chat({"content": "first"}).body
    return Answer({**body, "choices": [{**body["choices"][0], "index": n} for n in range(count)]})


PLAIN = chat({"content": WORDS})
DONE = response([spoken(WORDS)])
PICTURE = Answer({"created": 1, "data": [{"b64_json": base64.b64encode(SOUND).decode()}]})
MODELS = Answer(
    {"object": "list", "data": [{"id": "gpt-5", "object": "model", "created": 1, "owned_by": "openai"}]}
)
MODERATED = Answer(
    {
        "id": "modr-1",
        "model": "omni",
        "results": [{"flagged": False, "categories": {}, "category_scores": {}}],
    }
)
VOICE = Answer(SOUND, headers={"content-type": "audio/mpeg"})
SURFACES: list[tuple[Surface, Script]] = [
    (create, PLAIN),
    (two_choices, _choices(2)),
    (streamed, PLAIN),
    (stream_events, PLAIN),
    (parse, chat({"content": '{"degrees": 21}'})),
    (tools, tool_call("weather", {"city": "Oslo"})),
    (tools_streamed, tool_call("weather", {"city": "Oslo"})),
    (raw_response, PLAIN),
    (streaming_lines, PLAIN),
    (responses, DONE),
    (responses, response([function_call("weather", {"city": "Oslo"})])),
    (responses_streamed, DONE),
    (responses_parse, response([spoken('{"degrees": 21}')])),
    (
        background,
        [
            response([], extra={"status": "queued"}, usage=None),
            response([], extra={"status": "in_progress"}),
            DONE,
        ],
    ),
    (embeddings, "-"),
    (embeddings_as_floats, "-"),
    (speech, VOICE),
    (speech_in_pieces, VOICE),
    (transcription, Answer({"text": WORDS, "usage": {"type": "duration", "seconds": 3}})),
    (transcription_of_a_file, Answer({"text": WORDS})),
    (transcription_of_what_is_open, Answer({"text": WORDS})),
    (image, PICTURE),
    (image_edit, PICTURE),
    (moderation, MODERATED),
    (models, MODELS),
]


def in_sync(url: str, surface: Surface) -> Any:
    with openai.OpenAI(base_url=url, api_key="sk-secret-key") as client:
        return asyncio.run(surface(client))


def in_async(url: str, surface: Surface) -> Any:
    async def main() -> Any:
        async with openai.AsyncOpenAI(base_url=url, api_key="sk-secret-key") as client:
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


@pytest.mark.parametrize("runner", [in_sync, in_async])
def test_azures_client(tape: Tape, runner: Any) -> None:
    def ask(url: str) -> Any:
        options: dict[str, Any] = {"azure_endpoint": url, "api_version": "2024-10-21", "api_key": "k"}
        if runner is in_sync:
            with openai.AzureOpenAI(**options) as client:
                return asyncio.run(create(client))

        async def main() -> Any:
            async with openai.AsyncAzureOpenAI(**options) as client:
                return await create(client)

        return asyncio.run(main())

    with serve(PLAIN) as server, tape.recording():
        expected = ask(server.url)
    with tape.replaying() as replayed:
        assert ask(server.url) == expected
    assert replayed.runs[0].provider == "azure.ai.openai"
