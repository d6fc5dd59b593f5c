"""What a reviewer is asked makes sense, or is refused with its place."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.rubric.checks import check_rubric

RULES = {"join": "all", "rules": [{"key": "correct", "op": "is", "values": [0]}]}
FULL = [
    {"feedback_key": "correct", "is_required": True, "score_descriptions": {"0": "no", "1": "yes"}},
    {
        "feedback_key": "why",
        "description": "What is wrong?",
        "required_if": RULES,
        "visible_if": RULES,
        "is_assertion": False,
        "regex_validator": "^[a-z]+$",
    },
]


def with_rule(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [FULL[0], {"feedback_key": "x", "visible_if": {"join": "any", "rules": [rule]}}]


def test_a_rubric_is_kept_as_it_is_given() -> None:
    assert list(check_rubric(FULL)) == FULL
    assert check_rubric(None) == ()
    described = {"feedback_key": "topic", "value_descriptions": {"refund": "money back"}}
    assert list(check_rubric([described])) == [described]
    read_back = [{**FULL[0], "feedback_config": None, "feedback_config_id": "x", "description": None}]
    assert list(check_rubric(read_back)) == FULL[:1]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("correct", "rubric_items is 'correct'. Give a list"),
        (["correct"], "rubric_items[0] is 'correct'. Give a dict"),
        (
            [{"feedback_keys": "x"}],
            "unknown key 'feedback_keys'. Did you mean 'feedback_key'? Known: categories,",
        ),
        ([{}], "rubric_items[0] has no 'feedback_key'"),
        ([{"feedback_key": " "}], "feedback_key is ' '; it must be a name"),
        ([{"feedback_key": None}], "feedback_key is None; it must be a name"),
        ([FULL[0], FULL[0]], "rubric_items[1] asks for 'correct', as an earlier one does"),
        ([{"feedback_key": "x", "is_required": "yes"}], "is_required is 'yes'; it must be true or false"),
        ([{"feedback_key": "x", "value_descriptions": ["a"]}], "it must be an object from a value to a text"),
        (
            [{"feedback_key": "x", "regex_validator": "(a"}],
            "is no regular expression: missing ), unterminated",
        ),
        ([{"feedback_key": "x", "regex_validator": 5}], "it must be a regular expression"),
        (
            [{"feedback_key": "y"}, {"feedback_key": "x", "visible_if": {**RULES, "join": "al"}}],
            "visible_if has join='al'. Did you mean 'all'? Known: all, any.",
        ),
        ([{"feedback_key": "x", "regex_validator": "a" * 501}], "of at most 500 characters"),
        (
            [{"feedback_key": "x", "visible_if": {"join": "both", "rules": []}}],
            "it must be rules on earlier items",
        ),
        (
            [{"feedback_key": "x", "visible_if": RULES}],
            "has a rule on 'correct', which no earlier item asks for",
        ),
        (
            [
                FULL[0],
                {
                    "feedback_key": "x",
                    "visible_if": {"join": "any", "rules": [{"key": "correct", "op": "has"}]},
                },
            ],
            "has a rule with op='has'",
        ),
        ([{"feedback_key": "review"}], "rubric_items[0] asks for 'review'"),
        (
            [{"feedback_key": "x", "scale": [1, 5], "categories": ["a"]}],
            "says categories and scale: an item is",
        ),
        ([{"feedback_key": "x", "range": [0, 1], "text": True}], "says range and text"),
        (
            [{"feedback_key": "x", "scale": [1, 5], "feedback_config": {"type": "freeform"}}],
            "type 'freeform'",
        ),
        (
            [{"feedback_key": "x", "scale": [0, 10]}],
            "at most 10 whole steps, such as [1, 5]; for more there is range",
        ),
        ([{"feedback_key": "x", "scale": [5, 1]}], "scale is [5, 1]; it must be the least and the greatest"),
        ([{"feedback_key": "x", "scale": [1, 2.5]}], "scale is [1, 2.5]"),
        ([{"feedback_key": "x", "scale": [False, True]}], "scale is [False, True]"),
        ([{"feedback_key": "x", "scale": "1-5"}], "scale is '1-5'"),
        (
            [{"feedback_key": "x", "range": [1, 1]}],
            "range is [1, 1]; it must be the least and the greatest number",
        ),
        ([{"feedback_key": "x", "range": [0, math.inf]}], "range is [0, inf]"),
        ([{"feedback_key": "x", "range": [0, 10**400]}], "range is [0, 1000"),
        ([{"feedback_key": "x", "categories": []}], "categories is []; it must be a list of unlike texts"),
        ([{"feedback_key": "x", "categories": ["a", "A"]}], "categories is ['a', 'A']"),
        ([{"feedback_key": "x", "categories": [True, False]}], "yes, no and numbers stand in quotes in YAML"),
        (
            [{"feedback_key": "x", "categories": ["a"], "value_descriptions": {"b": "c"}}],
            "describes 'b', which is none",
        ),
        (
            [{"feedback_key": "x", "scale": [1, 5], "score_descriptions": {6: "c"}}],
            "describes 6, which is no step",
        ),
        ([{"feedback_key": "x", "score_descriptions": {"good": "c"}}], "from a score, a number, to a text"),
        (
            [{"feedback_key": "x", "score_descriptions": {"1": "a", 1.0: "b"}}],
            "from a score, a number, to a text",
        ),
        ([{"feedback_key": "x", "score_descriptions": {True: "a"}}], "from a score, a number, to a text"),
        ([{"feedback_key": "x", "ordered": True}], "ordered is True, and only categories may be"),
        (
            [{"feedback_key": "x", "scale": [1, 5], "ordered": False}],
            "ordered is False, and a scale always is",
        ),
        ([{"feedback_key": "x", "text": "yes"}], "text is 'yes'; it must be true or false"),
        (
            [{"feedback_key": "x", "feedback_config": {"type": "star"}}],
            "an object with type continuous (min, max)",
        ),
        (
            [
                {
                    "feedback_key": "x",
                    "feedback_config": {"type": "categorical", "categories": [{"value": "a"}]},
                }
            ],
            "categorical (categories, each with value and label)",
        ),
        (
            with_rule({"key": "correct", "op": "is", "values": [2]}),
            "the value 2, which is no answer to it: it takes 0",
        ),
        (with_rule({"key": "correct", "op": "is", "values": [[0]]}), "the value [0], which is no answer"),
        (with_rule({"key": "correct", "op": "is"}), "with op='is' and no values"),
        (with_rule({"key": "correct", "op": "is", "values": 0}), "with values=0; they must be a list"),
        (
            with_rule({"key": ["correct"], "op": "is", "values": [0]}),
            "a rule on ['correct'], which no earlier item",
        ),
    ],
)
def test_a_rubric_that_makes_no_sense_is_refused(items: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        check_rubric(items)
