"""A rise of skewed quantities, held against what repeats of the same code differ by."""

from __future__ import annotations

import math
import random

import pytest

from pytest_llmobs.measures.ratios import RatioPair, log_spread, rise


def noisy(count: int, spread: float, factor: float, seed: int) -> list[RatioPair]:
    """Return pairs of examples with five repeats then and one now."""
    chance = random.Random(seed)
    pairs = []
    for _ in range(count):
        then = sorted(chance.lognormvariate(0, spread) for _ in range(5))
        now = factor * chance.lognormvariate(0, spread)
        pairs.append(RatioPair(before=then[2], after=now, repeats_before=5, spread_before=log_spread(then)))
    return pairs


def share(count: int, spread: float, factor: float) -> float:
    """Return how often the interval's lower end is above no change."""
    return sum(rise(noisy(count, spread, factor, seed)).at_least > 1 for seed in range(400)) / 400


@pytest.mark.parametrize("count", [6, 13, 30])
@pytest.mark.parametrize("spread", [0.2, 1.0])
def test_the_same_code_is_hardly_ever_beyond_it(count: int, spread: float) -> None:
    assert share(count, spread, 1.0) <= 0.02


@pytest.mark.parametrize(("count", "spread"), [(6, 0.2), (13, 0.3), (30, 0.5)])
def test_twice_as_slow_is_beyond_it(count: int, spread: float) -> None:
    assert share(count, spread, 2.0) >= 0.9


def test_one_outlier_says_nothing() -> None:
    pairs = [RatioPair(before=1.0, after=1.0)] * 9 + [RatioPair(before=1.0, after=300.0)]
    assert rise(pairs).ratio == 1.0


def test_without_any_noise_the_ratio_is_certain() -> None:
    found = rise([RatioPair(before=1.0, after=2.0)] * 5)
    assert (found.ratio, found.at_least) == (pytest.approx(2.0), pytest.approx(2.0))


def test_a_single_pair_proves_nothing() -> None:
    assert rise([RatioPair(before=1.0, after=9.0)]).at_least == 0.0


def test_spread_is_that_of_the_logarithms() -> None:
    assert log_spread([1.0, math.e]) == pytest.approx(math.sqrt(0.5))
    assert log_spread([1.0]) is None
    assert log_spread([0.0, 1.0]) is None
