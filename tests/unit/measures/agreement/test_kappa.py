"""Kappa, against statsmodels and by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from pytest_llmobs.measures.agreement import agree
from pytest_llmobs.measures.agreement.kappa import cohen_kappa
from tests.unit.measures.agreement import textbook

RATINGS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=4, max_size=40)


@given(RATINGS, st.booleans())
def test_kappa_is_that_of_statsmodels(pairs, ordered):
    first, second = zip(*pairs, strict=True)
    assume(len({*first, *second}) > 1)
    table = np.zeros((4, 4))
    for a, b in pairs:
        table[a - 1, b - 1] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        reference = cohens_kappa(table, wt="quadratic" if ordered else None)
    ours = agree(first, second, [1, 2, 3, 4]) if ordered else agree(first, second)
    assert ours.kappa == pytest.approx(reference.kappa, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ordered", [False, True])
def test_the_interval_of_many_cases_is_that_of_statsmodels_error(seed, ordered):
    # what the interval does for small samples comes to nothing
    chance = random.Random(seed)
    cells = [(a, b) for a in range(1, 5) for b in range(1, 5)]
    pairs = chance.choices(cells, [chance.random() ** 2 for _ in cells], k=20_000)
    table = np.zeros((4, 4))
    for a, b in pairs:
        table[a - 1, b - 1] += 1
    reference = cohens_kappa(table, wt="quadratic" if ordered else None)
    first, second = zip(*pairs, strict=True)
    ours = agree(first, second, [1, 2, 3, 4] if ordered else None)
    assert (ours.high - ours.low) / 2 == pytest.approx(1.96 * reference.var_kappa**0.5, rel=0.01)


def test_by_hand():
    # Cohen's textbook table: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o .7, p_e .5, kappa .4.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    result = agree(*zip(*pairs, strict=True))
    assert (result.n, result.agreement, result.kappa) == (50, 0.7, pytest.approx(0.4))
    assert result.low < 0.4 < result.high
    assert result.confusion == {"True": {"True": 20, "False": 5}, "False": {"True": 10, "False": 15}}


def test_two_hundred_diagnoses():
    # Cohen (1960), Educ. Psychol. Meas. 20, table 2: p_o .70, p_e .41, kappa .492.
    table = textbook.from_counts(((88, 14, 18), (10, 40, 10), (2, 6, 12)))
    result = agree(*zip(*table, strict=True))
    assert (result.n, result.agreement) == (200, 0.7)
    assert result.kappa == pytest.approx(0.492, abs=5e-4)
    assert cohen_kappa([*table, (1, None), (None, 2)]).value == result.kappa


def test_far_apart_is_worse_than_near():
    order = [1, 2, 3, 4, 5]
    near = agree([1, 2, 3, 4, 5, 5], [2, 2, 3, 4, 5, 4], order)
    far = agree([1, 2, 3, 4, 5, 5], [5, 2, 3, 4, 5, 1], order)
    assert near.agreement == far.agreement
    assert near.kappa > far.kappa


def test_where_both_always_say_one_thing_kappa_is_undefined():
    result = agree([True] * 5, [True] * 5)
    assert (result.agreement, result.kappa, result.low, result.high) == (1, None, None, None)


@pytest.mark.parametrize(
    ("first", "second", "order"), [([], [], None), ([1], [1, 2], None), ([1], [9], [1, 2])]
)
def test_what_can_not_be_compared_is_an_error(first, second, order):
    with pytest.raises(ValueError, match=r"can't be compared|outside the categories"):
        agree(first, second, order)
