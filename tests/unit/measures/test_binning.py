"""Bins have round bounds, leave no gap, and lose no number."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.measures.binning import Bin, bins, counted, round_step

NUMBERS = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60)


@given(NUMBERS)
def test_every_number_counts_in_the_bin_that_holds_it(values: list[float]) -> None:
    row = bins(values)

    counts = counted(values, row)

    assert sum(counts) == len(values)
    assert 1 <= len(row) <= 12
    slack = 1e-9 * max(map(abs, values))
    for before, after in pairwise(row):
        assert after.low - before.high in (0.0, 1.0) or math.isclose(before.high, after.low)
    for number, bin in enumerate(row):
        inside = [value for value in values if bin.low - slack <= value <= bin.high + slack]
        assert len(inside) >= counts[number]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0, 1.0], [Bin(0, 0), Bin(1, 1)]),
        ([1.0, 2.0, 5.0], [Bin(1, 1), Bin(2, 2), Bin(3, 3), Bin(4, 4), Bin(5, 5)]),
        ([3.7], [Bin(3.7, 3.7)]),
        ([7.0] * 4, [Bin(7, 7)]),
    ],
)
def test_few_whole_numbers_have_a_bin_each(values: list[float], expected: list[Bin]) -> None:
    assert bins(values) == expected


def test_shares_have_tenths_and_bounds_belong_to_the_bin_above() -> None:
    values = [0.3, 0.1 + 0.2, 0.95, 1.0, 0.0]

    row = bins(values)

    assert [bin.low for bin in row] == pytest.approx([number / 10 for number in range(10)])
    assert counted(values, row) == [1, 0, 0, 2, 0, 0, 0, 0, 0, 2]


def test_seconds_below_one_are_no_shares() -> None:
    row = bins([0.501, 0.502, 0.504], shares=False)

    assert row[0].low == pytest.approx(0.501)
    assert row[-1].high == pytest.approx(0.504)


def test_a_long_tail_shares_the_last_bin() -> None:
    values = [1.0 + number / 40 for number in range(40)] + [95.0]

    row = bins(values)

    assert row[-1].high == math.inf
    assert row[-1].low < 5
    assert counted(values, row)[-1] == 1


def test_numbers_that_no_range_holds_have_one_bin() -> None:
    row = bins([-1.7e308, 1.7e308])

    assert len(row) == 1
    assert counted([-1.7e308, 1.7e308], row) == [2]


@pytest.mark.parametrize(
    ("span", "most", "step"), [(1.0, 5, 0.2), (21.0, 5, 5.0), (0.7, 10, 0.1), (9e6, 4, 2.5e6)]
)
def test_steps_are_round(span: float, most: int, step: float) -> None:
    assert round_step(span, most) == pytest.approx(step)
