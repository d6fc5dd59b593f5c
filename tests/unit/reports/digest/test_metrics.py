from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.digest.metrics import digest_metrics, unjudged
from pytest_llmobs.reports.terminal.section import render

PLAN = SuitePlan(name="s", path="s.py")
TRIAL = Trial(suite="s", example_id="a", example_hash="h", repeat=1, nodeid="t", status="passed")


def trial(example_id: str, score: float | None, status: str = "passed") -> Trial:
    return replace(TRIAL, example_id=example_id, status=status, scores={"tone": TrialScore(score=score)})


def experiment(*trials: Trial, metrics: tuple[MetricRow, ...] = ()) -> Experiment:
    return Experiment(
        name="n", started="", duration=1, suites=(PLAN,), trials=trials, decision=Decision(metrics=metrics)
    )


def test_the_example_is_the_unit_of_a_mean():
    rows = unjudged(experiment(trial("a", 1.0), trial("a", 0.0), trial("a", 0.5), trial("b", 1.0, "failed")))
    assert [(row.metric, row.candidate, row.n) for row in rows] == [("pass", 0.5, 2), ("tone", 0.75, 2)]


def test_what_has_no_value_enters_no_mean():
    rows = unjudged(experiment(trial("a", None, "error"), trial("b", 0.5, "xfailed")))
    assert [(row.metric, row.candidate, row.n) for row in rows] == [("pass", 0.0, 1), ("tone", 0.5, 1)]


def test_a_metric_that_is_off_has_no_verdict_to_show():
    plan = replace(PLAN, gates=(GateRule(metric="pass", rule="off"),))
    row = MetricRow(suite="s", metric="pass", verdict="NEUTRAL", candidate=0.2)
    missed = replace(row, red=True, missed_bound=True)
    for judged, label in ((row, "not gated"), (missed, "")):
        (suite,) = digest_metrics(replace(experiment(metrics=(judged,)), suites=(plan,))).suites
        assert [line.label for line in suite.lines] == [label]


def test_a_judged_metric_is_left_to_the_gate():
    judged = MetricRow(suite="s", metric="pass", verdict="NEUTRAL")
    assert [row.metric for row in unjudged(experiment(trial("a", 1.0), metrics=(judged,)))] == ["tone"]


@pytest.mark.parametrize(
    ("metrics", "label"),
    [((), "· recorded"), ((MetricRow(suite="s", metric="pass", verdict="NEUTRAL"),), "· not gated")],
)
def test_the_table_says_why_there_is_no_verdict(metrics, label):
    text = render(experiment(trial("a", 0.5), metrics=metrics), width=80, color=False)
    line = next(line for line in text.split("\n") if line.startswith("  tone"))
    assert "0.500" in line
    assert line.endswith(label)


def test_a_suite_that_measured_nothing_says_so():
    text = render(experiment(), width=80, color=False)
    assert "! s: nothing was measured" in text
