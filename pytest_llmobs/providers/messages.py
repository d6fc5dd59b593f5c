"""Anthropic's messages: what a request, a reply and a stream of events say, as columns of a run. No SDK here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.providers.prices import COUNTED, priced


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
    columns = {"stop_reason": message.get("stop_reason"), "response_id": message.get("id")}
    columns["model"] = asked or answered
    if not isinstance(usage, Mapping):
        return Reply(outputs=dict(message), columns=columns)
    columns |= usage_columns(usage)
    # A cloud's own model name holds what its price depends on (the region); Anthropic's answer resolves aliases.
    models = [answered or asked] if provider == "anthropic" else [asked, answered]
    reply = Reply(outputs=dict(message), columns=columns)
    return priced(reply, provider, models, _units(usage, columns), variant or _variant(usage))


def usage_columns(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. Anthropic's ``input_tokens`` leaves cached tokens out; ours doesn't."""
    uncached, read = usage.get("input_tokens"), usage.get("cache_read_input_tokens")
    write = usage.get("cache_creation_input_tokens")
    counted = [count for count in (uncached, read, write) if count is not None]
    return {
        "input_tokens": sum(counted) if counted else None,
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": usage.get("output_tokens"),
        "thinking_tokens": (usage.get("output_tokens_details") or {}).get("thinking_tokens"),
        "service_tier": usage.get("service_tier"),
    }


def _units(usage: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{key: columns[key] for key in COUNTED},
        "cache_write_1h_tokens": (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens"),
        "web_searches": (usage.get("server_tool_use") or {}).get("web_search_requests"),
    }


def _variant(usage: Mapping[str, Any]) -> dict[str, str]:
    variant = {"processing": "batch"} if usage.get("service_tier") == "batch" else {}
    return variant | ({"speed": "fast"} if usage.get("speed") == "fast" else {})


class Accumulator:
    """Puts a message together from the events of a stream."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.message: dict[str, Any] = {}
        self.error: str | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._json: dict[int, str] = {}
        self._stopped = False

    @property
    def complete(self) -> bool:
        """True where the stream said that it was over, and why."""
        return self._stopped and self.message.get("stop_reason") is not None

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in one event; unknown ones are passed over."""
        take = getattr(self, f"_{event.get('type')}", None)
        if take is not None:
            take(event)

    def finish(self) -> dict[str, Any]:
        """Return the message as far as it came."""
        for index, text in self._json.items():
            self._blocks[index]["input"] = _parsed(text)
        if self._blocks:
            self.message["content"] = [self._blocks[index] for index in sorted(self._blocks)]
        return self.message

    def _message_start(self, event: Mapping[str, Any]) -> None:
        self.message = dict(event.get("message") or {})
        self.message["usage"] = dict(self.message.get("usage") or {})

    def _content_block_start(self, event: Mapping[str, Any]) -> None:
        self._blocks[event["index"]] = dict(event.get("content_block") or {})

    def _content_block_delta(self, event: Mapping[str, Any]) -> None:
        index, delta = event["index"], event.get("delta") or {}
        block = self._blocks.setdefault(index, {})
        if delta.get("type") == "input_json_delta":
            self._json[index] = self._json.get(index, "") + delta.get("partial_json", "")
        elif delta.get("type") == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        else:
            for key, value in delta.items():
                if key != "type":
                    joins = isinstance(value, str) and isinstance(block.get(key), str)
                    block[key] = block[key] + value if joins else value

    def _message_delta(self, event: Mapping[str, Any]) -> None:
        self.message.update(
            {key: value for key, value in (event.get("delta") or {}).items() if value is not None}
        )
        # Cumulative: each replaces what was said before.
        said = {key: value for key, value in (event.get("usage") or {}).items() if value is not None}
        self.message["usage"] = {**self.message.get("usage", {}), **said}

    def _message_stop(self, event: Mapping[str, Any]) -> None:
        self._stopped = True

    def _error(self, event: Mapping[str, Any]) -> None:
        said = event.get("error") or {}
        self.error = f"{said.get('type', 'error')}: {said.get('message', '')} (sent in the stream)"


def read_events(events: Iterable[Mapping[str, Any]], provider: str, asked: str | None = None) -> Reply:
    """Return what a stream of events says; ``incomplete`` where it broke off."""
    gathered = Accumulator()
    for event in events:
        gathered.add(event)
    reply = read_message(gathered.finish(), provider, asked)
    broken_off = not gathered.complete and gathered.error is None
    return replace(
        reply,
        outputs=reply.outputs or None,
        error=gathered.error,
        status="incomplete" if broken_off else None,
        streamed=True,
    )


def _parsed(text: str) -> Any:
    try:
        if text:
            return json.loads(text)
        return {}
    except ValueError:
        return text
