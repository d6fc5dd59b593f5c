"""How often the intervals hold the true value, in samples of two raters whose words have a known distribution."""

from __future__ import annotations

import random

import pytest

from pytest_llmobs.measures.agreement.alpha import alpha
from pytest_llmobs.measures.agreement.coefficient import with_interval
from pytest_llmobs.measures.agreement.fleiss import fleiss_kappa
from pytest_llmobs.measures.agreement.gwet import gwet
from pytest_llmobs.measures.agreement.kappa import cohen_kappa
from pytest_llmobs.measures.agreement.raw import raw_agreement

COEFFICIENTS = (cohen_kappa, fleiss_kappa, gwet, raw_agreement, alpha)
WORLDS = {
    # shares of: both yes, yes and no, no and yes, both no
    "even": (0.35, 0.15, 0.15, 0.35),
    "rare": (0.86, 0.04, 0.04, 0.06),
    "agreed": (0.68, 0.02, 0.02, 0.28),
}
CELLS = ((1, 1), (1, 0), (0, 1), (0, 0))
SAMPLES = 120


@pytest.mark.parametrize("n", [12, 50])
@pytest.mark.parametrize("world", WORLDS)
def test_nine_of_ten_intervals_or_more_hold_the_true_value(world, n):
    chance = random.Random(7)
    truths = []
    whole = []
    for cell, share in zip(CELLS, WORLDS[world], strict=True):
        whole += [cell] * round(100_000 * share)
    for coefficient in COEFFICIENTS:
        truths.append(coefficient(whole).value)
    hits, defined = [0] * len(truths), [0] * len(truths)
    for _ in range(SAMPLES):
        table = chance.choices(CELLS, WORLDS[world], k=n)
        for place, coefficient in enumerate(COEFFICIENTS):
            result = coefficient(table)
            if result.value is not None:
                defined[place] += 1
                hits[place] += result.low <= truths[place] <= result.high
    for hit, number in zip(hits, defined, strict=True):
        assert hit / number >= 0.88


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_full_agreement_of_few_proves_little(coefficient):
    few = coefficient([("a", "a"), ("b", "b")] * 10)
    many = coefficient([("a", "a"), ("b", "b")] * 100)
    assert few.value == many.value == few.high == many.high == 1
    assert 0 < few.low < 0.85 < many.low < 1


def test_of_one_item_nothing_is_known():
    result = with_interval(1, 0.4, 0.3, 0.1)
    assert (result.low, result.value, result.high) == (-1, 0.4, 1)
    for coefficient in COEFFICIENTS:
        one = coefficient([("a", "b")])
        assert one.low <= one.value <= one.high
        assert one.high - one.low > 0.75


def test_no_disagreement_at_all_between_values_that_are_all_different():
    result = alpha([(value, value) for value in range(300)], "interval")
    assert result.value == result.high == 1
    assert 0.9 < result.low < 1
