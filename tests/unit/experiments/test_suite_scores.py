"""Summary evaluators over stored runs, and the verdict on what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_llmobs.baselines.file import parse_baseline, render_baseline
from pytest_llmobs.baselines.records import RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators.suites import bind_summary
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.experiments.suite_scores import marked, suite_scores
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.secrets import Secrets
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

REDACTION = Redaction([Secrets()])
KEY = "sk-ant-api03-" + "Ab9dEfGh1jKlMn0pQrStUv" * 4
LABELS = {"e000": ("a", "a"), "e001": ("b", "a"), "e002": (RuntimeError("down"), "b")}
"""Example -> what was predicted, and what is right."""


def agree(outputs, reference_outputs):
    return [o == r for o, r in zip(outputs, reference_outputs, strict=True)].count(True)


def everything(runs, examples, inputs, scores):
    return [
        {"key": "calls", "score": sum(len(run.child_runs) for run in runs)},
        {"key": "tiers", "value": ",".join(example.metadata["tier"] for example in examples)},
        {"key": "inputs", "score": len({each["q"] for each in inputs})},
        {"key": "tone", "score": sum(each["tone"].number() for each in scores)},
    ]


def fails(runs):
    return runs[0].no_such_thing


@pytest.fixture
def stored(tmp_path: Path, world):
    """A store with three traced trials, and the experiment they belong to; the third target raised."""

    def make(*summaries, more=0):
        bound = [bind_summary(spec) for spec in summaries]
        w = world(3 + more, metadata={f"e{n:03}": {"tier": "gold"} for n in range(4)})
        plan = replace(w.plan, summaries={each.key: each.version for each in bound})
        store = Store(tmp_path / ".llmobs")
        spool = store.spool("session")
        tracer, trials = Tracer(project="calm-heron", sink=spool), []
        for trial in w.trials(scores={"tone": lambda *_: 0.5}, only=list(LABELS)):
            predicted, right = LABELS[trial.example_id]
            failed = isinstance(predicted, Exception)
            root = start_root(
                tracer, "app", inputs={"q": trial.example_id}, columns={"reference_outputs": {"label": right}}
            )
            root.create_child("model", "llm").end()
            root.end(None if failed else {"label": predicted}, predicted if failed else None)
            trials.append(replace(trial, run_id=root.id, status="error" if failed else "passed"))
        spool.close()
        experiment = Experiment(
            name="calm-heron",
            started="2026-01-01T00:00:00+00:00",
            duration=1,
            suites=(plan,),
            trials=tuple(trials),
        )
        return experiment, store, bound

    return make


def scored(stored, *summaries, **options):
    experiment, store, bound = stored(*summaries, **options)
    return {score.metric: score for score in suite_scores(experiment, store, lambda plan: bound, REDACTION)}


def test_every_trial_is_seen_with_what_the_store_has_of_it(stored):
    found = scored(stored, agree, "recall", everything)
    assert found["agree"].score == 1
    assert found["recall"].score == pytest.approx((1 / 2 + 0) / 2)
    assert (found["calls"].score, found["inputs"].score, found["tone"].score) == (3, 3, 1.5)
    assert (found["tiers"].value, found["tiers"].evaluator) == ("gold,gold,gold", "everything")
    assert (found["recall"].n, found["recall"].expected) == (2, 3)


def test_one_that_never_ran_has_an_error_for_a_run(stored):
    def outcomes(runs, outputs):
        return " ".join(run.error or "fine" for run in runs).partition("never")[1] + str(outputs[-1])

    found = scored(stored, outcomes, "p95_latency", more=1)
    assert found["outcomes"].value == "neverNone"
    assert "1 of 4 trials have no latency" in found["p95_latency"].error
    assert (found["outcomes"].n, found["outcomes"].expected) == (2, 4)


def test_what_they_say_is_cleaned_before_it_is_kept(stored):
    def says(runs):
        return {"score": 1, "value": KEY, "comment": f"asked with {KEY}"}

    def refused(runs):
        raise RuntimeError(f"Incorrect API key: {KEY}")

    found = scored(stored, says, refused)
    assert found["says"].score == 1
    assert found["says"].comment.startswith("asked with [redacted")
    assert "Incorrect API key: [redacted" in found["refused"].error
    assert not any("sk-ant" in str(score) for score in found.values())


def test_one_that_raises_keeps_its_place_and_its_traceback(stored):
    error = scored(stored, fails)["fails"].error
    assert error.startswith("Traceback")
    assert "no_such_thing" in error
    assert "evaluators/summary.py" not in error


def test_evaluators_that_cannot_be_had_are_unscored(stored):
    experiment, store, _ = stored(agree, fails)

    def find(plan):
        raise EvaluatorError("test_x.py can't be imported")

    found = suite_scores(experiment, store, find, REDACTION)
    assert [(s.metric, s.score, s.error) for s in found] == [
        ("agree", None, "test_x.py can't be imported"),
        ("fails", None, "test_x.py can't be imported"),
    ]
    (one, _) = suite_scores(experiment, store, lambda plan: [bind_summary(fails)], REDACTION)
    assert "not that of the session" in one.error


def test_a_name_that_is_taken_is_unscored(stored):
    def sly(outputs):
        return {"key": "pass", "score": 1.0}

    found = scored(stored, sly)
    assert found["sly"].error == "It calls its score 'pass', which is another metric already. Rename it."


def test_the_document_keeps_them(stored):
    experiment, store, bound = stored("confusion_matrix", fails)
    experiment = replace(
        experiment, suite_scores=suite_scores(experiment, store, lambda plan: bound, REDACTION)
    )
    back = experiment_from_dict(experiment_to_dict(experiment))
    assert back.suite_scores == experiment.suite_scores
    assert back.suite_scores[0].matrix == {"a": {"a": 1, "b": 1}, "b": {"(none)": 1}}
    assert back.suites[0].summaries == experiment.suites[0].summaries


def test_a_matrix_of_the_users_is_kept_where_it_is_one(stored):
    def own(outputs):
        return {"score": 1, "metadata": {"matrix": {1: {True: 2}}}}

    def other(outputs):
        return {"score": 1, "metadata": {"matrix": {"a": [1, 2]}}}

    found = scored(stored, own, other)
    assert (found["own"].matrix, found["other"].matrix) == ({"1": {"True": 2}}, {})


class Marks:
    """A module with the marks that pytest would leave on it."""

    mark = SimpleNamespace(name="llm_dataset", kwargs={"summary_evaluators": ["f1", agree]})
    other = SimpleNamespace(name="slow", kwargs={})


@pytest.mark.parametrize("where", ["function", "class", "module"])
def test_the_marker_is_found_again_on_the_test_its_class_or_its_module(world, where):
    def test_it(): ...

    class TestIt: ...

    TestIt.test_it = test_it
    module = SimpleNamespace(TestIt=TestIt, pytestmark=Marks.other)
    place = {"function": test_it, "class": TestIt, "module": module}[where]
    place.pytestmark = SimpleNamespace(mark=Marks.mark) if where == "module" else [Marks.other, Marks.mark]
    plan = world(suite="tests/[x]/test_a.py::TestIt::test_it[fast]").plan
    plan = replace(plan, path="tests/[x]/test_a.py")
    assert [bound.key for bound in marked(module, plan)] == ["f1", "agree"]


def test_a_marker_that_is_gone_is_told(world):
    plan = world(suite="test_a.py::test_it").plan
    with pytest.raises(EvaluatorError, match=r"test_a\.py no longer has 'test_it'"):
        marked(SimpleNamespace(), plan)
    with pytest.raises(EvaluatorError, match="no longer has the marker llm_dataset on"):
        marked(SimpleNamespace(test_it=lambda: None), plan)


# The verdict


def gated(
    world, *gates, value=0.7, before=None, n=20, partial=False, ci=False, version="v", label=None, error=None
):
    w = world(20, gates=gates, total=40 if partial else None).changed(summaries={"f1": "v"})
    said = {"score": value, "value": label, "error": error}
    score = SuiteScore(suite=w.plan.name, metric="f1", evaluator="f1", n=n, expected=20, **said)
    baseline = None
    if before is not None:
        then = replace(score, score=before)
        whole = replace(w.plan, summaries={"f1": version}, total=20)
        baseline = updated_baseline(
            None, whole, w.trials(repeat=5), source=RecordedSession(suite_scores=[then])
        ).baseline
        baseline = parse_baseline(render_baseline(baseline), "llm-baselines/x.json")
    baselines = {} if baseline is None else {w.plan.name: baseline}
    return decide([w.plan], w.trials(), baselines, Settings(ci=ci), suite_scores=[score])


BOUND, MEAN = GateRule(metric="f1", min_mean=0.8), GateRule(metric="f1", rule="mean")


@pytest.mark.parametrize(
    ("gates", "case", "verdict", "red", "note"),
    [
        ([], {}, "UNPAIRED", False, ""),
        ([], {"before": 0.9}, "UNPAIRED", False, ""),
        ([], {"value": None, "error": "it raised"}, "INSUFFICIENT_DATA", False, "unscored: it raised"),
        ([BOUND], {}, "UNPAIRED", True, "0.7 is below min_mean=0.8"),
        ([BOUND], {"value": 0.8}, "UNPAIRED", False, ""),
        ([BOUND], {"value": None, "error": "it raised"}, "INSUFFICIENT_DATA", True, "unscored: it raised"),
        ([BOUND], {"n": 18, "value": 0.9}, "INSUFFICIENT_DATA", True, "2 of 20 trials raised an error"),
        ([BOUND], {"n": 19, "value": 0.9}, "UNPAIRED", False, ""),
        ([BOUND], {"value": 0.7, "partial": True}, "UNPAIRED", True, "0.7 is below"),
        ([MEAN], {}, "NO_BASELINE", False, ""),
        ([MEAN], {"before": 0.71}, "NEUTRAL", False, ""),
        ([MEAN], {"before": 0.75}, "REGRESSED", True, "any drop beyond max_drop"),
        ([MEAN], {"before": 0.75, "partial": True}, "UNPAIRED", False, "only a part of the examples"),
        ([MEAN], {"before": 0.75, "version": "w"}, "REBASELINE", False, "its evaluator changed"),
        ([MEAN], {"before": 0.75, "version": "w", "ci": True}, "REBASELINE", True, "its evaluator changed"),
        (
            [replace(MEAN, lower_is_better=True, max_drop=0.1)],
            {"before": 0.5},
            "REGRESSED",
            True,
            "any drop beyond",
        ),
        ([MEAN], {"value": None, "error": "it raised"}, "INSUFFICIENT_DATA", True, "unscored"),
    ],
)
def test_the_verdict_on_one_number(world, row_of, gates, case, verdict, red, note):
    decision = gated(world, *gates, **case)
    row = row_of(decision, "f1")
    assert (row.verdict, row.red) == (verdict, red)
    assert note in row.note
    assert decision.errors == () or case.get("ci")


def test_other_examples_than_the_baselines_are_too_little_to_compare(world, row_of):
    old, new = (
        world([f"e{n}" for n in range(start, start + 20)], gates=[MEAN]).changed(summaries={"f1": "v"})
        for start in (0, 3)
    )
    score = SuiteScore(suite=old.plan.name, metric="f1", evaluator="f1", score=0.9, n=20, expected=20)
    baseline = updated_baseline(
        None, old.plan, old.trials(), source=RecordedSession(suite_scores=[score])
    ).baseline
    decision = decide([new.plan], new.trials(), {new.plan.name: baseline}, Settings(), suite_scores=[score])
    row = row_of(decision, "f1")
    assert (row.verdict, row.red) == ("INSUFFICIENT_DATA", True)
    assert row.note == "3 of 20 examples were edited or removed since the baseline"


def test_a_number_over_many_new_examples_is_not_compared(world, row_of):
    old, new = (
        world([f"e{n}" for n in range(count)], gates=[MEAN]).changed(summaries={"f1": "v"})
        for count in (20, 23)
    )
    score = SuiteScore(suite=old.plan.name, metric="f1", evaluator="f1", score=0.9, n=20, expected=20)
    baseline = updated_baseline(
        None, old.plan, old.trials(), source=RecordedSession(suite_scores=[score])
    ).baseline
    lower = replace(score, score=0.1)
    decision = decide([new.plan], new.trials(), {new.plan.name: baseline}, Settings(), suite_scores=[lower])
    row = row_of(decision, "f1")
    assert (row.verdict, row.red) == ("UNPAIRED", False)
    assert row.note == "3 of 23 examples are new: not compared with the baseline's"


def test_a_partial_recording_keeps_the_number_of_the_whole_suite(world):
    w = world(2).changed(summaries={"f1": "v"})
    score = SuiteScore(suite=w.plan.name, metric="f1", evaluator="f1", score=0.9, n=2, expected=2)
    old = updated_baseline(None, w.plan, w.trials(), source=RecordedSession(suite_scores=[score])).baseline
    part = replace(w.plan, total=40)
    fresh = updated_baseline(
        old, part, w.trials(), source=RecordedSession(suite_scores=[replace(score, score=0.1)])
    ).baseline
    assert fresh.suite_scores["f1"].value == 0.9


@pytest.mark.parametrize(
    ("gate", "complaint"),
    [
        (GateRule(metric="f2", min_mean=0.5), "names a metric that nothing produced. Known: f1, pass."),
        (GateRule(metric="f1", must_pass={}), "scores the suite, not its examples. Use min_mean."),
        (GateRule(metric="f1", max_drop=0.1), "Say rule='mean' to compare two numbers."),
    ],
)
def test_a_gate_that_makes_no_sense_is_an_error(world, gate, complaint):
    (error,) = gated(world, gate).errors
    assert complaint in error


def test_a_label_cannot_be_bounded(world, row_of):
    row = row_of(gated(world, value=None, label="fine"), "f1")
    assert (row.verdict, row.red, row.note) == ("UNPAIRED", False, "is 'fine'")
    row = row_of(gated(world, BOUND, value=None, label="fine"), "f1")
    assert (row.verdict, row.red) == ("INSUFFICIENT_DATA", True)
    assert row.note == "is the label 'fine': a gate needs a number"
