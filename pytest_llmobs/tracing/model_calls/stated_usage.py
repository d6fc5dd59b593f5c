"""The usage that an app states of its own model call, as LangSmith's users do: ``usage_metadata``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.open_run import OpenRun

_KEY = "usage_metadata"
_DETAILS: Mapping[str, tuple[str, str]] = {
    "cache_read_tokens": ("input_token_details", "cache_read"),
    "cache_write_tokens": ("input_token_details", "cache_creation"),
    "thinking_tokens": ("output_token_details", "reasoning"),
}
"""Column -> the object in ``usage_metadata``, and its key."""
_MODEL: Mapping[str, str] = {"model": "ls_model_name", "provider": "ls_provider"}
"""Column -> key of the metadata."""


PriceStated = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes the columns that were stated, with ``model`` and ``provider``; returns those that say what that costs."""


def take_stated_usage(run: OpenRun, price: PriceStated | None = None) -> None:
    """Turn the ``usage_metadata`` of a run's outputs, or of its metadata, into its tokens and costs.

    Not where a provider's call was logged below it, or is the run itself: nothing counts twice.

    Args:
        run: A model call that is about to be written.
        price: Prices tokens of a known model whose costs aren't stated; None leaves them unpriced.
    """
    columns = run.own_columns or {}
    if run.has_model_calls or "provider" in columns or "input_tokens" in columns:
        return
    stated = _stated_by(run)
    if not isinstance(stated, Mapping):
        return
    costs = _costs(stated)
    known = {**_tokens(stated), **costs}
    if not known:
        return
    for column, key in _MODEL.items():
        if isinstance(run.metadata.get(key), str):
            known[column] = run.metadata[key]
    if price is not None and not costs and known.keys() >= _MODEL.keys() and not _has_further(stated):
        known.update(price(known))
    run.columns.update(known)


def _has_further(stated: Mapping[str, Any]) -> bool:
    """Tell whether some of the tokens are of a kind that has no column, such as audio, and a price of its own."""
    for group in ("input_token_details", "output_token_details"):
        details = stated.get(group)
        if isinstance(details, Mapping):
            for key, number in details.items():
                if number and (group, key) not in _DETAILS.values():
                    return True
    return False


def _stated_by(run: OpenRun) -> Any:
    if run.outputs_json is not None and b'"usage_metadata"' in run.outputs_json:
        stated = capture.decode(run.outputs_json).get(_KEY)
        if stated is not None:
            return stated
    stated = (run.own_metadata or {}).get(_KEY)
    if run.parent is not None and stated is (run.parent.own_metadata or {}).get(_KEY):
        return None  # what the metadata of the run above it say is of that one
    return stated


def _tokens(stated: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _count(stated.get(name)) for name in ("input_tokens", "output_tokens")}
    for column, (group, key) in _DETAILS.items():
        details = stated.get(group)
        if isinstance(details, Mapping):
            found[column] = _count(details.get(key))
    return {column: count for column, count in found.items() if count is not None}


def _costs(stated: Mapping[str, Any]) -> dict[str, float]:
    """Return USD; a total that isn't stated is the sum, where both parts are."""
    costs: dict[str, float] = {}
    for name in ("input_cost", "output_cost", "total_cost"):
        value = stated.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            costs[name] = float(value)
    if "total_cost" not in costs and len(costs) == 2:
        costs["total_cost"] = costs["input_cost"] + costs["output_cost"]
    return costs


def _count(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None
