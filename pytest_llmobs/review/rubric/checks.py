"""What a reviewer is asked: the items of a queue's rubric, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.review.records import REVIEW
from pytest_llmobs.review.rubric import forms
from pytest_llmobs.review.rubric.answers import expected
from pytest_llmobs.review.rubric.conditions import JOINS, TESTS, VALUED, is_one_of
from pytest_llmobs.review.rubric.questions import Question, question_of
from pytest_llmobs.wording import known, nearest

_LONGEST_REGEX = 500


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_regex(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_REGEX


def _are_conditions(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    rules = value.get("rules")
    return (
        isinstance(rules, list | tuple) and bool(rules) and all(isinstance(rule, Mapping) for rule in rules)
    )


_CONDITIONS = (
    'rules on earlier items, such as {"join": "all", "rules": [{"key": "tone", "op": "is", "values": [0]}]}'
)
ITEM_KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "feedback_key": (_is_text, "a name, such as 'correctness'"),
    "description": (lambda value: isinstance(value, str), "a text"),
    **forms.KEYS,
    "is_required": (_is_flag, "true or false"),
    "required_if": (_are_conditions, _CONDITIONS),
    "visible_if": (_are_conditions, _CONDITIONS),
    "is_assertion": (_is_flag, "true or false"),
    "regex_validator": (_is_regex, f"a regular expression of at most {_LONGEST_REGEX} characters"),
}
"""Key -> what checks its value, and what that must be."""
_IGNORED = ("feedback_config_id",)
"""Keys that LangSmith's service sets, and that mean nothing here."""


def check_rubric(items: Any, name: str = "rubric_items") -> tuple[Mapping[str, Any], ...]:
    """Return the items of a rubric, as plain data.

    Args:
        items: Dicts with ``feedback_key`` and what else is said of it; None for none.
        name: What messages call them.

    Raises:
        ArgumentError: One is no item, has an unknown key or an impossible value, is of two kinds, asks for a key
            twice, or depends on an item that isn't before it.
    """
    if items is None:
        return ()
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Sequence):
        raise ArgumentError(
            f"{name} is {shortened(items)}. Give a list such as [{{'feedback_key': 'correctness'}}]."
        )
    checked: list[Mapping[str, Any]] = []
    earlier: dict[str, Question] = {}
    for number, item in enumerate(items):
        plain = _item(item, f"{name}[{number}]", earlier)
        earlier[plain["feedback_key"]] = question_of(plain)
        checked.append(plain)
    return tuple(checked)


def _item(item: Any, place: str, earlier: Mapping[str, Question]) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise ArgumentError(
            f"{place} is {shortened(item)}. Give a dict such as {{'feedback_key': 'correctness'}}."
        )
    plain = {}
    for key, value in item.items():
        if key in _IGNORED:
            continue
        if key not in ITEM_KEYS:
            raise ArgumentError(
                f"{place}: unknown key {key!r}.{nearest(str(key), ITEM_KEYS)} {known(ITEM_KEYS)}"
            )
        fits, form = ITEM_KEYS[key]
        if value is None and key != "feedback_key":
            continue
        if not fits(value):
            raise ArgumentError(f"{place}: {key} is {shortened(value)}; it must be {form}.")
        plain[key] = value
    if "feedback_key" not in plain:
        raise ArgumentError(f"{place} has no 'feedback_key': the feedback that it asks for.")
    if plain["feedback_key"] == REVIEW:
        raise ArgumentError(
            f"{place} asks for {REVIEW!r}: the feedback of that key says whether the whole is accepted. Choose another "
            "key."
        )
    if plain["feedback_key"] in earlier:
        raise ArgumentError(
            f"{place} asks for {plain['feedback_key']!r}, as an earlier one does. Leave one out."
        )
    _check_regex(plain, place)
    forms.check_kind(plain, place)
    _check_rules(plain, place, earlier)
    try:
        return dict(json.loads(json.dumps(plain, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentError(f"{place} has no form in JSON: {error}.") from None


def _check_regex(item: Mapping[str, Any], place: str) -> None:
    pattern = item.get("regex_validator")
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ArgumentError(
            f"{place}: regex_validator is {shortened(pattern)}, which is no regular expression: {error}."
        ) from None


def _check_rules(item: Mapping[str, Any], place: str, earlier: Mapping[str, Question]) -> None:
    """Make sure that rules speak of items before this one, and of what these may be answered with."""
    for key in ("required_if", "visible_if"):
        join = item.get(key, {}).get("join")
        if key in item and join not in JOINS:
            raise ArgumentError(
                f"{place}: {key} has join={join!r}.{nearest(str(join), JOINS)} {known(JOINS)}"
            )
        for rule in item.get(key, {}).get("rules", ()):
            named, test = rule.get("key"), rule.get("op")
            if test not in TESTS:
                raise ArgumentError(
                    f"{place}: {key} has a rule with op={test!r}.{nearest(str(test), TESTS)} {known(TESTS)}"
                )
            if not isinstance(named, str) or named not in earlier:
                raise ArgumentError(
                    f"{place}: {key} has a rule on {named!r}, which no earlier item asks for."
                    f"{nearest(str(named), earlier)} {known(earlier)}"
                )
            _check_values(rule, f"{place}: {key} has a rule on {named!r}", earlier[named])


def _check_values(rule: Mapping[str, Any], place: str, question: Question) -> None:
    values = rule.get("values")
    if values is not None and not isinstance(values, list | tuple):
        raise ArgumentError(f"{place} with values={shortened(values)}; they must be a list, such as [0].")
    if rule["op"] not in VALUED:
        return
    if not values:
        raise ArgumentError(f"{place} with op={rule['op']!r} and no values. Say which: values: [0].")
    answers = [choice.value for choice in question.choices]
    for value in values:
        is_plain = isinstance(value, str | int | float)
        if not is_plain or (answers and not is_one_of(value, answers)):
            raise ArgumentError(
                f"{place} with the value {shortened(value)}, which is no answer to it: it takes {expected(question)}."
            )
