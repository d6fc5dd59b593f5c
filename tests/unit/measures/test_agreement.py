"""Kappa, against statsmodels and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from pytest_llmobs.measures.agreement import agree

RATINGS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=4, max_size=40)


@given(RATINGS, st.booleans())
def test_kappa_and_its_error_are_statsmodels(pairs, ordered):
    first, second = zip(*pairs, strict=True)
    assume(len({*first, *second}) > 1)
    table = np.zeros((4, 4))
    for a, b in pairs:
        table[a - 1, b - 1] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        reference = cohens_kappa(table, wt="quadratic" if ordered else None)
    ours = agree(first, second, [1, 2, 3, 4]) if ordered else agree(first, second)
    assert ours.kappa == pytest.approx(reference.kappa)
    spread = 1.959963984540054 * reference.var_kappa**0.5 if reference.var_kappa > 0 else 0
    assert ours.low == pytest.approx(max(-1, reference.kappa - spread), abs=1e-6)
    assert ours.high == pytest.approx(min(1, reference.kappa + spread), abs=1e-6)


def test_by_hand():
    # Cohen's textbook table: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o .7, p_e .5, kappa .4.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    result = agree(*zip(*pairs, strict=True))
    assert (result.n, result.agreement, result.kappa) == (50, 0.7, pytest.approx(0.4))
    assert result.low < 0.4 < result.high
    assert result.confusion == {"True": {"True": 20, "False": 5}, "False": {"True": 10, "False": 15}}


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
