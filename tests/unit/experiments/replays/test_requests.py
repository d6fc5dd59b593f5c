"""Stored model calls as requests, and those that can't be made again."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.experiments.replays.requests import ReplayError, check_whole, model_call_of
from pytest_llmobs.providers.media import without_bytes
from pytest_llmobs.records.runs import BATCH, Run

ID = "01a22fd0-ccd0-7551-851e-948c92690e6b"
IMAGE = b"\x89PNG of a receipt"


def run_of(inputs: dict[str, Any], name: str = "anthropic.messages", **more: Any) -> Run:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    fields: dict[str, Any] = {"run_type": "llm", "provider": name.partition(".")[0], **more}
    return Run(
        id=ID,
        trace_id=ID,
        parent_id=None,
        name=name,
        project="p",
        start_time=now,
        end_time=now,
        inputs=inputs,
        **fields,
    )


def refused(run: Run, folder: Path) -> str:
    with pytest.raises(ReplayError) as caught:
        model_call_of(run, folder)
    return str(caught.value)


def asking_about(image: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [image]}]}


ANTHROPICS = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": b64encode(IMAGE).decode()},
}
OPENAIS = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(IMAGE).decode()}"}}
SOUND = {"type": "input_audio", "input_audio": {"data": b64encode(IMAGE).decode(), "format": "wav"}}


@pytest.mark.parametrize("block", [ANTHROPICS, OPENAIS, SOUND])
def test_kept_images_and_sounds_are_put_back_as_they_were(block: Any, tmp_path: Path) -> None:
    def keep(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        return name

    stored = without_bytes(asking_about(block), keep)
    assert model_call_of(run_of(stored), tmp_path).body == asking_about(block)


def test_an_image_that_was_not_kept_says_what_keeps_it(tmp_path: Path) -> None:
    message = refused(run_of(without_bytes(asking_about(ANTHROPICS))), tmp_path)
    digest = hashlib.sha256(IMAGE).hexdigest()[:12]
    assert message.startswith(f"An image or a document of {ID!r} ({len(IMAGE)} bytes, SHA-256 {digest}…)")
    assert "stored by its hash alone. `llm_keep_media = true` keeps" in message


def test_an_image_that_is_gone_or_another_one_is_not_sent(tmp_path: Path) -> None:
    stored = run_of(without_bytes(asking_about(ANTHROPICS), lambda name, data: "image.png"))
    assert "can't be read from the store: No such file" in refused(stored, tmp_path)
    (tmp_path / "image.png").write_bytes(b"another")
    assert "isn't what lies at 'image.png' in the store any more" in refused(stored, tmp_path)


def test_other_calls_say_why_they_are_not_made_again(tmp_path: Path) -> None:
    answer = run_of({"custom_id": "a"}, metadata={BATCH: "batch_7"})
    assert "is an answer of the batch 'batch_7': its request stands in the run" in refused(answer, tmp_path)
    vectors = run_of({"input": "x"}, "openai.embeddings", run_type="embedding")
    assert "of its vectors only the lengths are stored" in refused(vectors, tmp_path)
    spoken = refused(run_of({"input": "x"}, "openai.audio.speech"), tmp_path)
    assert "a call of 'openai.audio.speech', which isn't made again. Those of anthropic.messages, " in spoken
    assert "openai.chat.completions" in spoken


def test_beta_flags_are_sent_once_more(tmp_path: Path) -> None:
    call = model_call_of(run_of({}, columns={"params": {"anthropic-beta": "files-api"}}), tmp_path)
    assert call.headers == {"anthropic-beta": "files-api"}


def test_what_was_cut_is_not_sent() -> None:
    with pytest.raises(
        ReplayError, match=r"is stored cut, in messages\.0\.content: it was longer than llm_max"
    ):
        check_whole({"messages": [{"content": "a<cut: 9 of 10 characters>"}]}, ID, allows_redacted=True)
    with pytest.raises(ReplayError, match="is stored cut, in the request"):
        check_whole({"<cut>": "2 of 3 entries"}, ID, allows_redacted=True)


def test_what_was_redacted_is_sent_only_on_request() -> None:
    body = {"system": "Key [redacted: anthropic key]", "messages": [{"content": "I am [redacted: email]"}]}
    with pytest.raises(ReplayError) as caught:
        check_whole(body, ID, allows_redacted=False)
    assert "redacted: anthropic key in system, email in messages.0.content. The model saw something" in str(
        caught.value
    )
    check_whole(body, ID, allows_redacted=True)
