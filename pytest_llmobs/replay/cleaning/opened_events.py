"""Events as they are cleaned: with data to look into, also where they aren't the JSON that they should be.

A stream that broke off ends in half an event, which may hold the last piece of a secret.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from pytest_llmobs.replay.bodies.events import Event, renamed
from pytest_llmobs.replay.bodies.exact_json import lenient
from pytest_llmobs.replay.bodies.server_sent import decoded, read_block

BINARIES = frozenset({"frame_base64", "payload_base64"})
"""Fields of events that hold bytes."""
_FIELDS = ("event", "id", "retry")


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """An event, and what can be made out of it."""

    item: Event
    """Its fields, with ``data`` where anything could be made out of its text."""
    raw: Event
    """All of it as text, without bytes that are no UTF-8."""
    kind: Literal["read", "text", "half", "whole", "binary"]
    """How it was read: before, from its text, from what came of its text, or from all of it without its end.
    Of what is binary, that isn't here."""

    def closed(self, item: Event, framing: str) -> Event:
        """Return another item in the form that the event had.

        Args:
            item: The event's own, cleaned.
            framing: The stream's: ``sse``, ``lines`` or ``frames``.
        """
        if self.kind == "read":
            return item
        if self.kind == "text":
            return renamed(item, "data", "text", json.dumps(item["data"]))
        text = json.dumps(item["data"])
        if self.kind == "half":
            # what closes it hadn't come
            text = text.rstrip("}]").removesuffix('"')
        if framing == "lines":
            return {"half": text}
        lines = [f"{name}: {item[name]}\n" for name in _FIELDS if name in item]
        return {"half": "".join([*lines, "data: ", text])}


def opened(event: Event, framing: str) -> OpenedEvent:
    """Return an event opened.

    Args:
        event: As it was read.
        framing: The stream's: ``sse``, ``lines`` or ``frames``.
    """
    if not BINARIES.isdisjoint(event):
        fields = {name: value for name, value in event.items() if name not in BINARIES}
        return OpenedEvent(fields, fields, "binary")
    half = decoded(event, "half")
    if half is not None:
        return _opened_half(_readable(half), framing)
    block = decoded(event, "block")
    if block is not None:
        event = read_block(_readable(block))
    if "text" not in event:
        return OpenedEvent(event, event, "read")
    try:
        data = lenient(event["text"])
    except ValueError:
        return OpenedEvent(event, event, "read")
    return OpenedEvent(renamed(event, "text", "data", data), event, "text")


def _opened_half(half: str, framing: str) -> OpenedEvent:
    raw: Event = {"half": half}
    if framing == "lines":
        return _opened_json(half, {"data": None}, raw)
    event = read_block(half.rstrip("\n"))
    if "data" in event:
        return OpenedEvent(event, raw, "whole")
    if "text" in event:
        return _opened_json(event["text"], renamed(event, "text", "data", None), raw)
    return OpenedEvent(raw, raw, "read")


def _opened_json(text: str, fields: Event, raw: Event) -> OpenedEvent:
    """Return an event with as much of its JSON as there is."""
    from pydantic_core import from_json

    try:
        value = from_json(text.encode(), allow_partial="trailing-strings")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return OpenedEvent(raw, raw, "read")
    return OpenedEvent({**fields, "data": value}, raw, "half")


def _readable(text: str) -> str:
    return text.encode("utf-8", "ignore").decode()
