"""What a report looks up in a real store: traces as they are stored; damage takes what it hits, and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.evidence import StoredEvidence
from pytest_llmobs.reports.html.traces import Traces
from pytest_llmobs.storage.store import Store
from tests.unit.reports.conftest import experiment, plan, trials

START = 1_763_900_000_000_000


def run_id(number: int) -> str:
    return f"019a0000-0000-7000-8000-{number:012x}"


def line(number: int, parent: int | None = None, project: str = "brave-otter-1123", **header: Any) -> bytes:
    """Return the spool line of a run."""
    root = number if parent is None else parent
    known = {
        "id": run_id(number),
        "trace_id": run_id(root),
        "parent_id": None if parent is None else run_id(parent),
        "project": project,
        "name": "answer",
        "run_type": "chain",
        "status": "success",
        "start_time": START + number,
        "end_time": START + number + 250_000,
        **header,
    }
    payloads = (b'{"question": "\xc3\xbc?"}', b'{"output": "yes"}')
    return b"\t".join((json.dumps(known).encode(), *payloads)) + b"\n"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Store:
    return Store(tmp_path / ".llmobs", warn=told.append)


def keep(store: Store, *lines: bytes) -> None:
    spool = store.spool()
    for each in lines:
        spool.append(each)
    spool.close()


def evidence_of(store: Store) -> StoredEvidence:
    return StoredEvidence(store, lambda suite: None)


def with_runs(*numbers: int) -> Experiment:
    """Return an experiment whose trials have these runs."""
    suite = plan(examples=len(numbers))
    ran = []
    for number, trial in zip(numbers, trials(suite), strict=True):
        ran.append(replace(trial, run_id=run_id(number)))
    return experiment(suites=(suite,), trials=tuple(ran))


def test_the_traces_of_its_trials_come_back_as_they_are_stored(store: Store) -> None:
    keep(
        store,
        line(1, tags=["a", "b"], metadata={"tier": "gold"}, reference_outputs={"answer": "yes"}),
        line(2, parent=1, model="m", input_tokens=5),
        line(3),
        line(4, project="another"),
    )
    runs = {run.id: run for run in evidence_of(store).runs(with_runs(1, 4))}
    assert sorted(runs) == [run_id(1), run_id(2)]
    root, call = runs[run_id(1)], runs[run_id(2)]
    assert json.loads(root.inputs or b"") == {"question": "ü?"}
    assert json.loads(root.metadata or b"") == {"tier": "gold"}
    assert json.loads(root.reference_outputs or b"") == {"answer": "yes"}
    assert (root.tags, root.start_time, root.end_time) == (["a", "b"], START + 1, START + 250_001)
    assert (call.parent_id, call.model, call.input_tokens, call.outputs) == (
        run_id(1),
        "m",
        5,
        b'{"output": "yes"}',
    )


def test_a_shards_traces_lie_with_those_of_the_whole(store: Store) -> None:
    keep(store, line(1))
    shard = replace(with_runs(1), name="brave-otter-1123.shard-1-of-2", shard="1/2")
    assert [run.id for run in evidence_of(store).runs(shard)] == [run_id(1)]


def test_no_runs_are_read_where_no_trial_has_one(store: Store) -> None:
    none = tuple(replace(trial, run_id=None) for trial in trials(plan()))
    assert list(evidence_of(store).runs(experiment(trials=none))) == []


def test_a_damaged_file_takes_its_own_traces_alone(store: Store, told: list[str]) -> None:
    keep(store, line(1))
    (damaged,) = store.root.glob("runs/*/*.parquet")
    keep(store, line(2))
    content = damaged.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    traces = Traces(evidence_of(store).runs(with_runs(1, 2)))
    assert traces.runs(run_id(1)) is None
    assert traces.runs(run_id(2)) is not None
    assert damaged.name in " ".join(told)


def test_a_store_that_is_gone_has_nothing(store: Store) -> None:
    evidence = evidence_of(store)
    assert list(evidence.runs(with_runs(1))) == []
    assert list(evidence.history()) == []
    assert evidence.unknown_fields(with_runs(1)) == ()


def test_a_baseline_that_can_not_be_read_is_none_and_asked_for_once() -> None:
    asked = []

    def damaged(suite: str) -> None:
        asked.append(suite)
        raise BaselineError("damaged")

    evidence = StoredEvidence(Store("nowhere"), damaged)
    assert evidence.baseline("s") is evidence.baseline("s") is None
    assert asked == ["s"]


def test_experiments_come_oldest_first(store: Store) -> None:
    for number in range(3):
        one = replace(with_runs(1), name=f"n{number}", started=f"2026-01-01T00:{number:02d}:00+00:00")
        store.write_experiment(one.name, experiment_to_dict(one))
    names = [each.name for each in evidence_of(store).history()]
    assert names == ["n0", "n1", "n2"]


def test_fields_that_a_newer_version_wrote_are_named(store: Store) -> None:
    written = with_runs(1)
    store.write_experiment(written.name, {**experiment_to_dict(written), "mood": "good"})
    assert evidence_of(store).unknown_fields(written) == ["mood"]
