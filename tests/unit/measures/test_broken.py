from __future__ import annotations

import pytest
from scipy import integrate, stats

from pytest_llmobs.measures.broken import (
    BUDGET,
    CHECKPOINTS,
    lower_tail,
    most_passes,
    nearly_always,
    values_nearly_always,
)

NONE = -1


@pytest.mark.parametrize(("passed", "recorded"), [(5, 5), (9, 10), (10, 10), (18, 20), (23, 25), (1, 1)])
@pytest.mark.parametrize("trials", [1, 3, 8, 16])
def test_the_tail_agrees_with_scipy(passed: int, recorded: int, trials: int) -> None:
    expected = stats.betabinom(trials, passed + 1, recorded - passed + 1)
    for passes in range(trials + 1):
        assert lower_tail(passes, trials, passed, recorded) == pytest.approx(expected.cdf(passes), rel=1e-9)


def test_the_tail_is_the_chance_over_every_pass_rate() -> None:
    posterior = stats.beta(9 + 1, 10 - 9 + 1)
    chance, _ = integrate.quad(lambda rate: posterior.pdf(rate) * stats.binom.cdf(3, 16, rate), 0, 1)
    assert lower_tail(3, 16, 9, 10) == pytest.approx(chance)


def test_every_number_of_passes_is_certain_and_fewer_than_none_impossible() -> None:
    assert lower_tail(8, 8, 5, 5) == 1.0
    assert lower_tail(-1, 8, 5, 5) == 0.0


@pytest.mark.parametrize(
    ("recorded", "tests", "of_eight", "of_sixteen"),
    [
        (5, 12, 1, 4),
        (5, 50, 0, 3),
        (5, 100, 0, 2),
        (5, 300, NONE, 1),
        (5, 1_000, NONE, 0),
        (10, 12, 2, 7),
        (10, 50, 2, 6),
        (10, 100, 1, 5),
        (10, 300, 1, 4),
        (10, 1_000, 0, 3),
    ],
)
def test_passes_allowed_to_an_example_that_always_passed(
    recorded: int, tests: int, of_eight: int, of_sixteen: int
) -> None:
    allowed = tuple(most_passes(trials, recorded, recorded, tests) for trials in CHECKPOINTS)
    assert allowed == (of_eight, of_sixteen)


@pytest.mark.parametrize("tests", [12, 60, 300, 1_500])
@pytest.mark.parametrize(("passed", "recorded"), [(5, 5), (9, 10), (10, 10), (14, 15)])
@pytest.mark.parametrize("trials", CHECKPOINTS)
def test_the_bound_is_the_last_that_chance_and_the_half_allow(
    trials: int, passed: int, recorded: int, tests: int
) -> None:
    def broken(passes: int) -> bool:
        expected = tests * values_nearly_always(recorded) / (recorded + 1)
        tail = stats.betabinom(trials, passed + 1, recorded - passed + 1).cdf(passes)
        return passes <= trials * passed / (2 * recorded) and expected * tail <= BUDGET

    allowed = most_passes(trials, passed, recorded, tests)
    assert not broken(allowed + 1)
    assert allowed == NONE or broken(allowed)


def test_in_a_tiny_suite_half_of_the_recorded_rate_is_the_limit() -> None:
    assert most_passes(16, 25, 25, 1) == 8
    assert lower_tail(9, 16, 25, 25) < BUDGET / 10


def test_above_about_four_thousand_examples_five_recorded_passes_are_too_few() -> None:
    assert most_passes(16, 5, 5, 3_000) == 0
    assert most_passes(16, 5, 5, 5_000) == NONE
    assert most_passes(16, 10, 10, 5_000) >= 0


def test_the_budget_holds_whatever_the_pass_rate() -> None:
    """The chance that some of 100 examples is suspect and broken at a checkpoint, when all have one pass rate."""
    recorded, tests = 5, 100
    for rate in (0.5, 0.7, 0.8, 0.9, 0.95):
        for trials in CHECKPOINTS:
            allowed = most_passes(trials, recorded, recorded, tests)
            chance = rate**recorded * stats.binom.cdf(allowed, trials, rate)
            assert 1 - (1 - chance) ** tests < 0.013


@pytest.mark.parametrize(
    ("recorded", "values"), [(1, 1), (5, 1), (9, 1), (10, 2), (19, 2), (20, 3), (25, 3), (30, 4)]
)
def test_how_many_counts_are_nearly_always(recorded: int, values: int) -> None:
    assert values_nearly_always(recorded) == values
    assert sum(nearly_always(passed, recorded) for passed in range(recorded + 1)) == values
