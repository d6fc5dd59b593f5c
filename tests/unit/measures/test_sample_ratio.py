from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pytest_llmobs.measures.sample_ratio import sample_ratio

SEED = 20_261_130


def test_the_p_agrees_with_scipy() -> None:
    observed = {"control": 4_120, "treatment": 2_030, "other": 1_850}
    expected = {"control": 4_000.0, "treatment": 2_000.0, "other": 2_000.0}
    p = stats.chisquare(list(observed.values()), list(expected.values())).pvalue
    assert sample_ratio(observed, expected).p == pytest.approx(p, rel=1e-10)


def test_a_seeded_55_to_45_of_ten_thousand_raises_the_alarm() -> None:
    control = int(np.random.default_rng(SEED).binomial(10_000, 0.55))
    observed = {"control": control, "treatment": 10_000 - control}
    assert sample_ratio(observed, {"control": 5_000, "treatment": 5_000}).broken


@pytest.mark.parametrize("share", [0.5, 0.8, 0.98])
def test_a_right_split_raises_it_at_most_five_times_in_a_thousand(share: float) -> None:
    counts = np.random.default_rng(SEED).binomial(10_000, share, 1_000)
    expected = {"control": 10_000 * share, "treatment": 10_000 * (1 - share)}
    alarms = 0
    for control in map(int, counts):
        alarms += sample_ratio({"control": control, "treatment": 10_000 - control}, expected).broken
    assert alarms <= 5


def test_weights_that_changed_on_the_way_raise_it_no_more_often() -> None:
    chance = np.random.default_rng(SEED)
    counts = chance.binomial(5_000, 0.9, 1_000) + chance.binomial(5_000, 0.5, 1_000)
    alarms = 0
    for control in map(int, counts):
        expected = {"control": 7_000.0, "treatment": 3_000.0}
        alarms += sample_ratio({"control": control, "treatment": 10_000 - control}, expected).broken
    assert alarms <= 5


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ({"control": 9}, {"control": 9.0}),
        ({"control": 2, "treatment": 7}, {"control": 4.5, "treatment": 4.5}),
        ({"control": 10, "treatment": 0}, {"control": 10.0, "treatment": 0.0}),
        ({}, {}),
    ],
)
def test_one_arm_and_a_handful_of_users_tell_nothing(
    observed: dict[str, int], expected: dict[str, float]
) -> None:
    assert sample_ratio(observed, expected).p is None


def test_users_in_an_arm_that_nobody_was_to_get_are_broken_for_sure() -> None:
    assert sample_ratio({"control": 10, "treatment": 1}, {"control": 11.0, "treatment": 0.0}).broken
