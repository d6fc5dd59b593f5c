"""Each item of a rubric is one question: how it is answered, when it is asked, and when its answer is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.records import Answer
from pytest_llmobs.review.rubric.answers import check_answer, expected, read_answer
from pytest_llmobs.review.rubric.checks import check_rubric
from pytest_llmobs.review.rubric.questions import (
    Choice,
    Question,
    missing,
    question_of,
    questions_of,
    visible,
)
from pytest_llmobs.review.rubric.versions import Rubric


def question(**item: Any) -> Question:
    return questions(item)[0]


def questions(*items: Mapping[str, Any]) -> Sequence[Question]:
    named = [{"feedback_key": "tone", **item} for item in items]
    return questions_of(Rubric(rubric_items=check_rubric(named)))


def values(asked: Question) -> list[Answer]:
    return [choice.value for choice in asked.choices]


def test_an_item_that_says_nothing_of_its_answers_is_no_or_yes() -> None:
    asked = question(description="Is it polite?")
    assert asked.choices == (Choice(0, "no"), Choice(1, "yes"))
    assert (asked.kind, asked.description, asked.is_ordered) == ("choice", "Is it polite?", False)
    assert [read_answer(asked, text) for text in ("no", "YES", " 1 ", "0")] == [0, 1, 1, 0]
    assert check_answer(asked, True) == 1


def test_a_scale_has_a_step_for_each_whole_number() -> None:
    asked = question(scale=[1, 5], score_descriptions={1: "rude", "5": "warm"})
    assert values(asked) == [1, 2, 3, 4, 5]
    assert [choice.label for choice in asked.choices] == ["rude", "", "", "", "warm"]
    assert asked.is_ordered
    assert read_answer(asked, "warm") == 5
    assert expected(asked) == "1 (rude), 2, 3, 4 or 5 (warm)"


def test_descriptions_alone_make_choices() -> None:
    scored = question(score_descriptions={"1": "good", "0.5": "fair", "0": "bad"})
    assert (values(scored), scored.is_ordered) == ([0, 0.5, 1], True)
    described = question(value_descriptions={"refund": "Money back", "other": ""})
    assert (values(described), described.is_ordered) == (["refund", "other"], False)
    assert read_answer(described, "money back") == "refund"


def test_categories_may_be_ordered() -> None:
    asked = question(
        categories=["poor", "fair", "good"], ordered=True, value_descriptions={"poor": "Redo it"}
    )
    assert (values(asked), asked.is_ordered) == (["poor", "fair", "good"], True)
    assert asked.choices[0].label == "Redo it"


def test_feedback_config_says_it_as_langsmith_does() -> None:
    continuous = question(feedback_config={"type": "continuous", "min": 0, "max": 10})
    assert (continuous.kind, continuous.low, continuous.high) == ("number", 0, 10)
    categories = [{"value": 1.0, "label": "good"}, {"value": 0, "label": None}]
    categorical = question(feedback_config={"type": "categorical", "categories": categories})
    assert categorical.choices == [Choice(1, "good"), Choice(0, "")]
    assert question(feedback_config={"type": "freeform"}).kind == "text"
    both = question(
        feedback_config={"type": "continuous", "min": 0, "max": 1}, score_descriptions={"0": "a", "1": "b"}
    )
    assert values(both) == [0, 1]


@pytest.mark.parametrize(
    ("item", "text", "message"),
    [
        ({"range": [0, 100]}, "101", "'tone' is 101; it takes a number from 0 to 100."),
        ({"range": [0, 100]}, "-1", "'tone' is -1; it takes a number from 0 to 100."),
        ({"range": [0, 100]}, "nan", "'tone' takes a number from 0 to 100, not nan."),
        ({"range": [0, None]}, "inf", "'tone' takes a number, at least 0, not inf."),
        ({"range": [None, 5]}, "3,5", "'tone' takes a number, at most 5, not '3,5'."),
        ({"range": [None, None]}, "many", "'tone' takes a number, not 'many'."),
        ({"scale": [1, 3]}, "4", "'tone' takes 1, 2 or 3, not '4'."),
        ({"scale": [1, 3]}, "", "'tone' takes 1, 2 or 3, not ''."),
        (
            {"categories": ["refund", "delivery"]},
            "refnd",
            "takes refund or delivery, not 'refnd'. Did you mean 'refund'?",
        ),
        ({"categories": ["refund"]}, "x", "'tone' takes refund, not 'x'."),
        ({"text": True}, "  ", "'tone' takes a text, not ''."),
        (
            {"regex_validator": "[A-Z]+-[0-9]+"},
            "ab-1",
            "a text that matches '[A-Z]+-[0-9]+' as a whole; 'ab-1'",
        ),
    ],
)
def test_what_doesnt_fit_is_refused_with_what_does(item: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        read_answer(question(**item), text)


def test_what_fits_is_kept_as_it_is() -> None:
    assert read_answer(question(range=[0, 100]), " 62.5 ") == 62.5
    assert read_answer(question(regex_validator="[A-Z]+-[0-9]+"), "AB-12") == "AB-12"
    assert check_answer(question(scale=[1, 5]), 3.0) == 3
    assert isinstance(check_answer(question(scale=[1, 5]), 3.0), int)


@pytest.mark.parametrize("value", [True, "3", None, [3], math.nan, 10**400])
def test_a_value_of_another_type_is_no_step(value: Any) -> None:
    with pytest.raises(ArgumentError, match="'tone' takes 1, 2, 3, 4 or 5"):
        check_answer(question(scale=[1, 5]), value)


@pytest.mark.parametrize("value", [True, "3", None, math.inf, 10**400])
def test_a_value_of_another_type_is_no_number(value: Any) -> None:
    with pytest.raises(ArgumentError, match="'tone' takes a number"):
        check_answer(question(range=[0, 5]), value)


IF_WRONG = {"join": "all", "rules": [{"key": "correct", "op": "is", "values": [0]}]}


def rubric(*conditions: Mapping[str, Any]) -> Sequence[Question]:
    return questions(
        {"feedback_key": "correct"}, {"feedback_key": "topic", "categories": ["a", "b"]}, *conditions
    )


def keys(asked: Sequence[Question]) -> list[str]:
    return [each.key for each in asked]


@pytest.mark.parametrize(
    ("op", "given", "answers", "is_asked"),
    [
        ("is", [0], {"correct": 0}, True),
        ("is", ["0"], {"correct": 0}, True),
        ("is", [0], {"correct": 1}, False),
        ("is", [0], {}, False),
        ("is_one_of", [0, 1], {"correct": 1}, True),
        ("is_empty", None, {}, True),
        ("is_empty", None, {"correct": 0}, False),
        ("is_not_empty", None, {"correct": 0}, True),
        ("is_not_empty", None, {}, False),
    ],
)
def test_an_item_is_asked_where_its_rule_holds(
    op: str, given: list[Any] | None, answers: dict[str, Answer], is_asked: bool
) -> None:
    rule = {"key": "correct", "op": op, "values": given}
    asked = rubric({"feedback_key": "why", "visible_if": {"join": "all", "rules": [rule]}})
    assert ("why" in keys(visible(asked, answers))) == is_asked


def test_all_or_any_of_the_rules_must_hold() -> None:
    rules = [{"key": "correct", "op": "is", "values": [0]}, {"key": "topic", "op": "is", "values": ["a"]}]
    asked = rubric(
        {"feedback_key": "both", "visible_if": {"join": "all", "rules": rules}},
        {"feedback_key": "either", "visible_if": {"join": "any", "rules": rules}},
    )
    assert keys(visible(asked, {"correct": 0})) == ["correct", "topic", "either"]
    assert keys(visible(asked, {"correct": 0, "topic": "a"})) == ["correct", "topic", "both", "either"]


def test_an_answer_to_what_is_hidden_by_now_counts_nothing() -> None:
    shown = {"join": "all", "rules": [{"key": "why", "op": "is_not_empty"}]}
    asked = rubric(
        {"feedback_key": "why", "text": True, "visible_if": IF_WRONG, "is_required": True},
        {"feedback_key": "more", "visible_if": shown, "is_required": True},
    )
    answers: dict[str, Answer] = {"correct": 0, "why": "the price"}
    assert keys(visible(asked, answers)) == ["correct", "topic", "why", "more"]
    assert keys(missing(asked, answers)) == ["more"]
    assert keys(visible(asked, {**answers, "correct": 1})) == ["correct", "topic"]
    assert missing(asked, {**answers, "correct": 1}) == ()


def test_what_is_required_and_open_is_missing() -> None:
    asked = questions(
        {"feedback_key": "correct", "is_required": True},
        {"feedback_key": "why", "text": True, "required_if": IF_WRONG},
        {"feedback_key": "tone"},
    )
    assert keys(missing(asked, {})) == ["correct"]
    assert keys(missing(asked, {"correct": 0})) == ["why"]
    assert keys(missing(asked, {"correct": 0, "why": ""})) == ["why"]
    assert missing(asked, {"correct": 1}) == ()


def test_an_item_of_two_kinds_that_was_stored_before_is_read() -> None:
    old = {"feedback_key": "x", "value_descriptions": {"a": "b"}, "regex_validator": "a+"}
    assert values(question_of(old)) == ["a"]
    odd = {"feedback_key": "x", "score_descriptions": {"good": "b"}}
    assert values(question_of(odd)) == [0, 1]
