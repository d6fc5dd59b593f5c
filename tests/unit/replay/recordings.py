"""Recordings for tests: a recorder over a folder, and requests as an SDK would send them. No pytest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_llmobs.records.http_calls import ReceivedReply, SentRequest
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.recorder import Mode, Recorder
from pytest_llmobs.tracing.redaction.pipeline import Redaction

MODEL = "claude-haiku-4-5"


def question(text: str, **parameters: Any) -> SentRequest:
    """Return a request of one user message; ``parameters`` are further keys of its body."""
    body = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": text}], **parameters}
    return SentRequest(
        provider="anthropic",
        operation="messages",
        method="POST",
        url="https://api.anthropic.com/v1/messages",
        headers={"content-type": "application/json", "x-api-key": "sk-ant-none"},
        content=json.dumps(body).encode(),
    )


def answer(text: str) -> ReceivedReply:
    """Return a message of one text block."""
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [text]}
    return ReceivedReply(
        status=200, headers={"content-type": "application/json"}, content=json.dumps(body).encode()
    )


def recorder(root: Path, mode: Mode = "reuse") -> Recorder:
    """Return a recorder over a folder."""
    return Recorder(CassetteFolder(root), mode, Redaction())


def record(root: Path, *questions: str, **parameters: Any) -> list[Path]:
    """Record an answer to each question; return the cassettes' files, in the order of the questions."""
    recorder_here = recorder(root)
    files = []
    for text in questions:
        turn = recorder_here.take(question(text, **parameters), None)
        turn.keep(answer(f"Answer to {text}"))
        files.append(recorder_here.folder.path_of(turn.key))
    return files
