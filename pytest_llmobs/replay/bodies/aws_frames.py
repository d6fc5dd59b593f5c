"""Amazon's event streams (``application/vnd.amazon.eventstream``), as the events that their frames carry.

A frame is lengths, a checksum of these, headers, a payload and a checksum of all. Models' replies come as JSON within
base64 within the payload's JSON: that is ``data``. The payload's padding, which is the alphabet up to some letter, is
kept as its length.
"""

from __future__ import annotations

import base64
import string
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

from pytest_llmobs.replay.bodies.events import Event
from pytest_llmobs.replay.bodies.exact_json import exact, form_of, written

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = struct.Struct("!III")
_CHECKSUM = struct.Struct("!I")
_TEXT = 7
"""The type of a header that is a text."""
_USUAL = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
_PADDING = string.ascii_lowercase + string.ascii_uppercase + string.digits


def read_frames(content: bytes) -> tuple[list[Event], list[str]]:
    """Return the events of a stream and the words of its form.

    Of a last frame that didn't come whole, which nobody can read, its lengths and headers are kept.
    """
    events: list[Event] = []
    samples: list[tuple[str, Any]] = []
    start = 0
    while start < len(content):
        end = _end_of_frame(content, start)
        if end is None:
            events.append({"frame_base64": _base64(_without_payload(content[start:]))})
            break
        events.append(_read_frame(content[start:end], samples))
        start = end
    return events, form_of(samples)


def write_frames(events: Sequence[Event], form: Collection[str]) -> Iterator[bytes]:
    """Yield each event as it is sent, with valid checksums.

    Raises:
        KeyError: One has no payload.
    """
    for event in events:
        if "frame_base64" in event:
            yield base64.b64decode(event["frame_base64"], validate=True)
        else:
            yield _frame(event.get("headers", _USUAL), _payload(event, form))


def _end_of_frame(content: bytes, start: int) -> int | None:
    """Return where a frame ends; None where it isn't all there."""
    if len(content) - start < _PRELUDE.size:
        return None
    length, _, _ = _PRELUDE.unpack_from(content, start)
    end: int = start + length
    if length < _PRELUDE.size + _CHECKSUM.size or end > len(content):
        return None
    return end


def _without_payload(frame: bytes) -> bytes:
    if len(frame) < _PRELUDE.size:
        return frame
    _, headers_length, _ = _PRELUDE.unpack_from(frame)
    return frame[: _PRELUDE.size + headers_length]


def _read_frame(frame: bytes, samples: list[tuple[str, Any]]) -> Event:
    try:
        headers = _headers(frame)
        if _frame(headers, payload := _payload_bytes(frame)) != frame:
            raise ValueError("its checksums differ")
    except (ValueError, struct.error):  # what reads it refuses it as well
        return {"frame_base64": _base64(frame)}
    event: Event = {} if headers == _USUAL else {"headers": headers}
    return {**event, **_read_payload(payload, samples)}


def _payload_bytes(frame: bytes) -> bytes:
    _, headers_length, _ = _PRELUDE.unpack_from(frame)
    return frame[_PRELUDE.size + headers_length : -_CHECKSUM.size]


def _headers(frame: bytes) -> dict[str, str]:
    """Return a frame's headers.

    Raises:
        ValueError: One is no text.
    """
    _, length, _ = _PRELUDE.unpack_from(frame)
    headers: dict[str, str] = {}
    position = _PRELUDE.size
    while position < _PRELUDE.size + length:
        name_end = position + 1 + frame[position]
        kind, value_length = struct.unpack_from("!BH", frame, name_end)
        value_end = name_end + 3 + value_length
        if kind != _TEXT:
            raise ValueError("a header is no text")
        headers[frame[position + 1 : name_end].decode()] = frame[name_end + 3 : value_end].decode()
        position = value_end
    return headers


def _read_payload(payload: bytes, samples: list[tuple[str, Any]]) -> Event:
    try:
        outer = exact(payload.decode())
    except ValueError:
        return {"payload_base64": _base64(payload)}
    if not isinstance(outer, dict) or not isinstance(outer.get("bytes"), str):
        return {"payload": outer}
    try:
        inner = base64.b64decode(outer["bytes"], validate=True).decode()
    except ValueError:
        return {"payload": outer}
    event = _read_data(inner, samples)
    del outer["bytes"]
    padding = outer.get("p")
    if list(outer) == ["p"] and isinstance(padding, str) and _PADDING.startswith(padding):
        return {**event, "padding": len(padding)}
    return {**event, "beside": outer} if outer else event


def _read_data(text: str, samples: list[tuple[str, Any]]) -> Event:
    try:
        data = exact(text)
    except ValueError:
        return {"text": text}
    samples.append((text, data))
    return {"data": data}


def _payload(event: Event, form: Collection[str]) -> bytes:
    if "payload_base64" in event:
        return base64.b64decode(event["payload_base64"], validate=True)
    if "payload" in event:
        return written(event["payload"]).encode()
    text = event["text"] if "text" in event else written(event["data"], form)
    outer = {"bytes": _base64(text.encode())}
    if "padding" in event:
        outer["p"] = _PADDING[: event["padding"]]
    return written({**outer, **event.get("beside", {})}).encode()


def _frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    packed = b""
    for name, value in headers.items():
        packed += struct.pack("!B", len(name.encode())) + name.encode()
        packed += struct.pack("!BH", _TEXT, len(value.encode())) + value.encode()
    lengths = struct.pack("!II", _PRELUDE.size + len(packed) + len(payload) + _CHECKSUM.size, len(packed))
    message = lengths + _CHECKSUM.pack(crc32(lengths)) + packed + payload
    return message + _CHECKSUM.pack(crc32(message))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
