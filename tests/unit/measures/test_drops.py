from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
from scipy import stats

from pytest_llmobs.measures.drops import detectable_drop, detection_factor, drop_interval

Z = stats.norm.ppf(0.95)


def standard_error(x: float, variance: float, units: int, passes: float, scale: float = 1.0) -> float:
    return math.sqrt(variance + max(0.0, x) * scale / (passes * units))


@pytest.mark.parametrize(
    ("mean", "variance", "units", "passes", "scale"),
    list(product((-0.3, -0.02, 0.0, 0.01), (0.0, 0.0004, 0.003), (12, 100), (1, 4), (1.0, 4.0))),
)
def test_the_low_end_solves_its_equation(
    mean: float, variance: float, units: int, passes: int, scale: float
) -> None:
    low, high = drop_interval(mean, variance, units, passes, scale)
    assert low <= mean <= high
    if low <= 0:
        assert (mean - low) ** 2 == pytest.approx(
            Z**2 * standard_error(-low, variance, units, passes, scale) ** 2
        )
        beyond = low - 0.001
        assert mean - beyond > Z * standard_error(-beyond, variance, units, passes, scale)
    assert high - mean == pytest.approx(
        Z * standard_error(min(-mean, scale / 4), variance, units, passes, scale)
    )


def test_no_difference_at_all_still_leaves_a_drop_of_five_points_open() -> None:
    low, high = drop_interval(0.0, 0.0, 50, 1)
    assert low == pytest.approx(-(Z**2) / 50)
    assert -0.055 < low < -0.05
    assert high == 0.0


def test_the_low_end_of_a_clear_rise_is_above_zero() -> None:
    low, high = drop_interval(0.2, 0.0004, 50, 1)
    assert low == pytest.approx(0.2 - Z * 0.02)
    assert high == pytest.approx(0.2 + Z * 0.02)


def test_the_low_end_moves_without_a_gap_as_the_mean_rises() -> None:
    lows = [drop_interval(mean / 10_000, 0.0004, 50, 1)[0] for mean in range(-500, 1_500)]
    steps = [after - before for before, after in pairwise(lows)]
    assert min(steps) > 0
    # where the drop's own variance begins to count
    assert max(steps) < 0.001


def test_a_small_rise_of_an_example_that_never_varied_leaves_a_drop_open() -> None:
    """With one example that flipped upwards once, nothing rules out that it might have been a drop."""
    low, _ = drop_interval(0.01, 0.0, 20, 1)
    assert low < -0.1


def test_more_passes_and_more_examples_narrow_it() -> None:
    widths = [
        high - low
        for low, high in (drop_interval(-0.02, 0.04 / n, n, k) for n, k in ((20, 1), (20, 4), (80, 4)))
    ]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_everything_grows_with_the_scale(scale: float) -> None:
    low, high = drop_interval(-0.05, 0.0004, 40, 2)
    assert drop_interval(-0.05 * scale, 0.0004 * scale**2, 40, 2, scale) == pytest.approx(
        (low * scale, high * scale)
    )
    found = detectable_drop(0.1, 5, 4, 40, 3)
    assert detectable_drop(0.1 * scale**2, 5, 4, 40, 3, scale) == pytest.approx(found * scale)


@pytest.mark.parametrize(("tests", "factor"), [(1, 3.5), (3, 4.0), (8, 4.5), (15, 4.7)])
def test_the_factor_grows_with_the_metrics(tests: int, factor: float) -> None:
    assert detection_factor(tests) == pytest.approx(factor, abs=0.05)
    assert detection_factor(tests) == pytest.approx(
        1.25 * (stats.norm.ppf(1 - 0.025 / tests) + stats.norm.ppf(0.8))
    )


@pytest.mark.parametrize(("units", "points"), [(20, 15), (100, 3)])
def test_what_is_found_where_nothing_varied(units: int, points: int) -> None:
    found = detectable_drop(0.0, 5, 1 + 3, units, 1)
    assert found == pytest.approx(detection_factor(1) ** 2 / (units * 4))
    assert round(100 * found) == points


@pytest.mark.parametrize(
    ("spread", "old", "new", "units", "tests"),
    list(product((0.0, 0.05, 0.2), (5, 10), (4, 6), (12, 200), (1, 8))),
)
def test_the_detectable_drop_measures_so_many_of_its_own_standard_errors(
    spread: float, old: int, new: int, units: int, tests: int
) -> None:
    found = detectable_drop(spread, old, new, units, tests)
    variance = spread * (1 / old + 1 / new) / units
    assert found == pytest.approx(detection_factor(tests) * standard_error(found, variance, units, new))


def test_more_of_anything_finds_smaller_drops() -> None:
    usual = detectable_drop(0.1, 5, 4, 50, 1)
    assert detectable_drop(0.1, 10, 4, 50, 1) < usual
    assert detectable_drop(0.1, 5, 6, 50, 1) < usual
    assert detectable_drop(0.1, 5, 4, 100, 1) < usual
    assert detectable_drop(0.1, 5, 4, 50, 3) > usual


def test_three_examples_that_fail_every_time_have_surely_dropped() -> None:
    low, high = drop_interval(-1.0, 0.2 / 3, 3, 1)
    assert low <= -1.0
    assert high == pytest.approx(-1 + Z * math.sqrt((0.2 + 0.25) / 3))
