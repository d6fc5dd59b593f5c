from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from pytest_llmobs.measures.permutation import Shuffled, Unit, permutation_test, sum_variances

Row = list[float | None]
Suite = Sequence[Unit]
CERTAIN = 0.0005
"""No sample comes near what was observed: 1 of 2,000."""


@dataclass
class Exactly:
    """One metric by every deal of every unit."""

    z: float
    p: float
    adjusted: float
    rise: float
    variance: float


def exactly(*suites: Suite) -> list[Exactly]:
    """Enumerate every deal of every unit, all suites jointly; return all metrics."""
    widths = [len(suite[0].old[0]) for suite in suites]
    sums, observed = np.zeros((1, sum(widths))), np.zeros(sum(widths))
    for number, suite in enumerate(suites):
        around = (sum(widths[:number]), sum(widths[number + 1 :]))
        for unit in suite:
            deals = np.pad(differences(unit), ((0, 0), around))
            sums = (sums[:, None, :] + deals[None]).reshape(-1, sum(widths))
            observed += deals[-1]
    spread = np.sqrt(np.mean(sums**2, axis=0))
    assert spread.all()
    z, shuffled = observed / spread, sums / spread
    lowest, highest = shuffled.min(axis=1), shuffled.max(axis=1)
    return [
        Exactly(
            z[g],
            mid_p(z[g], shuffled[:, g]),
            mid_p(z[g], lowest),
            mid_p(-z[g], -highest),
            spread[g] ** 2,
        )
        for g in range(len(z))
    ]


def differences(unit: Unit) -> np.ndarray:
    """Return the differences of every deal by metric; that of the trials as they are comes last."""
    rows = np.array([*unit.old, *unit.new], dtype=float)
    rows = np.where(np.isnan(rows), np.nanmean(rows, axis=0), rows)
    new, every = len(unit.new), set(range(len(rows)))
    deals = []
    for chosen in combinations(range(len(rows)), new):
        others = sorted(every - set(chosen))
        deals.append(rows[list(chosen)].mean(axis=0) - rows[others].mean(axis=0))
    return np.array(deals)


def mid_p(observed: float, shuffled: np.ndarray) -> float:
    equal = np.abs(shuffled - observed) < 1e-6
    return float(np.mean((shuffled < observed) & ~equal) + np.mean(equal) / 2)


def assert_within_sampling_error(found: Shuffled, exact: Exactly) -> None:
    """Four standard errors of 1,999 samples, and the observed deal that is one of 2,000."""
    assert found.z == pytest.approx(exact.z, abs=1e-9)
    assert found.variance == pytest.approx(exact.variance)
    for kind in ("p", "adjusted", "rise"):
        p, expected = getattr(found, kind), getattr(exact, kind)
        assert abs(p - expected) <= 4 * math.sqrt(expected * (1 - expected) / 1999) + 1 / 2000, kind


def five_levels(chance: random.Random, shift: float) -> float:
    return float(min(5, max(1, round(chance.gauss(3.5 + shift, 1)))))


def trial(chance: random.Random, metrics: int, shift: float) -> Row:
    """`pass`, and scores from 1 to 5."""
    passed = float(chance.random() < 0.7 + shift / 2)
    return [passed, *[five_levels(chance, shift) for _ in range(metrics - 1)]]


def suite_of(seed: int, units: int, old: int, new: int, metrics: int = 2, shift: float = -0.5) -> list[Unit]:
    chance = random.Random(seed)
    suite = []
    for _ in range(units):
        before = [trial(chance, metrics, 0) for _ in range(old)]
        after = [trial(chance, metrics, shift) for _ in range(new)]
        suite.append(Unit(before, after))
    return suite


def passes(old: str, new: str) -> Unit:
    """A unit with one metric: ``passes("11111", "0")`` always passed and fails now."""
    return Unit([[float(mark)] for mark in old], [[float(mark)] for mark in new])


def only_metric(suite: Suite) -> Shuffled:
    return permutation_test([suite])[0][0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("units", "old", "new"), [(6, 5, 1), (4, 5, 2), (3, 5, 3), (3, 3, 3), (2, 8, 2), (2, 5, 4), (7, 1, 1)]
)
def test_sampled_p_agrees_with_every_possible_deal(seed: int, units: int, old: int, new: int) -> None:
    suite = suite_of(seed, units, old, new)
    for found, exact in zip(permutation_test([suite])[0], exactly(suite), strict=True):
        assert_within_sampling_error(found, exact)


@pytest.mark.parametrize("seed", range(4))
def test_several_suites_are_one_test(seed: int) -> None:
    first, second = suite_of(seed, 3, 5, 1), suite_of(seed + 50, 2, 5, 2, metrics=3)
    found = permutation_test([first, second])
    assert [len(metrics) for metrics in found] == [2, 3]
    for metric, exact in zip([*found[0], *found[1]], exactly(first, second), strict=True):
        assert_within_sampling_error(metric, exact)


