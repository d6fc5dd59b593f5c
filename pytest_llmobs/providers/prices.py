"""What a call cost, from the price list that ``genai-prices`` ships. An unknown price is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_llmobs.providers.base import Reply

PRICE_LISTS = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "openai": "openai",
    "x_ai": "x-ai",
}
"""Provider (OpenTelemetry's name) -> the price list's name for it; others are looked up as they are."""
COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
"""Columns that are counted in the price list's own units."""


def priced(
    reply: Reply,
    provider: str,
    models: Sequence[str | None],
    units: Mapping[str, int | None],
    variant: Mapping[str, str] | None = None,
) -> Reply:
    """Return a reply with what it cost; where no price is known, its metadata name the model.

    Args:
        reply: With its usage in its columns.
        provider: See ``price``.
        models: Names of the model; the first that the list knows counts.
        units: What was used; see ``price``. Without a single token known, the reply is returned as it is.
        variant: See ``price``.
    """
    if units.get("input_tokens") is None and units.get("output_tokens") is None:
        return reply
    named = [model for model in models if model]
    cost, version = price(provider, named, units, variant=variant)
    unpriced = {} if cost is not None else {"unpriced_model": named[0] if named else None}
    columns = {**reply.columns, "total_cost": cost, "prices_version": version}
    return replace(reply, columns=columns, metadata={**reply.metadata, **unpriced})


def price(
    provider: str,
    models: Sequence[str],
    usage: Mapping[str, int | None],
    *,
    when: datetime | None = None,
    variant: Mapping[str, str] | None = None,
) -> tuple[float | None, str]:
    """Return a call's cost in USD, or None where it is unknown, and the version of the price list.

    Args:
        provider: As in ``PRICE_LISTS``.
        models: Names of the model; the first that the list knows counts.
        usage: Units by the price list's names: ``input_tokens`` (cached ones included),
            ``cache_read_tokens``, ``cache_write_tokens``, ``cache_write_1h_tokens``, ``output_tokens``,
            ``web_searches``.
        when: The time of the call; now by default.
        variant: What else decides the price: ``{"processing": "batch"}``, ``{"speed": "fast"}``.
    """
    import genai_prices

    units = genai_prices.Usage(**{name: count for name, count in usage.items() if count})
    prices = (_price_of(units, model, provider, when, variant or None) for model in models)
    return next(
        (cost for cost in prices if cost is not None), None
    ), f"genai-prices {genai_prices.__version__}"


def preload() -> None:
    """Load the price list, which takes a third of a second: better before calls run side by side than amid them."""
    price("anthropic", ["claude-haiku-4-5"], {"input_tokens": 1})


def _price_of(
    units: Any, model: str, provider: str, when: datetime | None, variant: Mapping[str, str] | None
) -> float | None:
    import genai_prices

    try:
        found = genai_prices.calc_price(
            units,
            model,
            provider_id=PRICE_LISTS.get(provider, provider),
            genai_request_timestamp=when,
            price_context=variant,
        )
    except (LookupError, ValueError):
        return None
    if variant and not _lists_variant(found.model, variant):
        return None
    return float(found.total_price)


def _lists_variant(model: Any, variant: Mapping[str, str]) -> bool:
    listed = getattr(model, "price_variants", None) or ()
    return any(all(item.when.get(key) == value for key, value in variant.items()) for item in listed)
