"""What a call cost, from the price list that ``genai-prices`` ships. An unknown price is None, never 0."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import Any

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.tracing import first_use

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
    further_units: Mapping[str, int | None] | None = None,
    variant: Mapping[str, str] | None = None,
) -> Reply:
    """Return a reply with what it cost; where no price is known, its metadata name the model.

    Args:
        reply: With its tokens in its columns; without a single one known, it is returned as it is.
        provider: See ``price``.
        models: Names of the model; the first that the list knows counts.
        further_units: What was used beside ``COUNTED``; see ``price``.
        variant: See ``price``.
    """
    tokens = {name: reply.columns.get(name) for name in COUNTED}
    if tokens["input_tokens"] is None and tokens["output_tokens"] is None:
        return reply
    named = list(filter(None, models))
    cost, version = price(provider, named, {**tokens, **(further_units or {})}, variant=variant)
    columns = {**reply.columns, "total_cost": cost, "prices_version": version}
    if cost is not None:
        return replace(reply, columns=columns)
    unpriced = next(iter(named), None)
    return replace(reply, columns=columns, metadata={**reply.metadata, "unpriced_model": unpriced})


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
    if "genai_prices" not in sys.modules:
        with first_use.alone():  # a third of a second, in which a child may be forked
            import_module("genai_prices")
    import genai_prices

    version = f"genai-prices {genai_prices.__version__}"
    units = genai_prices.Usage(**{name: count for name, count in usage.items() if count})
    for model in models:
        cost = _price_of(units, model, provider, when, variant or None)
        if cost is not None:
            return cost, version
    return None, version


def preload() -> None:
    """Load the price list, which takes a third of a second: better before calls run side by side than amid them."""
    price("anthropic", ["claude-haiku-4-5"], {"input_tokens": 1})


def _price_of(
    units: Any, model: str, provider: str, when: datetime | None, variant: Mapping[str, str] | None
) -> float | None:
    import genai_prices

    try:
        result = genai_prices.calc_price(
            units,
            model,
            provider_id=PRICE_LISTS.get(provider, provider),
            genai_request_timestamp=when,
            price_context=variant,
        )
    except (LookupError, ValueError):
        return None
    if variant and not _lists_variant(result.model, variant):
        return None
    return float(result.total_price)


def _lists_variant(model: Any, variant: Mapping[str, str]) -> bool:
    """Return True where the list has a price of its own for ``variant``; else it would be the ordinary one."""
    listed = getattr(model, "price_variants", None) or ()
    return any(variant.items() <= item.when.items() for item in listed)
