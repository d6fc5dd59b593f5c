"""Ways to get a green build without having earned it; each must be red."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import save_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.references import baseline_source, baselines_of
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.decisions import Decision, MetricRow
from pytest_llmobs.records.plans import GateMethod, GateRule
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.settings import Settings

RowOf = Callable[..., MetricRow]
TONE = {"tone": lambda *_: 0.9}


def reasons(decision: Decision) -> str:
    """Return everything red that a decision says."""
    assert decision.red
    return "\n".join(
        [*decision.errors, *(f"{row.metric} {row.verdict} {row.note}" for row in decision.metrics if row.red)]
    )


def test_no_trial_in_the_whole_session() -> None:
    assert "Nothing was evaluated" in reasons(decide([], [], {}, Settings()))


def test_nothing_ran(world) -> None:
    w = world(20)
    assert "pass INSUFFICIENT_DATA 100% of 20 pairs missing (20 never ran)" in reasons(
        w.decide([], w.baseline())
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [("skipped", "20 skipped"), ("error", "20 ended in an error"), ("unscored", "20 unscored")],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_every_trial_without_a_verdict(world, status: str, words: str, recorded: bool) -> None:
    w = world(20)
    assert words in reasons(w.decide(w.trials(status), w.baseline() if recorded else None))


def test_every_test_an_xfail_of_the_users_own(world, row_of: RowOf) -> None:
    w = world(20)
    decision = w.decide(w.trials("xfailed"), w.baseline())
    assert row_of(decision).verdict == "REGRESSED"
    assert decision.red


def test_means_over_survivors(world) -> None:
    """Two of six targets crash, the rest pass: no mean of 1.0."""
    w = world(6)
    decision = w.decide(
        w.trials(lambda e, _: "error" if e < "e002" else True), w.baseline(lambda e, _: e > "e001")
    )
    assert "33% of 6 pairs missing (2 ended in an error)" in reasons(decision)


def test_an_evaluator_that_always_raises(world) -> None:
    w = world(20, metrics={"tone": "v"})
    raising = {"tone": lambda *_: None}
    assert "tone INSUFFICIENT_DATA" in reasons(w.decide(w.trials(scores=raising), w.baseline(scores=TONE)))
    assert "tone INSUFFICIENT_DATA" in reasons(w.decide(w.trials(scores=raising)))


def test_an_evaluator_that_raised_when_the_baseline_was_recorded_too(world) -> None:
    w = world(20, metrics={"tone": "v"})
    raising = {"tone": lambda e, _: None if e < "e005" else 0.9}
    decision = w.decide(w.trials(scores=raising), w.baseline(scores=raising))
    assert "tone INSUFFICIENT_DATA 25% of 20 pairs missing" in reasons(decision)


def test_an_evaluator_that_raises_for_one_in_ten(world) -> None:
    w = world(20, metrics={"tone": "v"})
    some = {"tone": lambda e, _: None if e < "e002" else 0.9}
    assert "10% of 20 pairs missing (2 unscored)" in reasons(
        w.decide(w.trials(scores=some), w.baseline(scores=TONE))
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers(world, value: float) -> None:
    w = world(20, metrics={"tone": "v"})
    scores = {"tone": lambda *_: TrialScore(score=value, gating=True)}
    assert "tone INSUFFICIENT_DATA" in reasons(w.decide(w.trials(scores=scores), w.baseline(scores=TONE)))


def test_an_evaluator_that_suddenly_claims_not_to_apply(world) -> None:
    w = world(20, metrics={"tone": "v"})
    scores = {"tone": lambda *_: TrialScore(exempt=True, gating=True)}
    assert "tone INSUFFICIENT_DATA" in reasons(w.decide(w.trials(scores=scores), w.baseline(scores=TONE)))


def test_an_evaluator_that_turns_to_labels(world) -> None:
    w = world(20, metrics={"tone": "v"})
    scores = {"tone": lambda *_: TrialScore(value="fine", gating=True)}
    assert "tone INSUFFICIENT_DATA" in reasons(w.decide(w.trials(scores=scores), w.baseline(scores=TONE)))


def test_half_the_dataset_gone(world) -> None:
    whole, half = world(40), world(20)
    decision = half.decide(half.trials(), whole.baseline(lambda e, _: e < "e020"))
    assert "50% of 40 pairs missing (20 removed since the baseline)" in reasons(decision)


def test_three_failing_examples_deleted(world) -> None:
    whole, rest = world(40), world(37)
    decision = rest.decide(rest.trials(), whole.baseline(lambda e, _: e < "e037"))
    assert "3 removed since the baseline" in reasons(decision)


def test_failing_examples_edited(world) -> None:
    w = world(40)
    expected = tuple(
        replace(trial, example_hash="made easier") if trial.example_id < "e003" else trial
        for trial in w.plan.expected
    )
    assert "3 of 40 examples were edited since the baseline: record those" in reasons(
        w.changed(expected=expected).decide(w.trials(), w.baseline())
    )


def test_every_example_renamed(world) -> None:
    old, new = world(20), world([f"new{n}" for n in range(20)])
    assert "100% of 20 pairs missing" in reasons(new.decide(new.trials(), old.baseline()))


def test_a_selection_of_new_examples_alone(world) -> None:
    old, new = world(20), world(["new"], total=21)
    assert "nothing was evaluated" in reasons(new.decide(new.trials(False), old.baseline()))


def test_the_judge_changed_together_with_the_prompt(world, row_of: RowOf) -> None:
    w = world(20, metrics={"tone": "v1"})
    baseline = w.baseline(scores=TONE)
    lenient = w.changed(metrics={"tone": "v2"})
    decision = lenient.decide(w.trials(scores=TONE), baseline, ci=True)
    assert "tone REBASELINE its evaluator changed since the baseline (v1 -> v2)" in reasons(decision)
    local = lenient.decide(w.trials(scores=TONE), baseline)
    assert row_of(local, "tone").warning
    assert not local.red


def test_the_judge_taken_off_the_marker(world, row_of: RowOf) -> None:
    w = world(20, metrics={"tone": "v1"})
    baseline = w.baseline(scores=TONE)
    decision = w.changed(metrics={}).decide(w.trials(), baseline, ci=True)
    assert "tone REBASELINE its evaluator is gone from the marker" in reasons(decision)
    assert row_of(w.changed(metrics={}).decide(w.trials(), baseline), "tone").warning


def test_the_judge_renamed(world) -> None:
    w = world(20, metrics={"tone": "v1"})
    baseline = w.baseline(scores=TONE)
    renamed = w.changed(metrics={"tone2": "v2"})
    decision = renamed.decide(w.trials(scores={"tone2": lambda *_: 1.0}), baseline, ci=True)
    assert "tone REBASELINE its evaluator is gone" in reasons(decision)
    assert "tone2 REBASELINE new since the baseline" in reasons(decision)


def test_rows_left_from_an_older_judge(world) -> None:
    from pytest_llmobs.baselines.update import updated_baseline

    w = world(20, metrics={"tone": "v1"})
    old = w.baseline(scores=TONE)
    part = world(w.ids[:10], metrics={"tone": "v2"}, total=20)
    mixed = updated_baseline(old, part.plan, part.trials(scores=TONE, repeat=5)).baseline
    decision = w.changed(metrics={"tone": "v2"}).decide(w.trials(scores=TONE), mixed, ci=True)
    assert "tone REBASELINE its evaluator changed since the baseline (v1, v2 -> v2)" in reasons(decision)


def test_a_worker_killed(world) -> None:
    w = world(40, repeat=3)
    trials = [trial for trial in w.trials() if not (trial.repeat == 2 and trial.example_id < "e020")]
    assert "17% of 40 pairs missing (20 never ran)" in reasons(w.decide(trials, w.baseline()))


def test_an_interrupted_session(world) -> None:
    w = world(40)
    assert "never ran" in reasons(w.decide(w.trials(only=w.ids[:5]), w.baseline()))


def test_a_missing_baseline_under_ci(world) -> None:
    w = world(5)
    assert reasons(w.decide(w.trials(), ci=True)) == (
        f"No baseline for {w.plan.name}. Record one where you trust the results and commit it: "
        f"pytest {w.plan.name} --llm-experiment --llm-update-baseline"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "line 1: no valid JSON"),
        ("{}", "is no baseline: its schema is None"),
        ('{"schema": 1}', "is no baseline: examples: None is no object"),
        ('{"schema": 99, "suite": "s", "examples": {}}', "has schema 99; this version"),
        ('{\n"schema": 1,\n<<<<<<< HEAD\n', "line 3: an unresolved merge conflict"),
        ('{"schema": 1, "suite": "s", "examples": {"e": {"hash": "h", "pass": "yes"}}}', "'yes' is no list"),
    ],
)
def test_a_corrupt_baseline(world, tmp_path, content: str, words: str) -> None:
    w = world(5)
    path = baseline_path(tmp_path, w.plan.name)
    path.write_text(content)
    baselines = baselines_of([w.plan], baseline_source("", tmp_path, tmp_path, list))
    assert isinstance(baselines[w.plan.name], BaselineError)
    assert words in reasons(decide([w.plan], w.trials(), baselines, Settings()))


def test_a_baseline_without_examples(world, tmp_path) -> None:
    w = world(5)
    save_baseline(baseline_path(tmp_path, w.plan.name), replace(w.baseline(), rows={}))
    baselines = baselines_of([w.plan], baseline_source("", tmp_path, tmp_path, list))
    assert "INSUFFICIENT_DATA nothing was evaluated" in reasons(
        decide([w.plan], w.trials(), baselines, Settings())
    )


def test_a_misspelt_metric(world) -> None:
    w = world(5, metrics={"tone_quality": "v"}, gates=[GateRule(metric="tone_qualty", min_mean=0.8)])
    trials = w.trials(scores={"tone_quality": lambda *_: 0.1})
    assert reasons(w.decide(trials)) == (
        f"{w.plan.name}: llm_gate('tone_qualty') names a metric that nothing produced. "
        "Did you mean 'tone_quality'? Known: pass, tone_quality."
    )


def test_a_gate_on_labels(world) -> None:
    w = world(5, metrics={"category": "v"}, gates=[GateRule(metric="category", min_mean=0.8)])
    trials = w.trials(scores={"category": lambda *_: TrialScore(value="a", gating=True)})
    assert "'category' gives labels, and a gate needs numbers" in reasons(w.decide(trials))


def test_a_gate_on_a_score_of_the_test_body(world) -> None:
    w = world(5, gates=[GateRule(metric="mine", min_mean=0.8)])
    trials = w.trials(scores={"mine": lambda *_: TrialScore(score=0.1)})
    assert "'mine' is scored inside the test body" in reasons(w.decide(trials))


def test_a_gate_on_an_evaluator_that_is_silent(world) -> None:
    w = world(5, metrics={"tone": "v"}, gates=[GateRule(metric="tone", min_mean=0.8)])
    assert "evaluator 'tone' gave no number in any trial. Known: pass." in reasons(w.decide(w.trials()))


def test_an_evaluator_called_pass(world) -> None:
    w = world(5, metrics={"pass": "v"})
    assert "an evaluator calls its score 'pass'" in reasons(
        w.decide(w.trials(scores={"pass": lambda *_: 1.0}))
    )
    hidden = world(5, metrics={"all": "v"})
    assert "an evaluator calls its score 'pass'" in reasons(
        hidden.decide(hidden.trials(scores={"pass": lambda *_: 1.0}))
    )


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (GateRule(metric="pass", max_drop=-0.1), "max_drop=-0.1 in llm_gate('pass') is negative"),
        (GateRule(metric="pass", max_drop=math.nan), "max_drop=nan in llm_gate('pass') is no finite number"),
        (GateRule(metric="pass", min_mean=math.inf), "min_mean=inf in llm_gate('pass') is no finite number"),
        (GateRule(metric="pass", min_mean="0.8"), "min_mean='0.8' in llm_gate('pass') is no finite number"),
        (
            GateRule(metric="pass", rule="pared"),
            "Unknown rule 'pared' in llm_gate('pass'). Did you mean 'paired'?",
        ),
        (
            GateRule(metric="pass", lower_is_better=1),
            "lower_is_better=1 in llm_gate('pass') must be True or False",
        ),
        (GateRule(metric="pass", must_pass={"tier": "gold"}), "Of 'tier' there are: critical."),
        (GateRule(metric="pass", must_pass=True), "must_pass=True in llm_gate('pass') is no dict"),
        (GateRule(metric="pass", must_pass={"tear": "critical"}), "fits the metadata of no example"),
        (
            GateRule(metric="pass", calibrated=0.7),
            "refuses to gate: no evaluator of the marker is called 'pass'",
        ),
    ],
)
def test_a_gate_that_makes_no_sense(world, gate: GateRule, words: str) -> None:
    w = world(5, gates=[gate], metadata={"e000": {"tier": "critical"}})
    assert words in reasons(w.decide(w.trials()))


def test_a_judge_that_may_not_be_trusted(world) -> None:
    w = world(5, metrics={"tone": "v"}, gates=[GateRule(metric="tone", calibrated=0.7)])
    trials = w.trials(scores=TONE)

    def judged(distrusted: dict[str, str]) -> Decision:
        return decide([replace(w.plan, distrusted=distrusted)], trials, {}, Settings())

    assert "refuses to gate: Judge 'tone' has kappa 0.50" in reasons(
        judged({"tone": "Judge 'tone' has kappa 0.50"})
    )
    assert "no evaluator of the marker is called 'tone'" in reasons(judged({}))
    assert not judged({"tone": ""}).red


@pytest.mark.parametrize("rule", ["paired", "mean", "off"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_threshold_over_survivors(world, rule: GateMethod, recorded: bool) -> None:
    w = world(20, gates=[GateRule(metric="pass", min_mean=0.9, rule=rule)])
    crashed = w.trials(lambda e, _: "error" if e < "e005" else True)
    decision = w.decide(crashed, w.baseline() if recorded else None)
    unit = "pairs" if recorded else "examples"
    assert f"pass INSUFFICIENT_DATA 25% of 20 {unit} missing (5 ended in an error)" in reasons(decision)


UNPARSED = TrialScore(error="no verdict in the reply", gating=True)


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize(
    ("missing", "rule", "note"),
    [
        (
            2,
            GateRule(metric="tone", min_mean=0.96),
            "2 scores are missing: where each counts 0, the mean 0.95 is",
        ),
        (
            1,
            GateRule(metric="tone", min_mean=0.98),
            "1 score is missing: where each counts 0, the mean 0.975 is",
        ),
        (2, GateRule(metric="tone", min_mean=0.95), ""),
        (
            2,
            GateRule(metric="tone", min_mean=0.04, lower_is_better=True),
            "2 scores are missing: where each counts 1",
        ),
        (1, GateRule(metric="tone", min_mean=0.04, lower_is_better=True), ""),
    ],
)
def test_a_threshold_that_missing_scores_alone_would_keep(
    world, missing: int, rule: GateRule, note: str, recorded: bool
) -> None:
    """An evaluator that fails on just the bad answers lets no mean rise."""
    w = world(40, metrics={"tone": "v"}, gates=[rule])
    good = 0.0 if rule.lower_is_better else 1.0
    accepted = w.baseline(scores={"tone": lambda *_: good})
    trials = w.trials(scores={"tone": lambda e, _: UNPARSED if e < f"e{missing:03}" else good})
    decision = w.decide(trials, accepted if recorded else None)
    (row,) = [row for row in decision.metrics if row.metric == "tone"]
    assert (row.red, row.missed_bound) == (bool(note), bool(note))
    assert row.note.startswith(note)


def test_a_threshold_where_scores_leave_0_to_1_counts_the_worst_there_is(world) -> None:
    w = world(20, metrics={"words": "v"}, gates=[GateRule(metric="words", min_mean=9.0)])
    for worst, note in ((2.0, ""), (-5.0, "1 score is missing: where each counts -5, the mean 8.5 is below")):
        scores = {"e000": UNPARSED, "e001": worst}
        trials = w.trials(scores={"words": lambda e, _, known=scores: known.get(e, 10.0)})
        (row,) = [row for row in w.decide(trials, None).metrics if row.metric == "words"]
        assert (row.red, row.note.startswith(note)) == (bool(note), True)


def test_what_an_evaluator_does_not_apply_to_is_not_missing(world) -> None:
    w = world(20, metrics={"tone": "v"}, gates=[GateRule(metric="tone", min_mean=0.99)])
    exempt = TrialScore(error="states nothing", gating=True, exempt=True)
    decision = w.decide(w.trials(scores={"tone": lambda e, _: exempt if e < "e010" else 1.0}), None)
    assert not decision.red


def test_must_pass_where_one_repeat_says_it_does_not_apply(world) -> None:
    w = world(5, repeat=3, metrics={"tone": "v"}, gates=[GateRule(metric="tone", must_pass={})])
    exempt = TrialScore(error="states nothing", gating=True, exempt=True)
    for value, red in ((0.0, True), (1.0, False)):
        decision = w.decide(w.trials(scores={"tone": lambda _, k, v=value: v if k < 3 else exempt}))
        assert bool([row for row in decision.examples if row.red]) is red


def test_a_threshold_on_nothing(world) -> None:
    w = world(5, metrics={"tone": "v"}, gates=[GateRule(metric="tone", min_mean=0.9)])
    assert "pass INSUFFICIENT_DATA 100% of 5 examples missing (5 never ran)" in reasons(w.decide([], None))


def test_trials_of_examples_nobody_expected(world) -> None:
    w, stranger = world(5), world(["stranger"])
    assert w.decide(stranger.trials() * 5, w.baseline()).red


def test_the_same_trial_reported_twice_counts_once(world) -> None:
    w = world(20, repeat=2)
    once = [trial for trial in w.trials() if trial.repeat == 1]
    assert "50% of 20 pairs missing" in reasons(w.decide(once + once, w.baseline()))


def test_scores_of_a_trial_that_ended_in_an_error(world) -> None:
    w = world(20, metrics={"tone": "v"})
    assert "tone INSUFFICIENT_DATA" in reasons(
        w.decide(w.trials("error", scores=TONE), w.baseline(scores=TONE))
    )


def test_a_broken_example_hidden_by_improved_ones(world) -> None:
    """The mean rises; one example that always worked is gone."""
    w = world(50)
    baseline = w.baseline(lambda e, _: e >= "e005")
    trials = w.trials(lambda e, _: e != "e030")
    assert w.decide(trials, baseline, w.again(lambda e, _: e != "e030")).red


def test_the_baseline_of_another_suite_under_this_ones_name(world, tmp_path: Path) -> None:
    w, other = world(3), world(3, suite="tests/test_other.py")
    save_baseline(baseline_path(tmp_path, w.plan.name), other.baseline(False))
    baselines = baselines_of([w.plan], baseline_source("", tmp_path, tmp_path, list))
    decision = decide([w.plan], w.trials(False), baselines, Settings())
    assert "holds the baseline of 'tests/test_other.py', not of 'tests/test_support.py" in reasons(decision)


def test_a_drop_in_percent_that_no_score_can_make(world) -> None:
    w = world(5, metrics={"tone": "v"}, gates=[GateRule(metric="tone", max_drop=2)])
    decision = w.decide(w.trials(scores={"tone": lambda *_: 0.1}), w.baseline(scores=TONE))
    assert "max_drop=2 of llm_gate('tone') lets every drop pass" in reasons(decision)
    assert "2 % is 0.02; rule='off'" in reasons(decision)


def test_a_wide_drop_of_a_score_that_is_no_share_is_fine(world) -> None:
    w = world(5, metrics={"tone": "v"}, gates=[GateRule(metric="tone", max_drop=2)])
    stars = {"tone": lambda *_: 4}
    assert not w.decide(w.trials(scores=stars), w.baseline(scores=stars)).red


def test_tests_of_one_suite_that_gate_one_metric_otherwise(world) -> None:
    w = world(5, gates=[GateRule(metric="pass", min_mean=1), GateRule(metric="pass", rule="off")])
    assert "its tests have different llm_gate('pass'), and a suite has one rule" in reasons(
        w.decide(w.trials(False))
    )


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"teir": "critical"}, "Did you mean 'tier'? Known: tier."),
        ({"tier": "critcal"}, "Did you mean 'critical'? Of 'tier' there are: critical, normal."),
    ],
)
def test_must_pass_that_fits_no_example_names_the_choices(world, wanted: dict[str, str], words: str) -> None:
    metadata = {"e000": {"tier": "critical"}, "e001": {"tier": "normal"}}
    w = world(2, gates=[GateRule(metric="pass", must_pass=wanted)], metadata=metadata)
    assert f"fits the metadata of no example. {words}" in reasons(w.decide(w.trials()))
