from __future__ import annotations

import math
import random
from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.stats.multitest import multipletests

from pytest_llmobs.measures import statistics
from pytest_llmobs.measures.statistics import (
    cluster_sums,
    failures_needed,
    holm,
    mean_interval,
    minimal_detectable_effect,
    noise_p,
    repeats_to_halve,
    sign_flip_p,
    within_spread,
)

finite = st.floats(-5, 5).map(lambda value: round(value, 3))


def draw(n: int, seed: int = 1, shift: float = -0.2) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(shift, 1) for _ in range(n)]


def by_hand(differences: list[float]) -> float:
    total = sum(differences)
    sums = [
        sum(s * d for s, d in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(value <= total + 1e-9 for value in sums) / len(sums)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_exact_sign_flip_counts_all_patterns(n: int) -> None:
    differences = draw(n)
    assert sign_flip_p(differences) == pytest.approx(by_hand(differences))


def test_exact_sign_flip_agrees_with_scipy() -> None:
    differences = np.array(draw(12))
    test = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", alternative="less", n_resamples=np.inf
    )
    assert sign_flip_p(list(differences)) == pytest.approx(test.pvalue)


def test_ties_count_as_hits() -> None:
    # three drops of the same size: of 8 patterns only the observed one is as low
    assert sign_flip_p([-0.2, -0.2, -0.2]) == 1 / 8
    # floating point must not make equal sums different
    assert sign_flip_p([-0.1, -0.2, 0.3]) == pytest.approx(by_hand([-1, -2, 3]))


def test_zeros_say_nothing() -> None:
    assert sign_flip_p([-0.2, 0.0, -0.2, 0.0]) == sign_flip_p([-0.2, -0.2])
    assert sign_flip_p([0.0, 0.0]) == 1.0
    assert sign_flip_p([]) == 1.0


@pytest.mark.parametrize("n", [17, 18, 64, 200])
def test_sampled_sign_flip_agrees_with_the_normal_approximation(n: int) -> None:
    differences = draw(n, seed=n)
    z = sum(differences) / math.sqrt(sum(value * value for value in differences))
    assert sign_flip_p(differences) == pytest.approx(stats.norm.cdf(z), abs=0.02)


def test_sampled_sign_flip_is_exact_within_its_error() -> None:
    differences = [-0.2] * 11 + [0.2] * 6
    exact = stats.binomtest(11, 17, alternative="greater").pvalue
    assert sign_flip_p(differences) == pytest.approx(exact, abs=0.015)


def test_sampled_sign_flip_is_never_zero() -> None:
    assert sign_flip_p([-1.0] * 100) == 1 / 10_000


@pytest.mark.parametrize("n", [10, 100, 500])
def test_the_order_of_the_examples_does_not_matter(n: int) -> None:
    differences = draw(n)
    shuffled = random.Random(7).sample(differences, n)
    assert sign_flip_p(shuffled) == sign_flip_p(differences)


def test_normal_sign_flip_above_two_hundred() -> None:
    differences = draw(201)
    z = sum(differences) / math.sqrt(sum(value * value for value in differences))
    assert sign_flip_p(differences) == pytest.approx(stats.norm.cdf(z), rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(finite, max_size=10))
def test_the_two_sides_overlap_by_the_ties(differences: list[float]) -> None:
    down, up = sign_flip_p(differences), sign_flip_p([-value for value in differences])
    assert 0 < down <= 1
    assert down + up >= 1 - 1e-12


def test_interval_agrees_with_scipy() -> None:
    differences = draw(30)
    found = mean_interval(differences)
    low, high = stats.t.interval(0.9, 29, loc=np.mean(differences), scale=stats.sem(differences))
    assert found.standard_error == pytest.approx(stats.sem(differences))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.df == 29


def test_clustered_interval_agrees_with_statsmodels() -> None:
    differences, clusters = draw(40), [n // 3 for n in range(40)]
    # cov_cluster's own correction is C/(C-1) · (n-1)/(n-1): the same as the formula's
    model = sm.OLS(differences, np.ones(40)).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(clusters), "use_correction": True}, use_t=True
    )
    found = mean_interval(differences, clusters)
    assert found.standard_error == pytest.approx(model.bse[0])
    assert (found.low, found.high) == pytest.approx(tuple(model.conf_int(0.1)[0]))
    assert found.df == 13


def test_clusters_of_one_are_no_clusters() -> None:
    differences = draw(12)
    assert mean_interval(differences, list(range(12))).standard_error == pytest.approx(
        mean_interval(differences).standard_error
    )


