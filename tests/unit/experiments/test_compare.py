from __future__ import annotations

from pytest_llmobs.baselines.records import BaselineSession
from pytest_llmobs.experiments.compare import compare_experiments
from pytest_llmobs.experiments.references import baseline_of
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule


def made(name: str, *worlds_and_trials, commit: str | None = None) -> Experiment:
    return Experiment(
        name=name,
        started="2026-01-01T00:00:00+00:00",
        duration=1.0,
        suites=tuple(w.plan for w, _ in worlds_and_trials),
        trials=tuple(trial for _, trials in worlds_and_trials for trial in trials),
        commit=commit,
    )


def test_metrics_and_moved_examples(world) -> None:
    w = world(40, metrics={"tone": "v"})
    before = made("a", (w, w.trials(scores={"tone": lambda *_: 0.9})))
    after = made(
        "b", (w, w.trials(lambda e, _: e > "e009", scores={"tone": lambda e, _: 0.3 if e == "e020" else 0.9}))
    )
    found = compare_experiments(before, after)
    assert [(row.metric, row.verdict, row.n) for row in found.metrics] == [
        ("pass", "REGRESSED", 40),
        ("tone", "NEUTRAL", 40),
    ]
    assert [(move.example_id, move.metric) for move in found.moved][:2] == [
        ("e000", "pass"),
        ("e001", "pass"),
    ]
    assert len(found.moved) == 11
    last = found.moved[-1]
    assert (last.example_id, last.metric, last.before, last.after) == ("e020", "tone", (0.9,), (0.3,))
    assert round(last.difference, 6) == -0.6


def test_bounds_do_not_count(world) -> None:
    w = world(20, gates=[GateRule(metric="pass", min_mean=0.99, must_pass={}, calibrated=0.9)])
    trials = w.trials(lambda e, _: e > "e003")
    found = compare_experiments(made("a", (w, trials)), made("b", (w, trials)))
    assert [(row.verdict, row.red) for row in found.metrics] == [("NEUTRAL", False)]


def test_examples_and_suites_that_only_one_has(world) -> None:
    old, new = world(5), world(["e003", "e004", "e005"])
    gone, come = world(2, suite="tests/test_gone.py::test_it"), world(2, suite="tests/test_new.py::test_it")
    found = compare_experiments(
        made("a", (old, old.trials()), (gone, gone.trials())),
        made("b", (new, new.trials()), (come, come.trials())),
    )
    assert (found.only_before, found.only_after) == ([gone.plan.name], [come.plan.name])
    assert found.removed == {old.plan.name: ["e000", "e001", "e002"]}
    assert found.added == {old.plan.name: ["e005"]}
    assert found.edited == {}


def test_an_experiment_as_a_baseline(world) -> None:
    w = world(3, repeat=2)
    experiment = made("calm-heron", (w, w.trials(lambda _, r: r == 1)), commit="abc")
    baseline = baseline_of(experiment, w.plan.name)
    assert baseline is not None
    assert baseline.rows["e000"].passes == (1.0, 0.0)
    assert baseline.texts is None
    (session,) = baseline.sessions.values()
    assert session == BaselineSession(
        recorded=experiment.started, commit="abc", clean=True, experiment="calm-heron"
    )
    assert set(baseline.rows["e000"].sessions.values()) == {2}
    assert baseline_of(experiment, "tests/test_other.py") is None
