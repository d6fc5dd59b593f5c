from __future__ import annotations

import math

import pytest
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from pytest_llmobs.measures.distributions import (
    chi_square_tail,
    incomplete_beta,
    normal_cdf,
    percentile,
    t_cdf,
    t_quantile,
    wilson_interval,
)


@pytest.mark.parametrize("z", [-12.0, -3.1, -1.0, 0.0, 0.7, 2.0, 8.0])
def test_normal_cdf_agrees_with_scipy_in_both_tails(z: float) -> None:
    assert normal_cdf(z) == pytest.approx(stats.norm.cdf(z), rel=1e-12)


@pytest.mark.parametrize("df", [1, 2, 3.5, 11, 40, 999, 100_000])
@pytest.mark.parametrize("t", [-30.0, -2.2, -0.1, 0.0, 0.4, 1.7, 50.0])
def test_t_cdf_agrees_with_scipy(t: float, df: float) -> None:
    assert t_cdf(t, df) == pytest.approx(stats.t.cdf(t, df), rel=1e-9, abs=1e-14)


def test_t_cdf_of_infinity() -> None:
    assert t_cdf(-math.inf, 5) == 0.0
    assert t_cdf(math.inf, 5) == 1.0


@pytest.mark.parametrize("df", [1, 2, 4, 11, 99, 9_999])
@pytest.mark.parametrize("probability", [0.001, 0.05, 0.5, 0.8, 0.95, 0.975, 0.9999])
def test_t_quantile_agrees_with_scipy(probability: float, df: int) -> None:
    assert t_quantile(probability, df) == pytest.approx(stats.t.ppf(probability, df), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize(("probability", "df"), [(0.0, 5), (1.0, 5), (1.5, 5), (0.95, 0)])
def test_t_quantile_refuses_what_has_no_answer(probability: float, df: int) -> None:
    with pytest.raises(ValueError, match=f"No t quantile for probability {probability!r} with {df!r}"):
        t_quantile(probability, df)


@pytest.mark.parametrize(
    ("a", "b", "x"), [(0.5, 0.5, 0.2), (5, 0.5, 0.99), (100, 0.5, 0.5), (3, 4, 0.0), (3, 4, 1.0)]
)
def test_incomplete_beta_agrees_with_scipy(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-10)


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (3, 5), (5, 5), (85, 100), (999, 1000)])
def test_wilson_agrees_with_statsmodels(successes: int, trials: int) -> None:
    expected = proportion_confint(successes, trials, alpha=0.1, method="wilson")
    assert wilson_interval(successes, trials) == pytest.approx(expected, abs=1e-12)


def test_wilson_stays_between_zero_and_one() -> None:
    low, high = wilson_interval(0, 3, level=0.999)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert 0 < high < 1


def test_percentiles_interpolate() -> None:
    assert [percentile([1, 2, 3, 4], p) for p in (0, 50, 95, 100)] == [1, 2.5, pytest.approx(3.85), 4]


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 20])
@pytest.mark.parametrize("statistic", [0.0, 1e-9, 0.3, 2.7, 10.83, 90.0, 1_500.0])
def test_the_tail_of_chi_square_agrees_with_scipy(statistic: float, df: int) -> None:
    assert chi_square_tail(statistic, df) == pytest.approx(
        stats.chi2.sf(statistic, df), rel=1e-11, abs=1e-300
    )


def test_the_tail_of_an_infinite_chi_square() -> None:
    assert chi_square_tail(math.inf, 3) == 0.0
