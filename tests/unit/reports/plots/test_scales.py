"""Axes name round numbers within their range, as short as they can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.reports.plots.scales import Scale, padded, signed_tick, tick, ticks

NUMBERS = st.floats(-1e9, 1e9)


@given(NUMBERS, NUMBERS, st.integers(1, 8))
def test_ticks_lie_within_the_range_and_are_few(one: float, other: float, most: int) -> None:
    low, high = sorted((one, other))

    marks = ticks(low, high, most)

    slack = 1e-6 * max(abs(low), abs(high), 1e-6)
    assert len(marks) <= most + 1
    assert all(low - slack <= mark <= high + slack for mark in marks)
    assert marks == sorted(marks)


@given(st.lists(NUMBERS, min_size=1))
def test_padding_leaves_room_on_both_sides(values: list[float]) -> None:
    low, high = padded(values)

    assert low < min(values) or low == min(values) == max(values)
    assert high > max(values) or low == min(values) == max(values)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.19, 0.06, [-0.15, -0.1, -0.05, 0, 0.05]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high, 5) == pytest.approx(expected)


def test_a_scale_runs_either_way_and_ends_where_it_ends() -> None:
    up = Scale(0, 1, 100, 20)

    assert [up(0), up(0.5), up(1), up(7)] == [100, 60, 20, 20]
    assert Scale(3, 3, 0, 10)(3) == 5


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.25, "0.25"),
        (-5.0, "−5"),
        (1500.0, "1,500"),
        (-0.0, "0"),
        (0.30000000000000004, "0.3"),
        (0.00025, "0.00025"),
        (0.000024, "0.000024"),
    ],
)
def test_numbers_of_an_axis_are_short(value: float, written: str) -> None:
    assert tick(value) == written


def test_differences_have_their_sign() -> None:
    assert [signed_tick(5), signed_tick(0), signed_tick(-5)] == ["+5", "0", "−5"]
