from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict, unknown_fields
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.looks import Look, LookRequest
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import TrialScore
from pytest_llmobs.storage.store import Store


def experiment(world, **fields) -> Experiment:
    w = world(
        20,
        repeat=2,
        metrics={"tone": "v"},
        gates=[
            GateRule(metric="pass", must_pass={"tier": "critical"}),
            GateRule(metric="tone", min_mean=0.2),
        ],
        metadata={"e001": {"tier": "critical"}},
    )
    scores = {"tone": lambda e, _: 0.0 if e == "e001" else TrialScore(score=0.9, comment="warm", gating=True)}
    trials = w.trials(lambda e, _: e > "e003", scores=scores, latency=1.5, total_cost=0.01, unpriced=("m-x",))
    baseline = w.baseline(scores=scores)
    again = w.again(lambda e, _: e > "e003", scores=scores)
    looks: list[Look] = []

    def look(request: LookRequest) -> Look:
        looks.append(again(request))
        return looks[-1]

    decision = w.decide(trials, baseline, look)
    made = Experiment(
        name="calm-heron",
        started="2026-01-01T00:00:00+00:00",
        duration=2.5,
        suites=(w.plan,),
        trials=tuple(trials),
        looks=tuple(looks),
        decision=decision,
        commit="abc",
        clean=True,
        notes=("a note",),
    )
    return replace(made, **fields)


def round_trip(made: Experiment) -> Experiment:
    return experiment_from_dict(json.loads(json.dumps(experiment_to_dict(made))))


def test_an_experiment_survives(world) -> None:
    made = experiment(world)
    assert made.decision.red
    assert made.looks
    assert made.looks[0].trials
    assert round_trip(made) == made


def test_what_became_of_each_look_survives(world) -> None:
    looks = (
        Look(purpose="passes", error="llm_max_cost is spent"),
        Look(purpose="suspects", trials=tuple(world(2).trials(start=1)), notes=("one of two didn't run",)),
        Look(purpose="control", commit="1a2b3c4", metrics={"tests/test_a.py::test_it": {"tone": "v1"}}),
    )
    assert round_trip(experiment(world, looks=looks)).looks == looks


def test_a_document_of_version_1_has_its_second_run_as_a_look(world) -> None:
    document = experiment_to_dict(experiment(world))
    again = tuple(world(2).trials(start=1))
    document["confirmation"] = experiment_to_dict(experiment(world, trials=again))["trials"]
    document["looks"] = []
    assert experiment_from_dict(document).looks == (Look(purpose="passes", trials=again),)


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        ("none", "looks: it is no list"),
        ([1], "looks[0]: it is no object"),
        ([{"trials": {}}], "looks[0]: it lacks purpose"),
        ([{"purpose": "passes", "trials": []}], "looks[0].trials: it is no table"),
    ],
)
def test_looks_that_nobody_wrote_are_refused_by_their_place(world, looks, words: str) -> None:
    document = {**experiment_to_dict(experiment(world)), "looks": looks}
    with pytest.raises(MisfitError) as caught:
        experiment_from_dict(document)
    assert words in str(caught.value)


def test_an_empty_experiment_survives() -> None:
    made = Experiment(name="x", started="2026-01-01T00:00:00+00:00", duration=0.0, interrupted=True)
    assert round_trip(made) == made


def test_a_score_of_zero_survives(world) -> None:
    trial = next(trial for trial in round_trip(experiment(world)).trials if trial.example_id == "e001")
    assert trial.scores["tone"].score == 0.0


def test_what_its_run_keeps_is_left_to_its_run(world) -> None:
    w = world(1)
    trials = tuple(w.trials(output=lambda _: "secret text", inputs=lambda _: {"question": "secret"}))
    document = experiment_to_dict(experiment(world, trials=trials))
    assert "secret" not in json.dumps(document)
    assert round_trip(experiment(world, trials=trials)).trials[0].run_id == "run-e000-1"


def test_keys_of_a_later_version_are_ignored(world) -> None:
    document = experiment_to_dict(experiment(world))
    document["weather"] = "fine"
    document["trials"]["columns"].append("mood")
    document["trials"]["rows"] = [[*row, "good"] for row in document["trials"]["rows"]]
    document["decision"]["metrics"][0]["colour"] = "green"
    assert experiment_from_dict(document) == experiment(world)


def test_the_document_says_in_plain_words_whether_it_is_red(world) -> None:
    assert experiment_to_dict(experiment(world))["decision"]["red"] is True


def test_columns_nobody_uses_are_left_out(world) -> None:
    document = experiment_to_dict(experiment(world, trials=tuple(world(3).trials())))
    assert document["trials"]["columns"] == [
        "suite",
        "example_id",
        "example_hash",
        "repeat",
        "nodeid",
        "status",
        "run_id",
    ]


def test_ten_thousand_trials_take_less_than_four_seconds_of_cpu(world) -> None:
    made = experiment(world)
    many = replace(made, trials=tuple(replace(made.trials[0], repeat=n) for n in range(10_000)))
    began = time.process_time()
    assert round_trip(many).trials == many.trials
    assert time.process_time() - began < 4


def test_keys_of_a_later_version_are_named(world) -> None:
    document = experiment_to_dict(experiment(world))
    assert unknown_fields(document) == []
    document["weather"] = "fine"
    document["trials"]["columns"].append("mood")
    document["suites"][0]["shape"] = "round"
    document["looks"][0]["taste"] = "sweet"
    document["decision"]["metrics"][0]["colour"] = "green"
    document["decision"]["examples"][0]["smell"] = "none"
    assert unknown_fields(document) == [
        "weather",
        "trials.mood",
        "suites.shape",
        "looks.taste",
        "decision.metrics.colour",
        "decision.examples.smell",
    ]


@pytest.mark.parametrize("name", ["green", "red"])
def test_a_document_of_version_0_1_has_no_field_of_a_newer_one(name):
    store = Path(__file__).parents[2] / "compatibility" / "version_0_1" / "store"
    assert unknown_fields(Store(store).read_experiment(name)) == []
