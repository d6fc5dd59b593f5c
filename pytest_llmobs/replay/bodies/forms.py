"""The forms of a body: one of ``json``, ``text``, ``base64`` and ``events``, and how it is handed out again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from pytest_llmobs.replay.bodies.aws_frames import MEDIA_TYPE, read_frames, write_frames
from pytest_llmobs.replay.bodies.counters import with_counter, without_counter
from pytest_llmobs.replay.bodies.events import Event
from pytest_llmobs.replay.bodies.exact_json import exact, written
from pytest_llmobs.replay.bodies.groups import grouped, ungrouped
from pytest_llmobs.replay.bodies.json_lines import read_lines, write_lines
from pytest_llmobs.replay.bodies.references import looks_like_reference, shortened, whole
from pytest_llmobs.replay.bodies.server_sent import read_events, write_events

Body = dict[str, Any]
_SERVER_SENT = "text/event-stream"
_WRITERS: Mapping[str, Callable[[Sequence[Event], Collection[str]], Iterable[bytes]]] = {
    "sse": write_events,
    "lines": write_lines,
    "frames": write_frames,
}
_NO_REFERENCES = "literal"


def parsed(content: bytes, media_type: str) -> Body:
    """Return a body by its form; of a stream, its single events and the words of its form.

    Args:
        content: The body, decompressed.
        media_type: The header's, without parameters.
    """
    if content and media_type == _SERVER_SENT:
        return _stream("sse", *read_events(content))
    if content and media_type == MEDIA_TYPE:
        return _stream("frames", *read_frames(content))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}
    try:
        return {"json": exact(text)}
    except ValueError:
        pass
    if "\n" in text:
        events, form = read_lines(content)
        objects = [isinstance(event.get("data"), dict) for event in events if "half" not in event]
        if len(objects) > 1 and all(objects):
            return _stream("lines", events, form)
    return {"text": text}


def packed(body: Body) -> Body:
    """Return a parsed body as a cassette holds it: of a stream, what is alike once."""
    if "events" not in body:
        return body
    events, counter = without_counter(body["events"])
    entries, order = grouped(events)
    form = body["form"]
    if any(looks_like_reference(entry.get("data")) for entry in entries):
        form = f"{form} {_NO_REFERENCES}"
    else:
        entries = shortened(entries)
    compact: Body = {"form": form, "events": entries}
    if counter:
        compact["counter"] = counter
    if order:
        compact["order"] = order
    return compact


def unpacked(body: Mapping[str, Any]) -> Sequence[Event]:
    """Return the single events of a stream as a cassette holds it.

    Raises:
        ValueError: They can't be made out.
    """
    entries = body["events"]
    if _NO_REFERENCES not in body["form"].split():
        entries = whole(entries)
    return with_counter(ungrouped(entries, body.get("order", "")), body.get("counter"))


def as_chunks(body: Mapping[str, Any]) -> list[bytes]:
    """Return the pieces in which a body is handed out: of a stream, one an event.

    Raises:
        ValueError: It is none of the forms that ``packed`` returns.
    """
    if "json" in body:
        return [written(body["json"]).encode()]
    if "text" in body:
        return [body["text"].encode()]
    if "base64" in body:
        return [base64.b64decode(body["base64"], validate=True)]
    if "events" in body:
        framing, *form = body["form"].split()
        if framing not in _WRITERS:
            raise ValueError(f"the reply's events have the unknown form {framing!r}")
        return list(_WRITERS[framing](unpacked(body), form))
    raise ValueError("the reply has none of json, text, base64, events")


def _stream(framing: str, events: list[Event], form: Sequence[str]) -> Body:
    return {"form": " ".join([framing, *form]), "events": events}
