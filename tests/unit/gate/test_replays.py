"""Both sides on the same recordings: no noise, so that one look decides, and any drop by ε is the code's."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.gate.notes import session_notes
from pytest_llmobs.gate.pairing import pair_suite
from pytest_llmobs.records.decisions import Decision, MetricRow
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial, TrialScore
from tests.unit.suites import ACCEPTED, World, but, first, graded

RowOf = Callable[..., MetricRow]
Named = Callable[[Trial], str | None]


def recording(trial: Trial) -> str:
    """Return what names a trial's recordings where each number has its own."""
    return f"{trial.example_id}-{trial.repeat}"


def on(trials: Sequence[Trial], named: Named = recording, **more: int) -> list[Trial]:
    """Return trials whose calls have recordings."""
    fields = {"llm_calls": 1, **more}
    return [replace(trial, recording=named(trial), **fields) for trial in trials]


def baseline(w: World, passes: object = True, **more: object) -> Baseline:
    """Return a baseline of five passes that keeps their recordings."""
    from pytest_llmobs.baselines.update import updated_baseline

    trials = on(w.trials(passes, repeat=5, **more))  # type: ignore[arg-type]
    return updated_baseline(None, w.plan, trials, source=ACCEPTED).baseline


def fresh(value: float) -> TrialScore:
    """Return what a judge says that was asked now."""
    return TrialScore(score=value, gating=True, fresh=True)


def test_one_broken_example_of_two_hundred_is_red_at_once(world: type[World]) -> None:
    w = world(200)
    again = w.again()
    decision = w.decide(on(w.trials(but("e007"))), baseline(w), again)
    (row,) = decision.examples
    assert (row.example_id, row.state, row.red) == ("e007", "broken", True)
    assert row.comment.startswith("fails on the recording on which it passed in the baseline: no noise")
    assert again.asked == []
    assert decision.red


def test_a_drop_by_epsilon_is_red_and_says_that_there_is_no_noise(world: type[World], row_of: RowOf) -> None:
    w = world(50)
    again = w.again()
    row = row_of(w.decide(on(w.trials(first(1))), baseline(w), again))
    assert (row.verdict, row.red, row.delta) == ("REGRESSED", True, pytest.approx(-0.02))
    assert row.same_recordings
    assert (row.p, row.low, row.high, row.mde, row.tests, row.fresh) == (None, None, None, None, 0, False)
    assert again.asked == []
    assert row.control_note == ""


def test_a_score_below_epsilon_is_neutral_and_a_rise_by_it_improved(
    world: type[World], row_of: RowOf
) -> None:
    w = world(20, metrics={"tone": "v1"}, gates=[GateRule(metric="pass", rule="off")])
    old = baseline(w, scores={"tone": graded(0.5, 0.5)})

    def verdict(value: float) -> str:
        trials = on(w.trials(scores={"tone": graded(value, value)}))
        return row_of(w.decide(trials, old, w.again()), "tone").verdict

    assert [verdict(value) for value in (0.481, 0.48, 0.519, 0.52)] == [
        "NEUTRAL",
        "REGRESSED",
        "NEUTRAL",
        "IMPROVED",
    ]


def test_lower_is_better_is_turned_round(world: type[World], row_of: RowOf) -> None:
    gates = [GateRule(metric="length", lower_is_better=True)]
    w = world(10, metrics={"length": "v1"}, gates=gates)
    old = baseline(w, scores={"length": graded(0.3, 0.3)})
    worse = row_of(w.decide(on(w.trials(scores={"length": graded(0.4, 0.4)})), old), "length")
    better = row_of(w.decide(on(w.trials(scores={"length": graded(0.2, 0.2)})), old), "length")
    assert (worse.verdict, worse.delta) == ("REGRESSED", pytest.approx(-0.1))
    assert (better.verdict, better.delta) == ("IMPROVED", pytest.approx(0.1))


def test_what_failed_on_a_recording_may_fail_on_it_again(world: type[World], row_of: RowOf) -> None:
    w = world(12)
    old = baseline(w, lambda example, number: number > 1 or example != "e000")
    again = w.again()
    decision = w.decide(on(w.trials(but("e000"))), old, again)
    row = row_of(decision)
    assert (row.verdict, row.delta, decision.red) == ("NEUTRAL", 0.0, False)
    assert row.baseline == row.candidate == pytest.approx(11 / 12)
    assert again.asked == []


