"""The one ending of an experiment: whoever ran it brings the surroundings, no session is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.experiments.conclude import Surroundings, conclude
from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.looks import Look
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.suites import ACCEPTED, World, first

Around = Callable[..., Surroundings]


def ran(world: World, trials: Any) -> Experiment:
    return Experiment(
        name="calm-heron",
        started="2026-01-01T00:00:00+00:00",
        duration=1.0,
        suites=(world.plan,),
        trials=tuple(trials),
    )


@pytest.fixture
def suite(world: type[World]) -> World:
    return world(20)


@pytest.fixture
def around(tmp_path: Path, suite: World) -> Around:
    """Return surroundings with a baseline in which everything passes."""
    accepted = suite.baseline()

    def make(baseline: Any = accepted, **fields: Any) -> Surroundings:
        usual = Surroundings(
            settings=Settings(experiment=True),
            store=Store(tmp_path / ".llmobs"),
            baseline_of=lambda name: baseline,
            baseline_folder=tmp_path / "llm-baselines",
            find_summaries=lambda plan: (),
            redaction=Redaction([]),
        )
        return replace(usual, **fields)

    return make


def kept(surroundings: Surroundings, name: str = "calm-heron") -> Experiment:
    return experiment_from_dict(surroundings.store.read_experiment(name))


def test_what_did_not_change_is_green_and_kept(suite: World, around: Around) -> None:
    surroundings = around()
    conclusion = conclude(ran(suite, suite.trials()), surroundings)
    assert not conclusion.red
    assert conclusion.recorded == ()
    assert kept(surroundings) == conclusion.experiment


def test_what_is_in_doubt_is_run_again_before_the_verdict(suite: World, around: Around) -> None:
    again = suite.again()
    surroundings = around(look=again)
    conclusion = conclude(ran(suite, suite.trials(first(1))), surroundings)
    assert again.asked == ["passes", "suspects"]
    assert not conclusion.red
    whole, alone = kept(surroundings).looks
    assert [trial.repeat for trial in whole.trials] == [2] * 20
    assert [(trial.example_id, trial.repeat) for trial in alone.trials] == [("e000", 3)]
    # the session's own trials stay what they were
    assert len(kept(surroundings).trials) == 20


def test_every_look_is_kept_in_its_order_with_what_it_has_to_say(suite: World, around: Around) -> None:
    again = suite.again(first(4), accepted=True)

    def look(request: Any) -> Look:
        return replace(again(request), notes=(f"{request.purpose}: noted",))

    surroundings = around(suite.baseline(source=ACCEPTED), look=look)
    experiment = conclude(ran(suite, suite.trials(first(4))), surroundings).experiment
    assert [each.purpose for each in experiment.looks] == ["passes", "control"]
    assert experiment.looks[1].commit == "1a2b3c4"
    assert experiment.notes == ("passes: noted", "control: noted")
    assert kept(surroundings) == experiment


def test_a_look_that_cannot_run_is_red_and_kept(suite: World, around: Around) -> None:
    surroundings = around(look=suite.again(errors={"passes": "it crashed"}))
    conclusion = conclude(ran(suite, suite.trials(first(2))), surroundings)
    assert conclusion.red
    assert [row.verdict for row in conclusion.experiment.decision.metrics] == ["INSUFFICIENT_DATA"]
    assert kept(surroundings).looks[0].error == "it crashed"


@pytest.mark.parametrize(("failing", "said"), [(0, ""), (1, "nobody can look again")])
def test_where_nothing_can_be_run_again_a_doubt_says_so(
    failing: int, said: str, suite: World, around: Around
) -> None:
    surroundings = around(unlooked="nobody can look again")
    experiment = conclude(ran(suite, suite.trials(first(failing))), surroundings).experiment
    assert (experiment.decision.unlooked, experiment.looks) == (said, ())


def test_errors_that_were_known_before_come_first(suite: World, around: Around) -> None:
    unjudged = replace(ran(suite, suite.trials()), decision=Decision(errors=("Shard 2 of 2 is missing.",)))
    conclusion = conclude(unjudged, around(None, settings=Settings(experiment=True, baseline="other")))
    assert conclusion.red
    assert conclusion.experiment.decision.errors[0] == "Shard 2 of 2 is missing."
    assert "--llm-baseline 'other' has no baseline of" in conclusion.experiment.decision.errors[-1]


@pytest.mark.parametrize(
    ("strict", "has_baseline", "ungated"), [(False, True, 0), (True, True, 2), (False, False, 2)]
)
def test_failures_that_no_gate_judges_are_counted(
    strict: bool, has_baseline: bool, ungated: int, suite: World, around: Around
) -> None:
    baseline = suite.baseline() if has_baseline else None
    surroundings = around(baseline, settings=Settings(experiment=True, strict=strict))
    experiment = conclude(ran(suite, suite.trials(first(2))), surroundings).experiment
    assert experiment.decision.ungated == ungated


def test_a_shard_is_not_gated_and_leaves_word_for_the_merge(suite: World, around: Around) -> None:
    baseline = suite.baseline()
    surroundings = around(baseline, settings=Settings(experiment=True, shard="1/2"))
    failed = replace(ran(suite, suite.trials(first(12))), end=SessionEnd(exit_status=1))
    conclusion = conclude(failed, surroundings)
    assert conclusion.experiment.decision == Decision()
    document = surroundings.store.read_experiment("calm-heron.shard-1-of-2")
    assert document["shard"] == "1/2"
    assert document["baselines"] == {suite.plan.name: baseline.digest()}
    assert document["settings"] == {
        "fail_on": Settings.fail_on,
        "baseline": "",
        "baseline_dir": Settings.baseline_dir,
    }
    assert document["exit_status"] == 1


def test_a_baseline_is_recorded_instead_of_compared(suite: World, around: Around) -> None:
    surroundings = around(settings=Settings(experiment=True, update_baseline="replace"))
    conclusion = conclude(ran(suite, suite.trials(first(3))), surroundings)
    assert not conclusion.red
    names = {Path(path).name for path in conclusion.recorded}
    assert names == {path.name for path in surroundings.baseline_folder.iterdir()} != set()
    (note,) = conclusion.experiment.notes
    assert note.endswith("known failures from now on: e000, e001, e002")


class FullDisk(Store):
    def write_experiment(self, name: str, document: Any) -> Path:
        raise StoreError("No space left.")


def test_a_document_that_cannot_be_written_is_red_and_told(
    suite: World, around: Around, tmp_path: Path
) -> None:
    conclusion = conclude(ran(suite, suite.trials()), around(store=FullDisk(tmp_path / ".llmobs")))
    assert conclusion.red
    assert conclusion.experiment.decision.errors == ("No space left.",)


class Unreachable:
    shown = "s3://bucket/runs"

    def __getattr__(self, name: str) -> Any:
        raise StoreError("Can't reach the store.")


def test_what_cannot_be_uploaded_stays_here_and_says_how_to_do_it_later(suite: World, around: Around) -> None:
    conclusion = conclude(ran(suite, suite.trials()), around(remote=Unreachable()))
    assert not conclusion.red
    note = conclusion.experiment.decision.notes[0]
    assert note.startswith("Can't reach the store. Nothing is lost")
    assert note.endswith("upload it later: llmobs upload s3://bucket/runs")


def test_what_trials_sent_is_read_back_only_where_it_is_to_be_explained(suite: World, around: Around) -> None:
    surroundings = around(recall=True, settings=Settings(experiment=True, confirm=0))
    asked: list[Any] = []

    class Watched(Store):
        def runs(self, project: str, **filters: Any) -> Any:
            asked.append((project, sorted(filters["trace_id"])))
            return []

    watched = replace(surroundings, store=Watched(surroundings.store.root))
    conclude(ran(suite, suite.trials()), watched)
    assert asked == []
    conclude(ran(suite, suite.trials(first(1))), watched)
    assert asked == [("calm-heron", ["run-e000-1"])]
