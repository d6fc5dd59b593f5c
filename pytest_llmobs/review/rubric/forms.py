"""The keys that say how an item of a rubric is answered, and that one item is answered in one way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import LARGEST_FLOAT

_MOST_STEPS = 10
"""Steps of a scale: each has a key of its own."""
_CONFIGURED = {"continuous": "range", "categorical": "categories", "freeform": "text"}
"""A type of LangSmith's ``feedback_config`` -> the kind that it is."""
_KINDS: Mapping[str, str] = {
    "categories": "categories",
    "value_descriptions": "categories",
    "scale": "scale",
    "score_descriptions": "scale",
    "range": "range",
    "text": "text",
    "regex_validator": "text",
}
"""A key -> the kind that it makes an item."""


def _is_number(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= LARGEST_FLOAT  # which NaN isn't, either


def _are_categories(value: Any) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    if not all(isinstance(each, str) and each.strip() for each in value):
        return False
    return len(set(map(str.casefold, value))) == len(value)


def _is_scale(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    if not all(type(bound) is int for bound in value):
        return False
    return bool(value[0] < value[1] < value[0] + _MOST_STEPS)


def _is_range(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    bounds = [bound for bound in value if bound is not None]
    if not all(map(_is_number, bounds)):
        return False
    return len(bounds) < 2 or bool(bounds[0] < bounds[1])


def _describe_values(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return all(isinstance(text, str) for text in value.values()) and _are_categories(list(value))


def _describe_scores(value: Any) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    scores = set()
    for score, text in value.items():
        if isinstance(score, bool) or not isinstance(text, str):
            return False
        try:
            number = float(score)
        except (TypeError, ValueError, OverflowError):
            return False
        if not math.isfinite(number) or number in scores:
            return False
        scores.add(number)
    return True


def _is_config(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.get("type") not in list(_CONFIGURED):
        return False
    if value["type"] == "continuous":
        return _is_range([value.get("min"), value.get("max")])
    return value["type"] == "freeform" or _are_configured(value.get("categories"))


def _are_configured(categories: Any) -> bool:
    if not isinstance(categories, list | tuple) or not categories:
        return False
    for category in categories:
        if not isinstance(category, Mapping) or not _is_number(category.get("value")):
            return False
        if not isinstance(category.get("label"), str | None):
            return False
    return len({category["value"] for category in categories}) == len(categories)


KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "categories": (
        _are_categories,
        "a list of unlike texts, such as ['refund', 'delivery']; yes, no and numbers stand in quotes in YAML",
    ),
    "scale": (
        _is_scale,
        f"the least and the greatest of at most {_MOST_STEPS} whole steps, such as [1, 5]; for more there is range",
    ),
    "range": (_is_range, "the least and the greatest number, such as [0, 100]; null for no bound"),
    "text": (lambda value: isinstance(value, bool), "true or false"),
    "ordered": (lambda value: isinstance(value, bool), "true or false"),
    "value_descriptions": (_describe_values, "an object from a value to a text"),
    "score_descriptions": (_describe_scores, "an object from a score, a number, to a text"),
    "feedback_config": (
        _is_config,
        "an object with type continuous (min, max), categorical (categories, each with value and label) or freeform",
    ),
}
"""Key -> what checks its value, and what that must be."""


def check_kind(item: Mapping[str, Any], place: str) -> None:
    """Make sure that an item is answered in one way, and that its descriptions are of what may be answered.

    Args:
        item: Its keys' values are checked already.
        place: For messages.

    Raises:
        ArgumentError: It is of two kinds, or describes what can't be answered.
    """
    stated: dict[str, str] = {}
    for key, kind in _KINDS.items():
        if key in item and item[key] is not False:
            stated.setdefault(kind, key)
    if len(stated) > 1:
        first, second = list(stated.values())[:2]
        raise ArgumentError(
            f"{place} says {first} and {second}: an item is answered in one way. Leave one out, or make two items."
        )
    kind = next(iter(stated), "")
    _check_config(item, kind, stated.get(kind, ""), place)
    _check_described(item, place)
    _check_order(item, kind, place)


def _check_config(item: Mapping[str, Any], kind: str, key: str, place: str) -> None:
    configured = item.get("feedback_config", {}).get("type")
    # LangSmith describes scores of both kinds that have numbers
    if (
        configured is None
        or kind in ("", _CONFIGURED[configured])
        or (kind == "scale" and configured != "freeform")
    ):
        return
    raise ArgumentError(
        f"{place} says {key}, and its feedback_config has the type {configured!r}: an item is answered in one way. "
        "Leave one out."
    )


def _check_described(item: Mapping[str, Any], place: str) -> None:
    if "categories" in item:
        for value in item.get("value_descriptions", ()):
            if value not in item["categories"]:
                raise ArgumentError(
                    f"{place}: value_descriptions describes {value!r}, which is none of its categories."
                )
    if "scale" in item:
        low, high = item["scale"]
        for score in item.get("score_descriptions", ()):
            if float(score) not in range(low, high + 1):
                raise ArgumentError(
                    f"{place}: score_descriptions describes {score!r}, which is no step of its scale [{low}, {high}]."
                )


def _check_order(item: Mapping[str, Any], kind: str, place: str) -> None:
    if "ordered" not in item or kind == "categories" or (kind == "scale" and item["ordered"]):
        return
    what = "a scale always is" if kind == "scale" else "only categories may be"
    raise ArgumentError(f"{place}: ordered is {item['ordered']!r}, and {what}. Leave it out.")