def test_an_unstable_example_that_fails_where_it_passed_is_broken(
    world: type[World], states_of: Callable[..., dict[str, str]]
) -> None:
    w = world(100)
    old = baseline(w, lambda example, number: example != "e000" or number < 3)
    decision = w.decide(on(w.trials(but("e000"))), old, w.again())
    assert states_of(decision) == {"e000": "broken"}


def test_several_repeats_pair_each_with_its_own_recording(world: type[World], row_of: RowOf) -> None:
    w = world(10, repeat=3)
    old = baseline(w, lambda _, number: number != 2)
    same = row_of(w.decide(on(w.trials(lambda _, number: number != 2)), old, w.again()))
    swapped = w.decide(on(w.trials(lambda _, number: number != 3)), old, w.again())
    assert (same.verdict, same.delta) == ("NEUTRAL", 0.0)
    assert [row.state for row in swapped.examples] == ["broken"] * 10


def test_a_score_that_fell_below_half_is_broken(
    world: type[World], states_of: Callable[..., dict[str, str]]
) -> None:
    w = world(100, metrics={"tone": "v1"})
    old = baseline(w, scores={"tone": graded(0.9)})
    decision = w.decide(on(w.trials(scores={"tone": graded(0.4, 0.9, fails=1)})), old, w.again())
    assert states_of(decision, "tone") == {"e000": "broken"}


