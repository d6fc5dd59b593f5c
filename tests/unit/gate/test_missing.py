"""Missing trials: where too many lack a value they run once more, and only then there is too little to judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial, TrialScore
from tests.unit.suites import World, but, first

RowOf = Callable[..., MetricRow]
TONE = {"tone": lambda *_: 0.9}


def erring(*examples: str, by: int = 1000) -> Callable[[str, int], bool | str]:
    """End these examples in an error, in their trials up to a number."""
    return lambda example, number: "error" if example in examples and number <= by else True


def test_lost_trials_run_once_more_and_count_like_any_other(world: type[World], row_of: RowOf) -> None:
    w = world(40, repeat=2)
    again = w.again()
    trials = w.trials(lambda example, number: "error" if example < "e010" and number == 2 else True)
    row = row_of(w.decide(trials, w.baseline(), again))
    (rerun,) = again.reruns("missing")
    assert dict(rerun.repeats) == {example: [2] for example in w.ids[:10]}
    assert again.asked == ["passes"]
    assert (row.verdict, row.n, row.expected, row.note) == (
        "NEUTRAL",
        40,
        40,
        "pass^2 1.000 (40 of 40 examples passed all 2 repeats)",
    )


@pytest.mark.parametrize(
    ("examples", "lost", "asked"), [(20, 1, False), (20, 2, True), (100, 5, False), (100, 6, True)]
)
def test_up_to_one_and_a_twentieth_may_be_missing_for_good(
    examples: int, lost: int, asked: bool, world: type[World]
) -> None:
    w = world(examples)
    again = w.again()
    decision = w.decide(w.trials(erring(*w.ids[:lost])), w.baseline(), again)
    assert bool(again.reruns("missing")) == asked
    assert not decision.red


def test_what_is_lost_twice_is_insufficient_data(world: type[World], row_of: RowOf) -> None:
    w = world(20)
    again = w.again(erring(*w.ids[:5]))
    row = row_of(w.decide(w.trials(erring(*w.ids[:5])), w.baseline(), again))
    assert again.asked == ["passes"]
    assert (row.verdict, row.red) == ("INSUFFICIENT_DATA", True)
    assert row.note == "25% of 20 pairs missing (5 ended in an error)"


def test_trials_that_never_ran_run_once_more(world: type[World], row_of: RowOf) -> None:
    w = world(20)
    again = w.again()
    row = row_of(w.decide(w.trials(only=w.ids[:10]), w.baseline(), again))
    (rerun,) = again.reruns("missing")
    assert list(rerun.repeats) == w.ids[10:]
    assert row.verdict == "NEUTRAL"


def test_a_session_of_which_nothing_is_left_runs_once_more(world: type[World], row_of: RowOf) -> None:
    w = world(5)
    again = w.again()
    assert row_of(w.decide([], w.baseline(), again)).verdict == "NEUTRAL"
    assert [list(rerun.repeats) for rerun in again.reruns("missing")] == [w.ids]


@pytest.mark.parametrize("not_run", ["budget", "refused", "unfilled", "unrecorded"])
def test_what_would_be_missing_again_is_not_asked_for(
    not_run: str, world: type[World], row_of: RowOf
) -> None:
    w = world(20)
    trials = w.trials(only=w.ids[5:]) + w.trials("error", only=w.ids[:5], not_run=not_run)
    again = w.again()
    row = row_of(w.decide(trials, w.baseline(), again))
    assert (row.verdict, again.asked) == ("INSUFFICIENT_DATA", [])


def test_what_the_user_skipped_is_not_asked_for(world: type[World], row_of: RowOf) -> None:
    w = world(20)
    again = w.again()
    trials = w.trials(lambda example, _: "skipped" if example < "e005" else True)
    assert row_of(w.decide(trials, w.baseline(), again)).verdict == "INSUFFICIENT_DATA"
    assert again.asked == []


def test_scores_that_nobody_could_parse_run_once_more(world: type[World], row_of: RowOf) -> None:
    w = world(20, metrics={"tone": "v"})
    some = {"tone": lambda example, _: None if example < "e004" else 0.9}
    again = w.again(scores=TONE)
    row = row_of(w.decide(w.trials(scores=some), w.baseline(scores=TONE), again), "tone")
    (rerun,) = again.reruns("missing")
    assert list(rerun.repeats) == w.ids[:4]
    assert (row.verdict, row.n) == ("NEUTRAL", 20)


def test_what_a_trial_has_is_not_drawn_again_for_the_sake_of_what_it_lacks(
    world: type[World], row_of: RowOf
) -> None:
    """A judge that chokes on broken answers must not give just those a second chance to pass."""
    w = world(40, metrics={"tone": "v"})
    broken = {"tone": lambda example, _: None if example < "e010" else 0.9}
    again = w.again(lambda example, number: number == 1 or example >= "e010", scores=TONE)
    decision = w.decide(w.trials(first(10), scores=broken), w.baseline(scores=TONE), again)
    assert [len(rerun.repeats) for rerun in again.reruns("missing")] == [10]
    assert row_of(decision, "tone").n == 40
    assert row_of(decision, "pass").verdict == "REGRESSED"


def test_what_runs_once_more_and_is_lost_again_takes_nothing_away(world: type[World], row_of: RowOf) -> None:
    w = world(20, metrics={"tone": "v"})
    some = {"tone": lambda example, _: None if example < "e004" else 0.9}
    decision = w.decide(w.trials(scores=some), w.baseline(scores=TONE), w.again("error"))
    assert row_of(decision, "tone").verdict == "INSUFFICIENT_DATA"
    assert (row_of(decision, "pass").verdict, row_of(decision, "pass").n) == ("NEUTRAL", 20)


def test_scores_of_an_unscored_trial_outlive_a_second_try_that_broke(
    world: type[World], row_of: RowOf
) -> None:
    w = world(20, metrics={"tone": "v"})
    unscored = w.trials(lambda example, _: "unscored" if example < "e004" else True, scores=TONE)
    decision = w.decide(unscored, w.baseline(scores=TONE), w.again("error"))
    assert row_of(decision, "pass").verdict == "INSUFFICIENT_DATA"
    assert (row_of(decision, "tone").verdict, row_of(decision, "tone").n) == ("NEUTRAL", 20)


def test_beside_a_further_pass_both_run_in_one_session(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    status = lambda example, _: "error" if example > "e036" else example >= "e010"  # noqa: E731
    again = w.again(first(10))
    row = row_of(w.decide(w.trials(status), w.baseline(), again))
    assert [rerun.reason for rerun in again.requests[0].reruns] == ["missing", "pass"]
    assert (row.verdict, row.n) == ("REGRESSED", 40)


def test_trials_lost_in_a_further_pass_run_once_more_too(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    runs: list[tuple[str, int]] = []

    def later(example: str, number: int) -> bool | str:
        runs.append((example, number))
        if example > "e030" and runs.count((example, number)) == 1:
            return "error"
        return example >= "e010"

    again = w.again(later)
    row = row_of(w.decide(w.trials(first(10)), w.baseline(), again))
    assert [rerun.reason for request in again.requests for rerun in request.reruns] == ["pass", "missing"]
    assert set(map(tuple, again.reruns("missing")[0].repeats.values())) == {(2,)}
    assert (row.verdict, row.red, row.n) == ("REGRESSED", True, 40)


def test_where_the_look_breaks_it_is_insufficient_and_says_why(world: type[World], row_of: RowOf) -> None:
    w = world(20)
    again = w.again(errors={"passes": "it crashed"})
    row = row_of(w.decide(w.trials(erring(*w.ids[:5])), w.baseline(), again))
    assert (row.verdict, row.red) == ("INSUFFICIENT_DATA", True)
    assert row.note == (
        "another look was due and could not run: it crashed; 25% of 20 pairs missing (5 ended in an error)"
    )


def test_a_metric_beyond_help_spares_the_others_the_look(world: type[World], row_of: RowOf) -> None:
    """Whatever the order of the metrics: the suite is red, and what runs again is money for nothing."""
    for name in ("a_first", "z_last"):
        w = world(20, metrics={name: "v", "tone": "v"})
        baseline = w.baseline(scores={name: lambda *_: 1.0, **TONE})
        edits = {name: lambda *_: 1.0, "tone": lambda e, _: None if e < "e004" else 0.9}
        rows = {
            example: row if example > "e003" else replace(row, scores={"tone": row.scores["tone"]})
            for example, row in baseline.rows.items()
        }
        again = w.again(scores={name: lambda *_: 1.0, **TONE})
        decision = w.decide(w.trials(scores=edits), replace(baseline, rows=rows), again)
        assert row_of(decision, name).verdict == "INSUFFICIENT_DATA"
        assert again.asked == []


def test_a_selected_repeat_that_is_lost_brings_no_others_along(world: type[World]) -> None:
    w = world(3, repeat=3)
    part = w.changed(expected=tuple(each for each in w.plan.expected if each.repeat == 2))
    again = part.again()
    part.decide([], w.baseline(), again)
    (rerun,) = again.reruns("missing")
    assert dict(rerun.repeats) == {example: [2] for example in w.ids}


def test_removed_examples_are_missing_and_no_rerun_brings_them_back(
    world: type[World], row_of: RowOf
) -> None:
    old, new = world(20), world([f"e{number:03}" for number in range(17)])
    again = new.again()
    row = row_of(new.decide(new.trials(erring("e000")), old.baseline(), again))
    assert (row.verdict, again.asked) == ("INSUFFICIENT_DATA", [])


def test_a_metric_that_is_off_asks_for_nothing(world: type[World]) -> None:
    w = world(20, metrics={"tone": "v"}, gates=[GateRule(metric="tone", rule="off")])
    some = {"tone": lambda example, _: None if example < "e004" else 0.9}
    again = w.again()
    assert not w.decide(w.trials(scores=some), w.baseline(scores=TONE), again).red
    assert again.asked == []


def test_a_suspect_among_the_lost_is_still_one(world: type[World], row_of: RowOf) -> None:
    w = world(100)
    status = lambda example, _: "error" if example > "e090" else example != "e003"  # noqa: E731
    again = w.again(but("e003"))
    decision = w.decide(w.trials(status), w.baseline(), again)
    assert again.reruns("missing")
    assert {row.state for row in decision.examples if row.red} == {"broken"}


def _untimed(trial: Trial) -> Trial:
    score = TrialScore(error="replayed", gating=True, exempt=True, untimed=True)
    return replace(trial, scores={**trial.scores, "max_latency": score})


def test_bounds_of_time_are_not_missed_where_trials_were_replayed(world: type[World]) -> None:
    w = world(20, metrics={"max_latency": "v1"})
    fast = {"max_latency": lambda *_: 1.0}
    live = w.trials(scores=fast)
    decision = w.decide(list(map(_untimed, live)), w.baseline(scores=fast), w.again())
    assert not decision.red
    assert [row.metric for row in decision.metrics] == ["pass"]


def test_replayed_trials_are_no_part_of_what_a_bound_of_time_lacks(world: type[World], row_of: RowOf) -> None:
    w = world(20, metrics={"max_latency": "v1"})
    fast = {"max_latency": lambda *_: 1.0}
    live = w.trials(scores=fast)
    trials = [*map(_untimed, live[:15]), *live[15:]]
    row = row_of(w.decide(trials, w.baseline(scores=fast), w.again()), "max_latency")
    assert (row.verdict, row.n, row.expected) == ("NEUTRAL", 5, 5)
    slow = [*map(_untimed, live[:15]), *(replace(trial, scores={}) for trial in live[15:])]
    row = row_of(w.decide(slow, w.baseline(scores=fast), w.again()), "max_latency")
    assert (row.verdict, row.note) == ("INSUFFICIENT_DATA", "100% of 5 pairs missing (5 unscored)")
