"""What a reviewer is asked: the items of a queue's rubric, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_LONGEST_REGEX = 500
_JOINS = ("all", "any")
_TESTS = ("is", "is_one_of", "is_empty", "is_not_empty")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())


def _is_regex(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST_REGEX:
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _are_conditions(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.get("join") not in _JOINS:
        return False
    rules = value.get("rules")
    return (
        isinstance(rules, list | tuple) and bool(rules) and all(isinstance(rule, Mapping) for rule in rules)
    )


_CONDITIONS = (
    'rules on earlier items, such as {"join": "all", "rules": [{"key": "tone", "op": "is", "values": [0]}]}'
)
_KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "feedback_key": (_is_text, "a name, such as 'correctness'"),
    "description": (lambda value: isinstance(value, str), "a text"),
    "value_descriptions": (_are_texts, "an object from a value to a text"),
    "score_descriptions": (_are_texts, "an object from a score to a text"),
    "is_required": (_is_flag, "true or false"),
    "required_if": (_are_conditions, _CONDITIONS),
    "visible_if": (_are_conditions, _CONDITIONS),
    "is_assertion": (_is_flag, "true or false"),
    "regex_validator": (_is_regex, f"a regular expression of at most {_LONGEST_REGEX} characters"),
}
"""Key -> what checks its value, and what that must be."""
_IGNORED = ("feedback_config_id", "feedback_config")
"""Keys of LangSmith's that its service sets: feedback has no configuration here."""


def check_rubric(items: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the items of a rubric, as plain data.

    Args:
        items: Dicts with ``feedback_key`` and what else is said of it; None for none.

    Raises:
        ArgumentError: One is no item, has an unknown key or an impossible value, or asks for a key twice.
    """
    if items is None:
        return ()
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Sequence):
        raise ArgumentError(
            f"rubric_items is {items!r}. Give a list such as [{{'feedback_key': 'correctness'}}]."
        )
    checked: list[Mapping[str, Any]] = []
    asked: set[str] = set()
    for number, item in enumerate(items):
        plain = _item(item, f"rubric_items[{number}]", asked)
        asked.add(plain["feedback_key"])
        checked.append(plain)
    return tuple(checked)


def _item(item: Any, place: str, earlier: Set[str]) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise ArgumentError(f"{place} is {item!r}. Give a dict such as {{'feedback_key': 'correctness'}}.")
    plain = {}
    for key, value in item.items():
        if key in _IGNORED:
            continue
        if key not in _KEYS:
            raise ArgumentError(f"{place}: unknown key {key!r}.{nearest(str(key), _KEYS)} {known(_KEYS)}")
        fits, expected = _KEYS[key]
        if value is None and key != "feedback_key":
            continue
        if not fits(value):
            raise ArgumentError(f"{place}: {key} is {value!r}; it must be {expected}.")
        plain[key] = value
    if "feedback_key" not in plain:
        raise ArgumentError(f"{place} has no 'feedback_key': the feedback that it asks for.")
    if plain["feedback_key"] in earlier:
        raise ArgumentError(
            f"{place} asks for {plain['feedback_key']!r}, as an earlier one does. Leave one out."
        )
    _check_rules(plain, place, earlier)
    try:
        return dict(json.loads(json.dumps(plain, allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{place} has no form in JSON: {error}.") from None


def _check_rules(item: Mapping[str, Any], place: str, earlier: Set[str]) -> None:
    """Make sure that rules speak of items before this one."""
    for key in ("required_if", "visible_if"):
        for rule in item.get(key, {}).get("rules", ()):
            named, test = rule.get("key"), rule.get("op")
            if test not in _TESTS:
                raise ArgumentError(
                    f"{place}: {key} has a rule with op={test!r}.{nearest(str(test), _TESTS)} {known(_TESTS)}"
                )
            if named not in earlier:
                raise ArgumentError(
                    f"{place}: {key} has a rule on {named!r}, which no earlier item asks for."
                    f"{nearest(str(named), earlier)} {known(earlier)}"
                )