@pytest.mark.parametrize("seed", range(4))
def test_units_may_have_unequal_numbers_of_trials(seed: int) -> None:
    suite = [*suite_of(seed, 2, 5, 1), *suite_of(seed + 9, 2, 7, 1), *suite_of(seed + 20, 1, 2, 3)]
    for found, exact in zip(permutation_test([suite])[0], exactly(suite), strict=True):
        assert_within_sampling_error(found, exact)


@pytest.mark.parametrize("seed", range(4))
def test_a_missing_value_counts_as_its_examples_mean(seed: int) -> None:
    suite = suite_of(seed, 4, 5, 2)
    for unit in suite[:3]:
        unit.old[1][1] = unit.new[0][0] = None
    for found, exact in zip(permutation_test([suite])[0], exactly(suite), strict=True):
        assert_within_sampling_error(found, exact)


def test_more_deals_than_a_table_holds_are_drawn() -> None:
    """Of 12 trials with 6 new ones there are 924 deals."""
    for seed in range(4):
        suite = suite_of(seed, 2, 6, 6, shift=-0.8)
        for found, exact in zip(permutation_test([suite])[0], exactly(suite), strict=True):
            assert found.z == pytest.approx(exact.z)
            assert found.p == pytest.approx(exact.p, abs=0.05)


def test_drawn_deals_keep_mean_and_spread_in_a_larger_suite() -> None:
    suite = suite_of(3, 80, 5, 8, metrics=3, shift=-0.15)
    for found in permutation_test([suite])[0]:
        assert found.p == pytest.approx(stats.norm.cdf(found.z), abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_of_booleans_z_is_the_root_of_cochran_mantel_haenszels_statistic(seed: int) -> None:
    suite = suite_of(seed, 30, 5, 2, metrics=1)
    tables = []
    for unit in suite:
        counts = [[sum(row[0] == value for row in side) for value in (1, 0)] for side in (unit.new, unit.old)]
        tables.append(np.array(counts))
    statistic = StratifiedTable(tables).test_null_odds(correction=False).statistic
    assert only_metric(suite).z ** 2 == pytest.approx(statistic)


def test_a_suite_that_fails_altogether_is_as_certain_as_samples_can_be() -> None:
    found = only_metric([passes("11111", "0")] * 12)
    assert found.z == pytest.approx(-12 / math.sqrt(12 / 5))
    assert (found.p, found.adjusted, found.rise) == (CERTAIN, CERTAIN, 1.0)


def test_a_rise_is_the_mirror_of_a_drop() -> None:
    found = only_metric([passes("00000", "1")] * 12)
    assert (found.p, found.adjusted, found.rise) == (1.0, 1.0, CERTAIN)


def test_nothing_varies() -> None:
    steady = Unit([[1.0, None]] * 5, [[1.0, None]])
    nothing = Shuffled(0.0, 1.0, 1.0, 1.0, 0.0)
    assert permutation_test([[steady] * 3]) == [[nothing, nothing]]
    assert permutation_test([]) == []
    assert permutation_test([[]]) == [[]]


def test_one_trial_a_side_says_little() -> None:
    """Two deals, of which the lower was observed: it is half of all, and counts half."""
    assert only_metric([passes("1", "0")]).p == pytest.approx(0.25, abs=0.03)


def test_units_that_never_vary_change_nothing() -> None:
    suite = suite_of(1, 20, 5, 1)
    steady = [Unit([[1.0, 4.0]] * 5, [[1.0, 4.0]]), Unit([[0.0, 2.0]] * 7, [[0.0, 2.0]] * 3)]
    assert permutation_test([[*steady, *suite, *steady * 10]]) == permutation_test([suite])


def test_units_without_a_value_on_both_sides_change_nothing() -> None:
    suite = suite_of(1, 20, 5, 1)
    lost = [
        Unit([[None, None]] * 5, [[0.0, 1.0]]),
        Unit([[1.0, 5.0], [0.0, 1.0]], [[None, None]]),
        Unit([], [[0.0, 1.0]]),
        Unit([[0.0, 1.0]], []),
    ]
    assert permutation_test([[*suite, *lost]]) == permutation_test([suite])


def test_a_metric_that_nobody_scored_leaves_the_others_alone() -> None:
    def with_unscored(rows: Sequence[Row]) -> list[Row]:
        return [[*row, None] for row in rows]

    suite = suite_of(2, 20, 5, 1)
    wider = [Unit(with_unscored(unit.old), with_unscored(unit.new)) for unit in suite]
    *scored, unscored = permutation_test([wider])[0]
    assert scored == permutation_test([suite])[0]
    assert unscored == Shuffled(0.0, 1.0, 1.0, 1.0, 0.0)


@pytest.mark.parametrize(("old", "new"), [(5, 1), (5, 3), (6, 6)])
def test_the_order_of_units_and_trials_does_not_matter(old: int, new: int) -> None:
    chance = random.Random(4)
    suite = []
    for _ in range(30):
        before = [[chance.random(), five_levels(chance, 0) / 3] for _ in range(old)]
        suite.append(Unit(before, [[chance.random(), five_levels(chance, 0) / 3] for _ in range(new)]))
    shuffled = [Unit(chance.sample(unit.old, old), chance.sample(unit.new, new)) for unit in suite]
    chance.shuffle(shuffled)
    assert permutation_test([shuffled]) == permutation_test([suite])


def test_another_suites_further_pass_leaves_a_metrics_own_p_alone() -> None:
    suite, other, further = suite_of(1, 20, 5, 1), suite_of(2, 20, 5, 1), suite_of(3, 20, 5, 2)
    before, after = permutation_test([other, suite])[1], permutation_test([further, suite])[1]
    assert [metric.p for metric in before] == [metric.p for metric in after]


def test_a_metric_counted_twice_costs_nothing() -> None:
    def twice(rows: Sequence[Row]) -> list[Row]:
        return [[row[0], row[0]] for row in rows]

    suite = suite_of(5, 30, 5, 1, metrics=1)
    once = only_metric(suite)
    assert permutation_test([[Unit(twice(unit.old), twice(unit.new)) for unit in suite]]) == [[once, once]]


def test_metrics_on_any_scale_give_the_same_p() -> None:
    def on_scale(rows: Sequence[Row], factor: float, offset: float) -> list[Row]:
        return [[value * factor + offset for value in row if value is not None] for row in rows]

    suite = suite_of(6, 25, 5, 2)
    for factor, offset in ((0.25, -0.25), (1e6, 3.0), (0.1, 0.3)):
        scaled = [Unit(*[on_scale(side, factor, offset) for side in unit]) for unit in suite]
        for before, after in zip(permutation_test([suite])[0], permutation_test([scaled])[0], strict=True):
            assert after.z == pytest.approx(before.z)
            assert after[1:4] == before[1:4]


def test_the_last_bit_of_a_clusters_sum_is_no_difference() -> None:
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    cluster = Unit([[0.1 + 0.2 + 0.3]] * 5, [[0.3 + 0.2 + 0.1]])
    assert only_metric([cluster] * 10) == Shuffled(0.0, 1.0, 1.0, 1.0, 0.0)


def test_last_bits_do_not_tell_ties_apart() -> None:
    """The same suite in tenths of which floats can't hold one: ties must stay ties."""
    whole = suite_of(7, 6, 5, 1, metrics=2)
    tenths = []
    for unit in whole:
        old, new = [[[row[1] / 10 + 0.1] for row in side] for side in unit]
        tenths.append(Unit(old, new))
    assert_within_sampling_error(only_metric(tenths), exactly(tenths)[0])
    assert (
        only_metric(tenths).p
        == permutation_test([[Unit(*[[[row[1]] for row in side] for side in unit]) for unit in whole]])[0][
            0
        ].p
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 7), st.integers(1, 7), st.floats(-1, 1))
def test_p_is_a_probability_and_adjusting_never_lowers_it(
    seed: int, units: int, old: int, new: int, shift: float
) -> None:
    for metric in permutation_test([suite_of(seed, units, old, new, 3, shift), suite_of(seed + 1, 2, 5, 1)])[
        0
    ]:
        assert 0 < metric.p <= metric.adjusted <= 1
        assert 0 < metric.rise <= 1
        # half of a tie belongs to the drop, half to the rise, and the observed deal to both
        assert metric.adjusted + metric.rise >= 1


