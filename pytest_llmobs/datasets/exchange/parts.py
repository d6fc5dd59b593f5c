"""The parts of an example, as columns are made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PARTS = ("inputs", "outputs", "metadata")
"""Those that have keys of the user's own."""
VERBATIM = ("split", "created_at", "modified_at", "source_run_id")
"""Those that are one value, besides the id; only where somebody said it."""


def keys_of(values: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every key of some objects, in the order in which they come."""
    keys: dict[str, None] = {}
    for value in values:
        keys |= dict.fromkeys(value)
    return list(keys)


def column(rows: Sequence[Mapping[str, Any]], key: str, default: Any = None) -> list[Any]:
    """Return one value of each example, the default where it lacks it."""
    return [row.get(key, default) for row in rows]


def stated(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return those of ``VERBATIM`` that at least one example has."""
    there = set(keys_of(rows))
    return list(filter(there.__contains__, VERBATIM))
