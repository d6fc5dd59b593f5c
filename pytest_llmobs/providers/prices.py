"""What a call cost, from the price list that ``genai-prices`` ships. What isn't known is None and says why, never 0."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import Any, NamedTuple

from pytest_llmobs.clocks import real
from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.usage_fields import Metered
from pytest_llmobs.records.runs import COST_UNKNOWN, NO_USAGE, UNPRICED_MODEL
from pytest_llmobs.tracing import first_use

LISTED_TIERS = (None, "auto", "default", "standard")
"""Service tiers whose price is the listed one."""
PRICE_LISTS = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "openai": "openai",
    "x_ai": "x-ai",
}
"""Provider (OpenTelemetry's name) -> the price list's name for it; others are looked up as they are."""
_STATED_AS = {
    "amazon_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "google_genai": "gcp.gen_ai",
    "google_vertexai": "gcp.vertex_ai",
    "mistralai": "mistral_ai",
    "xai": "x_ai",
}
"""LangSmith's ``ls_provider`` -> OpenTelemetry's name, where they differ."""
COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
"""Columns that are counted in the price list's own units."""
COSTS = ("total_cost", "input_cost", "output_cost")
"""Columns of what a call cost, in USD."""

_NEVER_DEARER = frozenset(
    {"cache_read_tokens", "cache_text_read_tokens", "input_text_tokens", "output_text_tokens"}
    | {"input_image_tokens", "output_reasoning_tokens", "input_audio_seconds"}
)
"""Units that cost what the unit above them does, or less, where the list has no price of their own."""
_NOT_USED = dict.fromkeys(
    ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "web_searches", "storage_searches"),
    0,
)
"""What most calls don't use: said outright, since the list looks long for what isn't said."""
_IMAGE_MODEL = "input_image_mtok"
"""Is listed for models whose one output price is that of images."""


class Price(NamedTuple):
    """What something cost, or why that isn't known."""

    cost: float | None
    """USD."""
    version: str
    """Of the price list."""
    unknown: str | None = None
    """Why the cost is None; None also where the list doesn't know the model."""
    input_cost: float | None = None
    """USD of the input alone."""
    output_cost: float | None = None
    """USD of the output alone."""

    def columns(self) -> dict[str, float | None]:
        """Return the sums by their columns' names."""
        return dict(zip(COSTS, (self.cost, self.input_cost, self.output_cost), strict=True))


def priced(
    reply: Reply,
    provider: str,
    models: Sequence[str | None],
    metered: Metered,
    *,
    variant: Mapping[str, str] | None = None,
    apart: Iterable[tuple[str | None, Metered]] = (),
) -> Reply:
    """Return a reply with what it cost; where that isn't known, its metadata say why.

    Args:
        reply: What is known of the call.
        provider: See ``price``.
        models: Names of the model; the first that the list knows counts.
        metered: What was used.
        variant: See ``price``.
        apart: What was used beside it, each with the model that used it.
    """
    named = list(filter(None, models))
    reasons = list(metered.unknown)
    unpriced: list[str | None] = [] if named else [None]
    costs, version = dict.fromkeys(COSTS, 0.0), None
    for used_by, used in [(None, metered), *apart]:
        names = [used_by] if used_by else named
        found = price(provider, names, used.units, variant=variant)
        version = found.version
        for column, cost in found.columns().items():
            costs[column] += cost or 0.0
        if found.unknown:
            reasons.append(found.unknown)
        elif found.cost is None:
            unpriced += names[:1]
    reply = replace(reply, columns={**reply.columns, "prices_version": version})
    if reasons or unpriced:
        return replace(reply, metadata={**reply.metadata, **_reasons(reasons, unpriced)})
    return replace(reply, columns={**reply.columns, **costs})


def _reasons(reasons: Sequence[str], unpriced: Sequence[str | None]) -> dict[str, str | None]:
    metadata: dict[str, str | None] = {}
    if unpriced:
        metadata[UNPRICED_MODEL] = unpriced[0]
    if reasons:
        metadata[COST_UNKNOWN] = "; ".join(dict.fromkeys(reasons))
    return metadata


def without_usage(reply: Reply, reason: str) -> Reply:
    """Return a reply that says nothing of what it used, with the reason."""
    return replace(reply, metadata={**reply.metadata, NO_USAGE: reason})


def cost_unknown(reply: Reply, reason: str | None) -> Reply:
    """Return a reply whose cost isn't known after all, with the reason; None changes nothing."""
    if reason is None:
        return reply
    columns = {**reply.columns, **dict.fromkeys(COSTS)}
    said = reply.metadata.get(COST_UNKNOWN)
    if said:
        reason = f"{said}; {reason}"
    return replace(reply, columns=columns, metadata={**reply.metadata, COST_UNKNOWN: reason})


