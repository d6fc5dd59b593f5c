from __future__ import annotations

import math
import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from pytest_llmobs.measures.deals import LARGEST_TABLE, table
from pytest_llmobs.measures.shuffles import Deck, shuffled_sums
from pytest_llmobs.measures.steps import MOST_STEPS, counted
from pytest_llmobs.measures.units import Unit, varying_units


def powers(count: int) -> list[int]:
    """Trials of which every choice has a sum of its own."""
    return [1 << place for place in range(count)]


@pytest.mark.parametrize(
    ("trials", "new"), [(2, 1), (6, 1), (7, 2), (8, 3), (9, 4), (10, 5), (6, 5), (13, 1), (22, 2), (256, 1)]
)
def test_a_table_lists_every_deal_once(trials: int, new: int) -> None:
    values = powers(trials)
    listed = table(values, new, random.Random(1))
    assert Counter(listed) == Counter(map(sum, combinations(values, new)))


@pytest.mark.parametrize(("trials", "new"), [(11, 6), (12, 6), (25, 4), (41, 16), (100, 2), (256, 3)])
def test_of_more_deals_a_table_draws_some_with_every_trial_new_equally_often(trials: int, new: int) -> None:
    drawn = table(powers(trials), new, random.Random(1))
    assert LARGEST_TABLE / 2 < len(drawn) <= LARGEST_TABLE
    assert {deal.bit_count() for deal in drawn} == {new}
    times_new = [sum(deal >> trial & 1 for deal in drawn) for trial in range(trials)]
    assert set(times_new) == {len(drawn) * new // trials}


def test_even_three_hundred_trials_fit_into_a_table() -> None:
    drawn = table(powers(300), 5, random.Random(1))
    assert len(drawn) == LARGEST_TABLE
    assert {deal.bit_count() for deal in drawn} == {5}
    assert len(table(powers(300), 1, random.Random(1))) == LARGEST_TABLE


def test_units_draw_deals_of_their_own() -> None:
    chance = random.Random(1)
    assert set(table(powers(12), 6, chance)) != set(table(powers(12), 6, chance))


@pytest.mark.parametrize(("trials", "new"), [(6, 1), (8, 3), (10, 5), (5, 2)])
def test_every_deal_is_equally_likely(trials: int, new: int) -> None:
    [sums] = shuffled_sums([Deck(new, powers(trials))], [2], 40_000, random.Random(2))
    seen = Counter(sums)
    assert len(seen) == math.comb(trials, new)
    assert stats.chisquare(list(seen.values())).pvalue > 0.001


def test_metrics_of_a_trial_stay_together() -> None:
    """Two metrics that are each other's reverse, the second two bytes wide."""
    trials = [score + ((5 - score) * 1_000 << 8) for score in range(6)]
    low, high = shuffled_sums([Deck(1, trials)] * 20, [1, 2], 500, random.Random(3))
    assert [100_000 - 1_000 * total for total in low] == high


@pytest.mark.parametrize("units", [1, 256, 257, 258, 600])
def test_sums_of_many_units_do_not_overflow(units: int) -> None:
    [sums] = shuffled_sums([Deck(1, [MOST_STEPS, MOST_STEPS])] * units, [2], 7, random.Random(4))
    assert sums == [units * MOST_STEPS] * 7


def test_sums_have_the_mean_and_spread_of_independent_deals() -> None:
    chance = random.Random(5)
    decks, mean, variance = [], 0.0, 0.0
    for _ in range(100):
        trials = [chance.randrange(20_000) for _ in range(8)]
        decks.append(Deck(3, trials))
        every_deal = list(map(sum, combinations(trials, 3)))
        mean += np.mean(every_deal)
        variance += np.var(every_deal)
    [sums] = shuffled_sums(decks, [2], 20_000, random.Random(6))
    assert np.mean(sums) == pytest.approx(mean, abs=4 * math.sqrt(variance / 20_000))
    assert np.var(sums) == pytest.approx(variance, rel=0.05)


def test_odd_and_even_numbers_of_samples() -> None:
    for samples in (1, 2, 3, 1_999):
        [sums] = shuffled_sums([Deck(1, [3, 3])], [1], samples, random.Random(7))
        assert sums == [3] * samples
    assert shuffled_sums([], [1], 3, random.Random(7)) == [[0, 0, 0]]


@pytest.mark.parametrize(
    ("values", "width", "steps"),
    [
        ([1, 1, 1, 1, 1, 0], 1, [1, 1, 1, 1, 1, 0]),
        ([4, 5, 2, 2, 3, 5], 1, [2, 3, 0, 0, 1, 3]),
        ([0.3, 0.7, 0.1, 0.8, 0.9, 1.0], 1, [2, 6, 0, 7, 8, 9]),
        ([1 / 3, 2 / 3, 1.0, 0.5, 0.0, 1.0], 1, [2, 4, 6, 3, 0, 6]),
        ([0.125, 0.901, 0.333, 0.667, 0.5, 0.5], 2, [0, 776, 208, 542, 375, 375]),
    ],
)
def test_a_metric_is_counted_in_the_steps_that_it_is_made_of(
    values: list[float], width: int, steps: list[int]
) -> None:
    unit = Unit([[value] for value in values[:5]], [[values[5]]])
    metric = counted(varying_units([unit]), 0)
    assert metric is not None
    assert (metric.width, metric.trials) == (width, [steps])
    assert metric.observed == steps[-1]
    assert metric.expected == pytest.approx(sum(steps) / 6)
    assert (metric.observed - metric.expected) * metric.step == pytest.approx(metric.difference)


def test_a_metric_that_is_made_of_no_steps_is_rounded_to_what_two_bytes_hold() -> None:
    chance = random.Random(8)
    units = [
        Unit([[chance.random()] for _ in range(5)], [[chance.random()] for _ in range(3)]) for _ in range(9)
    ]
    metric = counted(varying_units(units), 0)
    assert metric is not None
    assert metric.width == 2
    assert max(map(max, metric.trials)) == MOST_STEPS // 3
    assert (metric.observed - metric.expected) * metric.step == pytest.approx(metric.difference, abs=1e-3)
