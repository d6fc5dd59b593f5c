from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pytest_llmobs.experiments.accepted import Objection
from pytest_llmobs.experiments.history import drift, trend_p, trends
from pytest_llmobs.records.decisions import Decision, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule


def history(world, means: list[float], *, red: tuple[int, ...] = (), gates=(), **fields) -> list[Experiment]:
    """Return experiments of these means, out of order; those numbered in ``red`` were red."""
    w = world(10, gates=gates)
    found = [
        Experiment(
            name=f"x{number}",
            started=f"2026-01-{number + 1:02}T00:00:00+00:00",
            duration=1.0,
            suites=(w.plan,),
            decision=Decision(
                metrics=(
                    MetricRow(
                        suite=w.plan.name, metric="pass", verdict="NEUTRAL", candidate=mean, red=number in red
                    ),
                )
            ),
            **fields,
        )
        for number, mean in enumerate(means)
    ]
    return found[::-1]


def test_means_over_time_the_oldest_first(world) -> None:
    (trend,) = trends(history(world, [0.9, 0.8, 0.95], red=(1,)))
    assert [(point.experiment, point.mean, point.accepted) for point in trend.points] == [
        ("x0", 0.9, True),
        ("x1", 0.8, False),
        ("x2", 0.95, True),
    ]
    assert (trend.proposed_min_mean, trend.drift) == (None, None)


def of_a_branch(*others: str) -> Objection:
    """Return what takes all experiments for such of accepted code but some."""
    return lambda experiment: "elsewhere" if experiment.name in others else ""


def test_the_proposal_is_what_one_more_experiment_of_accepted_code_keeps(world) -> None:
    means = [random.Random(1).gauss(0.9, 0.02) for _ in range(20)]
    (trend,) = trends(history(world, [*means, 0.1]), of_a_branch("x20"))
    error = np.std(means, ddof=1) * np.sqrt(1 + 1 / 20)
    limit = np.mean(means) - stats.t.ppf(1 - 0.005, 19) * error
    assert trend.proposed_min_mean == pytest.approx(np.floor(limit * 100) / 100)


def test_red_experiments_of_accepted_code_count(world) -> None:
    means = [0.9, 0.91, 0.92, 0.9, 0.7]
    (green,) = trends(history(world, means), of_a_branch())
    (red,) = trends(history(world, means, red=(4,)), of_a_branch())
    assert red.proposed_min_mean == green.proposed_min_mean
    (without,) = trends(history(world, [*means[:4], 0.91]), of_a_branch())
    assert red.proposed_min_mean is not None
    assert without.proposed_min_mean is not None
    assert red.proposed_min_mean < without.proposed_min_mean - 0.1


def test_where_lower_is_better_it_is_a_ceiling(world) -> None:
    means = [n / 100 for n in range(10)]
    gates = [GateRule(metric="pass", lower_is_better=True)]
    (trend,) = trends(history(world, means, gates=gates), of_a_branch())
    limit = np.mean(means) + stats.t.ppf(1 - 0.005, 9) * np.std(means, ddof=1) * np.sqrt(1 + 1 / 10)
    assert trend.proposed_min_mean == pytest.approx(np.ceil(limit * 100) / 100)


def test_too_little_history_proposes_nothing(world) -> None:
    assert trends(history(world, [0.9] * 4), of_a_branch())[0].proposed_min_mean is None
    assert trends(history(world, [0.9] * 5), of_a_branch("x1"))[0].proposed_min_mean is None
    assert trends(history(world, [0.9] * 5), of_a_branch())[0].proposed_min_mean == 0.9


@pytest.mark.parametrize(("mode", "proposed"), [("reuse", None), ("only", None), ("refresh", 0.9)])
def test_what_may_be_replayed_says_nothing_of_how_far_code_moves(
    world, mode: str, proposed: float | None
) -> None:
    experiments = [replace(each, conditions={"cassettes": mode}) for each in history(world, [0.9] * 5)]
    assert trends(experiments, of_a_branch())[0].proposed_min_mean == proposed


def test_where_nobody_knows_which_code_was_accepted_nothing_is_proposed(world) -> None:
    (trend,) = trends(history(world, [0.9] * 9))
    assert trend.proposed_min_mean is None
    assert not any(point.of_accepted_code for point in trend.points)


def test_interrupted_and_partial_experiments_have_no_mean(world) -> None:
    assert trends(history(world, [0.9], interrupted=True)) == []
    part = world(["e000"], total=10)
    (whole,) = history(world, [0.9])
    assert trends([replace(whole, suites=(part.plan,))]) == []


@pytest.mark.parametrize("values", [[0.9, 0.91, 0.88, 0.87, 0.86, 0.86], [1.0, 1.0, 0.9, 1.0, 0.9, 0.8, 0.8]])
def test_the_trend_agrees_with_scipys_kendall(values: list[float]) -> None:
    expected = stats.kendalltau(range(len(values)), values, method="asymptotic").pvalue
    assert trend_p(values) == pytest.approx(expected)


@pytest.mark.parametrize(("means", "lower_is_better"), [([0.9, 0.1] * 3, False), ([0.1, 0.9] * 3, True)])
def test_a_bound_that_no_mean_can_miss_is_not_proposed(
    world, means: list[float], lower_is_better: bool
) -> None:
    gates = [GateRule(metric="pass", lower_is_better=lower_is_better)]
    assert trends(history(world, means, gates=gates), of_a_branch())[0].proposed_min_mean is None


def test_equal_values_have_no_trend() -> None:
    assert trend_p([0.9] * 6) == 1.0


def test_a_slide_is_told_though_every_experiment_passed(world) -> None:
    (trend,) = trends(history(world, [0.95, 0.945, 0.94, 0.93, 0.92, 0.915, 0.91]))
    assert trend.drift is not None
    assert str(trend.drift) == "slid by -0.042 over 7 accepted experiments (p = 0.0016)"


@pytest.mark.parametrize(
    "means",
    [
        [0.91, 0.915, 0.92, 0.93, 0.94, 0.945, 0.95],  # it rises
        [0.95, 0.949, 0.948, 0.947, 0.946, 0.945],  # less than max_drop
        [0.9, 0.95, 0.88, 0.93, 0.91, 0.89, 0.92],  # no trend
        [0.95, 0.9, 0.85],  # too short
    ],
)
def test_no_slide(means: list[float]) -> None:
    assert drift(means) is None


def test_a_rise_is_a_slide_where_lower_is_better() -> None:
    assert drift([0.1, 0.11, 0.12, 0.13, 0.14, 0.16], lower_is_better=True) is not None
