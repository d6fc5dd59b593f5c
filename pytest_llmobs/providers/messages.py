"""Anthropic's messages: what a request, a reply and a stream of events say, as columns of a run. No SDK here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.calls import Reply, without_nones
from pytest_llmobs.providers.prices import priced, without_usage
from pytest_llmobs.providers.streams import Event, StreamedReply, describe_error, in_order
from pytest_llmobs.providers.usage_fields import Metered, count_of

_APART = ("compaction", "advisor_message")
"""Types of iterations that are billed beside what ``usage`` itself says."""
_SUMMED = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
_TIERS = (None, "standard", "batch")
_EVERYWHERE = (None, "", "global", "not_available")
"""What ``inference_geo`` says where the listed price holds; no list has that of a region."""
_CODE = ("code_execution", "bash_code_execution", "text_editor_code_execution")


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
    reply = Reply(outputs=dict(message), columns=columns)
    if not isinstance(usage, Mapping) or count_of(usage.get("output_tokens")) is None:
        return without_usage(reply, "the reply says nothing of its usage")
    # A cloud's own model name holds what its price depends on (the region); Anthropic's answer resolves aliases.
    models = [asked, answered]
    if provider == "anthropic":
        models = [answered or asked]
    metered, apart = _metered(message, usage)
    reply = replace(reply, columns=columns | _with_tokens(usage_columns(usage), apart))
    return priced(reply, provider, models, metered, variant=variant or _variant(usage), apart=apart)


def usage_columns(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a ``usage`` object. Anthropic's ``input_tokens`` leaves cached tokens out; ours doesn't."""
    uncached = count_of(usage.get("input_tokens"))
    read = count_of(usage.get("cache_read_input_tokens"))
    write = count_of(usage.get("cache_creation_input_tokens"))
    return {
        "input_tokens": _total(uncached, read, write),
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": count_of(usage.get("output_tokens")),
        "thinking_tokens": count_of((usage.get("output_tokens_details") or {}).get("thinking_tokens")),
        "service_tier": usage.get("service_tier"),
    }


def _total(*counts: int | None) -> int | None:
    """Return the sum of the counts that are known, None where none is."""
    known = [count for count in counts if count is not None]
    if not known:
        return None
    return sum(known)


def _metered(
    message: Mapping[str, Any], usage: Mapping[str, Any]
) -> tuple[Metered, list[tuple[str | None, Metered]]]:
    """Return what a message used, and what was used beside it by which model (compaction, an advisor)."""
    apart, unclear = _iterations(usage)
    metered = Metered.of_anthropic(usage)
    return metered.but_unknown(_tier(usage), _place(usage), _container_time(message, usage), unclear), apart


def _iterations(usage: Mapping[str, Any]) -> tuple[list[tuple[str | None, Metered]], str | None]:
    """Return what the iterations of a call used beside its own counts, by model, and what isn't clear about them."""
    apart: list[tuple[str | None, Metered]] = []
    within: list[Mapping[str, Any]] = []
    iterations = usage.get("iterations") or ()
    if not isinstance(iterations, list | tuple) or not all(isinstance(each, Mapping) for each in iterations):
        return apart, "usage.iterations isn't understood"
    for iteration in iterations:
        kind = iteration.get("type")
        if kind in _APART:
            apart.append((iteration.get("model"), Metered.of_anthropic(_counts(iteration))))
        elif kind == "message":
            within.append(iteration)
        else:
            return apart, f"usage.iterations of type {kind!r}"
    for name in _SUMMED:
        if within and _sum(within, name) != (count_of(usage.get(name)) or 0):
            return apart, f"usage.{name} is not the sum of usage.iterations"
    for _, metered in apart:
        if metered.unknown:
            return apart, f"{metered.unknown[0]} in usage.iterations"
    return apart, None


def _counts(iteration: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in iteration.items() if key not in ("type", "model")}


def _sum(iterations: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(count_of(iteration.get(name)) or 0 for iteration in iterations)


def _with_tokens(columns: dict[str, Any], apart: Iterable[tuple[str | None, Metered]]) -> dict[str, Any]:
    """Return the columns with the tokens that were used beside the call's own."""
    for _, metered in apart:
        units = metered.units
        cached = units.get("cache_read_tokens", 0) + units.get("cache_write_tokens", 0)
        added = {**units, "uncached_input_tokens": units.get("input_tokens", 0) - cached}
        for name in columns.keys() & added.keys():
            columns[name] = (columns[name] or 0) + added[name]
    return columns


def _tier(usage: Mapping[str, Any]) -> str | None:
    tier = usage.get("service_tier")
    return None if tier in _TIERS else f"service tier {tier!r}: no price is listed for it"


def _place(usage: Mapping[str, Any]) -> str | None:
    place = usage.get("inference_geo")
    return None if place in _EVERYWHERE else f"inference_geo {place!r}: no price is listed for it"


def _container_time(message: Mapping[str, Any], usage: Mapping[str, Any]) -> str | None:
    """Return why code that ran on Anthropic's side can't be priced: by the hour, unless it searched or fetched too."""
    tools = usage.get("server_tool_use") or {}
    if tools.get("web_search_requests") or tools.get("web_fetch_requests"):
        return None
    for block in message.get("content") or ():
        is_server_tool = isinstance(block, Mapping) and block.get("type") == "server_tool_use"
        if is_server_tool and block.get("name") in _CODE:
            return f"{block['name']}: the time of its container is billed, and not told"
    return None


def _variant(usage: Mapping[str, Any]) -> dict[str, str]:
    """Return what else decides the price: a batch, the fast mode."""
    variant = {}
    if usage.get("service_tier") == "batch":
        variant["processing"] = "batch"
    if usage.get("speed") not in (None, "standard"):
        variant["speed"] = str(usage["speed"])
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
        """True where the stream said that it was over, or why the message ends: its usage comes along."""
        return self._stopped or self.body.get("stop_reason") is not None

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
        self.error = describe_error(event.get("error") or {})


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
