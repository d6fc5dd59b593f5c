"""The verdicts: what ``decide`` says of a metric, by its rule, its bounds and its drop or rise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule
from tests.unit.suites import first, graded

RowOf = Callable[..., MetricRow]
FAILED = {("e000", 1), ("e001", 2), ("e002", 3)}
"""Another example fails in each pass but the fourth."""


def test_nothing_changed_is_neutral(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(4)), w.baseline(first(4)))
    row = row_of(decision)
    assert not decision.red
    assert (row.verdict, row.red, row.n, row.expected) == ("NEUTRAL", False, 40, 40)
    assert (row.baseline, row.candidate, row.delta) == (0.9, 0.9, 0.0)


def test_a_drop_within_max_drop_is_no_regression_however_significant(world, row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v"})
    baseline = w.baseline(scores={"tone": graded(0.9)})
    decision = w.decide(w.trials(scores={"tone": graded(0.885)}), baseline)
    assert row_of(decision, "tone").verdict == "NEUTRAL"
    assert row_of(decision, "tone").p < 0.001


def test_max_drop_is_the_metrics_own(world, row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v"}, gates=[GateRule(metric="tone", max_drop=0.01)])
    baseline = w.baseline(scores={"tone": graded(0.9)})
    assert row_of(w.decide(w.trials(scores={"tone": graded(0.885)}), baseline), "tone").verdict == "REGRESSED"


def test_a_drop_of_exactly_max_drop_counts(world, row_of: RowOf) -> None:
    w = world(50, metrics={"tone": "v"})
    baseline = w.baseline(scores={"tone": lambda *_: 0.5})
    assert (
        row_of(w.decide(w.trials(scores={"tone": lambda *_: 0.48}), baseline), "tone").verdict == "REGRESSED"
    )


def test_what_dropped_without_proof_at_its_last_look_is_inconclusive_and_green(world, row_of: RowOf) -> None:
    w = world(20)
    one_each = lambda example, number: (example, number) not in FAILED  # noqa: E731
    again = w.again(one_each)
    decision = w.decide(w.trials(one_each), w.baseline(), again)
    row = row_of(decision)
    assert (row.verdict, row.red, row.warning) == ("INCONCLUSIVE", False, True)
    assert len(again.reruns("pass")) == 3
    assert row.delta == pytest.approx(-3 / 80)
    assert 0.025 < row.p < 0.1
    assert not decision.red


@pytest.mark.parametrize(
    ("fail_on", "red"),
    [("regressed", False), ("inconclusive", True), ("regressed, inconclusive", True), ("drifted", False)],
)
def test_fail_on_makes_the_inconclusive_red(world, fail_on: str, red: bool) -> None:
    w = world(20)
    (row,) = w.decide(w.trials(first(1)), w.baseline(), fail_on=fail_on).metrics
    assert (row.verdict, row.red) == ("INCONCLUSIVE", red)


def test_a_rise_is_improved_without_a_further_look(world, row_of: RowOf) -> None:
    w = world(40)
    again = w.again()
    row = row_of(w.decide(w.trials(True), w.baseline(first(10)), again))
    assert (row.verdict, row.red) == ("IMPROVED", False)
    assert "a new baseline" in row.note
    assert again.asked == []


def test_a_rise_that_chance_explains_is_no_improvement(world, row_of: RowOf) -> None:
    w = world(40)
    row = row_of(w.decide(w.trials(True), w.baseline(first(1))))
    assert row.verdict == "NEUTRAL"
    assert row.delta == pytest.approx(1 / 40)


def test_one_example_alone_can_regress_and_improve(world, row_of: RowOf) -> None:
    w = world(1)
    again = w.again(False)
    assert row_of(w.decide(w.trials(False), w.baseline(), again)).verdict == "REGRESSED"
    assert len(again.reruns("pass")) == 3
    # one trial more than five says too little of a rise
    assert row_of(w.decide(w.trials(True), w.baseline(False))).verdict == "NEUTRAL"


def test_a_baseline_of_one_pass_is_enough_to_compare_with(world, row_of: RowOf) -> None:
    w = world(40)
    again = w.again(first(12))
    assert row_of(w.decide(w.trials(first(12)), w.baseline(repeat=1), again)).verdict == "REGRESSED"


def test_rows_of_unequal_passes_are_compared_all_the_same(world, row_of: RowOf) -> None:
    w = world(40)
    few, many = w.baseline(repeat=1), w.baseline(repeat=12)
    rows = {name: (few if name < "e020" else many).rows[name] for name in w.ids}
    mixed = replace(many, rows=rows)
    again = w.again(first(30))
    assert row_of(w.decide(w.trials(first(30)), mixed, again)).verdict == "REGRESSED"
    assert row_of(w.decide(w.trials(), mixed)).verdict == "NEUTRAL"


class TestRules:
    def test_mean_is_red_without_a_further_look(self, world, row_of: RowOf) -> None:
        w = world(20, gates=[GateRule(metric="pass", rule="mean")])
        again = w.again()
        decision = w.decide(w.trials(first(1)), w.baseline(), again)
        assert (row_of(decision).verdict, row_of(decision).red) == ("REGRESSED", True)
        assert again.reruns("pass") == []

    def test_mean_lets_a_drop_of_max_drop_pass(self, world, row_of: RowOf) -> None:
        w = world(50, gates=[GateRule(metric="pass", rule="mean")])
        assert not row_of(w.decide(w.trials(first(1)), w.baseline())).red

    def test_off_takes_a_metric_out_of_both_guards(self, world, row_of: RowOf) -> None:
        w = world(12, gates=[GateRule(metric="pass", rule="off")])
        decision = w.decide(w.trials(False), w.baseline())
        assert not decision.red
        assert row_of(decision).delta == -1.0
        assert decision.examples == ()

    def test_min_mean_holds_with_and_without_a_baseline(self, world, row_of: RowOf) -> None:
        w = world(10, gates=[GateRule(metric="pass", min_mean=0.95)])
        for baseline in (None, w.baseline(first(1))):
            row = row_of(w.decide(w.trials(first(1)), baseline))
            assert row.red
            assert "mean 0.9 is below min_mean=0.95" in row.note
            assert not row_of(w.decide(w.trials(True), baseline)).red

    def test_min_mean_is_held_against_the_sessions_own_passes(self, world, row_of: RowOf) -> None:
        w = world(40, gates=[GateRule(metric="pass", min_mean=0.95)])
        row = row_of(w.decide(w.trials(first(10)), w.baseline(), w.again()))
        assert row.missed_bound
        assert "mean of the session's own passes 0.75 is below min_mean=0.95" in row.note

    def test_min_mean_is_a_ceiling_where_lower_is_better(self, world, row_of: RowOf) -> None:
        gates = [GateRule(metric="violations", min_mean=0.1, lower_is_better=True)]
        w = world(10, metrics={"violations": "v"}, gates=gates)
        row = row_of(w.decide(w.trials(scores={"violations": lambda *_: 0.5})), "violations")
        assert row.red
        assert "is above min_mean=0.1" in row.note

    def test_min_mean_holds_for_a_rule_that_is_off(self, world, row_of: RowOf) -> None:
        w = world(10, gates=[GateRule(metric="pass", rule="off", min_mean=0.95)])
        assert row_of(w.decide(w.trials(False), w.baseline())).red

    def test_must_pass_makes_marked_examples_red_one_by_one(self, world, example_of) -> None:
        tiers = {"e001": {"tier": "critical"}, "e002": {"tier": "basic"}}
        w = world(
            30, gates=[GateRule(metric="pass", must_pass={"tier": "critical"})], metadata=tiers, repeat=2
        )
        decision = w.decide(
            w.trials(lambda e, r: not (e == "e001" and r == 2)), w.baseline(lambda e, _: e != "e001")
        )
        row = example_of(decision, "e001")
        assert (row.red, row.state) == (True, "broken")
        assert row.comment.startswith("must pass (tier='critical'): 1 of 2 trials passed")
        assert not w.decide(w.trials(lambda e, _: e != "e002")).red

    def test_must_pass_does_not_take_silence_for_a_pass(self, world) -> None:
        w = world(30, gates=[GateRule(metric="pass", must_pass={})])
        decision = w.decide(w.trials(only=w.ids[1:]))
        assert [row.comment for row in decision.examples] == [
            "must pass (every example): 0 of 1 trial passed, 1 without a verdict"
        ]

    def test_must_pass_of_a_score_is_one_half(self, world) -> None:
        w = world(3, metrics={"tone": "v"}, gates=[GateRule(metric="tone", must_pass={})])
        decision = w.decide(w.trials(scores={"tone": lambda e, _: 0.4 if e == "e000" else 0.5}))
        assert [(row.example_id, row.metric, row.red) for row in decision.examples] == [
            ("e000", "tone", True)
        ]

    def test_a_mean_is_told_with_as_many_digits_as_tell_it_from_its_bound(self, world, row_of: RowOf) -> None:
        w = world(10, metrics={"tone": "v"}, gates=[GateRule(metric="tone", min_mean=0.9)])
        row = row_of(w.decide(w.trials(scores={"tone": lambda *_: 0.899999}), None), "tone")
        assert "mean 0.899999 is below min_mean=0.9" in row.note

    def test_a_metric_that_is_off_needs_no_new_baseline(self, world, row_of: RowOf) -> None:
        gates = [GateRule(metric="tone", rule="off")]
        old, new = world(10, metrics={"tone": "v1"}), world(10, metrics={"tone": "v2"}, gates=gates)
        scores = {"tone": lambda *_: 0.9}
        row = row_of(new.decide(new.trials(scores=scores), old.baseline(scores=scores)), "tone")
        assert row.verdict == "NEUTRAL"
        assert row.note.startswith(
            "rule='off': no drop of it is red; its evaluator changed since the baseline"
        )
