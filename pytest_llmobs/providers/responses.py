"""OpenAI's responses: what a reply and a stream of events say. No SDK here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.chat_completions import read_usage
from pytest_llmobs.providers.streams import END, Event, StreamedReply, describe_error, in_order
from pytest_llmobs.providers.usage_fields import Metered, count_of
from pytest_llmobs.records.runs import COST_UNKNOWN, LATER

UNDER_WAY = ("queued", "in_progress")
"""Statuses of a response whose answer is fetched later."""
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

_FREE_ITEMS = frozenset(
    {"apply_patch_call", "computer_call", "custom_tool_call", "function_call", "local_shell_call"}
    | {"mcp_call", "tool_search_call"}
)
"""Calls of tools that cost no more than their tokens."""
_SEARCHES = ("search", None)
"""Actions of a web search that are billed; to open a page and to look into one is free."""
_DEARER_PREVIEW = ("gpt-4o", "gpt-4.1", "gpt-4.5")
"""Models whose searches with ``web_search_preview`` have another price than the listed one."""
_CONTENT_APART = ("gpt-4o-mini", "gpt-4.1-mini")
"""Models whose searches are billed a block of tokens each, which the usage doesn't tell."""


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
    if body.get("status") in UNDER_WAY and not body.get("usage"):
        columns = {**reply.columns, "response_id": body.get("id"), "model": asked or body.get("model")}
        return replace(reply, columns=columns, metadata={COST_UNKNOWN: LATER})
    return read_usage(reply, body, provider, asked, response_fees(body))


def read_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of events says; ``incomplete`` where it broke off."""
    stream = StreamedResponse()
    reply = read_response(stream.read(events), provider, asked)
    if not stream.complete:  # "in_progress" is no reason to have stopped
        reply = replace(reply, columns={**reply.columns, "stop_reason": None})
    return stream.ended(reply)


def response_fees(body: Mapping[str, Any]) -> Metered:
    """Return what a response's tools used, and which of them are billed in a way that the response doesn't tell."""
    searches = files = 0
    unknown = list(_image_tokens(body))
    for item in body.get("output") or ():
        kind = item.get("type")
        if kind == "web_search_call":
            searches += (item.get("action") or {}).get("type") in _SEARCHES
        elif kind == "file_search_call":
            files += 1
        elif kind == "shell_call" and (item.get("environment") or {}).get("type") == "local":
            continue
        elif isinstance(kind, str) and kind.endswith("_call") and kind not in _FREE_ITEMS:
            unknown.append(f"{kind}: what it costs isn't told")
    told = count_of(((body.get("tool_usage") or {}).get("web_search") or {}).get("num_requests"))
    if told is not None:
        searches = told
    fees = Metered({}, tuple(dict.fromkeys(unknown))).and_units(web_searches=searches, storage_searches=files)
    return fees.but_unknown(_odd_search(body) if searches else None)


def _image_tokens(body: Mapping[str, Any]) -> Iterator[str]:
    for family, used in (body.get("tool_usage") or {}).items():
        if family != "web_search" and isinstance(used, Mapping) and any(map(count_of, used.values())):
            yield f"tool_usage.{family}"


def _odd_search(body: Mapping[str, Any]) -> str | None:
    model = str(body.get("model"))
    kinds = [str(tool.get("type")) for tool in body.get("tools") or () if isinstance(tool, Mapping)]
    is_preview = any(kind.startswith("web_search_preview") for kind in kinds)
    if is_preview and model.startswith(_DEARER_PREVIEW):
        return f"web_search_preview: no price is listed for it and {model}"
    if not is_preview and model.startswith(_CONTENT_APART):
        return f"the tokens of what a web search found are billed apart for {model}"
    return None


class StreamedResponse(StreamedReply):
    """Puts a response together from the events of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._items: dict[int, dict[str, Any]] = {}
        self._over = False
        self._done = False
        """A server that speaks the API said ``[DONE]``."""

    @property
    def complete(self) -> bool:
        """True where the stream said that it was over."""
        return self._over or self._done

    def add(self, event: Event) -> None:
        """Take in one event; unknown ones are passed over."""
        kind = str(event.get("type"))
        self._done = self._done or event is END
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
