"""``llm_gate(scale=…)``: every bound and test sees mapped scores; and metrics that leave 0 to 1 without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pytest_llmobs.errors import GateError
from pytest_llmobs.measures.gate_rules import check_rule
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.plans import GateRule
from tests.unit.suites import Again, World

RowOf = Callable[..., MetricRow]
ExampleOf = Callable[..., ExampleRow]

Stars = Callable[[str, int], float]


def stars(usual: float, lowered: float | None = None, fewer: int = 0) -> Mapping[str, Stars]:
    """Score the first ``fewer`` examples otherwise."""
    return {"stars": lambda example, _: lowered if int(example[1:]) < fewer else usual}


def suite(examples: int = 40, **rule: Any) -> World:
    return World(examples, metrics={"stars": "v"}, gates=[GateRule(metric="stars", **rule)])


class TestScale:
    def test_all_figures_of_the_row_are_mapped(self, row_of: RowOf) -> None:
        w = suite(scale=(1, 5))
        decision = w.decide(w.trials(scores=stars(4, 3, 10)), w.baseline(scores=stars(4)))
        row = row_of(decision, "stars")
        assert (row.verdict, row.scale, row.unit) == ("REGRESSED", (1, 5), True)
        assert (row.baseline, row.candidate, row.delta) == (0.75, 0.6875, -0.0625)

    @pytest.mark.parametrize(("drop", "verdict"), [(0.07, "NEUTRAL"), (0.09, "REGRESSED")])
    def test_max_drop_is_a_share_of_the_scale(self, drop: float, verdict: str, row_of: RowOf) -> None:
        w = suite(scale=(1, 5))
        decision = w.decide(w.trials(scores=stars(4 - drop)), w.baseline(scores=stars(4)))
        assert row_of(decision, "stars").verdict == verdict

    def test_min_mean_is_too(self, row_of: RowOf) -> None:
        w = suite(10, scale=(1, 5), min_mean=0.75)
        assert not w.decide(w.trials(scores=stars(4))).red
        row = row_of(w.decide(w.trials(scores=stars(3.8))), "stars")
        assert row.note == "mean 0.7 is below min_mean=0.75"
        assert row.red

    def test_must_pass_asks_for_the_middle(self) -> None:
        w = suite(3, scale=(1, 5), must_pass={})
        assert not w.decide(w.trials(scores=stars(3))).red
        (row,) = w.decide(w.trials(scores=stars(3, 2.9, 1))).examples
        assert (row.example_id, row.red) == ("e000", True)

    def test_lower_is_better_is_turned_within_it(self, row_of: RowOf) -> None:
        w = suite(scale=(0, 10), lower_is_better=True)
        decision = w.decide(w.trials(scores=stars(2, 6, 10)), w.baseline(scores=stars(2)))
        row = row_of(decision, "stars")
        assert (row.verdict, row.baseline) == ("REGRESSED", pytest.approx(0.2))
        assert row.delta == pytest.approx(-0.1)

    def test_a_scale_that_starts_elsewhere_leaves_the_test_as_it_is(self, row_of: RowOf) -> None:
        raw, scaled = suite(scale=None), suite(scale=(1, 5))
        wave = {"stars": lambda example, number: 1 + (int(example[1:]) * 3 + number) % 5}
        lower = {"stars": lambda example, number: max(1, (int(example[1:]) * 3 + number) % 5)}
        ps = [
            row_of(w.decide(w.trials(scores=lower), w.baseline(scores=wave)), "stars").p
            for w in (raw, scaled)
        ]
        assert ps[0] == pytest.approx(ps[1])


class TestSuspectsOnAScale:
    ON_STARS = {"scale": (1, 5), "rule": "mean", "max_drop": 0.9}  # noqa: RUF012

    def judged(self, usual: float, now: float, **rule: Any) -> tuple[Decision, Again]:
        w = suite(50, **{**self.ON_STARS, **rule})
        low = stars(usual, now, 1)
        again = w.again(scores=low)
        return w.decide(w.trials(scores=low), w.baseline(scores=stars(usual)), again), again

    def test_a_further_session_is_told_the_bound_in_raw_scores(self, example_of: ExampleOf) -> None:
        decision, again = self.judged(5, 3)
        (suspicion,) = again.reruns("suspect")[0].suspicions["e000"]
        assert (suspicion.sign, suspicion.bound) == (1.0, 3.0)
        row = example_of(decision, "e000", "stars")
        assert (row.state, row.candidate) == ("broken", (3.0,) * 8)

    def test_just_above_half_of_what_it_was_is_no_failure(self) -> None:
        decision, again = self.judged(5, 3.01)
        assert (decision.red, again.asked) == (False, [])

    def test_lower_is_better(self, example_of: ExampleOf) -> None:
        decision, again = self.judged(1, 3, lower_is_better=True)
        (suspicion,) = again.reruns("suspect")[0].suspicions["e000"]
        assert (suspicion.sign, suspicion.bound) == (-1.0, -3.0)
        assert example_of(decision, "e000", "stars").state == "broken"

    @pytest.mark.parametrize(
        ("scale", "usual", "now", "lower_is_better"),
        [
            ((0, 100), 58, 29, False),
            ((0, 100), 10, 55, True),
            ((0, 100), 12, 56, True),
            ((1, 10), 9, 5, False),
        ],
    )
    def test_a_score_right_at_the_bound_means_the_same_in_the_session_and_to_the_gate(
        self, scale: tuple[int, int], usual: float, now: float, lower_is_better: bool
    ) -> None:
        lowest = scale[0] if not lower_is_better else scale[1]
        w = suite(50, **{**self.ON_STARS, "scale": scale, "lower_is_better": lower_is_better})
        again = w.again(scores={"stars": lambda *_: now})
        decision = w.decide(w.trials(scores=stars(usual, lowest, 1)), w.baseline(scores=stars(usual)), again)
        assert {row.state for row in decision.examples} <= {"broken", "flaky"}


@pytest.mark.parametrize("score", [0.9, 5.1])
def test_a_score_outside_of_the_scale_is_red_and_named(score: float) -> None:
    w = suite(5, scale=(1, 5))
    (error,) = w.decide(w.trials(scores=stars(4, score, 1)), w.baseline(scores=stars(4))).errors
    assert error == (
        f"{w.plan.name}: scale=(1, 5) of llm_gate('stars') doesn't hold {score}, the score of example 'e000'. "
        "Give the lowest and the highest score that there are."
    )


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (GateRule(metric="stars", scale=(5, 1)), "is no range: the lower score comes first"),
        (GateRule(metric="stars", scale=(1, 1)), "is no range"),
        (GateRule(metric="stars", scale=(1,)), "is no pair of numbers"),
        (GateRule(metric="stars", scale=5), "is no pair of numbers"),
        (GateRule(metric="stars", scale=("1", "5")), "is no pair of numbers"),
        (GateRule(metric="stars", scale=(1, math.inf)), "is no pair of numbers"),
        (GateRule(metric="stars", scale=(True, 5)), "is no pair of numbers"),
        (GateRule(metric="pass", scale=(0, 1)), "a test passes or fails, that is 0 or 1 already"),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused_and_red(rule: GateRule, words: str) -> None:
    with pytest.raises(GateError, match="scale="):
        check_rule(rule)
    w = World(5, metrics={"stars": "v"}, gates=[rule])
    (error,) = w.decide(w.trials(scores=stars(4))).errors
    assert words in error


class TestWithoutAScale:
    @pytest.mark.parametrize(("lowered", "verdict"), [(391, "NEUTRAL"), (389, "REGRESSED")])
    def test_max_drop_is_a_fiftieth_of_the_range_seen_in_the_baseline(
        self, lowered: float, verdict: str, row_of: RowOf
    ) -> None:
        w = suite(40)
        usual = {"stars": lambda example, _: 0 if example == "e039" else 500 if example == "e038" else 400}
        lower = {"stars": lambda example, _: usual["stars"](example, 1) - (400 - lowered)}
        row = row_of(w.decide(w.trials(scores=lower), w.baseline(scores=usual)), "stars")
        assert (row.verdict, row.unit) == (verdict, False)

    def test_where_they_are_all_alike_the_number_itself_stands_for_the_range(self, row_of: RowOf) -> None:
        w = suite(40)
        for lowered, verdict in ((295, "NEUTRAL"), (293, "REGRESSED")):
            decision = w.decide(w.trials(scores=stars(lowered)), w.baseline(scores=stars(300)))
            assert row_of(decision, "stars").verdict == verdict

    def test_a_max_drop_of_its_own_is_in_the_metrics_unit(self, row_of: RowOf) -> None:
        w = suite(40, max_drop=20)
        for lowered, verdict in ((285, "NEUTRAL"), (275, "REGRESSED")):
            decision = w.decide(w.trials(scores=stars(lowered)), w.baseline(scores=stars(300)))
            assert row_of(decision, "stars").verdict == verdict

    def test_its_interval_is_in_its_own_unit(self, row_of: RowOf) -> None:
        w = suite(4)
        decision = w.decide(w.trials(scores=stars(300, 100, 2)), w.baseline(scores=stars(300)))
        assert row_of(decision, "stars").low < -100

    @pytest.mark.parametrize(("now", "unit", "delta"), [(3, False, -3.0), (1, True, -1.0)])
    def test_one_that_leaves_0_to_1_only_now_has_no_interval_of_shares(
        self, now: int, unit: bool, delta: float, row_of: RowOf
    ) -> None:
        w = suite(40, lower_is_better=True)
        row = row_of(w.decide(w.trials(scores=stars(now)), w.baseline(scores=stars(0))), "stars")
        assert (row.verdict, row.unit, row.delta) == ("REGRESSED", unit, delta)
        assert row.low <= row.delta <= row.high
