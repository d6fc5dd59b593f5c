"""What a rule may say, and what is said of one that can't be meant."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.routing.kinds import KINDS
from pytest_llmobs.review.routing.rules import check_rules, read_rule
from pytest_llmobs.storage.filtering.language import parse

PLACE = "queues/refunds.yaml: route"
STATED = {
    "project": ["production", "shop"],
    "filter": 'gt(latency, "2s")',
    "confidence_below": 0.6,
    "metadata": {"tier": ["gold", "trial"], "beta": True, "seats": 3},
    "words": ["refund", 'the "late" one'],
    "feedback": {"user_rating": "below 0.4", "stars": "at most 2", "category": "billing", "thumbs": False},
    "judges_differ": {"more_than": 0.3, "keys": ["tone", "tone_strict"]},
    "sample": "2%",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_checked_and_kept_as_it_was_stated(kind):
    rules = [{kind: STATED[kind]}]
    assert list(check_rules(rules, PLACE)) == rules
    for filter in read_rule(rules[0], PLACE).filters:
        parse(filter)


def test_a_rule_says_why_an_item_is_there():
    rule = read_rule({"feedback": {"user_rating": "below 0.4"}, "metadata": {"tier": "gold"}}, PLACE)
    assert rule.reason == "feedback user_rating below 0.4; tier gold"
    assert read_rule({"sample": "2.5%"}, PLACE).reason == "sample 2.5%"
    assert read_rule({"judges_differ": 0.4}, PLACE).reason == "judges differ by more than 0.4"


def test_no_rules_are_none():
    assert check_rules(None, PLACE) == ()
    assert check_rules([], PLACE) == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("sample: 2%", f"{PLACE} is 'sample: 2%'. Give a list of rules, such as [{{'sample': '2%'}}]."),
        ({"sample": "2%"}, "Give a list of rules"),
        (["sample"], f"{PLACE}[0] is 'sample'. Give conditions that all must hold"),
        ([{}], "Give conditions that all must hold"),
        ([{"sample": "2%"}, {"sampel": "2%"}], f"{PLACE}[1]: unknown condition 'sampel'. Did you mean 'sample'?"),
        ([{"sample": 2}], f"{PLACE}[0]: sample is 2; it takes a share, such as 2%."),
        ([{"sample": 1}], "sample is 1; it takes a share"),
        ([{"sample": "200%"}], "sample is '200%'; it takes a share"),
        ([{"sample": "two%"}], "sample is 'two%'; it takes a share"),
        ([{"confidence_below": True}], "confidence_below is True; it takes a number, such as 0.6."),
        ([{"confidence_below": float("nan")}], "confidence_below is nan; it takes a number"),
        ([{"metadata": "gold"}], "metadata is 'gold'; it takes values by key"),
        ([{"metadata": {"day": date(2026, 1, 1)}}], "it takes values by key, such as {tier: gold}"),
        ([{"words": []}], "words is []; it takes a word or a list of words"),
        ([{"feedback": {"rating": "belwo 0.4"}}], "'belwo 0.4' is no bound. Did you mean 'below'? Known: above, at"),
        ([{"feedback": {"rating": "<0.4"}}], "'<0.4' is no bound. Known: above, at least, at most, below."),
        ([{"feedback": {"rating": None}}], "feedback is {'rating': None}; it takes by key a bound"),
        ([{"judges_differ": {"by": 1}}], "judges_differ: unknown key 'by'. Known: keys, more_than."),
        ([{"judges_differ": {"keys": ["a", "b"]}}], "it takes a number, such as 0.4, or {more_than: 0.4"),
        ([{"judges_differ": {"more_than": 0.4, "keys": ["a"]}}], "it takes a number, such as 0.4, or"),
        ([{"filter": 'eq(stat, "error")'}], f"{PLACE}[0]: filter: Unknown field 'stat'. Did you mean 'status'?"),
        ([{"project": 3}], "project is 3; it takes a project's name, or a list of names."),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(rules, message):
    with pytest.raises(ArgumentError) as refused:
        check_rules(rules, PLACE)
    assert message in str(refused.value)


@pytest.mark.parametrize("bound", ["below 0.1", "below .1", " below  +1e-1"])
def test_a_bound_takes_a_number_however_it_is_written(bound):
    (filter,) = read_rule({"feedback": {"rating": bound}}, PLACE).filters
    assert "lt(feedback_score, 0.1)" in filter


def test_a_sample_is_drawn_by_the_id_and_has_its_share():
    rule = read_rule({"sample": "2%"}, PLACE)
    ids = [str(UUID(int=number << 80 | 7)) for number in range(20_000)]
    drawn = list(filter(rule.draws, ids))
    assert 320 < len(drawn) < 480
    assert drawn == list(filter(read_rule({"sample": 0.02}, PLACE).draws, ids))
    # whoever is in a small sample is in a greater one, too
    assert set(drawn) <= set(filter(read_rule({"sample": "5%"}, PLACE).draws, ids))
