"""What of a queue's decisions is compared with what, and how far reviewers agree on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.review.agreement.measuring import measure
from pytest_llmobs.review.agreement.tables import asked_under
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.review.rubric.versions import keep_rubric, rubric_version

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TONE = {"feedback_key": "tone", "scale": [1, 5]}
TOPIC = {"feedback_key": "topic", "categories": ["refund", "delivery", "other"]}
EFFORT = {"feedback_key": "effort", "range": [0, 100]}
WHY = {"feedback_key": "why", "text": True}


def queue(*items: Any, **given: Any) -> AnnotationQueue:
    return AnnotationQueue(
        id="q", name="support", rubric_items=items, created_at=NOON, updated_at=NOON, **given
    )


def decide(of: AnnotationQueue, run: object, reviewer: str, verdict: Any = None, **given: Any) -> Decision:
    known = {"id": f"{run}-{reviewer}", "run_id": str(run), "at": NOON, "rubric": rubric_version(of)}
    return Decision(**{**known, "reviewer": reviewer, "verdict": verdict, **given})


def verdicts(of: AnnotationQueue, **by_reviewer: str) -> list[Decision]:
    """Make verdicts: a letter a run, ``a`` accept, ``r`` reject, a blank for none."""
    decisions = []
    for reviewer, letters in by_reviewer.items():
        for run, letter in enumerate(letters):
            if letter != " ":
                decisions.append(decide(of, run, reviewer, {"a": "accept", "r": "reject"}[letter]))
    return decisions


def answers(of: AnnotationQueue, key: str, given: Iterable[tuple[Any, Any]]) -> list[Decision]:
    decisions = []
    for run, (ada, bob) in enumerate(given):
        decisions += [
            decide(of, run, "ada", answers={key: ada}),
            decide(of, run, "bob", answers={key: bob}),
        ]
    return decisions


def test_two_reviewers_have_cohen_s_kappa_of_what_both_judged() -> None:
    support = queue()
    # by hand: of ten that both judged 8 alike; p_e = .6 × .6 + .4 × .4 = .52
    agreement = measure(support, verdicts(support, ada="aaaaaarrrra", bob="aaaaararrr "))
    overall = agreement.overall
    assert (agreement.reviewers, agreement.reviewed, agreement.shared) == (["ada", "bob"], 11, 10)
    assert (overall.name, overall.sign, overall.n, overall.raters) == ("verdict", "κ", 10, 2)
    assert overall.raw.value == 0.8
    assert overall.deciding.value == pytest.approx((0.8 - 0.52) / 0.48)
    assert [pair.name for pair in agreement.pairs] == ["ada, bob"]


def test_more_reviewers_have_alpha_and_a_kappa_two_by_two() -> None:
    support = queue()
    agreement = measure(support, verdicts(support, ada="aarraa", bob="aarrar", cleo="  rr  ", dan="      a"))
    assert (agreement.overall.sign, agreement.overall.raters) == ("α", 3)
    assert agreement.overall.cohen is None
    pairs = {pair.name: (pair.n, pair.sign) for pair in agreement.pairs}
    assert pairs == {"ada, bob": (6, "κ"), "ada, cleo": (2, "κ"), "bob, cleo": (2, "κ")}


def test_a_third_reviewer_who_shares_no_item_leaves_two() -> None:
    support = queue()
    agreement = measure(support, verdicts(support, ada="aarr", bob="aara", cleo="    r"))
    assert (agreement.overall.sign, agreement.overall.raters) == ("κ", 2)


def test_an_adjudicator_is_no_reviewer_and_the_newest_decision_counts() -> None:
    support = queue()
    decisions = verdicts(support, ada="aarr", bob="aarr")
    decisions.append(decide(support, 0, "zoe", "reject", role="adjudication"))
    later = NOON.replace(hour=13)
    decisions.insert(0, decide(support, 3, "bob", "accept", at=later))
    agreement = measure(support, decisions)
    assert agreement.reviewers == ["ada", "bob"]
    assert agreement.verdict.raw.value == 0.75


def test_each_question_is_compared_at_its_level_and_texts_are_not() -> None:
    support = queue(TONE, TOPIC, EFFORT, WHY)
    decisions = answers(support, "tone", [(1, 2), (5, 5), (3, 4), (2, 2)])
    agreement = measure(support, decisions)
    assert [(each.name, each.level) for each in agreement.answers] == [
        ("tone", "ordinal"),
        ("topic", "nominal"),
        ("effort", "interval"),
    ]
    near = agreement.answers[0]
    far = measure(support, answers(support, "tone", [(1, 5), (5, 5), (3, 1), (2, 2)])).answers[0]
    # as often the same, and further apart
    assert near.raw.value == far.raw.value == 0.5
    assert near.cohen is not None
    assert far.cohen is not None
    assert near.cohen.value > far.cohen.value
    assert near.alpha.value > far.alpha.value


def test_numbers_have_alpha_alone() -> None:
    support = queue(EFFORT)
    effort = measure(support, answers(support, "effort", [(10, 12), (50, 49.5), (90, 88)])).answers[0]
    assert (effort.sign, effort.cohen, effort.fleiss, effort.gwet) == ("α", None, None, None)
    assert effort.deciding.value > 0.99
    assert effort.raw.value == 0


def test_where_nobody_gives_a_verdict_the_worst_question_decides() -> None:
    support = queue(TONE, TOPIC)
    decisions = []
    for run, topic in enumerate(["refund", "delivery", "other", "refund"]):
        decisions.append(decide(support, run, "ada", answers={"tone": run + 1, "topic": topic}))
        decisions.append(decide(support, run, "bob", answers={"tone": run + 1, "topic": "refund"}))
    agreement = measure(support, decisions)
    assert agreement.overall.name == "topic"
    assert [(pair.name, pair.n) for pair in agreement.pairs] == [("ada, bob", 4)]


def test_failure_modes_that_somebody_named_are_compared_with_whether_others_named_them() -> None:
    support = queue(failure_modes=["wrong fact", "wrong tone"])
    decisions = [
        decide(support, 1, "ada", "reject", mode="wrong fact"),
        decide(support, 1, "bob", "reject", mode="wrong fact"),
        decide(support, 2, "ada", "reject", mode="rude"),
        decide(support, 2, "bob", "accept"),
        # who answered the rubric alone says nothing of modes
        decide(support, 3, "ada", "accept"),
        decide(support, 3, "bob"),
    ]
    modes = {each.name: (each.n, each.raw.value) for each in measure(support, decisions).modes}
    assert modes == {"wrong fact": (2, 1.0), "rude": (2, 0.5)}


class TestRubricsThatChanged:
    """Answers to a question that was another one then."""

    before = queue(TOPIC, TONE)

    def decisions(self, after: AnnotationQueue) -> list[Decision]:
        decisions = []
        for run in range(4):
            for reviewer, under in (("ada", self.before), ("bob", after)):
                decisions.append(
                    decide(under, run, reviewer, "accept", answers={"tone": 1 + run, "topic": "refund"})
                )
        return decisions

    def test_count_where_the_question_is_the_same(self, tmp_path: Path) -> None:
        after = queue({**TOPIC, "description": "What is it about?"}, {**TONE, "is_required": True})
        keep_rubric(tmp_path, self.before)
        topic, tone = measure(after, self.decisions(after), asked_under(tmp_path)).answers
        assert (topic.n, topic.left_out) == (0, 4)
        assert (tone.n, tone.left_out, tone.raw.value) == (4, 0, 1)

    def test_are_left_out_where_nobody_knows_what_it_was(self, tmp_path: Path) -> None:
        after = queue(TOPIC, TONE, WHY)
        for asked in ({}, {"asked": asked_under(tmp_path)}):
            agreement = measure(after, self.decisions(after), **asked)
            assert [(each.n, each.left_out) for each in agreement.answers] == [(0, 4), (0, 4)]
            # an answer is accepted or rejected, whatever else is asked
            assert agreement.verdict.n == 4

    def test_are_left_out_where_they_are_no_choice_any_more(self) -> None:
        support = queue(TONE)
        tone = measure(support, answers(support, "tone", [(1, 7), (2, 2), (3, "four")])).answers[0]
        assert (tone.n, tone.left_out) == (1, 2)


def test_rare_rejections_make_the_paradox_of_kappa() -> None:
    support = queue()
    agreement = measure(support, verdicts(support, ada="a" * 38 + "ra", bob="a" * 38 + "ar"))
    verdict = agreement.verdict
    assert verdict.is_paradox
    assert verdict.raw.value == 0.95
    assert verdict.deciding.value < 0
    assert verdict.gwet is not None
    assert verdict.gwet.value > 0.9
    assert (verdict.common, verdict.common_share) == ("accept", pytest.approx(0.975))
    common = measure(support, verdicts(support, ada="a" * 20 + "r" * 20, bob="a" * 20 + "r" * 19 + "a"))
    assert not common.verdict.is_paradox


def test_nobody_and_nothing() -> None:
    agreement = measure(queue(TONE), [])
    assert (agreement.reviewed, agreement.shared, agreement.overall.n) == (0, 0, 0)
    assert agreement.overall.deciding.reason == "nobody rated the same item"
    assert (agreement.modes, agreement.pairs) == ([], [])
