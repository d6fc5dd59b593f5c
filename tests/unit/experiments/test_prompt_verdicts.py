"""Which experiments speak for a commit of a prompt, and which don't."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.prompt_verdicts import PromptVerdict, verdicts_by_commit, verdicts_of
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.prompt_uses import suites_prompts
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.store import Store

SUITE, OTHER = "tests/test_support.py::test_agent", "tests/test_other.py::test_other"
OLD, NEW = "0123456789abcdef", "fedcba9876543210"


def plan(name=SUITE, total=1, gates=()):
    expected = (ExpectedTrial(example_id="a", example_hash="h", repeat=1, nodeid=name),)
    return SuitePlan(name=name, path=name.partition("::")[0], expected=expected, total=total, gates=gates)


def row(suite=SUITE, verdict="NEUTRAL", red=False, **more):
    return MetricRow(suite=suite, metric="pass", verdict=verdict, candidate=1.0, red=red, **more)


def experiment(name="first", *, rows=None, used=NEW, decision=None, **more):
    rows = [row()] if rows is None else rows
    given = {
        "name": name,
        "started": "2026-11-30T15:00:00+00:00",
        "duration": 1.0,
        "suites": (plan(), plan(OTHER)),
        "prompts": {SUITE: {"support": used}},
        "decision": decision or Decision(metrics=rows),
    }
    return Experiment(**{**given, **more})


def word(made):
    (verdict,) = verdicts_of([made], "support")[NEW]
    assert verdict.is_green == (verdict.verdict == "green")
    return verdict.verdict


def test_a_suite_that_was_compared_and_held_is_green():
    (verdict,) = verdicts_of([experiment()], "support")[NEW]
    assert (verdict.experiment, verdict.suite, verdict.is_green) == ("first", SUITE, True)
    assert verdict.created_at.isoformat() == "2026-11-30T15:00:00+00:00"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (experiment(rows=[row(verdict="REGRESSED", red=True)]), "red"),
        (experiment(decision=Decision(metrics=[row()], errors=["no"])), "red"),
        (experiment(rows=[row(), row(OTHER, "REGRESSED", red=True)]), "red elsewhere"),
        (experiment(end=SessionEnd(exit_status=1)), "red elsewhere"),
        (experiment(interrupted=True), "interrupted"),
        (experiment(shard="1/2"), "shard 1/2"),
        (experiment(suites=[plan(total=9)]), "partial"),
        (experiment(suites=[]), "partial"),
        (experiment(rows=[]), "recorded"),
        (experiment(rows=[row(verdict="NO_BASELINE")]), "no baseline"),
        (experiment(rows=[row(), row(verdict="REBASELINE")]), "not judged"),
        (experiment(rows=[row(OTHER)]), "not judged"),
        (experiment(used=f"{OLD}, {NEW}"), "mixed"),
    ],
)
def test_what_is_no_evidence_says_why(made, expected):
    assert word(made) == expected


def test_an_example_that_broke_makes_its_suite_red():
    broken = ExampleRow(suite=SUITE, example_id="a", metric="pass", state="broken", red=True)
    assert word(experiment(decision=Decision(metrics=[row()], examples=[broken]))) == "red"


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (GateRule(metric="pass", min_mean=0.9), "green"),
        (GateRule(metric="pass", must_pass={}), "green"),
        (GateRule(metric="pass", max_drop=0.1), "no baseline"),
        (GateRule(metric="pass", min_mean=0.9, rule="off"), "green"),
        (GateRule(metric="tone", min_mean=0.9), "no baseline"),
    ],
)
def test_a_bound_that_was_kept_is_evidence_without_a_baseline(gate, expected):
    made = experiment(suites=[plan(gates=(gate,))], rows=[row(verdict="NO_BASELINE")])
    assert word(made) == expected


def test_a_suite_in_which_no_drop_would_be_red_is_no_evidence():
    off = GateRule(metric="pass", rule="off")
    assert word(experiment(suites=[plan(gates=(off,))])) == "not judged"
    judged = [row(), replace(row(), metric="tone")]
    assert word(experiment(rows=judged, suites=[plan(gates=(off,))])) == "green"


def test_a_commit_that_only_the_text_tells_says_so():
    verdicts = verdicts_of([experiment(used=f"{NEW} (matched)")], "support")
    assert verdicts[NEW][0].matched


def test_the_heads_of_a_store_are_enough_and_the_newest_comes_first(tmp_path):
    store = Store(tmp_path / ".llmobs")
    trial = Trial(
        suite=SUITE, example_id="a", example_hash="h", repeat=1, nodeid=SUITE, status="passed",
        prompts={"support": NEW},
    )  # fmt: skip
    for name, hour in (("first", 15), ("second", 17), ("third", 16)):
        made = experiment(name, trials=(trial,), started=f"2026-11-30T{hour}:00:00+00:00")
        made = replace(made, prompts=suites_prompts(made.trials))
        store.write_experiment(name, experiment_to_dict(made))
    store.write_experiment("other", experiment_to_dict(experiment("other", prompts={})))
    verdicts = verdicts_by_commit(store, "support")
    assert list(verdicts) == [NEW]
    assert [verdict.experiment for verdict in verdicts[NEW]] == ["second", "third", "first"]
    assert all(isinstance(verdict, PromptVerdict) and verdict.is_green for verdict in verdicts[NEW])
    assert verdicts_by_commit(store, "elsewhere") == {}
