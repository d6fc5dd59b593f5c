"""What recording a baseline will take, before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.recording_estimate import recording_estimate
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from tests.unit.suites import World

HEAD = "recording a baseline: 4 examples x 5 fresh repeats = 20 trials; "


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".llmobs")


def keep(store: Store, world: World, **spent: object) -> None:
    experiment = Experiment(
        name="calm-heron",
        started="2026-01-01T00:00:00+00:00",
        duration=1.0,
        suites=(world.plan,),
        trials=tuple(world.trials(**spent)),
    )
    store.write_experiment(experiment.name, experiment_to_dict(experiment))


def test_nothing_is_known_at_first(store: Store, world: type[World]) -> None:
    line = recording_estimate(store, [world(4, repeat=5).plan])
    assert line == HEAD + "calls, cost and time are unknown until a first experiment ran"


@pytest.mark.parametrize(
    ("spent", "told"),
    [
        ({"llm_calls": 2, "total_cost": 0.01}, "about 40 model calls, about $0.2000, about 50 s"),
        ({"llm_calls": 2}, "about 40 model calls, cost unknown, about 50 s"),
        (
            {"llm_calls": 1, "total_cost": 0.01, "judge_hits": 1},
            "about 40 model calls, at least $0.2000, about 50 s",
        ),
        ({}, "no model call, about 50 s"),
    ],
)
def test_by_the_last_experiment(
    store: Store, world: type[World], spent: dict[str, object], told: str
) -> None:
    keep(store, world(4), latency=2.5, **spent)
    plans = [world(4, repeat=5).plan]
    assert recording_estimate(store, plans) == f"{HEAD}by the last experiment {told}"
    some_recorded = recording_estimate(store, plans, fresh=False)
    assert some_recorded.endswith(f"by the last experiment {told}, less what is recorded")
    all_recorded = recording_estimate(store, plans, fresh=False, asks=False)
    assert all_recorded.endswith(" = 20 trials; recorded replies alone, so that it costs nothing")


def test_by_the_old_baseline_on_a_fresh_checkout(store: Store, world: type[World]) -> None:
    w = world(4, repeat=5)
    baseline = w.baseline(latency=60.0, total_cost=0.01, repeat=5)
    line = recording_estimate(store, [w.plan], lambda name: baseline, concurrency=4)
    assert line == HEAD + "by the baseline so far at least $0.2000, about 5 min"
    unpriced = {name: replace(row, cost=None) for name, row in baseline.rows.items()}
    line = recording_estimate(store, [w.plan], lambda name: replace(baseline, rows=unpriced), concurrency=4)
    assert line == HEAD + "by the baseline so far cost unknown, about 5 min"


def test_a_baseline_that_cannot_be_read_says_nothing(store: Store, world: type[World]) -> None:
    def broken(name: str) -> Baseline | None:
        raise BaselineError("it is no baseline")

    assert "unknown" in recording_estimate(store, [world(4, repeat=5).plan], broken)
