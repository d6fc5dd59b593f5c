"""OpenAI's responses: what a reply and a stream of events say. No SDK here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.providers.chat_completions import ended, read_usage, said_error

_ENDS = ("response.completed", "response.incomplete", "response.failed")
_PARTS = {"content_part": "content", "reasoning_summary_part": "summary"}
"""What an event adds -> the list of the item that it belongs to."""
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
    error = body.get("error")
    reply = Reply(
        outputs=dict(body),
        columns={"stop_reason": reason},
        error=said_error(error, "said in the response") if error else None,
    )
    return read_usage(reply, body, provider, asked)


def read_events(events: Iterable[Mapping[str, Any]], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of events says; ``incomplete`` where it broke off."""
    gathered = Accumulator()
    for event in events:
        gathered.add(event)
    reply = read_response(gathered.finish(), provider, asked)
    if not gathered.complete:  # "in_progress" is no reason to have stopped
        reply = replace(reply, columns={**reply.columns, "stop_reason": None})
    return ended(reply, gathered.error, gathered.complete)


class Accumulator:
    """Puts a response together from the events of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.body: dict[str, Any] = {}
        self.error: str | None = None
        self.complete = False
        self._items: dict[int, dict[str, Any]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in one event; unknown ones are passed over."""
        kind = str(event.get("type"))
        _, _, rest = kind.partition(".")
        what, _, how = rest.rpartition(".")
        if isinstance(event.get("response"), Mapping):
            self.body = dict(event["response"])
            self.complete = kind in _ENDS
        elif kind == "error":
            self.error = said_error(event.get("error") or event)
        elif what == "output_item":
            self._items[event["output_index"]] = dict(event.get("item") or {})
        elif what in _PARTS:
            self._part(event, _PARTS[what]).update(event.get("part") or {})
        elif what in _DELTAS and how == "delta":
            where, field = _DELTAS[what]
            part = self._part(event, where)
            part[field] = (part.get(field) or "") + str(event.get("delta") or "")

    def finish(self) -> dict[str, Any]:
        """Return the response as far as it came."""
        if self._items and not self.body.get("output"):
            self.body["output"] = [self._items[index] for index in sorted(self._items)]
        return self.body

    def _part(self, event: Mapping[str, Any], where: str) -> dict[str, Any]:
        item = self._items.setdefault(event.get("output_index", 0), {})
        if not where:
            return item
        index = event.get("content_index" if where == "content" else "summary_index", 0)
        item[where] = parts = list(item.get(where) or ())
        parts.extend({} for _ in range(index + 1 - len(parts)))
        parts[index] = part = dict(parts[index])
        return part
