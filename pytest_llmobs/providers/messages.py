"""Anthropic's messages: what a request, a reply and a stream of events say, as columns of a run. No SDK here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_llmobs.providers.base import Reply, without_nones
from pytest_llmobs.providers.prices import priced
from pytest_llmobs.providers.streams import Event, StreamedReply, in_order


def read_message(
    message: Mapping[str, Any],
    provider: str,
    asked: str | None = None,
    variant: Mapping[str, str] | None = None,
) -> Reply:
    """Return what a message says.

    Args:
        message: The message as the API returns it.
        provider: Whose price list holds.
        asked: The model that was asked for; the message says which one answered.
        variant: What else decides the price (``{"processing": "batch"}``).
    """
    usage, answered = message.get("usage"), message.get("model")
    columns = {
        "stop_reason": message.get("stop_reason"),
        "response_id": message.get("id"),
        "model": asked or answered,
    }
    if not isinstance(usage, Mapping):
        return Reply(outputs=dict(message), columns=columns)
    reply = Reply(outputs=dict(message), columns=columns | usage_columns(usage))
    # A cloud's own model name holds what its price depends on (the region); Anthropic's answer resolves aliases.
    models = [asked, answered]
    if provider == "anthropic":
        models = [answered or asked]
    return priced(reply, provider, models, _further_units(usage), variant or _variant(usage))


def usage_columns(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. Anthropic's ``input_tokens`` leaves cached tokens out; ours doesn't."""
    uncached, read = usage.get("input_tokens"), usage.get("cache_read_input_tokens")
    write = usage.get("cache_creation_input_tokens")
    return {
        "input_tokens": _total(uncached, read, write),
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": usage.get("output_tokens"),
        "thinking_tokens": (usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        "service_tier": usage.get("service_tier"),
    }


def _total(*counts: int | None) -> int | None:
    """Return the sum of the counts that are known, None where none is."""
    known = [count for count in counts if count is not None]
    if not known:
        return None
    return sum(known)


def _further_units(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is paid for beside tokens, and the tokens that cost more than the others of their kind."""
    return {
        "cache_write_1h_tokens": (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens"),
        "web_searches": (usage.get("server_tool_use") or {}).get("web_search_requests"),
    }


def _variant(usage: Mapping[str, Any]) -> dict[str, str]:
    variant = {}
    if usage.get("service_tier") == "batch":
        variant["processing"] = "batch"
    if usage.get("speed") == "fast":
        variant["speed"] = "fast"
    return variant


class StreamedMessage(StreamedReply):
    """Puts a message together from the events of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._blocks: dict[int, dict[str, Any]] = {}
        self._json: dict[int, str] = {}
        """Of each block the JSON text of its input, which comes in pieces."""
        self._stopped = False

    @property
    def complete(self) -> bool:
        """True where the stream said that it was over, and why."""
        return self._stopped and self.body.get("stop_reason") is not None

    def add(self, event: Event) -> None:
        """Take in one event; unknown ones are passed over."""
        take = getattr(self, f"_on_{event.get('type')}", None)
        if take is not None:
            take(event)

    def finish(self) -> dict[str, Any]:
        """Return the message as far as it came."""
        for index, text in self._json.items():
            self._blocks[index]["input"] = _parsed(text)
        if self._blocks:
            self.body["content"] = in_order(self._blocks)
        return self.body

    # One method an event type: ``add`` finds them by name.

    def _on_message_start(self, event: Event) -> None:
        self.body = dict(event.get("message") or {})
        self.body["usage"] = dict(self.body.get("usage") or {})

    def _on_content_block_start(self, event: Event) -> None:
        self._blocks[event["index"]] = dict(event.get("content_block") or {})

    def _on_content_block_delta(self, event: Event) -> None:
        index, delta = event["index"], event.get("delta") or {}
        block = self._blocks.setdefault(index, {})
        kind = delta.get("type")
        if kind == "input_json_delta":
            self._json[index] = self._json.get(index, "") + delta.get("partial_json", "")
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        else:
            _extend(block, delta)

    def _on_message_delta(self, event: Event) -> None:
        self.body.update(without_nones(event.get("delta") or {}))
        # Cumulative: each replaces what was said before.
        usage = without_nones(event.get("usage") or {})
        self.body["usage"] = {**self.body.get("usage", {}), **usage}

    def _on_message_stop(self, event: Event) -> None:
        self._stopped = True

    def _on_error(self, event: Event) -> None:
        error = event.get("error") or {}
        self.error = f"{error.get('type', 'error')}: {error.get('message', '')} (sent in the stream)"


def _extend(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Append the texts of ``delta`` to those of ``block``; what is no text replaces what was there."""
    for key, value in delta.items():
        if key == "type":
            continue
        if isinstance(value, str) and isinstance(block.get(key), str):
            block[key] += value
        else:
            block[key] = value


def read_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of events says; ``incomplete`` where it broke off."""
    stream = StreamedMessage()
    return stream.ended(read_message(stream.read(events), provider, asked))


def _parsed(text: str) -> Any:
    if not text:
        return {}
    try:
        return json.loads(text)
    except ValueError:
        return text
