"""Bedrock's streams: frames that Amazon's own parser takes, before and after."""

from __future__ import annotations

import base64
import json
import string
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import pytest

from pytest_llmobs.replay.bodies.aws_frames import MEDIA_TYPE
from pytest_llmobs.replay.bodies.forms import as_chunks
from tests.anthropic_server import events_of, text
from tests.unit.replay.bodies.streams import as_document
from tests.unit.replay.cleaning.cleaned import KEY, assert_not_stored, cleaned, cut

_CHUNK = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
_FAULT = {":exception-type": "throttlingException", ":content-type": "application/json"}
_ALPHABET = string.ascii_lowercase + string.ascii_uppercase + string.digits


def frame(payload: bytes, headers: Mapping[str, str] = _CHUNK) -> bytes:
    """Return a message of Amazon's event stream."""
    packed = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + b"\x07"
        + struct.pack("!H", len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", crc32(prelude)) + packed + payload
    return message + struct.pack("!I", crc32(message))


def chunk(event: Mapping[str, Any], padding: int | None = None) -> bytes:
    """Return the frame in which an event of Anthropic's comes."""
    payload = {"bytes": base64.b64encode(json.dumps(event, separators=(",", ":")).encode()).decode()}
    if padding is not None:
        payload["p"] = _ALPHABET[:padding]
    return frame(json.dumps(payload, separators=(",", ":")).encode())


def parsed(content: bytes) -> list[Any]:
    """Return the headers and payloads of frames, as Amazon's own parser reads them."""
    eventstream = pytest.importorskip("botocore.eventstream", reason="it is Amazon's own parser")
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(content)
    return [(message.headers, message.payload) for message in buffer]


_EVENTS = events_of(text("Hello my dear world", model="claude-sonnet-5").body)


@pytest.mark.parametrize(
    "content",
    [
        b"".join(map(chunk, _EVENTS)),
        b"".join(chunk(event, 3 * number) for number, event in enumerate(_EVENTS)),
        chunk(_EVENTS[0]) + frame(b'{"message":"Too many"}', {**_FAULT, ":message-type": "exception"}),
        frame(b'{"bytes":"bm8ganNvbg=="}') + frame(b"\xff\xfe") + frame(b"") + frame(b'{"bytes":"?"}'),
        frame(b'{"bytes":"e30=","p":"?","more":[1]}'),
        chunk(_EVENTS[0])[:-1] + b"!" + chunk(_EVENTS[1]),
    ],
)
def test_frames_come_back_byte_by_byte(content: bytes) -> None:
    chunks = as_chunks(as_document(content, MEDIA_TYPE))
    assert b"".join(chunks) == content


def test_frames_are_kept_as_the_events_that_they_carry() -> None:
    stored = as_document(b"".join(chunk(event, number) for number, event in enumerate(_EVENTS)), MEDIA_TYPE)
    (delta,) = [entry for entry in stored["events"] if "cuts" in entry]
    assert delta["data"]["delta"] == {"type": "text_delta", "text": "Hello my dear world"}
    assert delta["numbers"] == {"padding": "3,4,5,6"}


def test_of_a_frame_that_broke_off_its_beginning_is_kept() -> None:
    whole, half = chunk(_EVENTS[0]), chunk(_EVENTS[1])[:-20]
    chunks = as_chunks(as_document(whole + half, MEDIA_TYPE))
    assert chunks[0] == whole
    assert half.startswith(chunks[1])
    assert b"bytes" not in chunks[1]


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_a_secret_in_frames(count: int) -> None:
    events = [{"delta": {"text": piece}, "index": 0} for piece in ["So ", *cut(KEY, count), " is it"]]
    reply = cleaned(b"".join(chunk(event, 5) for event in events), media_type=MEDIA_TYPE)
    assert_not_stored(reply, KEY)
    frames = parsed(b"".join(as_chunks(reply.body)))
    texts = [
        json.loads(base64.b64decode(json.loads(payload)["bytes"]))["delta"]["text"] for _, payload in frames
    ]
    assert "".join(texts) == "So [redacted: anthropic key] is it"
    assert (len(texts), texts[0], texts[-1]) == (count + 2, "So ", " is it")


def test_cleaned_frames_are_valid() -> None:
    content = b"".join(map(chunk, _EVENTS))
    assert parsed(b"".join(as_chunks(as_document(content, MEDIA_TYPE)))) == parsed(content)
