"""The one picture that a pull request has: a light, where neither colours nor styles are to be had."""

from __future__ import annotations

from collections.abc import Mapping

LIGHTS: Mapping[str, str] = {"red": "🔴", "yellow": "🟡", "green": "🟢"}
"""Of a verdict."""
STANDINGS: Mapping[str, str] = {
    "red": LIGHTS["red"],
    "warning": LIGHTS["yellow"],
    "improved": LIGHTS["green"],
    "": "",
}
"""Of a metric."""
