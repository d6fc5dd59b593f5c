"""Requests and replies as they are recorded: cleaned, and without what is different each time."""

from __future__ import annotations

from typing import Any

from pytest_llmobs.records.http_calls import ReceivedReply
from pytest_llmobs.replay.bodies.forms import Body, packed, parsed
from pytest_llmobs.replay.canonical import CanonicalRequest
from pytest_llmobs.replay.cassette import RecordedReply, stored
from pytest_llmobs.replay.cleaning.binaries import clean_binary
from pytest_llmobs.replay.cleaning.streams import clean_events
from pytest_llmobs.tracing.redaction.pipeline import Redaction

_KEPT_HEADERS = ("content-type", "request-id", "x-request-id", "x-amzn-requestid")
"""Headers of replies that an SDK hands on; all others say who asked, or when."""


def clean_request(request: CanonicalRequest, redaction: Redaction) -> dict[str, Any]:
    """Return a request as a cassette shows it.

    Args:
        request: What was sent.
        redaction: What cleans it.

    Raises:
        RedactorError: A redactor failed.
    """
    return {name: redaction.clean_strictly(value) for name, value in stored(request).items()}


def clean_reply(reply: ReceivedReply, redaction: Redaction) -> RecordedReply:
    """Return a reply as a cassette keeps it.

    Args:
        reply: What came.
        redaction: What cleans it: texts that a stream cut are cleaned as wholes, and cut again.

    Raises:
        RedactorError: A redactor failed.
    """
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    headers = {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers}
    return RecordedReply(
        status=reply.status,
        headers=redaction.clean_strictly(headers),
        body=packed(_clean_body(parsed(reply.content, media_type), redaction)) if reply.status else {},
        end=reply.end,
        error=reply.error,
        message=redaction.clean_strictly(reply.message),
    )


def _clean_body(body: Body, redaction: Redaction) -> Body:
    if "events" in body:
        framing = body["form"].partition(" ")[0]
        return {**body, "events": clean_events(body["events"], framing, redaction)}
    if "json" in body:
        (only,) = clean_events([{"data": body["json"]}], "lines", redaction)
        return {"json": only["data"]}
    if "base64" in body:
        return {"base64": clean_binary(body["base64"], redaction)}
    cleaned: Body = redaction.clean_strictly(body)
    return cleaned
