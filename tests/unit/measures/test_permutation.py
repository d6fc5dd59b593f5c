from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from pytest_llmobs.measures.permutation import Shuffled, Unit, permutation_test

Suite = Sequence[Unit]
HALF_A_PERCENT_POINT = 0.005


def deals(unit: Unit) -> list[list[float]]:
    """Every choice of a unit's new trials, as the differences of all metrics."""
    rows = np.array([*unit.old, *unit.new], dtype=float)
    k = len(unit.new)
    differences = []
    for chosen in combinations(range(len(rows)), k):
        others = [place for place in range(len(rows)) if place not in chosen]
        differences.append(list(rows[list(chosen)].mean(axis=0) - rows[others].mean(axis=0)))
    return differences


def exactly(suites: Sequence[Suite]) -> list[Shuffled]:
    """All metrics of all suites by enumerating every deal of every unit, all suites jointly."""
    metrics = [len(suite[0].old[0]) for suite in suites]
    wide = []
    observed = np.zeros(sum(metrics))
    for number, suite in enumerate(suites):
        before, after = sum(metrics[:number]), sum(metrics[number + 1 :])
        for unit in suite:
            wide.append([[0.0] * before + row + [0.0] * after for row in deals(unit)])
            new, old = np.array(unit.new), np.array(unit.old)
            observed += np.pad(new.mean(axis=0) - old.mean(axis=0), (before, after))
    sums = np.zeros((1, sum(metrics)))
    for table in wide:
        sums = (sums[:, None, :] + np.array(table)[None]).reshape(-1, sum(metrics))
    spread = np.sqrt(np.mean(sums**2, axis=0))
    z, shuffled = observed / spread, sums / spread
    return [
        Shuffled(
            z[g],
            mid_p(z[g], shuffled[:, g]),
            mid_p(z[g], shuffled.min(axis=1)),
            mid_p(-z[g], (-shuffled).min(axis=1)),
        )
        for g in range(len(z))
    ]


def mid_p(observed: float, shuffled: np.ndarray) -> float:
    equal = np.abs(shuffled - observed) < 1e-6
    return float(np.mean((shuffled < observed) & ~equal) + np.mean(equal) / 2)


def five_levels(chance: random.Random, shift: float) -> float:
    return float(min(5, max(1, round(chance.gauss(3.5 + shift, 1)))))


def drawn(seed: int, units: int, old: int, new: int, metrics: int = 2, shift: float = -0.5) -> list[Unit]:
    """A suite of `pass` and scores from 1 to 5."""
    chance = random.Random(seed)

    def trial(shift: float) -> list[float]:
        passed = float(chance.random() < 0.7 + shift / 2)
        return [passed, *[five_levels(chance, shift) for _ in range(metrics - 1)]]

    return [Unit([trial(0) for _ in range(old)], [trial(shift) for _ in range(new)]) for _ in range(units)]


def within_sampling_error(p: float, exact: float) -> bool:
    """Four standard errors of 1,999 samples, and the observed deal that is one of 2,000."""
    return abs(p - exact) <= 4 * math.sqrt(exact * (1 - exact) / 1999) + 1 / 2000


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("units", "old", "new"), [(6, 5, 1), (4, 5, 2), (3, 5, 3), (3, 3, 3), (2, 8, 2), (7, 1, 1)]
)
def test_sampled_p_agrees_with_every_possible_deal(seed: int, units: int, old: int, new: int) -> None:
    suite = drawn(seed, units, old, new)
    for found, exact in zip(permutation_test([suite])[0], exactly([suite]), strict=True):
        assert found.z == pytest.approx(exact.z, abs=1e-9)
        for name in ("p", "adjusted", "rise"):
            assert within_sampling_error(getattr(found, name), getattr(exact, name)), name
