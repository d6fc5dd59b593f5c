"""Replies that hold secrets, as they are recorded."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from itertools import pairwise

from pytest_llmobs.records.http_calls import BodyEnd, ReceivedReply
from pytest_llmobs.replay.cassette import RecordedReply
from pytest_llmobs.replay.cleaning.replies import clean_reply
from pytest_llmobs.replay.layout import laid_out
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor

SERVER_SENT = "text/event-stream"
KEY = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGh"


def cleaned(
    content: bytes,
    *redactors: Redactor | Callable[[str], str],
    media_type: str = SERVER_SENT,
    end: BodyEnd = "read",
    message: str = "",
) -> RecordedReply:
    """Return a reply as it is recorded."""
    headers = {"content-type": media_type, "set-cookie": f"session={KEY}", "x-request-id": "req_1"}
    error = "ReadError" if message else ""
    reply = ReceivedReply(status=200, headers=headers, content=content, end=end, error=error, message=message)
    return clean_reply(reply, Redaction(redactors))


def cut(text: str, count: int) -> Sequence[str]:
    """Return a text in so many pieces of about the same length."""
    ends = [number * len(text) // count for number in range(count + 1)]
    return [text[start:end] for start, end in pairwise(ends)]


def assert_not_stored(reply: RecordedReply, secret: str) -> None:
    """Fail where a cassette holds a secret, or half of it, as it is or as base64."""
    stored = laid_out(reply.document())
    half = len(secret) // 2
    for part in (secret, secret[:half], secret[half:]):
        assert part not in stored
        assert base64.b64encode(part.encode()).decode().rstrip("=")[:-1] not in stored
