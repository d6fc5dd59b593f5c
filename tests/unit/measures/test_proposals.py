from __future__ import annotations

import random

import numpy as np
import pytest
from scipy import stats

from pytest_llmobs.measures.proposals import proposed_min_mean


def moved(seed: int, experiments: int, spread: float = 0.02) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(0.9, spread) for _ in range(experiments)]


@pytest.mark.parametrize(("experiments", "tests"), [(5, 1), (5, 3), (12, 1), (40, 8)])
def test_the_proposal_is_the_prediction_limit_rounded_down(experiments: int, tests: int) -> None:
    means = moved(experiments, experiments)
    error = np.std(means, ddof=1) * np.sqrt(1 + 1 / experiments)
    limit = np.mean(means) - stats.t.ppf(1 - 0.005 / tests, experiments - 1) * error
    proposed = proposed_min_mean(means, tests)
    assert proposed is not None
    assert limit - 0.01 < proposed <= limit
    assert proposed == round(proposed, 2)


def test_four_experiments_are_too_few() -> None:
    assert proposed_min_mean(moved(1, 4), 1) is None
    assert proposed_min_mean([], 1) is None


@pytest.mark.parametrize("mean", [0.0, 0.07, 0.29, 0.57, 0.58, 1.0])
def test_code_that_never_moves_keeps_its_mean(mean: float) -> None:
    assert proposed_min_mean([mean] * 5, 3) == pytest.approx(mean)


def test_accepted_code_seldom_falls_below_it() -> None:
    below = 0
    for seed in range(2_000):
        *known, next_mean = moved(seed, 9)
        proposed = proposed_min_mean(known, 1)
        assert proposed is not None
        below += next_mean < proposed
    # .5 % and less, because of rounding down
    assert below <= 2_000 * 0.01
