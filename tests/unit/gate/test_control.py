"""DRIFTED: where a build would be red, the accepted code runs today, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import ExampleRow, MetricRow
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.settings import Settings
from tests.unit.suites import ACCEPTED, World, but, first, graded, together

RowOf = Callable[..., MetricRow]
ExampleOf = Callable[..., ExampleRow]
ALONE = [GateRule(metric="pass", rule="mean", max_drop=0.9)]
"""Guard 1 has no look at this metric."""


class TestOfAMean:
    def test_the_accepted_code_runs_three_passes_of_what_is_red(self, world: type[World]) -> None:
        w = world(40)
        again = w.again(first(10))
        w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again)
        assert again.asked == ["passes", "control"]
        assert again.requests[-1].commit == "1a2b3c4"
        (rerun,) = again.reruns("control")
        assert {name: list(numbers) for name, numbers in rerun.repeats.items()} == {
            example: [1, 2, 3] for example in w.ids
        }

    def test_where_it_does_better_today_the_red_stands(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        decision = w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), w.again(first(10)))
        row = row_of(decision)
        assert (row.verdict, row.red, row.control, row.control_note) == ("REGRESSED", True, 1.0, "")
        assert all(example.red for example in decision.examples)

    def test_where_it_fails_alike_the_verdict_is_drifted_and_green(
        self, world: type[World], row_of: RowOf, example_of: ExampleOf
    ) -> None:
        w = world(40)
        again = w.again(first(10), accepted=first(11))
        decision = w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again)
        row = row_of(decision)
        assert (row.verdict, row.red, row.warning) == ("DRIFTED", False, True)
        assert (row.candidate, row.control) == (0.75, 0.725)
        assert not decision.red
        example = example_of(decision, "e000")
        assert (example.state, example.red, example.control) == ("drifted", False, (0.0,) * 3)

    def test_a_difference_below_half_of_max_drop_is_alike(self, world: type[World], row_of: RowOf) -> None:
        w = world(200)
        one = w.again(first(20), accepted=first(19))
        two = w.again(first(20), accepted=first(18))
        rows = [
            row_of(w.decide(w.trials(first(20)), w.baseline(source=ACCEPTED), again)) for again in (one, two)
        ]
        assert [row.verdict for row in rows] == ["DRIFTED", "REGRESSED"]

    @pytest.mark.parametrize(("more", "verdict"), [(1, "DRIFTED"), (2, "REGRESSED")])
    def test_it_takes_a_p_below_10_against_the_accepted_code(
        self, more: int, verdict: str, world: type[World], row_of: RowOf
    ) -> None:
        """An example that failed once in two, and in three passes of the accepted code never: 2 of 5 deals, each."""
        w = world(40)
        again = w.again(first(10), accepted=first(10))
        row = row_of(w.decide(w.trials(first(10 + more)), w.baseline(source=ACCEPTED), again))
        assert row.verdict == verdict

    def test_in_a_suite_that_stays_red_an_example_may_drift(
        self, world: type[World], states_of: Callable[..., dict[str, str]]
    ) -> None:
        w = world(40)
        again = w.again(first(10), accepted=first(1))
        decision = w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again)
        assert (states_of(decision)["e000"], states_of(decision)["e001"]) == ("drifted", "broken")
        assert [row.example_id for row in decision.examples if not row.red] == ["e000"]

    def test_fail_on_makes_the_drifted_red(self, world: type[World], row_of: RowOf) -> None:
        w = world(40)
        again = w.again(first(10), accepted=first(10))
        decision = w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again, fail_on="drifted")
        assert (row_of(decision).verdict, decision.red) == ("DRIFTED", True)
        assert all(example.red for example in decision.examples)

    def test_one_metric_may_drift_and_another_stay_red(self, world: type[World], row_of: RowOf) -> None:
        w = world(40, metrics={"tone": "v"})
        flat, low = {"tone": graded(0.9)}, {"tone": graded(0.3, fails=20)}
        again = w.again(first(10), scores=low, accepted=True, accepted_scores=low)
        decision = w.decide(w.trials(first(10), scores=low), w.baseline(scores=flat, source=ACCEPTED), again)
        assert row_of(decision, "pass").verdict == "REGRESSED"
        assert row_of(decision, "tone").verdict == "DRIFTED"
        assert decision.red

    @pytest.mark.parametrize(("accepted", "verdict"), [(0.2, "REGRESSED"), (0.8, "DRIFTED")])
    def test_lower_is_better(self, accepted: float, verdict: str, world: type[World], row_of: RowOf) -> None:
        w = world(40, metrics={"harm": "v"}, gates=[GateRule(metric="harm", lower_is_better=True)])
        worse = {"harm": graded(0.8, fails=40)}
        again = w.again(scores=worse, accepted_scores={"harm": graded(accepted)})
        baseline = w.baseline(scores={"harm": graded(0.2)}, source=ACCEPTED)
        row = row_of(w.decide(w.trials(scores=worse), baseline, again), "harm")
        assert (row.verdict, row.control) == (verdict, pytest.approx(accepted))

    def test_a_scale_maps_the_accepted_codes_scores_too(self, world: type[World], row_of: RowOf) -> None:
        w = world(40, metrics={"stars": "v"}, gates=[GateRule(metric="stars", scale=(1, 5))])
        low = {"stars": graded(2, 5)}
        again = w.again(scores=low, accepted_scores={"stars": graded(4)})
        row = row_of(
            w.decide(w.trials(scores=low), w.baseline(scores={"stars": graded(5)}, source=ACCEPTED), again),
            "stars",
        )
        assert (row.verdict, row.control) == ("REGRESSED", 0.75)

    def test_a_handful_of_examples_is_enough_to_tell(self, world: type[World], row_of: RowOf) -> None:
        for size in (1, 2, 3):
            w = world(size)
            stays = w.decide(w.trials(False), w.baseline(source=ACCEPTED), w.again(False))
            drifts = w.decide(w.trials(False), w.baseline(source=ACCEPTED), w.again(False, accepted=False))
            assert (row_of(stays).verdict, row_of(drifts).verdict) == ("REGRESSED", "DRIFTED")


class TestOfAnExample:
    def test_the_accepted_code_runs_it_five_times(self, world: type[World]) -> None:
        w = world(50, gates=ALONE)
        again = w.again(but("e003"))
        w.decide(w.trials(but("e003")), w.baseline(source=ACCEPTED), again)
        assert again.asked == ["suspects", "control"]
        (rerun,) = again.reruns("control")
        assert {name: list(numbers) for name, numbers in rerun.repeats.items()} == {"e003": [1, 2, 3, 4, 5]}

    @pytest.mark.parametrize(
        ("passed", "state"), [(5, "broken"), (3, "broken"), (2, "drifted"), (0, "drifted")]
    )
    def test_it_stays_broken_where_three_of_them_pass(
        self, passed: int, state: str, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, gates=ALONE)
        again = w.again(but("e003"), accepted=lambda _, number: number <= passed)
        decision = w.decide(w.trials(but("e003")), w.baseline(source=ACCEPTED), again)
        row = example_of(decision, "e003")
        assert (row.state, row.red, decision.red) == (state, state == "broken", state == "broken")
        assert sum(row.control) == passed

    def test_each_example_by_itself(self, world: type[World], states_of: Any) -> None:
        w = world(300, gates=ALONE)
        again = w.again(but("e003", "e005"), accepted=but("e005"))
        decision = w.decide(w.trials(but("e003", "e005")), w.baseline(source=ACCEPTED), again)
        assert states_of(decision) == {"e003": "broken", "e005": "drifted"}

    def test_fail_on_makes_the_drifted_red(self, world: type[World], example_of: ExampleOf) -> None:
        w = world(50, gates=ALONE)
        again = w.again(but("e003"), accepted=False)
        decision = w.decide(
            w.trials(but("e003")), w.baseline(source=ACCEPTED), again, fail_on="regressed,drifted"
        )
        assert (example_of(decision, "e003").state, decision.red) == ("drifted", True)

    @pytest.mark.parametrize(
        ("errors", "state", "noted"), [(3, "broken", True), (2, "broken", True), (0, "drifted", False)]
    )
    def test_trials_without_a_verdict_let_it_stand(
        self, errors: int, state: str, noted: bool, world: type[World], example_of: ExampleOf
    ) -> None:
        """Of many, so that what is lost is little of the whole."""
        w = world(1000, repeat=1, gates=ALONE)
        failing = [f"e{number:03}" for number in range(60)]

        def accepted(example: str, number: int) -> bool | str:
            if example == "e003":
                return "error" if number <= errors else number == 5
            return True

        again = w.again(but(*failing), accepted=accepted)
        baseline = w.baseline(source=ACCEPTED, repeat=10)
        row = example_of(w.decide(w.trials(but(*failing)), baseline, again), "e003")
        assert (row.state, bool(row.control_note)) == (state, noted)

    def test_a_suite_with_broken_examples_and_one_with_a_red_mean_share_a_session(
        self, world: type[World]
    ) -> None:
        mean = world(40, suite="tests/test_a.py::test_it")
        alone = world(50, suite="tests/test_b.py::test_it", gates=ALONE)
        scripts = mean.again(first(10), accepted=first(10)), alone.again(but("e003"))
        decision = decide(
            [mean.plan, alone.plan],
            [*mean.trials(first(10)), *alone.trials(but("e003"))],
            {
                mean.plan.name: mean.baseline(source=ACCEPTED),
                alone.plan.name: alone.baseline(source=ACCEPTED),
            },
            Settings(),
            together(*scripts),
        )
        assert scripts[0].asked == ["passes", "suspects", "control"]
        assert len(scripts[0].reruns("control")) == 2
        assert [row.verdict for row in decision.metrics] == ["DRIFTED", "NEUTRAL"]
        assert {row.state for row in decision.examples if row.suite == alone.plan.name} == {"broken"}


def test_a_build_that_is_green_runs_no_accepted_code(world: type[World]) -> None:
    w = world(40)
    again = w.again()
    assert not w.decide(w.trials(first(2)), w.baseline(source=ACCEPTED), again).red
    assert "control" not in again.asked


def test_what_is_red_by_a_bound_stays_red_without_asking(world: type[World], row_of: RowOf) -> None:
    w = world(20, gates=[GateRule(metric="pass", rule="off", min_mean=0.9)])
    again = w.again(first(10), accepted=False)
    row = row_of(w.decide(w.trials(first(10)), w.baseline(source=ACCEPTED), again))
    assert row.red
    assert "control" not in again.asked


def test_an_example_to_which_the_evaluator_does_not_apply_is_no_lack(
    world: type[World], row_of: RowOf
) -> None:
    exempt = TrialScore(exempt=True, gating=True)
    at = lambda value: {"tone": lambda example, _: value if example < "e020" else exempt}  # noqa: E731
    w = world(40, metrics={"tone": "v"})
    again = w.again(scores=at(0.1), accepted_scores=at(0.1))
    decision = w.decide(w.trials(scores=at(0.1)), w.baseline(scores=at(0.9), source=ACCEPTED), again)
    assert row_of(decision, "tone").verdict == "DRIFTED"