def price(
    provider: str,
    models: Sequence[str],
    usage: Mapping[str, float | None],
    *,
    when: datetime | None = None,
    variant: Mapping[str, str] | None = None,
) -> Price:
    """Return a call's cost in USD, or why it is unknown, and the version of the price list.

    Args:
        provider: As in ``PRICE_LISTS``.
        models: Names of the model; the first that the list knows counts.
        usage: Units by the price list's names: ``input_tokens`` (cached ones included),
            ``cache_read_tokens``, ``cache_write_tokens``, ``cache_write_1h_tokens``, ``output_tokens``,
            ``input_audio_tokens``, ``web_searches``. One that the list can't price makes the cost unknown.
        when: The time of the call; now by default.
        variant: What else decides the price: ``{"processing": "batch"}``, ``{"speed": "fast"}``.
    """
    if "genai_prices" not in sys.modules:
        with first_use.alone():  # a third of a second, in which a child may be forked
            import_module("genai_prices")
    import genai_prices

    version = f"genai-prices {genai_prices.__version__}"
    used = {name: count for name, count in usage.items() if count}
    moment = when or real.now()
    unknown = None
    for model in models:
        found = _calculate(used, model, provider, moment, variant or None)
        if isinstance(found, str):
            unknown = unknown or found
        elif found is not None:
            unknown = _left_out(found, used) or _not_listed(found, variant or {}, moment)
            if unknown is None:
                return _price_of(found, version)
            break
    return Price(None, version, unknown)


def price_stated(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model call cost whose app stated what it used.

    Args:
        columns: What was stated: ``provider`` as LangSmith or OpenTelemetry names it, ``model``, and tokens.

    Returns:
        Further columns; none where the list can't tell.
    """
    provider = _STATED_AS.get(columns["provider"], columns["provider"])
    usage = {name: columns[name] for name in COUNTED if name in columns}
    found = price(provider, [columns["model"]], usage)
    if found.cost is None or not usage:
        return {}
    return {**found.columns(), "prices_version": found.version}


def _price_of(found: Any, version: str) -> Price:
    """Return the sums of a calculation; a fee that is neither input nor output is in the total."""
    return Price(
        float(found.total_price),
        version,
        input_cost=float(found.input_price),
        output_cost=float(found.output_price),
    )


def preload() -> None:
    """Load the price list, which takes a third of a second: better before calls run side by side than amid them."""
    price("anthropic", ["claude-haiku-4-5"], {"input_tokens": 1})


def _calculate(
    used: dict[str, float], model: str, provider: str, when: datetime, variant: Mapping[str, str] | None
) -> Any:
    """Return the price list's calculation, None where it doesn't know the model, or what it can't make of the units."""
    import genai_prices

    try:
        return genai_prices.calc_price(
            genai_prices.Usage(**_NOT_USED | used),
            model,
            provider_id=PRICE_LISTS.get(provider, provider),
            genai_request_timestamp=when,
            price_context=variant,
        )
    except LookupError:
        return None
    except ValueError as error:
        return f"the price list can't tell ({str(error)[:200]})"


def _left_out(found: Any, used: Mapping[str, float]) -> str | None:
    """Return what the calculation leaves out, or takes for something cheaper: the list ignores unpriced units."""
    from genai_prices.data_units import unit_data

    prices, lacking = found.model_price, []
    own_model = _is_own(found)
    for name in used:
        unit = unit_data[name]
        dimensions = unit["dimensions"]
        is_listed = getattr(prices, unit["price_key"]) is not None
        if not is_listed and name in _NEVER_DEARER:
            is_listed = _is_covered(prices, dimensions.items(), unit_data)
        elif name == "output_image_tokens":
            is_listed = is_listed or getattr(prices, _IMAGE_MODEL) is not None
        # whoever serves another's models has token prices in common with it, and fees of its own
        if not is_listed or not (own_model or dimensions["family"] == "tokens"):
            lacking.append(name)
    if not lacking:
        return None
    return f"no price is listed for {', '.join(sorted(lacking))} of {found.model.id}"


def _is_covered(prices: Any, dimensions: Any, units: Mapping[str, Any]) -> bool:
    for unit in units.values():
        above = unit["dimensions"].items()
        if above < dimensions and getattr(prices, unit["price_key"]) is not None:
            return True
    return False


def _not_listed(found: Any, variant: Mapping[str, str], when: datetime) -> str | None:
    """Return why the price isn't that of ``variant``: without one of its own, the ordinary price is calculated."""
    if not variant:
        return None
    for listed in found.model.price_variants or ():
        is_active = listed.constraint is None or listed.constraint.active(when)
        if is_active and _is_own(found) and dict(listed.when) == dict(variant):
            return None
    said = ", ".join(f"{key.replace('_', ' ')} {value!r}" for key, value in variant.items())
    return f"{said}: no price is listed for it"


def _is_own(found: Any) -> bool:
    """Return True where the model is in its provider's own list, False where it was found in the list of its maker."""
    return any(model is found.model for model in found.provider.models)
