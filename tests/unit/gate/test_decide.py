"""Guard 1 and the verdicts: what ``decide`` says of a metric, before and after the confirming session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import MetricRow, Rerun
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import Settings
from tests.unit.suites import first, graded

RowOf = Callable[..., MetricRow]


def test_nothing_changed_is_neutral_and_says_which_drop_it_would_miss(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(4)), w.baseline(first(4)))
    row = row_of(decision)
    assert not decision.red
    assert (row.verdict, row.red, row.n, row.expected) == ("NEUTRAL", False, 40, 40)
    assert (row.baseline, row.candidate, row.delta) == (0.9, 0.9, 0.0)
    assert row.mde == 0.0  # a deterministic application: the smallest drop would be seen


def test_the_row_of_a_noisy_suite_says_how_many_repeats_halve_the_detectable_drop(
    world, row_of: RowOf
) -> None:
    w = world(40)
    noisy = w.baseline(lambda example, r: (int(example[1:]) + r) % 5 != 0)
    row = row_of(w.decide(w.trials(lambda example, _: int(example[1:]) % 5 != 1), noisy))
    assert row.mde == pytest.approx(2.49 * (row.high - row.low) / 2 / 1.6849, rel=0.01)
    assert row.mde_repeats == 4


def test_a_large_drop_is_tentatively_red_and_asks_for_the_whole_suite_again(world, row_of: RowOf) -> None:
    w = world(40, repeat=3)
    decision = w.decide(w.trials(first(11)), w.baseline())
    assert row_of(decision).verdict == "REGRESSED"
    assert decision.red
    assert decision.reruns[0] == Rerun(suite=w.plan.name, examples=None, repeats=3, reason="metric")
    assert "by one run alone" in row_of(decision).note


def test_a_confirmed_drop_is_red_over_both_runs_pooled(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(12)), w.baseline(), confirmation=w.trials(first(10), start=1))
    row = row_of(decision)
    assert (row.verdict, row.red) == ("REGRESSED", True)
    assert row.delta == pytest.approx(-(12 + 10) / 2 / 40)
    assert row.p < 0.025
    assert decision.reruns == ()


def test_an_unconfirmed_drop_is_inconclusive_and_green(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(5)), w.baseline(), confirmation=w.trials(True, start=1))
    row = row_of(decision)
    assert row.verdict == "INCONCLUSIVE"
    assert not row.red
    assert row.warning
    assert "not confirmed over both runs" in row.note
    assert not decision.red


def test_the_second_run_needs_more_evidence_than_the_first(world, row_of: RowOf) -> None:
    # 5 of 40 drop in the first run: p = 2^-5 = .031 < .05; the same five again stay at .031, above .025
    scores = {"tone": graded(0.7, fails=5)}
    w = world(40, metrics={"tone": "v"}, gates=[GateRule(metric="pass", rule="off")])
    baseline = w.baseline(scores={"tone": graded(0.9)})
    tentative = w.decide(w.trials(scores=scores), baseline)
    assert row_of(tentative, "tone").verdict == "REGRESSED"
    final = w.decide(w.trials(scores=scores), baseline, confirmation=w.trials(scores=scores, start=1))
    assert row_of(final, "tone").verdict == "INCONCLUSIVE"


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


def test_an_insignificant_drop_is_inconclusive_and_fail_on_makes_it_red(world, row_of: RowOf) -> None:
    w = world(40)
    baseline = w.baseline(lambda example, r: r > 1 or int(example[1:]) > 20)
    trials = w.trials(first(7))
    assert row_of(w.decide(trials, baseline)).verdict == "INCONCLUSIVE"
    assert not w.decide(trials, baseline).metrics[0].red
    assert w.decide(trials, baseline, fail_on="inconclusive").metrics[0].red


def test_a_rise_is_improved_without_confirmation(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(True), w.baseline(first(10)))
    row = row_of(decision)
    assert (row.verdict, row.red) == ("IMPROVED", False)
    assert row.p < 0.05
    assert "--llm-update-baseline" in row.note
    assert decision.reruns == ()


def test_lower_is_better_turns_the_sign(world, row_of: RowOf) -> None:
    gates = [GateRule(metric="violations", lower_is_better=True)]
    w = world(40, metrics={"violations": "v"}, gates=gates)
    baseline = w.baseline(scores={"violations": lambda *_: 1.0})
    worse = w.decide(w.trials(scores={"violations": lambda *_: 2.0}), baseline)
    better = w.decide(w.trials(scores={"violations": lambda *_: 0.0}), baseline)
    assert (row_of(worse, "violations").verdict, row_of(worse, "violations").delta) == ("REGRESSED", -1.0)
    assert row_of(better, "violations").verdict == "IMPROVED"


def test_holm_spans_all_metrics_of_the_session(world) -> None:
    # five drops alone are significant (.031); beside four more metrics they are not
    suites = [world(40, metrics={"tone": "v"}, suite=f"tests/test_{name}.py::test_it") for name in "abc"]
    scores = {"tone": graded(0.7, fails=5)}
    flat = {"tone": graded(0.9)}
    baselines = {w.plan.name: w.baseline(scores=flat) for w in suites}
    trials = [t for w in suites for t in w.trials(scores=scores if w is suites[0] else flat)]
    together = decide([w.plan for w in suites], trials, baselines, Settings())
    alone = decide([suites[0].plan], trials, baselines, Settings())
    assert next(row for row in alone.metrics if row.metric == "tone").p == pytest.approx(2 * 2**-5)
    assert next(row for row in together.metrics if row.metric == "tone").p == pytest.approx(6 * 2**-5)


def test_clustered_examples_count_as_one(world, row_of: RowOf) -> None:
    w = world(40, cluster_by="customer")
    trials = [t for n in range(40) for t in w.trials(first(10), only=[f"e{n:03}"], cluster=f"c{n // 5}")]
    row = row_of(w.decide(trials, w.baseline()))
    # two of eight clusters dropped: ±, so p = 2^-2
    assert row.p == pytest.approx(0.25)
    assert row.verdict == "INCONCLUSIVE"


def test_too_few_clusters_for_any_test_are_judged_by_the_noise(world, row_of: RowOf) -> None:
    w = world(40, cluster_by="tier")
    trials = [t for n in range(40) for t in w.trials(False, only=[f"e{n:03}"], cluster=f"t{n % 3}")]
    decision = w.decide(trials, w.baseline())
    assert row_of(decision).verdict == "REGRESSED"
    assert decision.reruns[0].repeats == 5


class TestUpToTwelvePairs:
    def test_any_drop_beyond_max_drop_asks_for_five_fresh_repeats(self, world, row_of: RowOf) -> None:
        w = world(12)
        decision = w.decide(w.trials(first(1)), w.baseline())
        assert row_of(decision).verdict == "REGRESSED"
        assert row_of(decision).p is None
        assert decision.reruns == (Rerun(suite=w.plan.name, examples=None, repeats=5, reason="metric"),)

    def test_a_real_drop_of_a_deterministic_application_is_red(self, world, row_of: RowOf) -> None:
        w = world(3)
        decision = w.decide(
            w.trials(first(1)), w.baseline(), confirmation=w.trials(first(1), start=1, repeat=5)
        )
        assert (row_of(decision).verdict, row_of(decision).red) == ("REGRESSED", True)
        assert row_of(decision).note == "confirmed over fresh repeats"

    def test_only_the_fresh_repeats_count(self, world, row_of: RowOf) -> None:
        w = world(3)
        decision = w.decide(w.trials(first(3)), w.baseline(), confirmation=w.trials(True, start=1, repeat=5))
        assert row_of(decision).verdict == "NEUTRAL"
        assert row_of(decision).candidate == 1.0
        assert not decision.red

    def test_a_drop_within_the_noise_between_repeats_is_inconclusive(self, world, row_of: RowOf) -> None:
        w = world(6)
        baseline = w.baseline(lambda _, r: r != 1)
        fresh = w.trials(lambda example, r: r > 2 or (r == 2 and example != "e001"), repeat=5, start=1)
        decision = w.decide(w.trials(first(3)), baseline, confirmation=fresh)
        assert row_of(decision).delta == pytest.approx(-1 / 30)
        assert row_of(decision).verdict == "INCONCLUSIVE"
        assert not row_of(decision).red

    def test_the_same_drop_without_noise_is_red(self, world, row_of: RowOf) -> None:
        w = world(6, metrics={"tone": "v"})
        baseline = w.baseline(scores={"tone": lambda *_: 0.8})
        lower = {"tone": lambda *_: 0.75}
        decision = w.decide(
            w.trials(scores=lower), baseline, confirmation=w.trials(scores=lower, start=1, repeat=5)
        )
        assert row_of(decision, "tone").red

    def test_a_rise_beyond_the_noise_is_improved(self, world, row_of: RowOf) -> None:
        w = world(6)
        assert row_of(w.decide(w.trials(True), w.baseline(first(2)))).verdict == "IMPROVED"


class TestConfirmation:
    def test_switched_off_the_tentative_verdict_stands(self, world, row_of: RowOf) -> None:
        w = world(40)
        decision = w.decide(w.trials(first(11)), w.baseline(), confirm=0)
        assert decision.reruns == ()
        assert (row_of(decision).verdict, row_of(decision).red) == ("REGRESSED", True)

    def test_a_second_run_that_lost_trials_can_not_acquit(self, world, row_of: RowOf) -> None:
        w = world(40)
        lost = w.trials(True, start=1, only=w.ids[:30])
        row = row_of(w.decide(w.trials(first(11)), w.baseline(), confirmation=lost))
        assert (row.verdict, row.red) == ("REGRESSED", True)
        assert row.note.startswith("tentative: the second run lacks 10 of 40 trials")

    def test_errors_of_the_second_run_can_not_acquit_either(self, world, row_of: RowOf) -> None:
        w = world(40)
        row = row_of(w.decide(w.trials(first(11)), w.baseline(), confirmation=w.trials("error", start=1)))
        assert row.red

    def test_reruns_of_suspects_enter_no_mean(self, world, row_of: RowOf) -> None:
        w = world(40)
        again = w.trials(first(11), start=1)
        alone = w.trials(False, start=2, repeat=4, only=w.ids[:3])
        row = row_of(w.decide(w.trials(first(11)), w.baseline(), confirmation=again + alone))
        assert row.candidate == pytest.approx(29 / 40)

    def test_trials_of_the_second_run_may_arrive_in_any_order(self, world) -> None:
        w = world(40)
        again = w.trials(first(9), start=1)
        baseline, trials = w.baseline(), w.trials(first(11))
        assert w.decide(trials, baseline, confirmation=again) == w.decide(
            trials[::-1], baseline, confirmation=again[::-1]
        )


class TestRules:
    def test_mean_is_red_without_confirmation(self, world, row_of: RowOf) -> None:
        w = world(40, gates=[GateRule(metric="pass", rule="mean")])
        decision = w.decide(w.trials(first(1)), w.baseline())
        assert (row_of(decision).verdict, row_of(decision).red) == ("REGRESSED", True)
        assert not [rerun for rerun in decision.reruns if rerun.reason == "metric"]

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
        assert row.note.startswith("rule='off': shown, never red; its evaluator changed since the baseline")


def test_no_interval_goes_beyond_what_a_rate_can_do(world, row_of: RowOf) -> None:
    w = world(10)
    row = row_of(w.decide(w.trials(first(8)), w.baseline(first(0))))
    assert (row.delta, row.low) == (pytest.approx(-0.8), -1.0)
    assert row.high > -0.8


def test_an_interval_of_other_numbers_is_as_wide_as_it_is(world, row_of: RowOf) -> None:
    w = world(4, metrics={"length": "v"})
    baseline = w.baseline(scores={"length": lambda *_: 300.0})
    row = row_of(w.decide(w.trials(scores={"length": graded(100, 300, fails=2)}), baseline), "length")
    assert row.low < -100
