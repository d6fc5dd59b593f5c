"""What counts as a disagreement, and when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.review.outcomes.disagreements import open_ones
from pytest_llmobs.review.records import Decision
from pytest_llmobs.review.rubric.questions import Question
from tests.unit.review.outcomes.decided import LENGTH, QUESTIONS, adjudicated, decided


def is_open(*decisions: Decision, questions: Any = QUESTIONS) -> bool:
    return bool(open_ones(decisions, questions))


def answered(key: str, first: Any, second: Any) -> tuple[Decision, Decision]:
    return decided("r1", "ada", answers={key: first}), decided("r1", "ben", answers={key: second})


def test_two_verdicts_are_a_disagreement_until_an_adjudicator_has_spoken() -> None:
    ada, ben = decided("r1", "ada", "accept"), decided("r1", "ben", "reject", "wrong fact")

    assert open_ones([ada, ben], ()) == ["r1"]
    assert open_ones([ada, ben, adjudicated("r1", "reject")], ()) == []


def test_one_reviewer_alone_disagrees_with_nobody() -> None:
    assert not is_open(decided("r1", "ada", "accept"), decided("r2", "ben", "reject"))
    assert not is_open(decided("r1", "ada", "accept"), decided("r1", "ada", "reject", minute=1))


def test_two_failure_modes_are_a_disagreement_and_a_missing_one_is_none() -> None:
    wrong, cold = decided("r1", "ada", "reject", "wrong fact"), decided("r1", "ben", "reject", "wrong tone")

    assert is_open(wrong, cold)
    assert not is_open(wrong, decided("r1", "ben", "reject"))
    assert not is_open(wrong, decided("r1", "ben"))


@pytest.mark.parametrize(
    ("key", "first", "second", "expected"),
    [
        ("tone", 3.0, 4.0, False),
        ("tone", 3.0, 5.0, True),
        ("tone", 5, 4.0, False),
        ("tone", 3.0, 9.0, True),
        ("topic", "refund", "refund", False),
        ("topic", "refund", "delivery", True),
        ("length", 20, 45, False),
        ("length", 20, 46, True),
        ("remark", "fine", "quite good", False),
        ("asked earlier", 1.0, 0.0, False),
    ],
)
def test_answers_differ_by_more_than_a_step_or_a_quarter_of_the_range(
    key: str, first: Any, second: Any, expected: bool
) -> None:
    assert is_open(*answered(key, first, second)) is expected


def test_without_bounds_any_two_numbers_differ() -> None:
    unbounded = Question(LENGTH.key, "", "number")
    assert is_open(*answered("length", 20, 21), questions=[unbounded])


def test_an_answer_that_one_of_them_skipped_is_no_difference() -> None:
    assert not is_open(decided("r1", "ada", answers={"topic": "refund"}), decided("r1", "ben"))


def test_the_longest_waiting_come_first() -> None:
    decisions = []
    for run_id in ("r3", "r1", "r2"):
        decisions += [decided(run_id, "ada", "accept"), decided(run_id, "ben", "reject")]
    assert open_ones(decisions, ()) == ["r3", "r1", "r2"]
