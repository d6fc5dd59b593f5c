"""Fleiss' kappa, Gwet's coefficients and raw agreement, against statsmodels, published values and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from pytest_llmobs.measures.agreement.fleiss import fleiss_kappa
from pytest_llmobs.measures.agreement.gwet import gwet
from pytest_llmobs.measures.agreement.kappa import cohen_kappa
from pytest_llmobs.measures.agreement.raw import raw_agreement
from tests.unit.measures.agreement import textbook

TABLES = st.integers(2, 6).flatmap(
    lambda raters: st.lists(
        st.lists(st.integers(0, 4), min_size=raters, max_size=raters), min_size=1, max_size=30
    )
)


@given(TABLES)
def test_fleiss_kappa_is_that_of_statsmodels(table):
    counts, categories = inter_rater.aggregate_raters(np.array(table))
    assume(len(categories) > 1)
    expected = inter_rater.fleiss_kappa(counts)
    assert fleiss_kappa(table).value == pytest.approx(expected, abs=1e-9)


def test_fleiss_kappa_of_thirty_patients():
    result = fleiss_kappa(textbook.fleiss_1971())
    assert (result.n, result.value) == (30, pytest.approx(0.430, abs=5e-4))
    assert result.low < 0.430 < result.high


def test_what_is_published_for_gaps():
    # The package irrCAC and its vignettes, data cac.raw4raters: Gwet 2014, ch. 2, 5 and 6.
    table = textbook.krippendorff()
    assert gwet(table, range(1, 6)).value == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(table, range(1, 6)).value == pytest.approx(0.76117, abs=5e-6)
    assert raw_agreement(table).value == pytest.approx(0.8182, abs=5e-5)


@pytest.mark.parametrize(
    ("coefficient", "value", "error"),
    [
        (cohen_kappa, 0.7964094, 0.05891072),
        (fleiss_kappa, 0.7962397, 0.05905473),
        (gwet, 0.8493305, 0.04321747),
    ],
)
def test_value_and_error_are_those_published_for_two_raters(coefficient, value, error):
    # Of two raters Fleiss' kappa is Scott's pi. A hundred times as many cases have a tenth of the error.
    assert coefficient(textbook.from_counts(textbook.ABSTRACTORS)).value == pytest.approx(value, abs=5e-8)
    many = coefficient(textbook.from_counts(textbook.ABSTRACTORS, times=100))
    assert many.value == pytest.approx(value, abs=5e-8)
    assert (many.high - many.low) / 2 == pytest.approx(1.96 * error / 10, rel=0.02)


def test_a_common_category_drives_kappa_to_nothing_and_not_ac1():
    # 118 of 125 are "yes" to both; by hand: p_a .944, kappa's p_e .9453, AC1's 2 × .972 × .028 = .0544.
    table = textbook.from_counts(((118, 5), (2, 0)))
    assert raw_agreement(table).value == 0.944
    assert cohen_kappa(table).value == pytest.approx(-0.0234, abs=5e-5)
    assert gwet(table).value == pytest.approx(0.9408, abs=5e-5)


def test_ordered_categories_count_near_ones_as_partly_the_same():
    near, far = [(1, 1), (2, 3), (3, 3), (1, 2)], [(1, 1), (1, 3), (3, 3), (3, 1)]
    for coefficient in (fleiss_kappa, gwet, cohen_kappa):
        assert coefficient(near, [1, 2, 3], ordered=True).value > coefficient(near, [1, 2, 3]).value
        assert (
            coefficient(far, [1, 2, 3], ordered=True).value < coefficient(near, [1, 2, 3], ordered=True).value
        )


def test_what_nobody_said_counts_among_gwet_s_categories():
    table = [(1, 1), (2, 2), (1, 2)]
    assert gwet(table, [1, 2, 3]).value != gwet(table).value


def test_items_with_one_rating_say_how_common_a_category_is_and_nothing_of_agreement():
    pairs = [("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no")]
    lone = [("yes", None)] * 40
    result = fleiss_kappa(pairs + lone)
    assert (result.n, raw_agreement(pairs + lone).value) == (4, 0.75)
    assert result.value < fleiss_kappa(pairs).value


@pytest.mark.parametrize("coefficient", [fleiss_kappa, gwet, cohen_kappa, raw_agreement])
def test_where_nobody_rated_the_same_item_all_are_undefined(coefficient):
    result = coefficient([(1, None), (None, 2)])
    assert (result.n, result.value, result.low, result.high) == (0, None, None, None)
    assert result.reason == "nobody rated the same item"


def test_one_class_alone_leaves_kappa_undefined_and_not_ac1():
    table = [("accept", "accept")] * 5
    for coefficient in (fleiss_kappa, cohen_kappa):
        result = coefficient(table)
        assert (result.n, result.value) == (5, None)
        assert result.reason == "every rating is 'accept': chance alone would agree as well"
    assert gwet(table, ["accept", "reject"]).value == 1
    assert gwet(table).reason == "'accept' is all that may be said"
    assert raw_agreement(table).value == 1


def test_a_rating_outside_the_categories_is_an_error():
    for coefficient in (fleiss_kappa, gwet):
        with pytest.raises(ValueError, match=r"7 is outside the categories \[1, 2\]"):
            coefficient([(1, 7)], [1, 2])


def test_raw_agreement_of_two_raters_has_wilson_s_interval():
    # 8 of 10: (.8 + .1921 ± 1.96·√(.016 + .0096)) / 1.3841, by hand
    result = raw_agreement([(1, 1)] * 8 + [(1, 2)] * 2)
    assert (result.low, result.high) == (pytest.approx(0.4902, abs=5e-4), pytest.approx(0.9433, abs=5e-4))
