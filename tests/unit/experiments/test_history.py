from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pytest_llmobs.experiments.history import drift, proposed_min_mean, trend_p, trends
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


def test_the_proposal_is_the_fifth_percentile_of_what_was_accepted(world) -> None:
    means = [random.Random(1).gauss(0.9, 0.02) for _ in range(20)]
    (trend,) = trends(history(world, [*means, 0.1], red=(20,)))
    assert trend.proposed_min_mean == pytest.approx(np.percentile(means, 5), abs=0.001)
    assert trend.proposed_min_mean <= np.percentile(means, 5)


def test_where_lower_is_better_it_is_the_ninety_fifth(world) -> None:
    means = [n / 100 for n in range(10)]
    assert proposed_min_mean(means, lower_is_better=True) == pytest.approx(
        np.percentile(means, 95), abs=0.001
    )
    (trend,) = trends(history(world, means, gates=[GateRule(metric="pass", lower_is_better=True)]))
    assert trend.proposed_min_mean == 0.086


def test_too_little_history_proposes_nothing() -> None:
    assert proposed_min_mean([0.9] * 4) is None
    assert proposed_min_mean([0.9] * 5) == 0.9


def test_interrupted_and_partial_experiments_have_no_mean(world) -> None:
    assert trends(history(world, [0.9], interrupted=True)) == []
    part = world(["e000"], total=10)
    (whole,) = history(world, [0.9])
    assert trends([replace(whole, suites=(part.plan,))]) == []


@pytest.mark.parametrize("values", [[0.9, 0.91, 0.88, 0.87, 0.86, 0.86], [1.0, 1.0, 0.9, 1.0, 0.9, 0.8, 0.8]])
def test_the_trend_agrees_with_scipys_kendall(values: list[float]) -> None:
    expected = stats.kendalltau(range(len(values)), values, method="asymptotic").pvalue
    assert trend_p(values) == pytest.approx(expected)


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
