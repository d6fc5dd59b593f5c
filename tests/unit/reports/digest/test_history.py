"""The experiments before one: which of them count, and what is told of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.history import past_experiments
from tests.unit.reports.conftest import GALLERY, plan
from tests.unit.reports.plots.conftest import Past, before


@pytest.fixture
def experiment() -> Experiment:
    return GALLERY["red_metric"]()


def test_the_experiment_itself_is_the_newest_with_its_own_trials(experiment: Experiment) -> None:
    stored = replace(experiment, trials=(), looks=())

    lines = past_experiments(experiment, Past([before(experiment, 1), stored]))

    assert [line.name for line in lines] == ["before-1", experiment.name]
    assert [line.trials for line in lines] == [36, 36]
    assert [line.verdict for line in lines] == ["green", "red"]
    assert lines[-1].cost == pytest.approx(0.0837)
    assert lines[0].cost is None


def test_a_green_experiment_is_green_without_its_trials_at_hand(experiment: Experiment) -> None:
    """A store lists experiments without their trials, which is no warning."""
    stored = before(experiment, 1)
    rows = tuple(replace(row, verdict="INCONCLUSIVE") for row in stored.decision.metrics)
    doubtful = before(experiment, 2, decision=replace(stored.decision, metrics=rows))

    lines = past_experiments(experiment, Past([doubtful, stored]))

    assert [(line.verdict, line.light) for line in lines[:2]] == [("green", "yellow"), ("green", "green")]


def test_only_experiments_with_a_common_suite_count_and_no_parts(experiment: Experiment) -> None:
    other = before(experiment, 3, suites=(plan("tests/test_other.py::test_other"),))
    part = before(experiment, 2, shard="1/3")

    lines = past_experiments(experiment, Past([other, part]))

    assert [line.name for line in lines] == [experiment.name]


def test_means_are_those_of_common_suites(experiment: Experiment) -> None:
    earlier = before(experiment, 1)
    foreign = replace(earlier.decision.metrics[0], suite="tests/test_other.py::test_other", candidate=0.1)
    decision = replace(earlier.decision, metrics=(*earlier.decision.metrics, foreign))
    suites = (*earlier.suites, plan("tests/test_other.py::test_other"))

    line = past_experiments(experiment, Past([replace(earlier, decision=decision, suites=suites)]))[0]

    assert line.means["pass"] == pytest.approx(0.91)


def test_fifty_are_told_the_oldest_first(experiment: Experiment) -> None:
    lines = past_experiments(experiment, Past([before(experiment, number) for number in range(80, 0, -1)]))

    assert len(lines) == 50
    assert [line.name for line in (lines[0], *lines[-2:])] == ["before-49", "before-1", experiment.name]


def test_fifty_of_a_suite_are_told_however_many_others_ran_since(experiment: Experiment) -> None:
    others = [
        before(experiment, number, suites=(plan("tests/test_other.py::test_other"),))
        for number in range(60, 0, -1)
    ]
    ours = [before(experiment, number) for number in range(130, 60, -1)]

    lines = past_experiments(experiment, Past([*ours, *others]))

    assert [line.name for line in (lines[0], *lines[-2:])] == ["before-109", "before-61", experiment.name]


def test_later_ones_are_no_part_of_an_old_one_s_history(experiment: Experiment) -> None:
    later = before(experiment, -4)

    lines = past_experiments(experiment, Past([before(experiment, 2), later]))

    assert [line.name for line in lines] == ["before-2", experiment.name]


def test_a_recording_is_known_without_its_trials(experiment: Experiment) -> None:
    recording = before(experiment, 1, decision=Decision())

    line = past_experiments(experiment, Past([recording]))[0]

    assert (line.verdict, line.light, line.means) == ("recorded", "green", {})
