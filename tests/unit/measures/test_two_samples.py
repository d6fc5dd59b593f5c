from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from pytest_llmobs.measures.two_samples import Difference, Sample, difference_of_means, holm, needed, sample


@pytest.mark.parametrize(
    ("n_first", "n_second", "spread", "is_pooled"),
    [
        (2, 2, 1.0, False),
        (3, 40, 0.2, False),
        (400, 90, 3.0, False),
        (400, 90, 0.2, True),
        (3, 40, 5.0, True),
    ],
)
def test_the_test_with_the_larger_error_agrees_with_scipy(
    n_first: int, n_second: int, spread: float, is_pooled: bool
) -> None:
    chance = np.random.default_rng(n_first)
    first, second = chance.normal(0, 1, n_first).tolist(), chance.normal(0.3, spread, n_second).tolist()
    found = difference_of_means(sample(first), sample(second))
    oracle = stats.ttest_ind(second, first, equal_var=is_pooled)
    low, high = oracle.confidence_interval(0.95)
    assert found is not None
    assert found.difference == pytest.approx(np.mean(second) - np.mean(first))
    assert found.p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)


def test_of_zeros_and_ones_it_is_the_difference_of_two_rates() -> None:
    first, second = [1.0] * 60 + [0.0] * 40, [1.0] * 75 + [0.0] * 25
    found = difference_of_means(sample(first), sample(second))
    assert found is not None
    assert found.difference == pytest.approx(0.15)
    assert found.p == pytest.approx(stats.ttest_ind(second, first, equal_var=False).pvalue)


@pytest.mark.parametrize(
    ("first", "second"), [([1.0, 1.0], [0.0, 0.0]), ([0.1] * 1_000, [0.1] * 7), ([1.0], [0.0, 1.0])]
)
def test_values_that_never_vary_and_single_ones_allow_no_interval(
    first: list[float], second: list[float]
) -> None:
    found = difference_of_means(sample(first), sample(second))
    assert found is not None
    assert found.difference == pytest.approx(sum(second) / len(second) - sum(first) / len(first))
    assert (found.low, found.high, found.p) == (None, None, None)


def test_without_a_value_on_a_side_there_is_no_difference() -> None:
    assert difference_of_means(sample([]), sample([1.0, 2.0])) is None


def test_one_side_that_never_varies_is_compared_all_the_same() -> None:
    found = difference_of_means(sample([1.0] * 30), sample([1.0, 0.0] * 15))
    assert isinstance(found, Difference)
    assert found.p == pytest.approx(stats.ttest_1samp([1.0, 0.0] * 15, 1.0).pvalue)


@pytest.mark.parametrize("kind", ["errors in 2 % of runs", "skewed latencies"])
def test_a_small_arm_raises_no_more_alarms_than_it_may(kind: str) -> None:
    chance = np.random.default_rng(7)
    alarms, tests = 0, 400
    for _ in range(tests):
        values = chance.lognormal(0, 1.5, 250)
        if kind.startswith("errors"):
            values = (chance.random(250) < 0.02).astype(float)
        found = difference_of_means(sample(values[:200].tolist()), sample(values[200:].tolist()))
        alarms += found is not None and found.p is not None and found.p < 0.05
    assert alarms <= 0.05 * tests


def test_holm_agrees_with_statsmodels() -> None:
    ps = [0.04, 0.001, 0.2, 0.012, 0.9, 0.012]
    assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]))
    assert holm([]) == []


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_values_needed_agree_with_statsmodels(share: float) -> None:
    variance, difference = 0.16, 0.05
    ratio = share / (1 - share)
    n_first = NormalIndPower().solve_power(
        effect_size=difference / variance**0.5, alpha=0.05, power=0.8, ratio=ratio
    )
    found = needed(Sample(50, 0.8, variance), Sample(50, 0.8, variance), difference, share)
    assert found == pytest.approx(n_first * (1 + ratio), rel=1e-3)


def test_nobody_knows_how_many_where_nothing_varies() -> None:
    assert needed(Sample(9, 1.0, 0.0), Sample(1, 1.0, None), 0.05, 0.5) is None
    assert needed(Sample(1, 1.0, None), Sample(0, None, None), 0.05, 0.5) is None


def test_the_spread_of_one_side_stands_for_that_of_the_other() -> None:
    known, unknown = Sample(9, 1.0, 0.25), Sample(1, 1.0, None)
    assert (
        needed(known, unknown, 0.1, 0.5) == needed(known, known, 0.1, 0.5) == needed(unknown, known, 0.1, 0.5)
    )
