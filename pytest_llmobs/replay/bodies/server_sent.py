r"""Server-sent events, as their fields: ``{"event": "ping", "data": {"type": "ping"}}``.

Data that is JSON is kept as its value, other data as ``text``. What the format leaves to the sender (how lines end,
spaces in JSON) is one form for a stream: a few words. An event that its sender wrote otherwise means the same.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pytest_llmobs.replay.bodies.events import Event, renamed
from pytest_llmobs.replay.bodies.exact_json import exact, form_of, written

_BOM = "\ufeff"
_LINE_ENDS = {"crlf": "\r\n", "cr": "\r"}


def read_events(content: bytes) -> tuple[list[Event], list[str]]:
    """Return the events of a stream and the words of its form.

    What follows the last blank line is the last event, as ``half`` of one: it is kept as it came.
    """
    text = content.decode("utf-8", "surrogateescape")
    form = _form_of_lines(text)
    text = text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    *blocks, half = re.split("\n\n+", text)
    events = list(map(read_block, blocks))
    form += form_of(_json_of(blocks, events))
    if _is_named(next((event for event in events if _type_of(event)), {})):
        form.append("named")
        events = list(map(_without_name, events))
    if half:
        events.append(encoded("half", half))
    return events, form


def write_events(events: Sequence[Event], form: Collection[str]) -> Iterator[bytes]:
    """Yield each event as it is sent.

    Raises:
        KeyError: One has no field that can be sent.
    """
    line_end = next((_LINE_ENDS[word] for word in form if word in _LINE_ENDS), "\n")
    before = _BOM if "bom" in form else ""
    for event in events:
        text = before + _written_event(event, form)
        before = ""
        yield text.replace("\n", line_end).encode("utf-8", "surrogateescape")


def read_block(block: str) -> Event:
    """Return the event that a block of lines makes; of a field that is there twice, the later counts."""
    if not _is_encodable(block):
        return encoded("block", block)
    event: Event = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name in ("event", "id", "retry"):
            event[name] = value
        elif name == "data":
            event["text"] = _joined(event, "text", value)
        elif name:
            event["other"] = _joined(event, "other", line)
        else:
            event["comment"] = _joined(event, "comment", value)
    if "text" not in event:
        return event
    try:
        data = exact(event["text"])
    except ValueError:
        return event
    return renamed(event, "text", "data", data)


def encoded(name: str, text: str) -> Event:
    """Return text under a name, or as base64 where it holds bytes that are no UTF-8."""
    if _is_encodable(text):
        return {name: text}
    return {f"{name}_base64": base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")}


def decoded(event: Event, name: str) -> str | None:
    """Return what ``encoded`` took; None where an event holds nothing under the name."""
    if name in event:
        text: str = event[name]
        return text
    if f"{name}_base64" in event:
        return base64.b64decode(event[f"{name}_base64"], validate=True).decode("utf-8", "surrogateescape")
    return None


def _joined(event: Event, name: str, line: str) -> str:
    if name in event:
        return f"{event[name]}\n{line}"
    return line


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _form_of_lines(text: str) -> list[str]:
    form = []
    if text.startswith(_BOM):
        form.append("bom")
    if "\r" in text:
        rest = text.replace("\r\n", "")
        if "\r" not in rest and "\n" not in rest:
            form.append("crlf")
        elif "\n" not in text:
            form.append("cr")
    first = re.search("^data:(.)", text, re.MULTILINE)
    if first is not None and first[1] != " ":
        form.append("tight")
    return form


def _json_of(blocks: Sequence[str], events: Sequence[Event]) -> Iterator[tuple[str, Any]]:
    """Yield the data of events as they were written, and as values."""
    for block, event in zip(blocks, events, strict=True):
        lines = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        if "data" in event and len(lines) == 1:
            yield lines[0], event["data"]


def _type_of(event: Event) -> str | None:
    data = event.get("data")
    if isinstance(data, dict) and isinstance(data.get("type"), str):
        name: str = data["type"]
        return name
    return None


def _is_named(event: Event) -> bool:
    return next(iter(event), None) == "event" and event["event"] == _type_of(event)


def _without_name(event: Event) -> Event:
    """Return an event of a stream whose events are named by their types."""
    if _is_named(event):
        return {name: value for name, value in event.items() if name != "event"}
    if _type_of(event) and "event" not in event:
        return {"event": None, **event}
    return event


def _written_event(event: Event, form: Collection[str]) -> str:
    half = decoded(event, "half")
    if half is not None:
        return half
    block = decoded(event, "block")
    if block is not None:
        return f"{block}\n\n"
    lines: list[str] = []
    if "named" in form and "event" not in event and _type_of(event):
        lines.append(f"event: {_type_of(event)}")
    for name, value in event.items():
        if value is None and name == "event":
            continue
        lines += _lines(name, value, form)
    if "tight" in form:
        lines = [line.replace(": ", ":", 1) for line in lines]
    return "\n".join([*lines, "", ""])


def _lines(name: str, value: Any, form: Collection[str]) -> list[str]:
    if name == "data":
        return [f"data: {written(value, form)}"]
    if name == "text":
        return list(map("data: {}".format, value.split("\n")))
    if name == "comment":
        return list(map(": {}".format, value.split("\n")))
    if name == "other":
        lines: list[str] = value.split("\n")
        return lines
    return [f"{name}: {value}"]
