"""Models that their provider serves no longer: what was recorded of them can't be recorded again."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

_RETIRED = {
    "claude-3-5-haiku-20241022": date(2026, 2, 19),
    "claude-3-5-sonnet-20240620": date(2025, 10, 28),
    "claude-3-5-sonnet-20241022": date(2025, 10, 28),
    "claude-3-7-sonnet-20250219": date(2026, 2, 19),
    "claude-3-opus-20240229": date(2026, 1, 5),
    "claude-3-sonnet-20240229": date(2025, 7, 21),
    "claude-2.0": date(2025, 7, 21),
    "claude-2.1": date(2025, 7, 21),
}
"""Models that were gone before the SDK's own list begins, and their last day (Anthropic's page of deprecations)."""
_SDK, _LIST = "anthropic", ("_data", "deprecated_models.py")
_DAY = re.compile(r"(\d+)(?:st|nd|rd|th)")


def retired_on(model: str, today: date) -> date | None:
    """Return the last day of a model that is served no longer; None where it is, and where nobody knows.

    Args:
        model: As requests name it.
        today: The current day.
    """
    last = {**_RETIRED, **_announced()}.get(model)
    if last is None or last >= today:
        return None
    return last


@cache
def _announced() -> Mapping[str, date]:
    """Return the days that the installed SDK's own list has. It is read as text: to import the SDK takes a second."""
    days: dict[str, date] = {}
    for model, day in _sdk_list().items():
        try:
            days[str(model)] = datetime.strptime(_DAY.sub(r"\1", str(day)), "%B %d, %Y").date()
        except ValueError:  # another way of writing days: its models count as served
            continue
    return days


def _sdk_list() -> Mapping[str, str]:
    spec = importlib.util.find_spec(_SDK)
    if spec is None or spec.origin is None:
        return {}
    try:
        tree = ast.parse(Path(spec.origin).with_name(_LIST[0]).joinpath(_LIST[1]).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):  # an SDK that has no such list, or keeps it elsewhere
        return {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            listed = ast.literal_eval(node.value)
            return listed if isinstance(listed, dict) else {}
    return {}