def test_one_unit_leaves_the_error_unknown() -> None:
    assert mean_interval([-0.5]).low == -math.inf
    assert mean_interval([-0.5, 0.1], ["a", "a"]).df == 0


def test_cluster_sums_keep_the_order_of_appearance() -> None:
    assert cluster_sums([1.0, 2.0, 4.0], ["b", "a", "b"]) == [5.0, 2.0]


def test_mde_is_what_a_one_sided_test_finds_four_times_in_five() -> None:
    factor = stats.norm.ppf(0.95) + stats.norm.ppf(0.8)
    assert minimal_detectable_effect(0.1) == pytest.approx(0.1 * factor, rel=0.002)


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_holm_agrees_with_statsmodels(count: int) -> None:
    p_values = [random.Random(count + n).choice([0.001, 0.02, 0.02, 0.3, 1.0]) for n in range(count)]
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))
    assert holm([]) == []


@pytest.mark.parametrize(("examples", "needed"), [(12, 4), (50, 5), (100, 6), (200, 7), (500, 9)])
def test_failures_needed_with_five_repeats(examples: int, needed: int) -> None:
    assert failures_needed(5, examples) == needed


def test_never_fewer_than_three_failures() -> None:
    assert failures_needed(50, 1) == 3


def test_a_short_baseline_takes_more_failures() -> None:
    found = [failures_needed(repeats, 100) for repeats in (1, 2, 3, 5)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 3 * found[-1]


@pytest.mark.parametrize(("passes", "failures"), [(5, 4), (3, 6), (1, 3)])
def test_the_budget_is_the_chance_over_all_pass_rates(passes: int, failures: int) -> None:
    chance, _ = integrate.quad(lambda p: p**passes * (1 - p) ** failures, 0, 1)
    assert 1 / chance == pytest.approx((passes + failures + 1) * math.comb(passes + failures, failures))


def test_spread_within_examples_is_the_error_mean_square() -> None:
    groups = [draw(5, seed) for seed in range(4)]
    squares = sum(np.var(group, ddof=1) * 4 for group in groups)
    assert within_spread(groups) == (pytest.approx(math.sqrt(squares / 16)), 16)
    assert within_spread([[1.0], [0.0]]) == (0.0, 0)


def test_noise_rule_with_one_example_is_the_pooled_t_test() -> None:
    baseline, fresh = draw(5, seed=3), draw(5, seed=4, shift=-1.5)
    expected = stats.ttest_ind(fresh, baseline, alternative="less").pvalue
    assert noise_p(np.mean(fresh) - np.mean(baseline), [(baseline, fresh)]) == pytest.approx(expected)


def test_noise_rule_follows_the_formula_with_equal_repeats() -> None:
    groups = [(draw(5, seed), draw(5, seed + 10)) for seed in range(6)]
    spread, df = within_spread([side for pair in groups for side in pair])
    limit = -stats.t.ppf(0.95, df) * spread * math.sqrt((1 / 5 + 1 / 5) / 6)
    assert noise_p(limit, groups) == pytest.approx(0.05)


def test_a_deterministic_application_has_no_noise() -> None:
    groups = [([1.0] * 5, [1.0] * 5), ([1.0] * 5, [0.0] * 5)]
    assert noise_p(-0.5, groups) == 0.0
    assert noise_p(0.0, groups) == 1.0


def test_without_repeats_the_noise_is_unknown() -> None:
    assert noise_p(-1.0, [([1.0], [0.0])]) == 1.0


@pytest.mark.parametrize("repeats", [1, 3])
def test_four_times_the_repeats_halve_pure_noise(repeats: int) -> None:
    spread, n = 0.4, 50
    error = spread * math.sqrt((1 / repeats + 1 / 5) / n)
    assert repeats_to_halve(error, spread, 5, repeats, n) == 4 * repeats


def test_repeats_can_not_remove_what_differs_between_examples() -> None:
    assert repeats_to_halve(0.1, 0.0001, 5, 1, 50) is None
    assert repeats_to_halve(0.0, 0.0, 5, 1, 50) is None


def test_without_repeats_all_noise_counts_as_repeatable() -> None:
    assert repeats_to_halve(0.1, None, 1, 1, 50) == 4


def test_the_same_data_always_gets_the_same_p() -> None:
    assert statistics.SAMPLES == 9_999
    assert sign_flip_p(draw(60)) == sign_flip_p(draw(60))
