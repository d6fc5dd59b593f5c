"""The figures of a metric's row: which passes they cover, the interval, p, and the drop that would be found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_llmobs.measures.distributions import wilson_interval
from pytest_llmobs.measures.drops import detection_factor
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule
from tests.unit.suites import ACCEPTED, World, first, graded

RowOf = Callable[..., MetricRow]
Z_SQUARED = 1.6449**2


def noisy(example: str, number: int) -> bool:
    """Pass four times of five, another one failing in each pass."""
    return (int(example[1:]) + number) % 5 > 0


class TestWhichPasses:
    def test_a_regressed_row_shows_the_further_passes_alone(self, world: type[World], row_of: RowOf) -> None:
        """The first one was chosen for being low."""
        w = world(40)
        row = row_of(w.decide(w.trials(first(12)), w.baseline(), w.again(first(10))))
        assert (row.verdict, row.fresh, row.passes) == ("REGRESSED", True, 1)
        assert (row.baseline, row.candidate, row.delta) == (1.0, 0.75, -0.25)
        assert row.low < -0.25 < row.high < 0

    def test_so_does_one_that_drifted(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        again = w.again(first(10), accepted=first(10))
        row = row_of(w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again))
        assert (row.verdict, row.fresh, row.candidate, row.control) == ("DRIFTED", True, 0.75, 0.75)

    def test_any_other_row_shows_all_of_them(self, world: type[World], row_of: RowOf) -> None:
        w = world(60)
        row = row_of(w.decide(w.trials(first(1)), w.baseline(), w.again(first(1))))
        assert (row.verdict, row.fresh, row.passes) == ("NEUTRAL", False, 4)
        assert row.delta == pytest.approx(-1 / 60)

    def test_a_regression_seen_once_has_nothing_but_its_one_look(
        self, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40)
        row = row_of(w.decide(w.trials(first(12)), w.baseline()))
        assert (row.verdict, row.fresh, row.passes, row.delta) == ("REGRESSED", False, 1, -0.3)

    def test_repeats_of_the_session_count_as_passes(self, world: type[World], row_of: RowOf) -> None:
        w = world(40, repeat=5)
        assert row_of(w.decide(w.trials(), w.baseline())).passes == 5


class TestInterval:
    def test_no_difference_at_all_still_leaves_a_drop_open(self, world: type[World], row_of: RowOf) -> None:
        w = world(50)
        row = row_of(w.decide(w.trials(), w.baseline()))
        assert (row.low, row.high) == (pytest.approx(-Z_SQUARED / 50, rel=1e-3), 0.0)

    def test_more_passes_narrow_it(self, world: type[World], row_of: RowOf) -> None:
        lows = []
        for repeat in (1, 3, 5):
            w = world(50, repeat=repeat)
            lows.append(row_of(w.decide(w.trials(noisy), w.baseline(noisy))).low)
        assert lows == sorted(lows)

    def test_it_never_goes_beyond_what_a_share_can_do(self, world: type[World], row_of: RowOf) -> None:
        w = world(3)
        row = row_of(w.decide(w.trials(False), w.baseline()))
        assert (row.delta, row.low) == (-1.0, -1.0)

    def test_clusters_widen_it(self, world: type[World], row_of: RowOf) -> None:
        plain, clustered = world(40), world(40, cluster_by="customer")
        lows = []
        for w in (plain, clustered):
            trials = [
                t for each in w.ids for t in w.trials(noisy, only=[each], cluster=f"c{int(each[1:]) // 10}")
            ]
            lows.append(row_of(w.decide(trials, w.baseline(noisy))).low)
        assert lows[1] < lows[0]

    def test_a_rate_without_a_baseline_has_wilsons(self, world: type[World], row_of: RowOf) -> None:
        w = world(10)
        low, high = wilson_interval(5, 10)
        row = row_of(w.decide(w.trials(first(5))))
        assert row.note == f"90 % interval {low:.2f} to {high:.2f}"
        assert (row.delta, row.low, row.p, row.mde) == (None, None, None, None)


class TestDetectableDrop:
    @pytest.mark.parametrize(("examples", "expected"), [(20, 0.153), (50, 0.061), (100, 0.031), (1000, 0.02)])
    def test_without_any_noise_it_is_what_so_few_trials_can_show(
        self, examples: int, expected: float, world: type[World], row_of: RowOf
    ) -> None:
        w = world(examples)
        row = row_of(w.decide(w.trials(), w.baseline(), w.again()))
        assert row.mde == pytest.approx(max(detection_factor(1) ** 2 / (4 * examples), 0.02))
        assert row.mde == pytest.approx(expected, abs=0.0005)

    def test_it_says_what_a_longer_baseline_and_three_repeats_would_make_of_it(
        self, world: type[World], row_of: RowOf
    ) -> None:
        w = world(50)
        row = row_of(w.decide(w.trials(noisy), w.baseline(noisy), w.again(noisy)))
        ten = row_of(w.decide(w.trials(noisy), w.baseline(noisy, repeat=10), w.again(noisy)))
        three = world(50, repeat=3)
        thrice = row_of(three.decide(three.trials(noisy), three.baseline(noisy), three.again(noisy)))
        assert row.mde_more_passes == pytest.approx(ten.mde, rel=0.03)
        assert row.mde_more_repeats == pytest.approx(thrice.mde, rel=0.03)
        assert max(row.mde_more_passes, row.mde_more_repeats) < row.mde
        assert (ten.mde_more_passes, thrice.mde_more_repeats) == (None, None)

    def test_it_never_promises_less_than_max_drop(self, world: type[World], row_of: RowOf) -> None:
        w = world(100, gates=[GateRule(metric="pass", max_drop=0.1)])
        row = row_of(w.decide(w.trials(), w.baseline(), w.again()))
        assert (row.mde, row.mde_more_repeats) == (0.1, 0.1)

    def test_more_metrics_raise_it(self, world: type[World], row_of: RowOf) -> None:
        alone, beside = world(50), world(50, metrics={"tone": "v"})
        flat = {"tone": graded(0.9)}
        assert (
            row_of(alone.decide(alone.trials(), alone.baseline())).mde
            < row_of(beside.decide(beside.trials(scores=flat), beside.baseline(scores=flat))).mde
        )

    def test_one_look_finds_less_than_four(self, world: type[World], row_of: RowOf) -> None:
        w = world(50)
        looking = row_of(w.decide(w.trials(), w.baseline(), w.again()))
        once = row_of(w.decide(w.trials(), w.baseline(), confirm=0))
        assert looking.mde < once.mde


def test_a_metric_that_is_not_tested_has_neither_p_nor_a_detectable_drop(
    world: type[World], row_of: RowOf
) -> None:
    for rule in ("mean", "off"):
        w = world(40, gates=[GateRule(metric="pass", rule=rule)])
        row = row_of(w.decide(w.trials(), w.baseline()))
        assert (row.p, row.p_adjusted, row.tests, row.mde) == (None, None, 0, None)
        assert row.delta == 0.0


def test_of_several_metrics_each_has_its_own_p_and_the_verdicts(world: type[World], row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v"})
    scores = {"tone": graded(0.7, fails=2)}
    row = row_of(w.decide(w.trials(scores=scores), w.baseline(scores={"tone": graded(0.9)})), "tone")
    assert row.tests == 2
    assert row.p <= row.p_adjusted


def test_a_suite_of_one_example_has_figures_too(world: type[World], row_of: RowOf) -> None:
    w = world(1)
    row = row_of(w.decide(w.trials(), w.baseline()))
    assert (row.verdict, row.delta, row.low, row.high, row.mde) == ("NEUTRAL", 0.0, -1.0, 0.0, 1.0)


def test_a_drop_of_the_first_pass_alone_is_told(world, row_of: RowOf) -> None:
    w = world(40)
    row = row_of(w.decide(w.trials(first(30)), w.baseline(), w.again(True)))
    assert (row.verdict, row.delta) == ("REGRESSED", 0.0)
    assert row.note == "over all 2 passes the mean is 0.375 lower: it was the first that was low"
