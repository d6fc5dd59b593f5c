"""Experiments keep the data that they use, and run again on it: with and without workers, from files and from code."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.storage.store import Store
from tests.plugin.conftest import NAMES, Project

CODE = """
import json
from pathlib import Path
import pytest

def answer(name, query):
    return f"Dear {name}"

def made():
    return json.loads(Path(__file__).with_name("made.json").read_text())

@pytest.mark.llm_dataset(made, target=answer)
def test_made(example, llm_run):
    assert "Dear" in llm_run.outputs["output"]
"""


def rows(names: Sequence[str]) -> list[dict[str, object]]:
    return [{"id": name.lower(), "inputs": {"name": name, "query": "Hello"}} for name in names]


def plan_of(project: Project, experiment: str) -> SuitePlan:
    (plan,) = read_experiment(experiment, Store(project.path / ".llmobs")).suites
    return plan


def ids(project: Project, experiment: str) -> list[str]:
    return list(plan_of(project, experiment).example_ids)


def version(project: Project, experiment: str) -> str:
    return plan_of(project, experiment).dataset_version


def kept(project: Project) -> set[str]:
    return {file.stem for file in project.path.joinpath(".llmobs", "datasets").glob("*.jsonl")}


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_an_experiment_runs_again_on_the_data_that_it_had(project: Project, workers: tuple[str, ...]) -> None:
    project.dataset(rows(NAMES))
    project.experiment("--llm-name", "first", *workers)
    project.dataset(rows(["Barbara", *NAMES[1:]]))
    project.experiment("--llm-name", "second", *workers)
    assert kept(project) == {version(project, "first"), version(project, "second")}
    again = project.experiment("--llm-name", "again", "--llm-as-of", "first", *workers)
    assert ids(project, "again") == ids(project, "first") == ["ada", "grace", "edsger"]
    assert version(project, "again") == version(project, "first") != version(project, "second")
    again.stdout.fnmatch_lines(["! the datasets are those of 'first', not today's"])
    accepting = [line for line in again.outlines if "--llm-update-baseline" in line]
    assert accepting
    assert not any("--llm-as-of" in line for line in accepting)


def test_a_part_of_a_dataset_names_the_version_of_the_whole(project: Project) -> None:
    project.dataset(rows(NAMES))
    project.experiment("--llm-name", "whole")
    suite = project.path / "test_app.py"
    suite.write_text(suite.read_text().replace('"golden.jsonl",', '"golden.jsonl", limit=2,'))
    project.experiment("--llm-name", "part")
    assert len(ids(project, "part")) == 2
    assert version(project, "part") == version(project, "whole")


def test_what_code_has_made_comes_back_too(project: Project) -> None:
    project.path.joinpath("test_app.py").unlink()
    project.write(test_made=CODE)
    data = project.path / "made.json"
    data.write_text(json.dumps(rows(NAMES)))
    project.experiment("--llm-name", "first")
    data.write_text(json.dumps(rows(["Barbara"])))
    project.experiment("--llm-name", "again", "--llm-as-of", "experiment:first")
    assert ids(project, "again") == ids(project, "first")
    told = ("-W", "default::pytest_llmobs.datasets.DatasetWarning")
    result = project.experiment("--llm-name", "now", "--llm-as-of", "2026-01-01", *told)
    assert ids(project, "now") == ["barbara"]
    result.stdout.fnmatch_lines(["*test_made:made is made by code, and used as it is now:*2026-01-01*"])


def test_a_marker_may_name_the_version(project: Project) -> None:
    project.dataset(rows(NAMES))
    project.experiment("--llm-name", "first")
    project.dataset(rows(["Barbara"]))
    file = project.path / "test_app.py"
    file.write_text(file.read_text().replace("golden.jsonl", "golden.jsonl@first"))
    project.experiment("--llm-name", "pinned")
    assert ids(project, "pinned") == ids(project, "first")
    project.experiment("--llm-name", "still", "--llm-as-of", "2030-01-01")
    assert ids(project, "still") == ids(project, "first")


def test_an_unknown_version_is_an_error_of_collection_that_names_those_there_are(project: Project) -> None:
    project.dataset(rows(NAMES))
    project.experiment("--llm-name", "first")
    result = project.experiment("--llm-as-of", "frist")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    digits = version(project, "first")[:12]
    known = f"Tags: latest. Versions: {digits}. Experiments: first."
    result.stdout.fnmatch_lines([f"*'golden.jsonl' has no version 'frist'*Did you mean 'first'?*{known}*"])


def test_no_baseline_is_recorded_of_other_data_than_today_s(project: Project) -> None:
    project.dataset(rows(NAMES))
    result = project.record("--llm-as-of", "first")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*A baseline is recorded with the datasets as they are now, not as of 'first'*"]
    )


def test_a_store_that_takes_nothing_is_told_and_fails_nothing_else(project: Project) -> None:
    project.dataset(rows(NAMES))
    project.path.joinpath(".llmobs").mkdir()
    project.path.joinpath(".llmobs", "datasets").write_text("in the way")
    result = project.experiment()
    result.stdout.fnmatch_lines(["*The examples of this experiment aren't kept*"])
    result.assert_outcomes(passed=3)
