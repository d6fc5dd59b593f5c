"""Experiments on recordings: kept with them, compared by them, and concluded without asking anybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.experiments.compare import compare_experiments
from pytest_llmobs.experiments.conclude import NOTHING_ASKED, Surroundings, conclude
from pytest_llmobs.experiments.conditions import conditions
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.experiments.references import recorded_session
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.suites import World, first


def on(trials: list[Trial], **more: Any) -> tuple[Trial, ...]:
    """Return trials whose calls have recordings."""
    return tuple(
        replace(trial, recording=f"{trial.example_id}-{trial.repeat}", llm_calls=1, **more)
        for trial in trials
    )


def made(name: str, w: World, trials: tuple[Trial, ...]) -> Experiment:
    return Experiment(
        name=name, started="2026-01-01T00:00:00+00:00", duration=1.0, suites=(w.plan,), trials=trials
    )


def test_two_experiments_on_the_same_recordings_are_compared_without_noise(world: type[World]) -> None:
    w = world(40)
    before, after = made("a", w, on(w.trials())), made("b", w, on(w.trials(first(1)), replayed_calls=1))
    comparison = compare_experiments(before, after)
    (row,) = comparison.metrics
    assert (row.verdict, row.same_recordings, row.p) == ("REGRESSED", True, None)
    assert [move.example_id for move in comparison.moved] == ["e000"]


def test_what_trials_say_of_recordings_is_kept(world: type[World]) -> None:
    w = world(2)
    scores = {"tone": TrialScore(score=0.5, gating=True, fresh=True)}
    trials = on(w.trials(), replayed_calls=1, judge_calls=2, judge_replayed=1, saved_cost=0.25, scores=scores)
    assert experiment_from_dict(experiment_to_dict(made("a", w, trials))).trials == trials


def test_a_document_without_recordings_loads_as_before(world: type[World]) -> None:
    w = world(2)
    document = experiment_to_dict(made("a", w, tuple(w.trials())))
    assert "recording" not in document["trials"]["columns"]
    assert {trial.recording for trial in experiment_from_dict(document).trials} == {None}


def test_a_session_names_its_last_recorded_number(world: type[World]) -> None:
    w = world(2, repeat=5)
    session = recorded_session(made("a", w, on(w.trials(repeat=5, start=5))), w.plan.name).session
    assert session.last_repeat == 10
    assert recorded_session(made("a", w, tuple(w.trials())), w.plan.name).session.last_repeat == 0


@pytest.mark.parametrize("mode", ["off", "reuse", "refresh", "only"])
def test_the_mode_is_a_condition_where_there_is_one(mode: str) -> None:
    assert conditions(Settings(cassettes=mode)).get("cassettes", "off") == mode


@pytest.fixture
def surroundings(tmp_path: Path, world: type[World]) -> Surroundings:
    def nobody(request: object) -> Any:
        pytest.fail(f"a further session was asked for: {request!r}")

    w = world(40)
    accepted = updated_baseline(None, w.plan, on(w.trials(repeat=5))).baseline
    return Surroundings(
        settings=Settings(experiment=True, cassettes="only"),
        store=Store(tmp_path / ".llmobs"),
        baseline_of=lambda name: accepted,
        baseline_folder=tmp_path / "llm-baselines",
        find_summaries=lambda plan: (),
        redaction=Redaction([]),
        look=nobody,
    )


def test_only_needs_no_further_look_on_the_recordings_of_the_baseline(
    world: type[World], surroundings: Surroundings
) -> None:
    w = world(40)
    concluded = conclude(made("a", w, on(w.trials(first(8)))), surroundings)
    assert concluded.red
    assert concluded.experiment.decision.unlooked == ""


def test_only_takes_one_look_at_anything_else(world: type[World], surroundings: Surroundings) -> None:
    w = world(40)
    other = tuple(replace(trial, recording="other", llm_calls=1) for trial in w.trials(first(8)))
    decision = conclude(made("a", w, other), surroundings).experiment.decision
    (row,) = decision.metrics
    assert (row.verdict, row.same_recordings) == ("REGRESSED", False)
    assert row.p is not None
    assert row.p < 0.02
    assert (row.control_note, decision.unlooked) == (NOTHING_ASKED, NOTHING_ASKED)


def test_what_is_not_recorded_is_missing_and_not_run_again(
    world: type[World], surroundings: Surroundings
) -> None:
    w = world(40)
    lost = [replace(trial, status="error", not_run="unrecorded") for trial in w.trials()[:4]]
    decision = conclude(made("a", w, (*lost, *on(w.trials()[4:]))), surroundings).experiment.decision
    (row,) = decision.metrics
    assert (row.verdict, row.red, row.n) == ("INSUFFICIENT_DATA", True, 36)
