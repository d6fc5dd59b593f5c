"""What the fields of a ``usage`` object mean for the bill: a table an API.

A number that isn't in its table may be something that is billed. It makes the cost unknown, by its name: a sum that
leaves it out would look whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

WITHIN = "within"
"""Counted by another field already."""
FREE = "free"
"""Costs nothing: a time, a rate, a statement of what something cost."""
_LARGEST = 1 << 53
"""What no count reaches; larger ones are no counts."""

Fields = Mapping[str, str]
"""The path of a field, with dots -> a unit of the price list, ``WITHIN`` or ``FREE``; for all below it, too."""

ANTHROPIC: Fields = {
    "input_tokens": "uncached_input_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cache_creation.ephemeral_5m_input_tokens": WITHIN,
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h_tokens",
    "output_tokens": "output_tokens",
    "output_tokens_details.thinking_tokens": WITHIN,
    "server_tool_use.web_search_requests": "web_searches",
    "server_tool_use.web_fetch_requests": FREE,  # the page's tokens are all that is paid
    "fallback_credit": FREE,  # makes a bill smaller
    "iterations": WITHIN,  # read apart: some of them are billed beside the rest
}
"""Anthropic's messages. ``uncached_input_tokens`` is no unit of the list: cached ones have to be added."""

_INPUT_PARTS: Fields = {
    "text_tokens": WITHIN,
    "cached_tokens": "cache_read_tokens",
    "cached_tokens_details.text_tokens": WITHIN,
    "cached_tokens_details.cached_text_tokens": WITHIN,
    "cached_tokens_details.audio_tokens": "cache_audio_read_tokens",
    "cached_tokens_details.image_tokens": "cache_image_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_tokens_details.ttl_30m_tokens": WITHIN,  # the list's price of a cache write
    "audio_tokens": "input_audio_tokens",
    "image_tokens": "input_image_tokens",
    "video_tokens": "input_video_tokens",
}
_OUTPUT_PARTS: Fields = {
    "text_tokens": WITHIN,
    "reasoning_tokens": "output_reasoning_tokens",
    "accepted_prediction_tokens": WITHIN,
    "rejected_prediction_tokens": WITHIN,  # are part of the completion's tokens, says the API
    "audio_tokens": "output_audio_tokens",
    "image_tokens": "output_image_tokens",
}
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")


def _below(names: tuple[str, ...], parts: Fields) -> dict[str, str]:
    fields = {}
    for name in names:
        for part, meaning in parts.items():
            fields[f"{name}.{part}"] = meaning
    return fields


OPENAI: Fields = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": WITHIN,  # held against the parts, see ``Metered.of_openai``
    "seconds": "audio_seconds",
    **_below(_INPUT_DETAILS, _INPUT_PARTS),
    **_below(_OUTPUT_DETAILS, _OUTPUT_PARTS),
    # of others who speak OpenAI's API
    "cached_tokens": "cache_read_tokens",
    "prompt_cache_hit_tokens": "cache_read_tokens",
    "prompt_cache_miss_tokens": WITHIN,
    "reasoning_tokens": "output_reasoning_tokens",
    "prompt_time": FREE,
    "queue_time": FREE,
    "completion_time": FREE,
    "total_time": FREE,
    "cost": FREE,
    "cost_details": FREE,
    "cost_in_usd_ticks": FREE,
}
"""OpenAI's endpoints, and those of servers that speak its API."""


@dataclass(frozen=True)
class Metered:
    """What a reply says was used."""

    units: Mapping[str, float] = field(default_factory=dict)
    """By the price list's names; zeros left out."""
    unknown: tuple[str, ...] = ()
    """What is billed, or may be, and isn't understood."""

    @classmethod
    def of_anthropic(cls, usage: Mapping[str, Any]) -> Metered:
        """Read a ``usage`` object of Anthropic's, its ``iterations`` left aside."""
        units, unknown = _read(usage, ANTHROPIC)
        cached = units.get("cache_read_tokens", 0) + units.get("cache_write_tokens", 0)
        total = units.pop("uncached_input_tokens", 0) + cached
        if total:
            units["input_tokens"] = total
        if units:
            unknown += _untold(usage, "input_tokens")
        return cls(units, unknown)

    @classmethod
    def of_openai(cls, usage: Mapping[str, Any]) -> Metered:
        """Read a ``usage`` object in OpenAI's shape.

        Some servers leave reasoning out of the completion's tokens; only the total tells.
        """
        units, unknown = _read(usage, OPENAI)
        if "audio_seconds" in units:
            units["input_audio_seconds"] = units["audio_seconds"]
        excess = (count_of(usage.get("total_tokens")) or 0) - _sum(units)
        if excess > 0 and excess == units.get("output_reasoning_tokens"):
            units["output_tokens"] = units.get("output_tokens", 0) + excess
        elif excess > 0:
            unknown = (*unknown, f"usage.total_tokens has {excess:g} more than its parts")
        if _sum(units) and "audio_seconds" not in units:
            unknown += _untold(usage, "prompt_tokens", "input_tokens")
            if excess != 0 or "total_tokens" not in usage or "completion_tokens" in usage:  # else it embeds
                unknown += _untold(usage, "completion_tokens", "output_tokens")
        return cls(units, unknown)

    def and_units(self, **units: float) -> Metered:
        """Return it with further units added."""
        added = dict(self.units)
        for name, count in units.items():
            if count:
                added[name] = added.get(name, 0) + count
        return Metered(added, self.unknown)

    def but_unknown(self, *reasons: str | None) -> Metered:
        """Return it with further things that aren't understood; None is nothing."""
        return Metered(self.units, (*self.unknown, *filter(None, reasons)))


def count_of(value: Any) -> int | None:
    """Return a count that JSON holds, or None where it is none: a text, a fraction, a negative or an endless number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value < _LARGEST or value != int(value):
        return None
    return int(value)


def _untold(usage: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """Return why a usage is none where it holds no count under any of the names: null, a text, nothing."""
    for name in names:
        if count_of(usage.get(name)) is not None:
            return ()
    return (f"usage doesn't tell {names[-1]}",)


def _sum(units: Mapping[str, float]) -> float:
    return units.get("input_tokens", 0) + units.get("output_tokens", 0)


def _read(usage: Mapping[str, Any], fields: Fields) -> tuple[dict[str, float], tuple[str, ...]]:
    units: dict[str, float] = {}
    unknown = []
    for path, value in _numbers(usage):
        meaning = _meaning(path, fields)
        if meaning is None or value < 0 or not math.isfinite(value):
            unknown.append(f"usage.{path}")
        elif meaning not in (WITHIN, FREE):
            # two names of one count: a server that says both may say less in one of them
            units[meaning] = max(value, units.get(meaning, 0))
    return units, tuple(unknown)


def _meaning(path: str, fields: Fields) -> str | None:
    while path not in fields:
        path, _, _ = path.rpartition(".")
        if not path:
            return None
    return fields[path]


def _numbers(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Yield each number of a JSON value that isn't zero, with its path."""
    if isinstance(value, Mapping) and depth < 8:
        for key, item in value.items():
            yield from _numbers(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list | tuple) and depth < 8:
        for item in value:
            yield from _numbers(item, path, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value != 0:
        yield path, value
