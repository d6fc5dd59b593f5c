"""Streamed replies: their events, and how they are put together.

Events are server-sent, or lines of JSON; their lines end where the formats say. Each API knows its own events; how a
stream ends is the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.prices import cost_unknown

Event = Mapping[str, Any]
Item = TypeVar("Item")

END: Mapping[str, Any] = {}
"""The event that says ``[DONE]``."""
_LAST = frozenset(
    {"message_stop", "response.completed", "response.incomplete", "response.failed"}
    | {"image_generation.completed", "image_edit.completed", "transcript.text.done", "speech.audio.done"}
)
"""Types of events after which nothing comes."""
_BOM = b"\xef\xbb\xbf"
_DONE = "[DONE]"


class StreamedReply:
    """A reply as far as it came. Subclass it: take in an event, and say when the reply is complete."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.body: dict[str, Any] = {}
        self.error: str | None = None
        """What the stream itself said went wrong."""

    @property
    def complete(self) -> bool:
        """True where the stream came to its end."""
        raise NotImplementedError

    def add(self, event: Event) -> None:
        """Take in one event; unknown ones are passed over."""
        raise NotImplementedError

    def finish(self) -> dict[str, Any]:
        """Return the reply's body as far as it came."""
        raise NotImplementedError

    def read(self, events: Iterable[Event]) -> dict[str, Any]:
        """Return the body that ``events`` make."""
        for event in events:
            self.add(event)
        return self.finish()

    def ended(self, reply: Reply) -> Reply:
        """Return ``reply``, which was read from the body, with how the stream ended."""
        error = self.error or reply.error
        broken_off = not self.complete and error is None
        if broken_off or self.error is not None:  # what was told of its usage so far isn't all of it
            reply = cost_unknown(reply, "the stream broke off before its whole usage was told")
        return replace(
            reply,
            outputs=reply.outputs or None,
            error=error,
            status="incomplete" if broken_off else None,
            streamed=True,
        )


def in_order(items: Mapping[int, Item]) -> list[Item]:
    """Return what came by index as a list."""
    return [items[index] for index in sorted(items)]


def ends_stream(event: Event) -> bool:
    """Return True where nothing comes after an event."""
    return event is END or event.get("type") in _LAST


def describe_error(error: Any, where: str = "sent in the stream") -> str:
    """Return an error that arrived as data, as a text."""
    if not isinstance(error, Mapping):
        error = {"message": error}
    kind = error.get("code") or error.get("type") or "error"
    return f"{kind}: {error.get('message') or ''} ({where})"


def event_texts(content: bytes) -> Iterator[str]:
    r"""Yield the data of each server-sent event. By hand: the SDK's decoder takes three times as long.

    A line ends with ``\r\n``, ``\n`` or ``\r``; U+2028, U+0085 and the like stay in the text.
    """
    lines_end_alike = content.removeprefix(_BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for block in lines_end_alike.split(b"\n\n"):
        lines = [line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:")]
        yield b"\n".join(lines).decode("utf-8", "replace")


def parsed_events(texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the texts that are JSON objects, and ``END`` for ``[DONE]``; all else is passed over."""
    for text in texts:
        if text == _DONE:
            yield END
        else:
            yield from _objects(text)


def parsed_lines(content: bytes) -> Iterator[Mapping[str, Any]]:
    r"""Yield the JSON objects of a body that has one a line; a line ends with ``\n`` alone."""
    for line in content.removeprefix(_BOM).split(b"\n"):
        yield from _objects(line.decode("utf-8", "replace"))


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield value