@pytest.mark.parametrize("shift", [-0.3, 0.0, 0.3])
def test_continuous_scores_agree_with_the_normal_distribution_in_a_large_suite(shift: float) -> None:
    chance = random.Random(11)
    suite = []
    for _ in range(150):
        level = chance.gauss(0, 1)
        old = [[chance.gauss(level, 1)] for _ in range(5)]
        suite.append(Unit(old, [[chance.gauss(level + shift / 4, 1)] for _ in range(3)]))
    found = only_metric(suite)
    assert found.p == pytest.approx(stats.norm.cdf(found.z), abs=0.03)


@pytest.mark.usefixtures("untraced")
def test_the_level_holds_where_old_and_new_are_alike() -> None:
    """400 harmless builds of 12 examples and 3 metrics: as many adjusted p below a level as it says."""
    chance = random.Random(12)
    p_values = []
    for _ in range(400):
        suite = suite_of(chance.randrange(10**9), 12, 5, 1, metrics=3, shift=0.0)
        found = permutation_test([suite], samples=399)[0]
        p_values.append(min(metric.adjusted for metric in found))
    for level in (0.05, 0.1, 0.25, 0.5):
        below = sum(p <= level for p in p_values)
        assert stats.binomtest(below, len(p_values), level).pvalue > 0.001


def test_variances_are_those_of_the_test() -> None:
    suite = suite_of(8, 15, 5, 2, metrics=3)
    assert sum_variances(suite) == [metric.variance for metric in permutation_test([suite])[0]]
    assert sum_variances([Unit([[1.0, 2.0]], [[1.0, 2.0]])]) == [0.0, 0.0]
    assert sum_variances([]) == []