def test_a_judge_that_was_asked_anew_goes_by_the_usual_rules(world: type[World], row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v1", "short": "v1"})
    old = baseline(w, scores={"tone": graded(0.9), "short": graded(1.0, 1.0)})
    scores = {"tone": lambda *_: fresh(0.5), "short": graded(1.0, 1.0)}
    again = w.again(scores=scores)
    decision = w.decide(on(w.trials(scores=scores)), old, again)
    assert again.asked[0] == "passes"
    assert not row_of(decision, "tone").same_recordings
    assert row_of(decision, "tone").p is not None


def test_a_fresh_judge_leaves_the_other_scores_without_noise(world: type[World], row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v1", "short": "v1"})
    old = baseline(w, scores={"tone": graded(0.9), "short": graded(1.0, 1.0)})
    trials = on(w.trials(scores={"tone": lambda *_: fresh(0.9), "short": graded(0.0, 1.0, fails=2)}))
    again = w.again()
    decision = w.decide(trials, old, again)
    short, tone = row_of(decision, "short"), row_of(decision, "tone")
    assert (short.verdict, short.same_recordings) == ("REGRESSED", True)
    assert (tone.verdict, tone.tests) == ("NEUTRAL", 2)  # pass may be about the judge's score, too
    assert again.asked == []


def test_half_replayed_and_the_other_half_fallen_is_looked_at_again(
    world: type[World], row_of: RowOf
) -> None:
    w = world(40)

    def named(trial: Trial) -> str:
        return recording(trial) if trial.example_id < "e020" else f"new {recording(trial)}"

    def passes(example: str, _: int) -> bool:
        return not "e020" <= example < "e028"

    again = w.again(passes, recording=None)
    row = row_of(w.decide(on(w.trials(passes), named), baseline(w), again))
    assert again.asked[:1] == ["passes"]
    assert (row.verdict, row.red, row.same_recordings) == ("REGRESSED", True, False)


def test_half_replayed_with_a_drop_on_recordings_needs_no_look(world: type[World], row_of: RowOf) -> None:
    w = world(40)

    def named(trial: Trial) -> str:
        return recording(trial) if trial.example_id < "e020" else f"new {recording(trial)}"

    again = w.again()
    row = row_of(w.decide(on(w.trials(first(2)), named), baseline(w), again))
    assert (row.verdict, again.asked) == ("REGRESSED", [])
    assert "0.050 of it on the same recordings as in the baseline, no noise" in row.note


def test_a_rise_elsewhere_outweighs_a_drop_on_recordings(world: type[World], row_of: RowOf) -> None:
    w = world(40, metrics={"tone": "v1"}, gates=[GateRule(metric="pass", rule="off")])

    def named(trial: Trial) -> str:
        return recording(trial) if trial.example_id < "e002" else f"new {recording(trial)}"

    old = baseline(w, scores={"tone": graded(0.5, 0.5)})
    row = row_of(w.decide(on(w.trials(scores={"tone": graded(0.1, 0.9, fails=2)}), named), old), "tone")
    assert row.verdict == "IMPROVED"


def test_other_recordings_are_values_like_any_other(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    trials = on(w.trials(first(12)), lambda trial: f"other {recording(trial)}", replayed_calls=1)
    again = w.again(first(12))
    row = row_of(w.decide(trials, baseline(w), again))
    assert again.asked[0] == "passes"
    assert not row.same_recordings


def test_a_baseline_without_recordings_is_compared_as_ever(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    assert not row_of(w.decide(on(w.trials()), w.baseline())).same_recordings


def test_passes_that_differ_on_one_recording_have_noise(world: type[World], row_of: RowOf) -> None:
    from pytest_llmobs.baselines.update import updated_baseline

    w = world(12)
    trials = on(w.trials(lambda _, number: number % 2 == 1, repeat=5), lambda trial: trial.example_id)
    old = updated_baseline(None, w.plan, trials, source=ACCEPTED).baseline
    row = row_of(w.decide(on(w.trials(False), lambda trial: trial.example_id), old))
    assert not row.same_recordings
    assert row.p is not None


def test_no_further_trial_and_no_accepted_code_is_asked_for(world: type[World]) -> None:
    w = world(30)
    again = w.again()
    decision = w.decide(on(w.trials(first(9))), baseline(w), again, commit="9f8e7d6")
    assert decision.red
    assert again.requests == []
    broken = [row for row in decision.examples if row.state == "broken"]
    assert len(broken) == 9
    assert all("code: 1a2b3c4 -> 9f8e7d6" in row.changes for row in broken)


def test_where_nobody_can_look_nothing_is_said_of_looks(world: type[World]) -> None:
    w = world(30)
    quiet: Decision = w.decide(on(w.trials(first(9))), baseline(w), unlooked="nobody can")
    loud = w.decide(w.trials(first(3)), baseline(w), unlooked="nobody can")
    assert (quiet.unlooked, loud.unlooked) == ("", "nobody can")


def test_clusters_pair_by_recording_too(world: type[World], row_of: RowOf) -> None:
    w = world(12, cluster_by="document")
    old = baseline(w, cluster="one")
    row = row_of(w.decide(on(w.trials(first(1), cluster="one")), old))
    assert (row.verdict, row.same_recordings) == ("REGRESSED", True)


def test_the_rule_of_means_has_no_interval_either(world: type[World], row_of: RowOf) -> None:
    w = world(20, gates=[GateRule(metric="pass", rule="mean")])
    row = row_of(w.decide(on(w.trials(first(1))), baseline(w)))
    assert (row.verdict, row.same_recordings, row.low) == ("REGRESSED", True, None)


def test_two_of_two_hundred_missing_are_neither_red_nor_run_again(world: type[World], row_of: RowOf) -> None:
    w = world(200)
    trials = on(w.trials())[2:]
    again = w.again()
    row = row_of(w.decide(trials, baseline(w), again))
    assert (row.verdict, row.n, row.same_recordings) == ("NEUTRAL", 198, True)
    assert again.asked == []


def test_unchanged_code_is_never_red(world: type[World]) -> None:
    chance = random.Random(17)
    for _ in range(200):
        w = world(chance.choice([3, 12, 40]), repeat=chance.choice([1, 3, 5]), metrics={"tone": "v1"})
        rate = chance.choice([0.5, 0.85, 0.95])
        said: dict[tuple[str, int], float] = {}
        for example in w.ids:
            for number in range(1, 6):
                said[example, number] = chance.random()

        def passes(example: str, number: int, said=said, rate=rate) -> bool:
            return said[example, number] < rate

        def tone(example: str, number: int, said=said) -> float:
            return said[example, number]

        old = baseline(w, passes, scores={"tone": tone})
        again = w.again()
        decision = w.decide(on(w.trials(passes, scores={"tone": tone}), replayed_calls=1), old, again)
        assert not decision.red
        assert {row.verdict for row in decision.metrics} == {"NEUTRAL"}
        assert again.asked == []


def test_what_failed_on_recordings_in_the_baseline_makes_no_chance_smaller(
    world: type[World], row_of: RowOf
) -> None:
    w = world(40)
    old = baseline(w, lambda example, number: example >= "e020" or number > 1)

    def named(trial: Trial) -> str:
        return recording(trial) if trial.example_id < "e020" else f"new {recording(trial)}"

    row = row_of(w.decide(on(w.trials(lambda example, _: example > "e020"), named), old))
    assert (row.verdict, row.delta) == ("INCONCLUSIVE", pytest.approx(-1 / 40))
    assert row.p is not None
    assert row.p > 0.05


@pytest.mark.parametrize(("repeat", "following"), [(1, 6), (3, 6), (7, 8)])
def test_what_runs_again_is_numbered_on_from_the_recordings(
    world: type[World], repeat: int, following: int
) -> None:
    w = world(40, repeat=repeat)
    old = baseline(w)
    sessions = {key: replace(session, last_repeat=5) for key, session in old.sessions.items()}
    again = w.again(falls_elsewhere)
    w.decide(on(w.trials(falls_elsewhere), lambda trial: "new"), replace(old, sessions=sessions), again)
    assert again.reruns("pass")[0].repeats["e030"] == [following]
    assert again.reruns("pass")[0].number == repeat + 1

    plain = w.again(falls_elsewhere)
    w.decide(w.trials(falls_elsewhere), replace(old, sessions=sessions), plain)
    assert plain.reruns("pass")[0].repeats["e030"] == [repeat + 1]


def test_what_is_in_no_doubt_makes_no_suspect_harder_to_prove(world: type[World]) -> None:
    w = world(300)

    def named(trial: Trial) -> str:
        return "new" if trial.example_id in ("e007", "e008") else recording(trial)

    again = w.again()
    w.decide(on(w.trials(but("e007")), named), baseline(w, but("e008")), again)
    assert again.asked == ["suspects"]
    (rerun,) = again.reruns("suspect")
    assert list(rerun.repeats) == ["e007"]
    # of 300 in doubt, no passes of 8 trials would be proof
    assert all(most > 0 for _, most in rerun.suspicions["e007"][0].checkpoints)


def changed(trial: Trial) -> str:
    """Name recordings so that only those of the first twenty examples are the baseline's."""
    return recording(trial) if trial.example_id < "e020" else f"new {recording(trial)}"


def falls_elsewhere(example: str, _: int) -> bool:
    return not "e020" <= example < "e024"


def test_further_passes_leave_out_what_is_in_no_doubt(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again(falls_elsewhere)
    row = row_of(w.decide(on(w.trials(falls_elsewhere), changed), baseline(w), again))
    asked = [set(rerun.repeats) for rerun in again.reruns("pass")]
    assert asked
    assert all(names == set(w.ids[20:]) for names in asked)
    assert (row.verdict, row.n, row.expected, row.fresh) == ("REGRESSED", 40, 40, True)
    assert row.delta == pytest.approx(-4 / 40)
    assert row.candidate == pytest.approx(36 / 40)


def test_the_accepted_code_runs_what_is_in_doubt(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again(falls_elsewhere)
    row = row_of(w.decide(on(w.trials(falls_elsewhere), changed), baseline(w), again))
    (control,) = again.reruns("control")
    assert set(control.repeats) == set(w.ids[20:])
    assert (row.verdict, row.control) == ("REGRESSED", 1.0)


def test_what_fails_alike_in_the_accepted_code_has_drifted(world: type[World], row_of: RowOf) -> None:
    w = world(40)
    again = w.again(falls_elsewhere, accepted=falls_elsewhere)
    row = row_of(w.decide(on(w.trials(falls_elsewhere), changed), baseline(w), again))
    assert (row.verdict, row.control) == ("DRIFTED", pytest.approx(36 / 40))


def test_a_trial_of_a_further_pass_that_got_lost_is_missing_where_it_was_asked_for(
    world: type[World], row_of: RowOf
) -> None:
    w = world(40)

    def passes(example: str, number: int) -> bool | str:
        if number > 1 and example >= "e030":
            return "error"
        return falls_elsewhere(example, number)

    again = w.again(passes)
    w.decide(on(w.trials(falls_elsewhere), changed), baseline(w), again)
    lost = [rerun.repeats for rerun in again.reruns("missing")]
    assert lost
    assert all(set(repeats) == set(w.ids[30:]) for repeats in lost)
    assert all(set(numbers) <= {2, 3, 4} for repeats in lost for numbers in repeats.values())


def test_in_only_it_is_told_where_replies_count_as_fresh_ones(world: type[World]) -> None:
    w = world(10)
    told = f"{w.plan.name}: "

    def notes(old: Baseline, named: Named = recording, mode: str = "only") -> list[str]:
        pair = pair_suite(w.plan, old, on(w.trials(), named))
        return list(session_notes([w.plan], [pair], {"cassettes": mode}))

    assert notes(baseline(w)) == []
    (note,) = notes(w.baseline(True, repeat=5))
    assert note.startswith(f"{told}its baseline keeps no recordings")
    (note,) = notes(baseline(w), lambda trial: "new" if trial.example_id < "e002" else recording(trial))
    assert note.startswith(f"{told}2 examples replay what the baseline was not recorded with")
    assert notes(baseline(w), lambda trial: "new", "reuse") == []
    assert notes(baseline(w), lambda trial: None) == []
