"""OpenAI's responses: what a reply and a stream of events say. No SDK here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.providers.chat_completions import read_usage
from pytest_llmobs.providers.streams import Event, StreamedReply, describe_error, in_order

_ENDS = ("response.completed", "response.incomplete", "response.failed")
_PARTS = {"content_part": "content", "reasoning_summary_part": "summary"}
"""What an event adds -> the list of the item that it belongs to."""
_INDEXES = {"content": "content_index", "summary": "summary_index"}
"""A list of an item -> the field of an event that says where in it."""
_DELTAS = {
    "output_text": ("content", "text"),
    "refusal": ("content", "refusal"),
    "reasoning_text": ("content", "text"),
    "reasoning_summary_text": ("summary", "text"),
    "function_call_arguments": ("", "arguments"),
    "mcp_call_arguments": ("", "arguments"),
    "custom_tool_call_input": ("", "input"),
    "code_interpreter_call_code": ("", "code"),
}
"""What an event holds a piece of -> the item's list that the piece belongs to (none: the item itself), its field."""


def read_response(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what a response says.

    Args:
        body: As the API returns it.
        provider: Whose price list holds.
        asked: The model that was asked for; the body says which one answered.
    """
    reason = (body.get("incomplete_details") or {}).get("reason") or body.get("status")
    error = None
    if body.get("error"):
        error = describe_error(body["error"], "said in the response")
    reply = Reply(outputs=dict(body), columns={"stop_reason": reason}, error=error)
    return read_usage(reply, body, provider, asked)


def read_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of events says; ``incomplete`` where it broke off."""
    stream = StreamedResponse()
    reply = read_response(stream.read(events), provider, asked)
    if not stream.complete:  # "in_progress" is no reason to have stopped
        reply = replace(reply, columns={**reply.columns, "stop_reason": None})
    return stream.ended(reply)


class StreamedResponse(StreamedReply):
    """Puts a response together from the events of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._items: dict[int, dict[str, Any]] = {}
        self._over = False

    @property
    def complete(self) -> bool:
        """True where the stream said that it was over."""
        return self._over

    def add(self, event: Event) -> None:
        """Take in one event; unknown ones are passed over."""
        kind = str(event.get("type"))
        if isinstance(event.get("response"), Mapping):
            self.body = dict(event["response"])
            self._over = kind in _ENDS
        elif kind == "error":
            self.error = describe_error(event.get("error") or event)
        else:
            _, _, rest = kind.partition(".")  # response.output_text.delta
            what, _, how = rest.rpartition(".")
            self._add_to_item(event, what, how)

    def finish(self) -> dict[str, Any]:
        """Return the response as far as it came."""
        if self._items and not self.body.get("output"):
            self.body["output"] = in_order(self._items)
        return self.body

    def _add_to_item(self, event: Event, what: str, how: str) -> None:
        if what == "output_item":
            self._items[event["output_index"]] = dict(event.get("item") or {})
        elif what in _PARTS:
            self._part(event, _PARTS[what]).update(event.get("part") or {})
        elif what in _DELTAS and how == "delta":
            where, field = _DELTAS[what]
            part = self._part(event, where)
            part[field] = (part.get(field) or "") + str(event.get("delta") or "")

    def _part(self, event: Event, where: str) -> dict[str, Any]:
        """Return the part of an item that an event is about, to be filled in place.

        Args:
            event: Names the item and the place in its list.
            where: The item's list; empty for the item itself.
        """
        item = self._items.setdefault(event.get("output_index", 0), {})
        if not where:
            return item
        index = event.get(_INDEXES[where], 0)
        item[where] = parts = list(item.get(where) or ())
        while len(parts) <= index:
            parts.append({})
        parts[index] = part = dict(parts[index])
        return part
