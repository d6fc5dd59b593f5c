"""Images, documents and sounds: by hash and size, and as files where that is asked for."""

from __future__ import annotations

import base64
import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.providers.base import Engine, Exchange, Reply, Request
from pytest_llmobs.providers.media import without_bytes
from pytest_llmobs.providers.other_endpoints import described_files
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

DATA = b"\x89PNG" * 10
ENCODED = base64.b64encode(DATA).decode()
DIGEST = hashlib.sha256(DATA).hexdigest()
LIGHT = {"size": 40, "sha256": DIGEST}


@pytest.mark.parametrize(
    ("block", "light", "suffix"),
    [
        pytest.param(
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": LIGHT}},
            ".png",
            id="Anthropic's image",
        ),
        pytest.param(
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": ENCODED},
            },
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": LIGHT},
            },
            ".pdf",
            id="Anthropic's document",
        ),
        pytest.param(
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{ENCODED}", "detail": "low"}},
            {
                "type": "image_url",
                "image_url": {"url": {"media_type": "image/jpeg", **LIGHT}, "detail": "low"},
            },
            ".jpg",
            id="a chat completion's image",
        ),
        pytest.param(
            {"type": "input_image", "image_url": f"data:image/png;base64,{ENCODED}"},
            {"type": "input_image", "image_url": {"media_type": "image/png", **LIGHT}},
            ".png",
            id="a response's image",
        ),
        pytest.param(
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": f"data:application/pdf;base64,{ENCODED}",
            },
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": {"media_type": "application/pdf", **LIGHT},
            },
            ".pdf",
            id="a response's file",
        ),
        pytest.param(
            {"type": "input_audio", "input_audio": {"data": ENCODED, "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": LIGHT, "format": "wav"}},
            ".wav",
            id="a sound",
        ),
        pytest.param(
            {"type": "image_generation_call", "result": ENCODED, "output_format": "webp"},
            {"type": "image_generation_call", "result": LIGHT, "output_format": "webp"},
            ".webp",
            id="a generated image",
        ),
        pytest.param(
            {"audio": {"id": "a", "data": ENCODED, "transcript": "Hi"}},
            {"audio": {"id": "a", "data": LIGHT, "transcript": "Hi"}},
            ".bin",
            id="a spoken reply",
        ),
    ],
)
def test_bytes_are_left_out_without_touching_the_original(block: Any, light: Any, suffix: str) -> None:
    body = {"messages": [{"role": "user", "content": [block, "text"]}], "n": 1}
    before = repr(body)
    assert without_bytes(body) == {"messages": [{"role": "user", "content": [light, "text"]}], "n": 1}
    assert repr(body) == before
    kept = {}
    without_bytes(body, lambda name, data: kept.setdefault(name, data) and None)
    assert kept == {f"{DIGEST}{suffix}": DATA}


@pytest.mark.parametrize(
    "plain",
    [
        "data: the plural of datum",
        "data:text/plain,hello",
        {"type": "text", "data": ENCODED},
        {"data": ENCODED, "format": "json"},
        {"type": ["base64"], "data": ENCODED},
    ],
)
def test_what_is_no_image_stays(plain: Any) -> None:
    assert without_bytes({"x": plain}) == {"x": plain}


def test_broken_base64_says_so() -> None:
    assert without_bytes({"type": "base64", "data": "a"})["data"] == {"size": 1, "encoding": "broken base64"}


def _call(tracer: Tracer) -> None:
    install(tracer)
    try:
        engine = Engine()
        place = engine.place()
        assert place is not None
        source = {"type": "base64", "media_type": "image/png", "data": ENCODED}
        exchange: Exchange = engine.begin(place, Request(name="x", inputs={"image": source}, provider="acme"))
        exchange.end(
            Reply(outputs={"type": "image_generation_call", "result": ENCODED, "output_format": "png"})
        )
    finally:
        uninstall()


def test_a_store_keeps_each_once_where_the_run_says(tmp_path: Path) -> None:
    sink, store = MemorySink(), Store(tmp_path / ".llmobs")
    _call(Tracer(project="unit", sink=sink, keep_media=store.keep_media))
    kept = {**LIGHT, "file": f"media/{DIGEST}.png"}
    (run,) = sink.runs
    assert (run.inputs["image"]["data"], run.outputs and run.outputs["result"]) == (kept, kept)
    assert [path.read_bytes() for path in (store.root / "media").iterdir()] == [DATA]
    assert (store.root / kept["file"]).is_file()
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_a_disk_that_refuses_is_told_once_and_the_call_is_logged(tmp_path: Path) -> None:
    told: list[str] = []
    tmp_path.joinpath(".llmobs").write_text("a file in the place of the store")
    sink, store = MemorySink(), Store(tmp_path / ".llmobs", warn=told.append)
    _call(Tracer(project="unit", sink=sink, keep_media=store.keep_media))
    assert sink.runs[0].inputs["image"]["data"] == LIGHT
    assert len(told) == 1
    assert "Can't keep images and documents in" in told[0]


def test_nothing_is_kept_unless_asked(tmp_path: Path) -> None:
    sink = MemorySink()
    _call(Tracer(project="unit", sink=sink))
    assert sink.runs[0].inputs["image"]["data"] == LIGHT
    assert ENCODED.encode() not in b"".join(sink.lines)


def test_files_of_one_field_are_all_described() -> None:
    described = described_files([("image", ("a.png", b"a")), ("image", ("b.png", b"bc"))])
    assert {name: file["size"] for name, file in described.items()} == {"image": 1, "image (2)": 2}
