"""Which examples, scores and labels a metric's verdict is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.records.trials import TrialScore
from tests.unit.suites import first

RowOf = Callable[..., MetricRow]


def test_without_a_baseline_assertions_decide(world, row_of: RowOf) -> None:
    w = world(10)
    decision = w.decide(w.trials(first(5)))
    row = row_of(decision)
    assert (row.verdict, row.candidate, row.delta) == ("NO_BASELINE", 0.5, None)
    assert row.note == "90 % interval 0.27 to 0.73"
    assert not decision.red


def test_without_a_baseline_a_score_says_what_is_missing_and_nothing_else(world, row_of: RowOf) -> None:
    w = world(8, metrics={"tone": "v"})
    row = row_of(w.decide(w.trials(only=w.ids[:4], scores={"tone": lambda *_: 1.0})), "tone")
    assert row.note == "50% of 8 examples missing (4 never ran)"


def test_a_partial_run_judges_what_ran_and_says_so(world, row_of: RowOf) -> None:
    whole = world(40)
    part = world(whole.ids[:20], total=40)
    decision = part.decide(part.trials(), whole.baseline())
    assert (row_of(decision).verdict, row_of(decision).n, row_of(decision).expected) == ("NEUTRAL", 20, 20)
    assert decision.notes == (
        f"{part.plan.name}: partial, 20 of 40 examples were selected; the verdict covers those",
    )


def test_new_examples_are_listed_and_not_compared(world, row_of: RowOf, states_of) -> None:
    old, new = world(40), world(43)
    decision = new.decide(new.trials(lambda e, _: e < "e040"), old.baseline())
    assert states_of(decision) == {"e040": "new", "e041": "new", "e042": "new"}
    assert decision.notes == (
        f"{new.plan.name}: 3 new examples (3 of them failing), compared from the next baseline on",
    )
    assert row_of(decision).n == 40
    assert not decision.red


def test_up_to_one_pair_in_twenty_may_be_edited(world, row_of: RowOf, states_of) -> None:
    w = world(40)
    baseline = w.baseline()
    expected = tuple(
        replace(trial, example_hash="new") if trial.example_id < "e002" else trial
        for trial in w.plan.expected
    )
    decision = w.changed(expected=expected).decide(w.trials(), baseline)
    assert states_of(decision) == {"e000": "edited", "e001": "edited"}
    assert (row_of(decision).verdict, row_of(decision).n, row_of(decision).expected) == ("NEUTRAL", 38, 38)
    assert decision.notes == (
        f"{w.plan.name}: 2 examples were edited since the baseline: their scores are not compared",
    )


def test_scores_made_in_a_test_body_never_gate(world) -> None:
    w = world(40)
    body = {"mine": lambda *_: TrialScore(score=0.1, gating=False)}
    decision = w.decide(w.trials(scores=body), w.baseline())
    assert [row.metric for row in decision.metrics] == ["pass"]


def test_an_xfail_of_the_users_own_counts_as_not_passed(world, row_of: RowOf) -> None:
    w = world(10)
    assert row_of(w.decide(w.trials(lambda e, _: "xfailed" if e == "e000" else True))).candidate == 0.9


def test_an_example_lacking_one_of_three_repeats_lacks_a_third(world, row_of: RowOf) -> None:
    w = world(30, repeat=3)
    row = row_of(w.decide(w.trials(lambda e, r: "error" if (e, r) == ("e000", 1) else True), w.baseline()))
    assert row.verdict == "NEUTRAL"
    assert "1% of 30 pairs missing (1 ended in an error)" in row.note


def test_an_evaluator_that_does_not_apply_is_not_missing(world, row_of: RowOf) -> None:
    def score(example: str, _: int) -> float | TrialScore:
        return 1.0 if example < "e020" else TrialScore(exempt=True, gating=True, error="no keywords")

    w = world(40, metrics={"keywords": "v"})
    row = row_of(
        w.decide(w.trials(scores={"keywords": score}), w.baseline(scores={"keywords": score})), "keywords"
    )
    assert (row.verdict, row.n, row.expected) == ("NEUTRAL", 20, 20)


def test_an_evaluator_that_never_applies_has_no_row(world) -> None:
    exempt = {"keywords": lambda *_: TrialScore(exempt=True, gating=True)}
    w = world(5, metrics={"keywords": "v"})
    decision = w.decide(w.trials(scores=exempt), w.baseline(scores=exempt))
    assert [row.metric for row in decision.metrics] == ["pass"]
    assert not decision.red


def test_labels_have_no_row(world) -> None:
    labels = {"category": lambda *_: TrialScore(value="billing", gating=True)}
    w = world(5, metrics={"category": "v"})
    decision = w.decide(w.trials(scores=labels), w.baseline(scores=labels))
    assert [row.metric for row in decision.metrics] == ["pass"]
    assert not decision.red


def test_an_evaluator_may_name_its_scores_otherwise(world) -> None:
    scores = {"recall": lambda *_: 0.5, "precision": lambda *_: 0.5}
    w = world(20, metrics={"retrieval": "v"})
    decision = w.decide(w.trials(scores=scores), w.baseline(scores=scores))
    assert [(row.metric, row.verdict) for row in decision.metrics] == [
        ("pass", "NEUTRAL"),
        ("precision", "NEUTRAL"),
        ("recall", "NEUTRAL"),
    ]
    changed = w.changed(metrics={"retrieval": "w"}).decide(w.trials(scores=scores), w.baseline(scores=scores))
    assert [row.verdict for row in changed.metrics] == ["NEUTRAL", "REBASELINE", "REBASELINE"]


def test_the_worst_drops_of_a_regressed_metric_are_named(world) -> None:
    w = world(40, metrics={"tone": "v"})
    baseline = w.baseline(scores={"tone": lambda *_: 0.9})
    scores = {"tone": lambda e, _: 0.6 if e == "e007" else 0.8}
    decision = w.decide(w.trials(scores=scores), baseline, w.again(scores=scores))
    dropped = [row for row in decision.examples if row.state == "dropped"]
    assert len(dropped) == 10
    assert (dropped[0].example_id, dropped[0].candidate, dropped[0].red) == ("e007", (0.6, 0.6), True)


def test_suspects_of_a_regressed_metric_are_part_of_its_red(world, row_of: RowOf) -> None:
    w = world(40)
    decision = w.decide(w.trials(first(20)), w.baseline(), w.again(first(20)))
    assert row_of(decision).verdict == "REGRESSED"
    assert {(row.state, row.red) for row in decision.examples} == {("broken", True)}
    assert len(decision.examples) == 20


def test_latency_and_cost_are_told_and_never_red(world) -> None:
    w = world(10)
    quick = w.baseline(latency=0.00001)
    assert w.decide(w.trials(latency=0.005), quick).notes == ()
    baseline = w.baseline(latency=1.0, total_cost=0.01)
    decision = w.decide(w.trials(latency=2.0, total_cost=0.011), baseline)
    assert decision.notes == (
        f"{w.plan.name}: latency is 2.00 times the baseline's in the median of 10 examples (1 -> 2 s), "
        "beyond what its repeats differ by",
    )
    assert not decision.red
    assert w.decide(w.trials(latency=None), baseline).notes == ()


def test_what_is_unscored_says_why_in_the_words_of_the_first(world, row_of):
    w = world(20, metrics={"tone": "v"})
    failed = TrialScore(gating=True, error="Traceback\n  File x\nKeyError: 'answer'")
    row = row_of(
        w.decide(w.trials(scores={"tone": lambda *_: failed}), w.baseline(scores={"tone": lambda *_: 1.0})),
        "tone",
    )
    assert row.note == "100% of 20 pairs missing (20 unscored); e000: KeyError: 'answer'"
