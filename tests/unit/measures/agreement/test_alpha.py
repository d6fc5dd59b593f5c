"""Krippendorff's alpha, against the package ``krippendorff``, the textbook and by hand."""

from __future__ import annotations

import krippendorff as reference
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_llmobs.measures.agreement.alpha import alpha
from tests.unit.measures.agreement import textbook

LEVELS = ("nominal", "ordinal", "interval", "ratio")
CELLS = st.one_of(st.none(), st.integers(0, 5))
TABLES = st.integers(2, 6).flatmap(
    lambda raters: st.lists(st.lists(CELLS, min_size=raters, max_size=raters), min_size=1, max_size=25)
)


@given(TABLES, st.sampled_from(LEVELS))
def test_it_is_that_of_the_package_at_every_level_with_gaps(table, level):
    pairable = [[value for value in row if value is not None] for row in table]
    values = set()
    for row in pairable:
        if len(row) > 1:
            values.update(row)
    assume(len(values) > 1)
    data = np.array([[np.nan if value is None else value for value in row] for row in table]).T
    expected = reference.alpha(reliability_data=data, level_of_measurement=level)
    assert alpha(table, level).value == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), min_size=2, max_size=12, unique_by=tuple)
)
def test_numbers_of_any_size_have_that_of_the_package(table):
    assume(len({value for row in table for value in row}) > 1)
    expected = reference.alpha(reliability_data=np.array(table).T, level_of_measurement="interval")
    assume(np.isfinite(expected))
    assert alpha(table, "interval").value == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_it_is_that_of_the_textbook(level, value):
    # Krippendorff 2011, sections C and D.
    result = alpha(textbook.krippendorff(), level)
    assert (result.n, result.value) == (11, pytest.approx(value, abs=5e-4))


def test_ordered_words_are_as_far_apart_as_their_order_says():
    words = ["bad", "fair", "good", "best", "none better"]
    table = []
    for row in textbook.krippendorff():
        table.append([None if value is None else words[value - 1] for value in row])
    assert alpha(table, "ordinal", words).value == pytest.approx(0.8153875, abs=1e-6)


def test_names_need_no_order_and_no_common_type():
    # by hand: of six ratings two are "a", three 1 and one 0; 1 - 5·2/(36 - 4 - 9 - 1)
    assert alpha([("a", "a"), (1, 1), (True, False), (None, "a")]).value == pytest.approx(12 / 22)


@pytest.mark.parametrize("level", LEVELS)
def test_one_value_alone_leaves_it_undefined(level):
    result = alpha([(1, 1), (1, 1), (2, None)], level)
    assert (result.n, result.value, result.low, result.high) == (2, None, None, None)
    assert result.reason == "every rating is 1: chance alone would agree as well"


@pytest.mark.parametrize("table", [[], [(1, None), (None, 2)], [(None, None)]])
def test_where_no_item_has_two_ratings_it_is_undefined(table):
    result = alpha(table)
    assert (result.n, result.value, result.reason) == (0, None, "nobody rated the same item")


def test_what_has_no_place_is_an_error():
    with pytest.raises(ValueError, match=r"9 is outside the categories \[1, 2\]"):
        alpha([(1, 9)], "ordinal", [1, 2])
    with pytest.raises(ValueError, match="-1 is below 0, and has no ratio"):
        alpha([(1, -1)], "ratio")


@pytest.mark.parametrize("level", LEVELS)
def test_the_interval_is_as_wide_as_leaving_items_out_says(level):
    # the jackknife proper; by repeating the items, what the interval does for small samples comes to nothing
    table = textbook.krippendorff()[:11] * 20
    left_out = []
    for place in range(11):
        left_out.append(alpha(table[:place] + table[place + 1 :], level).value)
    left_out = np.array(left_out * 20)
    error = np.sqrt((len(table) - 1) / len(table) * np.sum((left_out - left_out.mean()) ** 2))
    result = alpha(table, level)
    assert (result.high - result.low) / 2 == pytest.approx(1.97 * error, rel=0.05)
