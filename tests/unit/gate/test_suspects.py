"""Guard 2: suspects, what clears them, what breaks them, and the other states of an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.records.looks import Suspicion
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import Settings
from tests.unit.suites import Again, World, but, first, together

StatesOf = Callable[..., Mapping[str, str]]
ExampleOf = Callable[..., ExampleRow]

ALONE = [GateRule(metric="pass", rule="mean", max_drop=0.9)]
"""Guard 1 has no look at this metric, so that guard 2 is by itself."""


def passing_at(*numbers: int) -> Callable[[str, int], bool]:
    """Let e003 pass in these trials only, and everything else always."""
    return lambda example, number: example != "e003" or number in numbers


def further(again: Again) -> int:
    """Return how many trials ran by themselves."""
    return sum(map(len, again.ran))


def test_a_suspect_is_run_by_itself_until_it_has_sixteen_trials_at_most(world: type[World]) -> None:
    w = world(50, gates=ALONE)
    again = w.again(but("e003"))
    w.decide(w.trials(but("e003")), w.baseline(), again)
    assert again.asked == ["suspects"]
    (rerun,) = again.reruns("suspect")
    assert {name: list(numbers) for name, numbers in rerun.repeats.items()} == {"e003": list(range(2, 17))}
    assert rerun.suspicions == {
        "e003": [
            Suspicion(metric="pass", sign=1.0, bound=0.5, passed=(False,), checkpoints=((8, 0), (16, 3)))
        ]
    }


def test_one_that_keeps_failing_is_broken_after_eight_trials(
    world: type[World], example_of: ExampleOf
) -> None:
    w = world(50, gates=ALONE)
    again = w.again(but("e003"))
    decision = w.decide(w.trials(but("e003")), w.baseline(), again)
    row = example_of(decision, "e003")
    assert further(again) == 7
    assert (row.state, row.red, decision.red) == ("broken", True, True)
    assert (row.baseline, row.candidate) == ((1.0,) * 5, (0.0,) * 8)
    assert row.comment == "passed 5 of 5 times in the baseline, 0 of 8 now\nassert 0.2 >= 0.7"
    assert (row.nodeid, row.run_id) == (f"{w.plan.name}[e003]", "run-e003-1")


@pytest.mark.parametrize(
    ("examples", "recorded", "passing", "state", "trials"),
    [
        (12, 5, (8,), "broken", 8),
        (12, 5, (5, 7, 9, 11), "broken", 16),
        (12, 5, (5, 7, 9, 11, 13), "flaky", 13),
        (50, 5, (8,), "broken", 16),
        (50, 5, (5, 7, 9), "broken", 16),
        (50, 5, (5, 7, 9, 11), "flaky", 11),
        (100, 5, (8, 10), "broken", 16),
        (100, 5, (8, 10, 12), "flaky", 12),
        (300, 5, (), "broken", 16),
        (300, 5, (8, 10), "flaky", 10),
        (12, 10, (7, 8), "broken", 8),
        (100, 10, (8,), "broken", 8),
        (100, 10, (5, 6, 7, 8, 9), "broken", 16),
        (100, 10, (5, 6, 7, 8, 9, 10), "flaky", 10),
    ],
)
def test_how_often_a_broken_example_may_pass_depends_on_the_session_and_its_baseline(
    examples: int,
    recorded: int,
    passing: tuple[int, ...],
    state: str,
    trials: int,
    world: type[World],
    example_of: ExampleOf,
) -> None:
    w = world(examples, gates=ALONE)
    again = w.again(passing_at(*passing))
    decision = w.decide(w.trials(but("e003")), w.baseline(repeat=recorded), again)
    row = example_of(decision, "e003")
    assert (row.state, 1 + further(again)) == (state, trials)
    assert row.red == decision.red == (state == "broken")


def test_two_passes_within_the_first_four_trials_clear_it(world: type[World], example_of: ExampleOf) -> None:
    w = world(50, gates=ALONE)
    again = w.again(passing_at(2, 4))
    decision = w.decide(w.trials(but("e003")), w.baseline(), again)
    row = example_of(decision, "e003")
    assert (row.state, row.red, further(again)) == ("flaky", False, 3)
    assert not decision.red


def test_an_example_that_failed_once_in_ten_before_can_break_too(
    world: type[World], example_of: ExampleOf
) -> None:
    w = world(50, gates=ALONE)
    baseline = w.baseline(lambda example, number: (example, number) != ("e003", 1), repeat=10)
    row = example_of(w.decide(w.trials(but("e003")), baseline, w.again(but("e003"))), "e003")
    assert (row.state, row.red) == ("broken", True)
    assert row.comment.startswith("passed 9 of 10 times in the baseline, 0 of ")


def test_an_example_that_failed_once_in_five_before_is_a_known_failure(
    world: type[World], states_of: StatesOf
) -> None:
    w = world(50, gates=ALONE)
    again = w.again(but("e003"))
    baseline = w.baseline(lambda example, number: (example, number) != ("e003", 1))
    assert states_of(w.decide(w.trials(but("e003")), baseline, again)) == {"e003": "known"}
    assert again.asked == []


class TestRepeats:
    @pytest.mark.parametrize(("failing", "asked"), [(1, []), (2, ["suspects"]), (3, ["suspects"])])
    def test_more_than_half_of_the_sessions_trials_must_fail(
        self, failing: int, asked: list[str], world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, repeat=3, gates=ALONE)
        again = w.again()
        trials = w.trials(lambda example, number: example != "e003" or number > failing)
        decision = w.decide(trials, w.baseline(), again)
        assert again.asked == asked
        assert (example_of(decision, "e003").state, decision.red) == ("flaky", False)

    def test_two_passes_in_its_first_four_clear_it_without_a_further_trial(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, repeat=5, gates=ALONE)
        again = w.again()
        trials = w.trials(lambda example, number: example != "e003" or number < 3)
        assert example_of(w.decide(trials, w.baseline(), again), "e003").state == "flaky"
        assert again.asked == []

    @pytest.mark.parametrize(("repeat", "further_trials"), [(5, 3), (8, 8), (10, 6), (16, 1), (20, 1)])
    def test_it_is_never_broken_without_a_trial_of_a_further_session(
        self, repeat: int, further_trials: int, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, repeat=repeat, gates=ALONE)
        again = w.again(but("e003"))
        assert example_of(w.decide(w.trials(but("e003")), w.baseline(), again), "e003").state == "broken"
        assert further(again) == further_trials
        nobody = w.decide(w.trials(but("e003")), w.baseline())
        assert (example_of(nobody, "e003").state, nobody.red) == ("suspect", False)


class TestBesideGuardOne:
    def test_its_trials_of_further_passes_count(self, world: type[World], example_of: ExampleOf) -> None:
        w = world(60)
        again = w.again(but("e003"))
        decision = w.decide(w.trials(but("e003")), w.baseline(), again)
        assert again.asked == ["passes", "passes", "passes", "suspects"]
        (rerun,) = again.reruns("suspect")
        assert list(rerun.repeats["e003"]) == list(range(5, 17))
        row = example_of(decision, "e003")
        assert (row.state, row.candidate) == ("broken", (0.0,) * 8)

    def test_a_suite_that_is_red_by_its_mean_asks_nothing_more(self, world: type[World]) -> None:
        w = world(40)
        again = w.again(first(10))
        decision = w.decide(w.trials(first(10)), w.baseline(), again)
        assert again.asked == ["passes"]
        assert {row.state for row in decision.examples} == {"broken"}

    def test_a_red_suite_spares_the_others_nothing(self, world: type[World]) -> None:
        red = world(40, suite="tests/test_a.py::test_it")
        other = world(60, suite="tests/test_b.py::test_it", gates=ALONE)
        scripts = red.again(first(10)), other.again(but("e003"))
        decision = decide(
            [red.plan, other.plan],
            [*red.trials(first(10)), *other.trials(but("e003"))],
            {red.plan.name: red.baseline(), other.plan.name: other.baseline()},
            Settings(),
            together(*scripts),
        )
        (rerun,) = scripts[0].reruns("suspect")
        assert (rerun.suite, list(rerun.repeats)) == (other.plan.name, ["e003"])
        assert [row.state for row in decision.examples if row.suite == other.plan.name] == ["broken"]

    @pytest.mark.parametrize("metric", ["pass", "tone"])
    def test_many_broken_examples_that_leave_the_mean_within_max_drop_are_red(
        self, metric: str, world: type[World]
    ) -> None:
        w = world(600, metrics={"tone": "v"})
        failing = w.ids[:11]
        tone = {"tone": lambda example, _: float(metric == "pass" or example not in failing)}
        passes = but(*failing) if metric == "pass" else True
        again = w.again(passes, scores=tone)
        decision = w.decide(w.trials(passes, scores=tone), w.baseline(scores={"tone": lambda *_: 1.0}), again)
        assert {row.verdict for row in decision.metrics} == {"NEUTRAL"}
        assert [row.example_id for row in decision.examples if row.red] == failing

    def test_its_own_trials_enter_no_mean(self, world: type[World], row_of) -> None:
        w = world(50, gates=ALONE)
        row = row_of(w.decide(w.trials(but("e003")), w.baseline(), w.again(but("e003"))))
        assert (row.candidate, row.passes) == (pytest.approx(49 / 50), 1)


class TestWithoutProof:
    def test_a_short_baseline_keeps_a_suspect_a_warning(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, gates=ALONE)
        again = w.again(but("e003"))
        row = example_of(w.decide(w.trials(but("e003")), w.baseline(repeat=1), again), "e003")
        assert (row.state, row.red, again.asked) == ("suspect", False, [])
        assert row.comment.startswith("failed; among so many examples no number of failures is proof")
        assert "record 10 (llm_baseline_repeat = 10)" in row.comment

    def test_two_passes_of_four_clear_it_whatever_the_baseline(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, repeat=5, gates=ALONE)
        trials = w.trials(lambda example, number: example != "e003" or number < 3)
        assert example_of(w.decide(trials, w.baseline(repeat=1)), "e003").state == "flaky"

    def test_where_nobody_can_look_it_stays_a_warning(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        w = world(50, gates=ALONE)
        for decision in (
            w.decide(w.trials(but("e003")), w.baseline(), unlooked="of shards"),
            w.decide(w.trials(but("e003")), w.baseline(), w.again(False), confirm=0, unlooked="of shards"),
        ):
            row = example_of(decision, "e003")
            assert (row.state, row.red) == ("suspect", False)
            assert row.comment.startswith("failed; nobody ran it again")
            assert decision.unlooked == "of shards"

    def test_a_session_that_breaks_clears_nobody(self, world: type[World], example_of: ExampleOf) -> None:
        w = world(50, gates=ALONE)
        again = w.again(errors={"suspects": "llm_max_cost is spent"})
        row = example_of(w.decide(w.trials(but("e003")), w.baseline(), again), "e003")
        assert (row.state, row.red) == ("suspect", True)
        assert row.comment.startswith("not cleared: llm_max_cost is spent")

    def test_a_failed_look_at_a_mean_clears_no_suspect_either(
        self, world: type[World], example_of: ExampleOf
    ) -> None:
        mean, alone = world(40, suite="tests/test_a.py::test_it"), world(50, gates=ALONE)
        decision = decide(
            [mean.plan, alone.plan],
            [*mean.trials(first(4)), *alone.trials(but("e003"))],
            {mean.plan.name: mean.baseline(), alone.plan.name: alone.baseline()},
            Settings(),
            mean.again(errors={"passes": "it crashed"}),
        )
        (row,) = [row for row in decision.examples if row.suite == alone.plan.name]
        assert (row.state, row.red) == ("suspect", True)
        assert row.comment.startswith("not cleared: it crashed")

    def test_trials_without_a_verdict_do_not_clear(self, world: type[World], example_of: ExampleOf) -> None:
        w = world(50, gates=ALONE)
        again = w.again(lambda _, number: "error" if number > 4 else False)
        row = example_of(w.decide(w.trials(but("e003")), w.baseline(), again), "e003")
        assert (row.state, row.red) == ("suspect", True)
        assert row.comment.startswith("not cleared: 12 of its 15 further trials gave no verdict")

    def test_missing_data_spends_nothing_on_suspects(self, world: type[World], example_of: ExampleOf) -> None:
        w = world(20, gates=ALONE)
        trials = w.trials(lambda example, _: "skipped" if example > "e017" else example != "e003")
        again = w.again()
        decision = w.decide(trials, w.baseline(), again)
        assert again.asked == []
        assert example_of(decision, "e003").comment.startswith("not cleared: not run again: the suite is red")


def test_all_examples_and_metrics_of_the_session_count(world: type[World]) -> None:
    allowed = []
    for number in (1, 3):
        suites = [world(100, suite=f"tests/test_{n}.py::test_it", gates=ALONE) for n in range(number)]
        scripts = [w.again(but("e003")) for w in suites]
        trials = [trial for w in suites for trial in w.trials(but("e003"))]
        baselines = {w.plan.name: w.baseline() for w in suites}
        decide([w.plan for w in suites], trials, baselines, Settings(), together(*scripts))
        (suspicion,) = scripts[0].reruns("suspect")[0].suspicions["e003"]
        allowed.append(suspicion.checkpoints)
    assert allowed == [((8, 0), (16, 2)), ((8, -1), (16, 1))]


class TestStates:
    def test_known_fixed_and_flaky(self, world: type[World], states_of: StatesOf) -> None:
        w = world(50, repeat=3)
        then = w.baseline(lambda e, r: not (e == "e001" and r == 1) and e != "e002")
        decision = w.decide(w.trials(lambda e, r: e != "e001" and (e, r) != ("e004", 2)), then)
        assert states_of(decision) == {"e001": "known", "e002": "fixed", "e004": "flaky"}
        assert not decision.red

    def test_passing_again_after_a_single_failure_is_no_fix(
        self, world: type[World], states_of: StatesOf
    ) -> None:
        w = world(50)
        assert states_of(w.decide(w.trials(), w.baseline(lambda e, r: e != "e001" or r > 1))) == {}

    def test_one_that_is_gone_is_removed(self, world: type[World], states_of: StatesOf) -> None:
        old, new = world(50), world([f"e{n:03}" for n in range(49)])
        assert states_of(new.decide(new.trials(), old.baseline())) == {"e049": "removed"}
