"""Guard 2: suspects, what clears them, what breaks them, and the other states of an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.suspects import MOST_SUSPECTS, Limit, cleared, failure_limit
from pytest_llmobs.records.decisions import ExampleRow, Rerun
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings

StatesOf = Callable[..., Mapping[str, str]]
ExampleOf = Callable[..., ExampleRow]


def but(*failing_examples: str) -> Callable[[str, int], bool]:
    """Fail these examples and pass the others."""
    return lambda example, _: example not in failing_examples


@pytest.mark.parametrize(("examples", "reruns"), [(12, 3), (50, 4), (100, 5), (200, 6)])
def test_a_suspect_is_run_again_as_often_as_the_suite_is_large(world, examples: int, reruns: int) -> None:
    w = world(examples, gates=[GateRule(metric="pass", max_drop=0.2)])
    decision = w.decide(w.trials(but("e003")), w.baseline())
    limits = {"e003": {"pass": (1.0, 0.0)}}
    assert decision.reruns == (
        Rerun(suite=w.plan.name, examples=("e003",), repeats=reruns, reason="example", limits=limits),
    )


def test_more_metrics_take_more_failures(world) -> None:
    scores = {key: lambda *_: 1.0 for key in "abcd"}
    w = world(50, metrics=dict.fromkeys(scores, "v"))
    decision = w.decide(w.trials(but("e003"), scores=scores), w.baseline(scores=scores))
    assert decision.reruns[0].repeats == 7  # 50 examples x 5 metrics: eight failures in all


def test_a_suspect_that_keeps_failing_is_broken(world, example_of: ExampleOf) -> None:
    w = world(50)
    again = w.trials(False, start=1, repeat=4, only=["e003"])
    decision = w.decide(w.trials(but("e003")), w.baseline(), confirmation=again)
    row = example_of(decision, "e003")
    assert (row.state, row.red) == ("broken", True)
    assert (row.baseline, row.candidate) == ((1.0,) * 5, (0.0,) * 5)
    assert row.comment == "passed 5 times in the baseline, failed 5 times now\nassert 0.2 >= 0.7"
    assert (row.nodeid, row.run_id) == (f"{w.plan.name}[e003]", "run-e003-1")
    assert decision.red


def test_a_suspect_that_passes_once_is_flaky(world, example_of: ExampleOf) -> None:
    w = world(50)
    again = w.trials(lambda _, r: r == 2, start=1, repeat=2, only=["e003"])
    decision = w.decide(w.trials(but("e003")), w.baseline(), confirmation=again)
    assert (example_of(decision, "e003").state, example_of(decision, "e003").red) == ("flaky", False)
    assert not decision.red


def test_until_the_reruns_a_suspect_is_red(world, example_of: ExampleOf) -> None:
    w = world(50)
    decision = w.decide(w.trials(but("e003")), w.baseline())
    row = example_of(decision, "e003")
    assert (row.state, row.red) == ("suspect", True)
    assert row.comment.startswith("failed; broken if it fails 4 more times")


def test_reruns_without_a_verdict_do_not_clear(world, example_of: ExampleOf) -> None:
    w = world(50)
    again = w.trials(lambda _, r: "error" if r > 2 else False, start=1, repeat=4, only=["e003"])
    row = example_of(w.decide(w.trials(but("e003")), w.baseline(), confirmation=again), "e003")
    assert (row.state, row.red) == ("suspect", True)
    assert row.comment.startswith("not cleared: 2 of its 4 reruns gave no verdict")


def test_failures_of_the_first_run_count(world, example_of: ExampleOf) -> None:
    w = world(12, repeat=4, gates=[GateRule(metric="pass", max_drop=0.2)])
    decision = w.decide(w.trials(but("e003")), w.baseline())
    assert decision.reruns == ()
    assert example_of(decision, "e003").state == "broken"


def test_the_whole_second_run_counts_for_suspects(world, example_of: ExampleOf) -> None:
    w = world(12)
    decision = w.decide(w.trials(but("e003")), w.baseline())
    assert [(rerun.reason, rerun.repeats) for rerun in decision.reruns] == [("metric", 5)]
    final = w.decide(
        w.trials(but("e003")), w.baseline(), confirmation=w.trials(but("e003"), start=1, repeat=5)
    )
    assert example_of(final, "e003").state == "broken"


def test_both_guards_may_ask(world) -> None:
    w = world(50)
    decision = w.decide(w.trials(but(*w.ids[:9])), w.baseline())
    assert [(rerun.reason, rerun.repeats) for rerun in decision.reruns] == [("metric", 1), ("example", 4)]


def test_failing_in_some_repeats_is_no_suspicion(world, example_of: ExampleOf) -> None:
    w = world(50, repeat=3)
    decision = w.decide(w.trials(lambda e, r: e != "e003" or r == 2), w.baseline())
    assert (example_of(decision, "e003").state, decision.reruns) == ("flaky", ())


def test_a_short_baseline_keeps_a_suspect_a_warning(world, example_of: ExampleOf) -> None:
    w = world(50)
    decision = w.decide(w.trials(but("e003")), w.baseline(repeat=1))
    row = example_of(decision, "e003")
    assert (row.state, row.red, decision.reruns) == ("suspect", False, ())
    assert "its baseline has 1: record one of 5 repeats with --llm-update-baseline" in row.comment


def test_the_cap_keeps_a_suspect_a_warning(world, example_of: ExampleOf) -> None:
    w = world(50)
    row = example_of(w.decide(w.trials(but("e003")), w.baseline(), confirm=3), "e003")
    assert (row.state, row.red) == ("suspect", False)
    assert (
        "4 more failures to call it broken, beyond --llm-confirm 3; --llm-confirm 4 would run it"
        in row.comment
    )
    alone = example_of(w.decide(w.trials(but("e003")), w.baseline(), confirm=0), "e003")
    assert (alone.state, alone.red) == ("suspect", False)
    assert "4 more failures to call it broken, and nothing was run again" in alone.comment


def test_more_than_ten_suspects_are_covered_by_a_second_run_of_the_whole_suite(
    world, states_of: StatesOf
) -> None:
    w = world(400)
    failed = w.ids[: MOST_SUSPECTS + 1]
    decision = w.decide(w.trials(but(*failed)), w.baseline())
    assert [rerun.reason for rerun in decision.reruns] == ["metric"]
    row = next(row for row in decision.examples if row.example_id == failed[0])
    assert (row.state, row.red) == ("dropped", True)


@pytest.mark.parametrize("metric", ["pass", "tone"])
def test_more_than_ten_broken_examples_that_leave_the_mean_within_max_drop_are_red(
    world, metric: str
) -> None:
    w = world(600, metrics={"tone": "v"})
    failed = w.ids[: MOST_SUSPECTS + 1]

    def trials(only: Sequence[str] | None = None, start: int = 0, repeat: int = 1) -> list[Trial]:
        tone = {"tone": lambda e, _: float(metric == "pass" or e not in failed)}
        passes = but(*failed) if metric == "pass" else True
        return w.trials(passes, scores=tone, only=only, start=start, repeat=repeat)

    baseline = w.baseline(scores={"tone": lambda *_: 1.0})
    first = w.decide(trials(), baseline)
    assert [(rerun.reason, list(rerun.examples)) for rerun in first.reruns] == [("example", failed)]
    again = trials(failed, 1, first.reruns[0].repeats)
    final = w.decide(trials(), baseline, confirmation=again)
    assert {row.state for row in final.examples if row.red} == {"broken"}


def test_many_suspects_of_one_metric_are_not_covered_by_the_second_look_at_another(world) -> None:
    w = world(600, metrics={"tone": "v"})
    failed = w.ids[: MOST_SUSPECTS + 1]
    tone = {"tone": lambda e, r: 0.9 if r < 5 else 0.8}
    now = w.trials(but(*failed), scores={"tone": lambda *_: 0.8})
    decision = w.decide(now, w.baseline(scores=tone))
    assert [rerun.reason for rerun in decision.reruns] == ["metric", "example"]


def test_missing_data_spends_nothing_on_reruns(world, example_of: ExampleOf) -> None:
    w = world(20)
    decision = w.decide(w.trials(but("e003"), only=w.ids[:18]), w.baseline())
    assert decision.reruns == ()
    assert example_of(decision, "e003").comment.startswith("not run again: the suite is red for missing data")


def test_the_session_counts_as_far_as_the_reruns_reach(world) -> None:
    suites = [world(100, suite=f"tests/test_{n}.py::test_it") for n in range(5)]
    baselines = {w.plan.name: w.baseline() for w in suites}
    trials = [trial for w in suites for trial in w.trials(but("e003"))]
    plans = [w.plan for w in suites]
    # alone six failures would do; among five suites of 100 it takes nine
    assert {rerun.repeats for rerun in decide(plans, trials, baselines, Settings()).reruns} == {8}
    assert {rerun.repeats for rerun in decide(plans, trials, baselines, Settings(confirm=6)).reruns} == {6}
    assert {rerun.repeats for rerun in decide(plans, trials, baselines, Settings(confirm=5)).reruns} == {5}
    assert decide(plans, trials, baselines, Settings(confirm=4)).reruns == ()


class TestScores:
    @pytest.mark.parametrize(
        ("baseline", "lower_is_better", "broken", "passing"),
        [
            ([0.9, 0.8], False, 0.4, 0.41),
            ([0.5], False, 0.25, 0.3),
            ([4.0, 5.0], False, 2.0, 3.0),
            ([0.0, 0.0], True, 0.5, 0.4),
            ([0.4], True, 0.7, 0.6),
        ],
    )
    def test_a_score_fails_at_half_its_lowest(
        self, baseline: list[float], lower_is_better: bool, broken: float, passing: float
    ) -> None:
        limit = failure_limit(baseline, "tone", lower_is_better)
        assert limit is not None
        assert limit.fails(broken)
        assert not limit.fails(passing)

    @pytest.mark.parametrize(
        ("baseline", "lower_is_better"), [([0.9, 0.4], False), ([0.6], True), ([-1.0], True), ([], False)]
    )
    def test_a_score_that_did_not_pass_can_not_break(
        self, baseline: list[float], lower_is_better: bool
    ) -> None:
        assert failure_limit(baseline, "tone", lower_is_better) is None

    def test_a_broken_score_is_red_though_the_test_passes(self, world, example_of: ExampleOf) -> None:
        w = world(50, metrics={"tone": "v"})
        low = {"tone": lambda e, _: 0.1 if e == "e003" else 0.9}
        baseline = w.baseline(scores={"tone": lambda *_: 0.9})
        again = w.trials(scores=low, start=1, repeat=5, only=["e003"])
        decision = w.decide(w.trials(scores=low), baseline, confirmation=again)
        assert example_of(decision, "e003", "tone").state == "broken"
        assert decision.red


class TestCleared:
    rerun = Rerun(
        suite="s",
        examples=("e003",),
        repeats=4,
        reason="example",
        limits={"e003": {"pass": [1.0, 0.0], "tone": [1.0, 0.45]}},
    )

    def test_every_suspected_metric_must_have_passed_once(self, world) -> None:
        w = world(50, metrics={"tone": "v"})
        passed = w.trials(True, scores={"tone": lambda *_: 0.4}, only=["e003"])
        toned = w.trials(False, scores={"tone": lambda *_: 0.5}, only=["e003"], start=1)
        assert not cleared(self.rerun, "e003", passed)
        assert cleared(self.rerun, "e003", passed + toned)

    def test_silence_clears_nobody(self, world) -> None:
        assert not cleared(self.rerun, "e003", [])
        assert not cleared(self.rerun, "e003", world(50).trials("error", only=["e003"]))

    def test_an_example_without_limits_is_never_cleared(self) -> None:
        assert not cleared(self.rerun, "e004", [])

    def test_limits_travel_as_lists(self) -> None:
        assert Limit(*[-1.0, -0.5]).fails(0.5)


class TestStates:
    def test_known_fixed_and_flaky(self, world, states_of: StatesOf) -> None:
        w = world(50)
        then = w.baseline(lambda e, r: not (e == "e001" and r == 1) and e != "e002")
        decision = w.decide(w.trials(but("e001")), then)
        assert states_of(decision) == {"e001": "known", "e002": "fixed"}
        assert not decision.red

    def test_passing_again_after_a_single_failure_is_no_fix(self, world, states_of: StatesOf) -> None:
        w = world(50)
        assert states_of(w.decide(w.trials(), w.baseline(lambda e, r: e != "e001" or r > 1))) == {}

    def test_removed_and_edited_count_as_missing(self, world, states_of: StatesOf) -> None:
        old, new = world(50), world([f"e{n:03}" for n in range(49)])
        assert states_of(new.decide(new.trials(), old.baseline())) == {"e049": "removed"}


UNSCORED = {"tone": lambda example, _: None if example == "e003" else 0.9}
TONE = {"tone": lambda *_: 0.9}


@pytest.mark.parametrize(
    ("again", "state", "red", "comment"),
    [
        (UNSCORED, "suspect", True, "not cleared: 6 of its 6 reruns gave no verdict\nit raised"),
        ({"tone": lambda *_: 0.1}, "broken", True, "passed 5 times in the baseline, failed 6 times now"),
        ({"tone": lambda _, r: 0.9 if r == 4 else None}, "flaky", False, ""),
    ],
)
def test_an_evaluator_that_cannot_score_what_one_example_became(
    world, example_of: ExampleOf, again: Mapping[str, object], state: str, red: bool, comment: str
) -> None:
    """One of 50 is within what may be missing, and yet the evaluator raises over just the answer that broke."""
    w = world(50, metrics={"tone": "v"})
    first, baseline = w.trials(scores=UNSCORED), w.baseline(scores=TONE)
    (rerun,) = w.decide(first, baseline).reruns
    assert (rerun.examples, rerun.repeats) == (("e003",), 6)
    decision = w.decide(
        first, baseline, confirmation=w.trials(scores=again, start=1, repeat=6, only=["e003"])
    )
    row = example_of(decision, "e003", "tone")
    assert (row.state, row.red, row.comment) == (state, red, comment)
    assert decision.red == red


def test_an_evaluator_that_does_not_apply_any_more_to_one_example_makes_no_suspect(world) -> None:
    w = world(50, metrics={"tone": "v"})
    exempt = {"tone": lambda example, _: TrialScore(exempt=True, gating=True) if example == "e003" else 0.9}
    decision = w.decide(w.trials(scores=exempt), w.baseline(scores=TONE))
    assert not decision.reruns
    assert not decision.red
