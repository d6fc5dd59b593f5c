"""Images, audio, moderations, and what no table knows: what may be a model's call is a run. No bytes are stored."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import openai
import pytest

from tests.anthropic_server import Answer, Server
from tests.openai_server import DONE, serve
from tests.unit.tracing.memory import MemorySink

BYTES = b"\x89PNG or any sound" * 50
ENCODED = base64.b64encode(BYTES).decode()
SUMMARY = {"size": len(BYTES), "sha256": hashlib.sha256(BYTES).hexdigest()}
IMAGE_USAGE = {"input_tokens": 50, "output_tokens": 4000, "total_tokens": 4050}
IMAGES = Answer({"created": 1, "data": [{"b64_json": ENCODED}], "usage": IMAGE_USAGE})
IMAGE_COST = (50 * 5 + 4000 * 40) / 1e6
SOUND = Answer(BYTES, headers={"content-type": "audio/mpeg"})
HEARD = Answer({"text": "hello", "usage": {"type": "duration", "seconds": 60}})
SUBTITLES = Answer("1\n00:00 --> 00:01\nhello\u2028there\n".encode(), headers={"content-type": "text/plain"})


def _client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0)


def _only(sink: MemorySink) -> Any:
    (run,) = sink.runs
    assert run.status == "success"
    assert ENCODED[:60].encode() not in b"".join(sink.lines)
    assert b"any sound" not in b"".join(sink.lines)
    return run


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's, of translations
@pytest.mark.parametrize(
    ("call", "answer", "name", "cost"),
    [
        (lambda c: c.images.generate(model="gpt-image-1", prompt="a cat"), IMAGES, "images.generate", IMAGE_COST),
        (lambda c: c.images.edit(model="gpt-image-1", prompt="a hat", image=BYTES), IMAGES, "images.edit", IMAGE_COST),
        (
            lambda c: c.audio.speech.create(model="tts-1", voice="alloy", input="a" * 1000).content,
            SOUND,
            "audio.speech",
            0.015,
        ),
        (
            lambda c: c.audio.transcriptions.create(model="whisper-1", file=("a.mp3", BYTES)),
            HEARD,
            "audio.transcriptions",
            0.006,
        ),
        (
            lambda c: c.audio.translations.create(model="whisper-1", file=("a.mp3", BYTES)),
            HEARD,
            "audio.translations",
            0.006,
        ),
        (
            lambda c: c.audio.transcriptions.create(model="whisper-1", file=BYTES, response_format="srt"),
            SUBTITLES,
            "audio.transcriptions",
            None,
        ),
    ],
)  # fmt: skip
def test_images_and_sounds_are_model_calls(
    sink: MemorySink, call: Callable[[Any], Any], answer: Answer, name: str, cost: float | None
) -> None:
    with serve(answer) as server, _client(server) as client:
        call(client)
    run = _only(sink)
    assert (run.name, run.run_type, run.model) == (f"openai.{name}", "llm", run.inputs["model"])
    assert run.usage.total_cost == (None if cost is None else pytest.approx(cost))
    assert ("no_usage" in run.metadata) == (cost is None)


def test_what_is_uploaded_and_made_is_told_by_hash_and_size(sink: MemorySink) -> None:
    with serve([IMAGES, SOUND, SUBTITLES]) as server, _client(server) as client:
        client.images.edit(model="gpt-image-1", prompt="x", image=[("a.png", BYTES), ("b.png", BYTES)])
        client.audio.speech.create(model="tts-1", voice="alloy", input="hi")
        client.audio.transcriptions.create(model="whisper-1", file=BYTES, response_format="srt")
    edited, spoken, heard = sink.runs
    named = [value for key, value in edited.inputs.items() if key.startswith("image")]
    assert [value["name"] for value in named] == ["a.png", "b.png"]
    assert all(value.items() >= SUMMARY.items() for value in named)
    assert edited.outputs["data"] == [{"b64_json": SUMMARY}]
    assert spoken.outputs == {"audio": {"media_type": "audio/mpeg", **SUMMARY}}
    assert "hello\u2028there" in heard.outputs["text"]


def test_what_a_server_calls_json_and_is_none_is_told_by_hash_and_size(sink: MemorySink) -> None:
    with serve(Answer(BYTES)) as server, _client(server) as client:
        client.audio.speech.create(model="tts-1", voice="alloy", input="hi")
    assert sink.runs[0].outputs["audio"]["sha256"] == SUMMARY["sha256"]  # type: ignore[index]
    assert b"any sound" not in b"".join(sink.lines)


def test_a_field_that_is_something_else_loses_no_reply(sink: MemorySink) -> None:
    odd = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": "?"}]}
    with serve(Answer({**odd, "usage": {"prompt_tokens_details": [1]}, "choices": ["odd"]})) as server:
        _client(server).chat.completions.with_raw_response.create(model="m", messages=[])
    (run,) = sink.runs
    assert run.outputs["choices"] == ["odd"]  # type: ignore[index]
    assert run.metadata["no_usage"] == "AttributeError while reading the reply"


def test_a_file_that_is_uploaded_is_not_read_by_us(sink: MemorySink) -> None:
    class Once(io.BytesIO):
        reads = 0

        def read(self, *size: int) -> bytes:  # type: ignore[override]
            Once.reads += 1
            return super().read(*size)

    with serve(HEARD) as server, _client(server) as client:
        client.audio.transcriptions.create(model="whisper-1", file=("talk.mp3", Once(BYTES)))
        traced, Once.reads = Once.reads, 0
        from pytest_llmobs.tracing import tracing_context

        with tracing_context(enabled=False):
            client.audio.transcriptions.create(model="whisper-1", file=("talk.mp3", Once(BYTES)))
    assert BYTES in server.requests[0].body
    assert Once.reads == traced
    assert _only(sink).inputs["file"]["name"] == "talk.mp3"


def test_a_stream_of_an_image(sink: MemorySink) -> None:
    part = {"type": "image_generation.partial_image", "b64_json": ENCODED, "partial_image_index": 0}
    end = {"type": "image_generation.completed", "b64_json": ENCODED, "usage": IMAGE_USAGE}
    with serve(Answer(events=[part, end])) as server, _client(server) as client:
        asked = {"model": "gpt-image-1", "prompt": "a", "stream": True}
        kind = openai.Stream[object]
        events = client.post("/images/generations", body=asked, cast_to=object, stream=True, stream_cls=kind)
        assert len(list(events)) == 2
    run = _only(sink)
    assert run.usage.total_cost == pytest.approx(IMAGE_COST)
    assert run.outputs["b64_json"] == SUMMARY


def test_a_stream_of_speech_and_of_a_transcript(sink: MemorySink) -> None:
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
    speech = [
        {"type": "speech.audio.delta", "audio": ENCODED},
        {"type": "speech.audio.done", "usage": usage},
    ]
    heard = [
        {"type": "transcript.text.delta", "delta": "hel"},
        {"type": "transcript.text.done", "text": "hello", "usage": usage},
        DONE,
    ]
    with serve([Answer(events=speech), Answer(events=heard)]) as server, _client(server) as client:
        with client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="alloy", input="hi", stream_format="sse"
        ) as response:
            list(response.iter_lines())
        list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=BYTES, stream=True))
    said, text = sink.runs
    assert said.outputs["audio"] == SUMMARY
    assert said.usage.total_cost == pytest.approx((10 * 0.6 + 100 * 12) / 1e6)
    assert (text.outputs["text"], text.usage.output_tokens) == ("hello", 100)


def test_moderations_are_free_steps(sink: MemorySink) -> None:
    with serve(Answer({"id": "m", "model": "omni-moderation", "results": []})) as server:
        _client(server).moderations.create(input="hi")
    run = _only(sink)
    assert (run.name, run.run_type, run.metadata) == ("openai.moderations", "tool", {})


def test_an_endpoint_that_nobody_knows_is_a_run(sink: MemorySink) -> None:
    script = [
        Answer({"results": [1]}),
        Answer({"scores": [1], "usage": {"total_tokens": 7}}),
        Answer(BYTES, headers={"content-type": "application/octet-stream"}),
    ]
    with serve(script) as server, _client(server) as client:
        client.post("/rerank", body={"model": "r", "query": "q"}, cast_to=dict[str, Any])
        client.post("/score", body={"model": "s"}, cast_to=dict[str, Any])
        client.post("/render", body={"model": "v"}, cast_to=openai.BaseModel)
    rerank, score, render = sink.runs
    assert (rerank.name, rerank.run_type, rerank.outputs) == ("openai.rerank", "tool", {"results": [1]})
    assert (score.run_type, score.usage.total_cost) == ("llm", None)
    assert score.metadata == {"cost_unknown": "it isn't known how this endpoint is priced"}
    assert render.outputs["body"] == {"media_type": "application/octet-stream", **SUMMARY}


def test_what_manages_files_and_settings_is_no_run(sink: MemorySink) -> None:
    with serve(Answer({"id": "x", "object": "file", "data": []})) as server, _client(server) as client:
        client.files.create(file=b"{}", purpose="batch")
        client.vector_stores.create(name="v")
        client.models.list()
        client.post("/realtime/client_secrets", body={"session": {}}, cast_to=object)
    assert sink.runs == []


def test_searches_that_a_chat_does_not_tell_make_its_cost_unknown(sink: MemorySink) -> None:
    asked = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "q"}]}
    with serve("found") as server, _client(server) as client:
        client.chat.completions.create(**asked, web_search_options={})
        client.chat.completions.create(**{**asked, "model": "gpt-4o-search-preview"})
    for run in sink.runs:
        assert run.metadata == {"cost_unknown": "its web searches are billed, and not told"}
        assert (run.usage.total_cost, run.usage.total_tokens) == (None, 30)


@pytest.mark.parametrize(
    ("url", "regional"),
    [
        ("https://api.openai.com/v1", False),
        ("https://us.api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("https://api.mistral.ai/v1", False),
        ("https://europe-west1-aiplatform.googleapis.com/v1", True),
        ("https://aiplatform.googleapis.com/v1", False),
        ("http://localhost:8000/v1", False),
    ],
)
def test_a_regions_host_has_a_price_of_its_own(url: str, regional: bool) -> None:
    from pytest_llmobs.providers.openai import OpenAI

    with openai.OpenAI(base_url=url, api_key="k") as client:
        assert bool(OpenAI().surcharge(client, {})) == regional


def test_a_stream_that_nobody_can_put_together_is_told_by_hash_and_size(sink: MemorySink) -> None:
    events = [{"delta": "sk-proj-abcdefgh"}, {"delta": "ijklmnop0123456789"}, DONE]
    with serve(Answer(events=events)) as server, _client(server) as client:
        stream = client.post(
            "/speak", body={"stream": True}, cast_to=object, stream=True, stream_cls=openai.Stream[object]
        )
        assert len(list(stream)) == 2
    (run,) = sink.runs
    assert (run.name, run.status, run.outputs["events"]) == ("openai.speak", "success", 3)  # type: ignore[index]
    assert b"abcdefgh" not in b"".join(sink.lines)
