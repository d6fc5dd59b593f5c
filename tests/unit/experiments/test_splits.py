"""The arms of an A/B split side by side, from runs that are at hand."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.experiments.splits.assignments import Assignments, ServedRun
from pytest_llmobs.experiments.splits.comparison import SplitComparison, compare_arms
from pytest_llmobs.experiments.splits.metrics import ArmMetric, Detect
from pytest_llmobs.experiments.splits.values import RunValues
from pytest_llmobs.prompts.splitting.notes import NotedArm

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVEN = {"control": 50, "treatment": 50}
TENTH = Detect(0.1, relative=True)


def served(number: int, unit: str | None, arm: str, weights: Mapping[str, float] = EVEN) -> ServedRun:
    """Run number n starts n seconds after the first."""
    return ServedRun(
        id=f"run-{number}",
        trace_id=f"trace-{number}",
        start_time=START + timedelta(seconds=number),
        latency=1.0,
        failed=False,
        scores={},
        noted=NotedArm(arm, unit, weights),
    )


def split_of(arms: Mapping[str, int], weights: Mapping[str, float] = EVEN) -> list[ServedRun]:
    """Return a run each of so many users of each arm."""
    runs: list[ServedRun] = []
    for arm, users in arms.items():
        for _ in range(users):
            runs.append(served(len(runs), f"user-{len(runs)}", arm, weights))
    return runs


def compared(
    runs: Iterable[ServedRun], values: RunValues | None = None, detect: Detect = TENTH, of_several: int = 0
) -> SplitComparison:
    assignments = Assignments(runs=list(runs), top_of={}, of_several_users=of_several)
    return compare_arms("support", assignments, values or {}, detect)


def ratings(runs: Iterable[ServedRun], rates: Mapping[str, float], seed: int = 1) -> dict[str, float]:
    chance = random.Random(seed)
    return {run.id: float(chance.random() < rates[run.noted.arm]) for run in runs}


def arm_of(comparison: SplitComparison, metric: str, arm: str) -> ArmMetric:
    (of_metric,) = [one for one in comparison.metrics if one.metric == metric]
    (found,) = [one for one in of_metric.arms if one.arm == arm]
    return found


def test_a_difference_that_chance_does_not_explain_is_a_finding() -> None:
    runs = split_of({"control": 400, "treatment": 390})
    rating = ratings(runs, {"control": 0.6, "treatment": 0.75})
    comparison = compared(runs, {"rating": rating})
    (finding,) = comparison.findings
    assert (finding.metric, finding.arm) == ("rating", "treatment")
    means = {arm: fmean(rating[run.id] for run in runs if run.noted.arm == arm) for arm in EVEN}
    assert arm_of(comparison, "rating", "control").mean == pytest.approx(means["control"])
    assert finding.difference == pytest.approx(means["treatment"] - means["control"])


def test_a_broken_assignment_names_none() -> None:
    runs = split_of({"control": 5_500, "treatment": 4_500})
    comparison = compared(runs, {"rating": ratings(runs, {"control": 0.6, "treatment": 0.75})})
    assert comparison.ratio.broken
    assert arm_of(comparison, "rating", "treatment").adjusted is not None
    assert comparison.findings == []


def test_each_user_counts_once_however_many_runs_they_have() -> None:
    busy = [served(number, "busy", "control") for number in range(8)]
    quiet = served(8, "quiet", "control")
    values = {**{run.id: 1.0 for run in busy}, quiet.id: 0.0}
    comparison = compared([*busy, quiet], {"rating": values})
    assert arm_of(comparison, "rating", "control").mean == 0.5
    assert (comparison.users, comparison.runs, comparison.arms[0].runs) == (2, 9, 9)


def test_runs_without_a_value_say_nothing_of_their_user() -> None:
    runs = [served(0, "ada", "control"), served(1, "ada", "control"), served(2, "bob", "control")]
    control = arm_of(compared(runs, {"rating": {"run-1": 1.0}}), "rating", "control")
    assert (control.users, control.mean) == (1, 1.0)


@pytest.mark.parametrize(
    ("weights", "arms"),
    [
        ({"a": 80, "control": 20}, ["control", "a"]),
        ({"b": 20, "c": 30, "a": 50}, ["a", "c", "b"]),
        ({"b": 50, "a": 50}, ["a", "b"]),
    ],
)
def test_the_first_arm_is_control_or_the_heaviest(weights: dict[str, float], arms: list[str]) -> None:
    comparison = compared(split_of(dict.fromkeys(weights, 4), weights))
    assert [arm.arm for arm in comparison.arms] == arms


def test_an_arm_without_users_is_shown_all_the_same() -> None:
    comparison = compared(split_of({"control": 3}), {"rating": {"run-0": 1.0}})
    assert [(arm.arm, arm.users, arm.expected) for arm in comparison.arms] == [
        ("control", 3, 1.5),
        ("treatment", 0, 1.5),
    ]
    assert arm_of(comparison, "rating", "treatment").difference is None


def test_an_arm_names_the_commits_that_it_stood_for_in_order_of_time() -> None:
    runs = split_of({"control": 3, "treatment": 1})
    runs = [
        replace(run, commits=(commit,))
        for run, commit in zip(runs, ("old", "new", "old", "other"), strict=True)
    ]
    moved = replace(served(9, "user-0", "treatment"), commits=("other",))
    assert [arm.commits for arm in compared([*runs, moved]).arms] == [["old", "new"], ["other"]]


def test_users_are_expected_by_the_weights_that_they_came_under() -> None:
    before, after = {"control": 90, "treatment": 10}, EVEN
    runs = split_of({"control": 900, "treatment": 100}, before)
    for number in range(1_000):
        arm = "control" if number % 2 else "treatment"
        runs.append(served(2_000 + number, f"later-{number}", arm, after))
    comparison = compared(runs)
    assert comparison.weightings == [before, after]
    assert [arm.expected for arm in comparison.arms] == [1_400, 600]
    assert comparison.ratio.p == 1


def test_no_difference_is_named_where_the_arms_have_unlike_users() -> None:
    # ratings rose between the weeks, in both arms alike; nine in ten of the first week's users are control's
    first = split_of({"control": 900, "treatment": 100}, {"control": 90, "treatment": 10})
    second = []
    for number in range(2_000, 3_000):
        second.append(served(number, f"user-{number}", ("control", "treatment")[number % 2]))
    rating = {
        **dict.fromkeys((run.id for run in first), 1.0),
        **dict.fromkeys((run.id for run in second), 2.0),
    }
    comparison = compared([*first, *second], {"rating": rating})
    assert (comparison.is_mixed, comparison.findings) == (True, [])
    assert arm_of(comparison, "rating", "treatment").difference.p < 0.001  # type: ignore[union-attr,operator]
    assert not compared(second, {"rating": rating}).is_mixed
    for moved, is_mixed in ((10, False), (11, True)):
        again = [served(5_000 + number, f"user-{2_000 + 2 * number}", "treatment") for number in range(moved)]
        assert compared([*second, *again], {"rating": rating}).is_mixed == is_mixed


def test_a_user_of_several_arms_is_counted_and_left_out_of_the_means() -> None:
    runs = [*split_of({"control": 4, "treatment": 4}), served(99, "user-0", "treatment")]
    comparison = compared(runs, {"rating": {**ratings(runs, EVEN), "run-0": 7.0}})
    assert comparison.in_several_arms == 1
    assert [(arm.users, arm.runs) for arm in comparison.arms] == [(4, 5), (4, 4)]
    assert arm_of(comparison, "rating", "control").users == 3
    assert arm_of(comparison, "rating", "treatment").users == 4


def test_runs_that_name_no_user_and_traces_of_several_are_counted() -> None:
    runs = [served(0, None, "control"), served(1, "ada", "control")]
    comparison = compared(runs, of_several=3)
    assert (comparison.without_user, comparison.of_several_users, comparison.users) == (1, 3, 1)


def test_users_without_weights_are_counted_and_expected_by_nobody() -> None:
    comparison = compared(split_of({"control": 20, "treatment": 10}, {}))
    assert comparison.without_weights == 30
    assert comparison.ratio.p is None
    assert [(arm.arm, arm.expected) for arm in comparison.arms] == [("control", None), ("treatment", None)]


def test_nobody_at_all_is_no_error() -> None:
    comparison = compared([served(0, None, "control")], {"rating": {"run-0": 1.0}})
    assert (comparison.users, comparison.arms, comparison.tests, comparison.findings) == (0, [], 0, [])


def test_one_user_an_arm_is_compared_without_an_interval() -> None:
    comparison = compared(split_of({"control": 1, "treatment": 1}), {"rating": {"run-0": 0.0, "run-1": 1.0}})
    row = arm_of(comparison, "rating", "treatment")
    assert row.difference is not None
    assert (row.difference.difference, row.difference.p, row.adjusted, row.needed) == (1.0, None, None, None)
    assert comparison.tests == 0


def test_the_p_is_adjusted_for_all_that_is_shown() -> None:
    runs = split_of({"control": 200, "treatment": 200})
    rates = {"control": 0.6, "treatment": 0.72}
    alone = compared(runs, {"rating": ratings(runs, rates)})
    many = {f"other-{seed}": ratings(runs, {"control": 0.5, "treatment": 0.5}, seed) for seed in range(9)}
    among = compared(runs, {"rating": ratings(runs, rates), **many})
    assert (alone.tests, among.tests) == (1, 10)
    first, second = (arm_of(each, "rating", "treatment") for each in (alone, among))
    assert first.adjusted is not None
    assert second.adjusted == pytest.approx(min(1.0, 10 * first.adjusted))


def test_the_users_needed_count_in_those_who_never_rate() -> None:
    runs = split_of({"control": 400, "treatment": 400})
    rating = ratings(runs, {"control": 0.6, "treatment": 0.6})
    everybody = arm_of(compared(runs, {"rating": rating}, Detect(0.05)), "rating", "treatment")
    half = {run_id: value for run_id, value in rating.items() if int(run_id.removeprefix("run-")) % 2}
    some = arm_of(compared(runs, {"rating": half}, Detect(0.05)), "rating", "treatment")
    assert everybody.needed == pytest.approx(3_014, rel=0.05)  # 7.85·(.24/.5 + .24/.5)/.05²
    assert everybody.more_users == everybody.needed - 800
    assert some.more_users == pytest.approx(2 * (some.needed - 400), abs=1)


def test_a_share_of_a_mean_of_zero_is_no_size() -> None:
    runs = split_of({"control": 20, "treatment": 20})
    comparison = compared(runs, {"error rate": ratings(runs, {"control": 0.0, "treatment": 0.5})})
    row = arm_of(comparison, "error rate", "treatment")
    assert (row.detect, row.needed, row.more_users) == (None, None, None)


def test_enough_users_are_enough() -> None:
    runs = split_of({"control": 40, "treatment": 40})
    rating = ratings(runs, {"control": 0.5, "treatment": 0.5})
    assert arm_of(compared(runs, {"rating": rating}, Detect(0.9)), "rating", "treatment").more_users == 0


def test_what_was_said_comes_first_and_an_unknown_metric_names_the_nearest() -> None:
    runs = split_of({"control": 3, "treatment": 3})
    values = {
        "latency": {"run-0": 1.0},
        "cost": {},
        "error rate": {"run-0": 0.0},
        "zest": {"run-0": 1.0},
        "rating": {"run-0": 1.0},
    }
    shown = [metric.metric for metric in compared(runs, values).metrics]
    assert shown == ["rating", "zest", "latency", "error rate"]
    assignments = Assignments(runs=runs, top_of={}, of_several_users=0)
    only = compare_arms("support", assignments, values, TENTH, ["zest", "zest"])
    assert [metric.metric for metric in only.metrics] == ["zest"]
    with pytest.raises(
        NotFoundError, match=r"value of 'latncy'\. Did you mean 'latency'\? Known: error rate, latency,"
    ):
        compare_arms("support", assignments, values, TENTH, ["latncy"])
