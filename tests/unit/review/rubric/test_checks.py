"""What a reviewer is asked makes sense, or is refused with its place."""

from __future__ import annotations

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
        ([{"feedback_key": "x", "regex_validator": "("}], "it must be a regular expression"),
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
    ],
)
def test_a_rubric_that_makes_no_sense_is_refused(items: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        check_rubric(items)
