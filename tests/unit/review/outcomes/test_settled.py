"""What several reviewers, and an adjudicator, come to."""

from __future__ import annotations

from pytest_llmobs.review.outcomes.settled import SettledItem, settle
from pytest_llmobs.review.records import Decision
from tests.unit.review.outcomes.decided import QUESTIONS, adjudicated, decided


def settled(*decisions: Decision) -> SettledItem:
    (item,) = settle(decisions, QUESTIONS)
    return item


def test_one_reviewers_word_stands_and_nobody_agrees_with_it() -> None:
    item = settled(
        decided("r1", "ada", "reject", "wrong fact", correction={"output": "No."}, comment="It is.")
    )

    assert (item.verdict, item.mode, item.correction) == ("reject", "wrong fact", {"output": "No."})
    assert (item.reviewers, item.agreement, item.is_contested) == (["ada"], None, False)
    assert item.comments == ["It is."]


def test_most_of_them_are_heard_but_the_item_stays_contested() -> None:
    item = settled(
        decided("r1", "ada", "accept"), decided("r1", "ben", "reject"), decided("r1", "cleo", "accept")
    )
    assert (item.verdict, item.reviewers) == ("accept", ["ada", "cleo"])
    assert item.agreement == 2 / 3
    assert item.is_contested


def test_who_gives_no_verdict_is_heard_in_all_else() -> None:
    item = settled(
        decided("r1", "ada", "accept", answers={"tone": 5.0}),
        decided("r1", "ben", answers={"tone": 4.0}, correction={"output": "Better."}, comment="Nearly."),
        decided("r1", "cleo", answers={"tone": 4.0}),
    )
    assert (item.verdict, item.reviewers, item.answers) == ("accept", ["ada"], {"tone": 4.0})
    assert (item.correction, item.comments) == ({"output": "Better."}, ["Nearly."])


def test_a_tie_has_no_verdict() -> None:
    item = settled(decided("r1", "ada", "accept"), decided("r1", "ben", "reject"))
    assert (item.verdict, item.agreement, item.is_contested) == (None, None, True)


def test_the_adjudicator_decides_and_what_they_leave_open_comes_from_whoever_agrees() -> None:
    item = settled(
        decided("r1", "ada", "accept", answers={"topic": "refund"}),
        decided(
            "r1", "ben", "reject", "wrong fact", correction={"output": "No."}, answers={"topic": "delivery"}
        ),
        adjudicated("r1", "reject", answers={"tone": 2.0}, comment="Ben is right."),
    )
    assert (item.verdict, item.mode, item.correction) == ("reject", "wrong fact", {"output": "No."})
    assert item.answers == {"tone": 2.0, "topic": "delivery"}
    assert (item.reviewers, item.agreement) == (["ben", "zoe"], 0.5)
    assert item.adjudicated
    assert not item.is_contested


def test_the_adjudicators_correction_replaces_those_of_others() -> None:
    item = settled(
        decided("r1", "ada", "reject", correction={"output": "Ada's."}),
        decided("r1", "ben", "reject", "wrong fact", correction={"output": "Ben's."}),
        adjudicated("r1", "reject", correction={"output": "Zoe's."}),
    )
    assert item.correction == {"output": "Zoe's."}


def test_two_corrections_that_nobody_chose_from_are_none() -> None:
    item = settled(
        decided("r1", "ada", "reject", correction={"output": "Within 30 days."}),
        decided("r1", "ben", "reject", correction={"output": "It depends."}),
    )
    assert (item.verdict, item.correction, item.is_contested) == ("reject", None, False)
    assert item.corrected is not None
    assert len(item.corrected.answers) == 2


def test_answers_come_to_the_middle_one_or_the_most_frequent() -> None:
    rows = [(1.0, 10, "refund", "a"), (2.0, 30, "delivery", "b"), (5.0, 20, "refund", "c")]
    decisions = []
    for name, (tone, length, topic, remark) in zip(("ada", "ben", "cleo"), rows, strict=True):
        answers = {"tone": tone, "length": length, "topic": topic, "remark": remark}
        decisions.append(decided("r1", name, "accept", answers=answers))

    assert settled(*decisions).answers == {"tone": 2.0, "length": 20.0, "topic": "refund"}


def test_whoever_changed_their_mind_is_heard_once() -> None:
    item = settled(decided("r1", "ada", "accept"), decided("r1", "ada", "reject", minute=1))
    assert (item.verdict, item.agreement) == ("reject", None)
