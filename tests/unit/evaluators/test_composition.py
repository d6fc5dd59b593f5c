"""Evaluators made of evaluators."""

from __future__ import annotations

import asyncio

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import (
    all_of,
    any_of,
    at_least,
    bind,
    min_length,
    required_keywords,
    weighted,
    where,
)
from pytest_llmobs.evaluators.binding.declaration import NotApplicable
from pytest_llmobs.records.scores import Score


def yes(outputs):
    return True


def no(outputs):
    return {"score": False, "comment": "because"}


def half(outputs):
    return 0.5


def broken(outputs):
    raise ValueError("down")


def absent(outputs):
    raise NotApplicable("the example has no tone")


async def later(outputs):
    return True


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (all_of(yes, later), True),
        (all_of(yes, no), False),
        (all_of(yes, half), False),
        (all_of(yes, absent), True),
        (all_of(no, broken), False),
        (any_of(no, yes), True),
        (any_of(no, half), False),
        (any_of(broken, yes), True),
        (any_of(no, absent), False),
        (all_of(all_of(yes), any_of(no, yes)), True),
    ],
)
def test_truth(score, subject, whole, expected):
    assert score(whole, subject({"output": "x"})).score is expected
    (again,) = asyncio.run(bind(whole, {}).ascore(subject({"output": "x"})))
    assert again.score is expected


def test_what_failed_is_named(score, subject):
    assert score(all_of(yes, no, half), subject({"output": "x"})).comment == "no False (because); half 0.5"
    assert score(any_of(no, half), subject({"output": "x"})).comment == "no False (because); half 0.5"


@pytest.mark.parametrize(
    "whole", [all_of(yes, broken), any_of(no, broken), weighted((yes, 1), (broken, 1)), at_least(broken, 1)]
)
def test_an_unscored_part_that_decides_leaves_the_whole_unscored(score, subject, whole):
    result = score(whole, subject({"output": "x"}))
    assert result.unscored
    assert "'broken' is unscored" in result.error
    assert "ValueError: down" in result.error


@pytest.mark.parametrize(
    "whole", [all_of(absent), any_of(absent), weighted((absent, 1)), at_least(absent, 0.5), where(absent)]
)
def test_where_no_part_applies_neither_does_the_whole(score, subject, whole):
    result = score(whole, subject({"output": "x"}))
    assert result.exempt
    assert "no tone" in result.error


def test_weights_of_what_does_not_apply_are_shared(score, subject):
    judged = subject({"output": "x"})
    assert score(weighted((yes, 3), (half, 1)), judged) == pytest.approx(0.875)
    assert score(weighted((yes, 3), (half, 1), (absent, 6)), judged) == pytest.approx(0.875)
    assert "None of the parts that apply has a weight" in score(weighted((yes, 0), (absent, 1)), judged).error


def test_at_least_takes_its_bound_from_argument_or_example(score, subject):
    result = score(at_least(half, 0.5), subject({"output": "x"}))
    assert (result.key, result.score, result.comment) == (
        "half_at_least",
        True,
        "half 0.5, at least 0.5 wanted",
    )
    assert score(at_least(half, field="min_half"), subject({"output": "x"}, {"min_half": 0.6})).score is False
    assert score(at_least(half, field="min_half"), subject({"output": "x"}, {})).exempt
    assert "write a number" in score(at_least(half, field="m"), subject({"output": "x"}, {"m": "1"})).error


def test_where_restricts_to_examples_and_keeps_the_key(score, subject):
    long = min_length(3)
    for conditions in ({"tier": "gold"}, {"tier": ["gold", "silver"]}, {"tier": lambda tier: tier == "gold"}):
        restricted = long.where(**conditions)
        gold = score(restricted, subject({"output": "x"}, {}, metadata={"tier": "gold"}))
        assert (gold.key, gold.score) == ("min_length", False)
        other = score(restricted, subject({"output": "x"}, {}, metadata={"tier": "free"}))
        assert other.exempt
        assert "tier is 'free'" in other.error
    assert score(where(yes, tier="gold"), subject({"output": "x"})).exempt


def test_parts_may_be_named_and_make_up_the_version(score, subject):
    assert (
        score(all_of("required_keywords"), subject({"output": "a"}, {"required_keywords": ["a"]})).score
        is True
    )
    versions = [
        bind(all_of(*parts), {}).version
        for parts in ((yes,), (no,), (yes, no), (required_keywords,), (required_keywords(["a"]),))
    ]
    assert len(set(versions)) == 5
    assert bind(weighted((yes, 1)), {}).version != bind(weighted((yes, 2)), {}).version
    assert bind(where(yes, tier="a"), {}).version != bind(where(yes, tier="b"), {}).version


def test_it_is_cheap_where_its_parts_are():
    assert bind(all_of(required_keywords, min_length(1)), {}).cheap
    assert not bind(all_of(required_keywords, yes), {}).cheap


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (all_of, "needs at least one evaluator"),
        (lambda: weighted((yes, -1)), "no pair of an evaluator and its weight"),
        (lambda: weighted(yes), "no pair of an evaluator and its weight"),
        (lambda: weighted((yes, 0)), "all weights are 0"),
        (lambda: at_least(yes), "give a bound or the field"),
        (lambda: at_least(yes, 1, field="x"), "give a bound or the field"),
        (lambda: all_of("min_lenght"), "Did you mean 'min_length'"),
    ],
)
def test_misdeclared_ones_say_what_is_wrong(make, message):
    with pytest.raises(EvaluatorError, match=message):
        make()


def test_a_bound_that_is_not_stated_costs_no_question(score, subject):
    asked = []

    def costly(outputs):
        asked.append(outputs)
        return 0.5

    bounded = at_least(costly, field="min_tone")
    assert score(bounded, subject({"output": "x"}, {})).exempt
    assert asyncio.run(bounded_async(bounded, subject({"output": "x"}, {})))[0].exempt
    assert asked == []


async def bounded_async(spec, judged):
    return await bind(spec, {}).ascore(judged)


def test_verdicts_from_the_cache_are_counted_through(score, subject):
    def kept(outputs):
        return Score("kept", 1.0, metadata={"cached": 2})

    assert score(all_of(kept, yes), subject({"output": "x"})).metadata["cached"] == 2
    assert "cached" not in score(all_of(yes), subject({"output": "x"})).metadata
