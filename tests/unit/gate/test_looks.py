"""Guard 1 over several looks: when the suite runs again, how often, and what makes it red."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.settings import Settings
from tests.unit.suites import World, first, graded, together

RowOf = Callable[..., MetricRow]
WIDE = [GateRule(metric="pass", rule="off")]


def test_what_did_not_drop_is_not_run_again(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again()
    row = row_of(w.decide(w.trials(first(4)), w.baseline(first(4)), again))
    assert again.asked == []
    assert (row.verdict, row.passes, row.fresh) == ("NEUTRAL", 1, False)


def test_a_drop_asks_for_one_further_pass_of_every_example(world: type[World]) -> None:
    w = world(40)
    again = w.again(first(12))
    w.decide(w.trials(first(12)), w.baseline(), again)
    (rerun,) = again.reruns("pass")
    assert rerun.suite == w.plan.name
    assert dict(rerun.repeats) == {example: [2] for example in w.ids}


def test_an_overwhelming_drop_is_red_after_one_further_pass(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again(first(10))
    decision = w.decide(w.trials(first(12)), w.baseline(), again)
    row = row_of(decision)
    assert again.asked == ["passes"]
    assert (row.verdict, row.red) == ("REGRESSED", True)
    assert row.p <= 0.001


def test_twelve_of_twelve_failing_are_red_after_one_further_pass(world: type[World], row_of: RowOf) -> None:
    w = world(12)
    again = w.again(False)
    assert row_of(w.decide(w.trials(False), w.baseline(), again)).verdict == "REGRESSED"
    assert again.asked == ["passes"]


def test_a_drop_that_stays_in_doubt_takes_three_further_passes(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again(first(1))
    row = row_of(w.decide(w.trials(first(1)), w.baseline(), again))
    assert [dict(rerun.repeats)["e000"] for rerun in again.reruns("pass")] == [[2], [3], [4]]
    assert (row.verdict, row.red) == ("REGRESSED", True)
    assert 0.001 < row.p < 0.025


def test_a_drop_that_was_bad_luck_is_over_as_soon_as_the_pooled_passes_say_so(
    world: type[World], row_of: RowOf
) -> None:
    w = world(40)
    flaky = w.baseline(lambda example, number: int(example[1:]) % 5 != number % 5)
    again = w.again()
    row = row_of(w.decide(w.trials(first(14)), flaky, again))
    assert again.asked == ["passes"]
    assert (row.verdict, row.red, row.passes) == ("NEUTRAL", False, 2)
    assert row.candidate == pytest.approx((26 + 40) / 80)


def test_a_tiny_drop_is_looked_at_again_but_never_red(world: type[World], row_of: RowOf) -> None:
    w = world(60)
    again = w.again(first(1))
    row = row_of(w.decide(w.trials(first(1)), w.baseline(), again))
    assert len(again.reruns("pass")) == 3
    assert (row.verdict, row.delta) == ("NEUTRAL", pytest.approx(-1 / 60))
    assert row.p < 0.025


@pytest.mark.parametrize(("confirm", "passes"), [(1, 1), (2, 2), (3, 3)])
def test_llm_confirm_is_the_most_further_passes(
    confirm: int, passes: int, world: type[World], row_of: RowOf
) -> None:
    w = world(40)
    again = w.again(first(1))
    row = row_of(w.decide(w.trials(first(1)), w.baseline(), again, confirm=confirm))
    assert len(again.reruns("pass")) == passes
    assert (row.p < 0.025) is row.red


class TestOneLook:
    def test_switched_off_nothing_runs_again_and_p_below_02_is_red(
        self, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40)
        again = w.again(False)
        decision = w.decide(w.trials(first(2)), w.baseline(), again, confirm=0)
        assert again.asked == []
        assert row_of(decision).p == pytest.approx(1 / 72, abs=0.005)  # the lowest of 36 deals, by half
        assert (row_of(decision).verdict, decision.red) == ("REGRESSED", True)

    def test_between_02_and_10_it_is_inconclusive(self, world: type[World], row_of: RowOf) -> None:
        w = world(20)
        decision = w.decide(w.trials(first(1)), w.baseline(), confirm=0)
        assert row_of(decision).p == pytest.approx(1 / 12, abs=0.012)
        assert (row_of(decision).verdict, decision.red) == ("INCONCLUSIVE", False)

    @pytest.mark.parametrize(("failing", "said"), [(0, ""), (1, "shards"), (8, "shards")])
    def test_where_nobody_can_look_a_doubt_says_so(self, failing: int, said: str, world: type[World]) -> None:
        w = world(20)
        assert w.decide(w.trials(first(failing)), w.baseline(), unlooked="shards").unlooked == said

    def test_a_gate_that_could_look_did_not_look_once_only(self, world: type[World]) -> None:
        w = world(20)
        decision = w.decide(w.trials(first(8)), w.baseline(), w.again(first(8)), unlooked="shards")
        assert decision.unlooked == ""


@pytest.mark.parametrize("repeat", [3, 5])
def test_repeats_of_the_session_do_not_spare_it_the_second_look(
    repeat: int, world: type[World], row_of: RowOf
) -> None:
    w = world(40, repeat=repeat)
    again = w.again(first(11))
    row = row_of(w.decide(w.trials(first(11)), w.baseline(), again))
    (rerun,) = again.reruns("pass")
    assert set(map(tuple, rerun.repeats.values())) == {(repeat + 1,)}
    assert (row.verdict, row.passes, row.fresh) == ("REGRESSED", 1, True)


class TestSeveralSuites:
    def test_only_the_suite_in_doubt_runs_again(self, world: type[World]) -> None:
        bad, good = world(40, suite="tests/test_a.py::test_it"), world(40, suite="tests/test_b.py::test_it")
        scripts = bad.again(first(10)), good.again()
        decision = decide(
            [bad.plan, good.plan],
            [*bad.trials(first(12)), *good.trials()],
            {bad.plan.name: bad.baseline(), good.plan.name: good.baseline()},
            Settings(),
            together(*scripts),
        )
        assert {rerun.suite for rerun in scripts[1].reruns("pass")} == {bad.plan.name}
        rows = {row.suite: (row.verdict, row.red) for row in decision.metrics}
        assert rows == {bad.plan.name: ("REGRESSED", True), good.plan.name: ("NEUTRAL", False)}

    def test_each_goes_on_for_as_long_as_its_own_metrics_want(self, world: type[World]) -> None:
        quick, slow = world(40, suite="tests/test_a.py::test_it"), world(40, suite="tests/test_b.py::test_it")
        scripts = quick.again(first(12)), slow.again(first(1))
        decision = decide(
            [quick.plan, slow.plan],
            [*quick.trials(first(12)), *slow.trials(first(2))],
            {quick.plan.name: quick.baseline(), slow.plan.name: slow.baseline()},
            Settings(),
            together(*scripts),
        )
        asked = [rerun.suite for rerun in scripts[0].reruns("pass")]
        assert asked == [quick.plan.name, slow.plan.name, slow.plan.name, slow.plan.name]
        assert [row.passes for row in decision.metrics] == [1, 3]
        assert [row.verdict for row in decision.metrics] == ["REGRESSED", "REGRESSED"]

    def test_p_is_over_all_metrics_of_the_session(self, world: type[World]) -> None:
        suites = [world(40, metrics={"tone": "v"}, suite=f"tests/test_{name}.py::test_it") for name in "abc"]
        noisy = {"tone": lambda example, number: 0.9 if (int(example[1:]) + number) % 3 else 0.4}
        lower = {"tone": lambda example, number: 0.9 if (int(example[1:]) + number) % 2 else 0.4}
        passes = lambda example, number: (int(example[1:]) + number) % 4 > 0  # noqa: E731
        baselines = {w.plan.name: w.baseline(passes, scores=noisy) for w in suites}
        trials = list(suites[0].trials(passes, scores=lower))
        for w in suites[1:]:
            trials += w.trials(passes, scores=noisy)
        together_ = decide([w.plan for w in suites], trials, baselines, Settings())
        alone = decide([suites[0].plan], trials, baselines, Settings())
        one, of_six = (
            next(row for row in each.metrics if row.metric == "tone") for each in (alone, together_)
        )
        assert (one.tests, of_six.tests) == (2, 6)
        assert one.p == pytest.approx(of_six.p, abs=1e-9)
        assert one.p < one.p_adjusted < of_six.p_adjusted

    def test_a_metric_alone_needs_no_adjusted_p(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        row = row_of(w.decide(w.trials(first(1)), w.baseline(first(1))))
        assert (row.tests, row.p_adjusted) == (1, None)


class TestTheFailureOfALook:
    def test_a_look_that_cannot_run_is_not_green(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        again = w.again(errors={"passes": "llm_max_cost is spent"})
        decision = w.decide(w.trials(first(2)), w.baseline(), again)
        row = row_of(decision)
        assert (row.verdict, row.red) == ("INSUFFICIENT_DATA", True)
        assert row.note == "another look was due and could not run: llm_max_cost is spent"

    def test_no_further_session_starts_after_it(self, world: type[World]) -> None:
        w = world(40)
        again = w.again(errors={"passes": "it crashed"})
        w.decide(w.trials(first(2)), w.baseline(), again)
        assert again.asked == ["passes"]

    def test_metrics_that_did_not_want_to_look_keep_their_verdict(
        self, world: type[World], row_of: RowOf
    ) -> None:
        w = world(40, metrics={"tone": "v"})
        flat = {"tone": lambda *_: 0.9}
        again = w.again(errors={"passes": "it crashed"})
        decision = w.decide(w.trials(first(8), scores=flat), w.baseline(scores=flat), again)
        assert row_of(decision, "pass").verdict == "INSUFFICIENT_DATA"
        assert row_of(decision, "tone").verdict == "NEUTRAL"


def test_the_order_in_which_trials_arrive_changes_nothing(world: type[World]) -> None:
    w = world(40, metrics={"tone": "v"})
    scores = {"tone": lambda example, number: (int(example[1:]) * 7 + number * 3) % 11 / 10}
    baseline, trials = w.baseline(scores=scores), w.trials(first(3), scores=scores)
    again = lambda: w.again(first(3), scores=scores)  # noqa: E731
    assert w.decide(trials, baseline, again()) == w.decide(trials[::-1], baseline, again())


def test_clustered_examples_count_as_one(world: type[World], row_of: RowOf) -> None:
    plain, clustered = world(40), world(40, cluster_by="customer")
    rows = []
    for w in (plain, clustered):
        trials = []
        for number, example in enumerate(w.ids):
            trials += w.trials(first(10), only=[example], cluster=f"c{number // 10}")
        rows.append(row_of(w.decide(trials, w.baseline())))
    assert rows[0].p < 0.001
    # one of four customers fails altogether: one of its six passes is the bad one
    assert rows[1].p == pytest.approx(1 / 12, abs=0.012)
    assert rows[1].verdict == "INCONCLUSIVE"
    assert rows[1].low < rows[0].low


def test_lower_is_better_turns_the_test_round(world: type[World], row_of: RowOf) -> None:
    rule = GateRule(metric="harm", lower_is_better=True)
    w = world(40, metrics={"harm": "v"}, gates=[rule, *WIDE])
    baseline = w.baseline(scores={"harm": graded(0.2, 0.2)})
    worse, better = {"harm": graded(0.8, 0.2, fails=10)}, {"harm": graded(0.0, 0.2, fails=10)}
    again = w.again(scores=worse)
    row = row_of(w.decide(w.trials(scores=worse), baseline, again), "harm")
    assert (row.verdict, again.asked) == ("REGRESSED", ["passes"])
    assert row.delta == pytest.approx(-0.15)
    row = row_of(w.decide(w.trials(scores=better), baseline), "harm")
    assert (row.verdict, row.delta) == ("IMPROVED", pytest.approx(0.05))


def test_an_evaluator_that_scores_only_some_examples_is_tested_over_those(
    world: type[World], row_of: RowOf
) -> None:
    exempt = TrialScore(exempt=True, gating=True)
    at = lambda value: {"tone": lambda example, _: value if example < "e012" else exempt}  # noqa: E731
    w = world(40, metrics={"tone": "v"})
    again = w.again(scores=at(0.3))
    row = row_of(w.decide(w.trials(scores=at(0.3)), w.baseline(scores=at(0.9)), again), "tone")
    assert (row.verdict, row.n, row.expected, row.delta) == ("REGRESSED", 12, 12, pytest.approx(-0.6))


def test_an_evaluator_that_scored_only_some_repeats_is_tested_over_what_there_is(
    world: type[World], row_of: RowOf
) -> None:
    exempt = TrialScore(exempt=True, gating=True)
    some = {"tone": lambda _, number: 0.9 if number % 2 else exempt}
    lower = {"tone": lambda _, number: 0.3 if number % 2 else exempt}
    w = world(40, repeat=3, metrics={"tone": "v"})
    row = row_of(w.decide(w.trials(scores=lower), w.baseline(scores=some)), "tone")
    assert row.delta == pytest.approx(-0.6)
    assert row.p < 0.001
