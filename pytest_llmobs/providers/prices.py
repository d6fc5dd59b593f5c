"""What a call cost, from the price list that ``genai-prices`` ships. An unknown price is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

PRICE_LISTS = {"anthropic": "anthropic", "aws.bedrock": "aws", "gcp.vertex_ai": "google", "openai": "openai"}
"""Provider (OpenTelemetry's name) -> the price list's name for it."""


def price(
    provider: str,
    model: str,
    usage: Mapping[str, int | None],
    *,
    when: datetime | None = None,
    variant: Mapping[str, str] | None = None,
) -> tuple[float | None, str]:
    """Return a call's cost in USD, or None where it is unknown, and the version of the price list.

    Args:
        provider: As in ``PRICE_LISTS``.
        model: The model's name as the reply gives it.
        usage: Units by the price list's names: ``input_tokens`` (cached ones included), ``cache_read_tokens``,
            ``cache_write_tokens``, ``cache_write_1h_tokens``, ``output_tokens``, ``web_searches``.
        when: The time of the call; now by default.
        variant: What else decides the price: ``{"processing": "batch"}``, ``{"speed": "fast"}``.
    """
    import genai_prices

    version = f"genai-prices {genai_prices.__version__}"
    units = genai_prices.Usage(**{name: count for name, count in usage.items() if count})
    try:
        found = genai_prices.calc_price(
            units,
            model,
            provider_id=PRICE_LISTS.get(provider, provider),
            genai_request_timestamp=when,
            price_context=variant or None,
        )
    except (LookupError, ValueError):
        return None, version
    if variant and not _lists_variant(found.model, variant):
        return None, version
    return float(found.total_price), version


def _lists_variant(model: Any, variant: Mapping[str, str]) -> bool:
    listed = getattr(model, "price_variants", None) or ()
    return any(all(item.when.get(key) == value for key, value in variant.items()) for item in listed)
