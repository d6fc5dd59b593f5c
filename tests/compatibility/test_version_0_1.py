"""What version 0.1 has stored is still read, shown, compared, merged and gated as it was then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.cli import main
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.experiments.references import baseline_source, baselines_of
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store

STORED = Path(__file__).parent / "version_0_1"
SUITE = "check_support.py::test_support_agent"
ROOT_RUN = "01a227b6-4e1e-7a9e-aec5-7689e73a1fb9"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of everything, which is also the current folder."""
    copy = shutil.copytree(STORED, tmp_path / "project")
    monkeypatch.chdir(copy)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield copy
    for name in ("check_support", "support_bot"):  # a merge imports them; e2e has a support_bot of its own
        sys.modules.pop(name, None)


def printed(name: str) -> str:
    return (STORED / "printed" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "output"),
    [
        ("experiments --store store", 0, "experiments.txt"),
        ("experiments --store store --history", 0, "history.txt"),
        ("show red --store store", 0, "show.txt"),
        (f"show {ROOT_RUN} --store store", 0, "run.txt"),
        ("compare green red --store store", 0, "compare.txt"),
        ("merge --store merged shard-1 shard-2", 1, "merge.txt"),
    ],
)
def test_commands_print_what_they_printed_then(
    arguments: str, status: int, output: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == status
    assert capsys.readouterr().out == printed(output)


RETIRED = {"confirmation", "reruns", "mde_repeats"}
"""Keys of version 0.1 that said how its gate looked again: ``looks`` and ``mde_more_repeats`` say it now."""


def contains(now: Any, then: Any) -> bool:
    """Tell whether a JSON value holds all that an earlier one held; records may have gained fields."""
    if isinstance(then, dict):
        kept = then.keys() - RETIRED
        return now.keys() >= kept and all(contains(now[key], then[key]) for key in kept)
    if isinstance(then, list):
        return len(now) == len(then) and all(map(contains, now, then))
    return bool(now == then)


@pytest.mark.parametrize(
    ("command", "output"), [("experiments", "experiments.json"), ("show green", "show.json")]
)
def test_what_machines_read_is_all_there(
    command: str, output: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--store", "store", "--json"]) == 0
    assert contains(json.loads(capsys.readouterr().out), json.loads(printed(output)))


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_changes_of_its_baselines_are_printed_as_they_were_then(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(folder, "init", "-q")
    git(folder, "add", "llm-baselines")
    git(folder, "commit", "-q", "-m", "Record baselines")
    path = folder / "llm-baselines" / "check_support--test_support_agent.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"pass": [1, 1, 1, 1, 1]', '"pass": [1, 1, 0, 0, 0]', 1), encoding="utf-8")
    assert main(["baseline", "diff"]) == 0
    assert capsys.readouterr().out == printed("baseline_diff.txt")


def without_sessions(content: str) -> Any:
    """Return a baseline's file without what version 0.1 didn't write."""
    wire = json.loads(content)
    for row in wire["examples"].values():
        row.pop("sessions", None)
    return {**wire, "schema": 1, "sessions": {}}


@pytest.mark.parametrize("suite", [SUITE, "check_support.py"])
def test_its_baselines_are_one_session_of_an_unknown_commit(suite: str, folder: Path) -> None:
    path = baseline_path(folder / "llm-baselines", suite)
    baseline = load_baseline(path)
    assert baseline is not None
    assert list(baseline.sessions) == ["unknown"]
    session = baseline.sessions["unknown"]
    assert (session.recorded, session.experiment) == (
        baseline.metadata["recorded"],
        baseline.metadata["experiment"],
    )
    assert (session.commit, session.clean) == (None, False)
    for row in baseline.rows.values():
        assert row.sessions == {"unknown": len(row.passes)}


@pytest.mark.parametrize("suite", [SUITE, "check_support.py"])
def test_its_baselines_are_written_with_their_session_and_else_as_they_are(suite: str, folder: Path) -> None:
    path = baseline_path(folder / "llm-baselines", suite)
    baseline = load_baseline(path)
    assert baseline is not None
    before = path.read_text(encoding="utf-8")
    texts = texts_path(path).read_bytes()
    save_baseline(path, baseline)
    after = path.read_text(encoding="utf-8")
    assert without_sessions(after) == without_sessions(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 3
    assert texts_path(path).read_bytes() == texts
    assert load_baseline(path) == baseline


@pytest.mark.parametrize(
    ("store", "name"),
    [("store", "green"), ("store", "red"), ("shard-1", "nightly.shard-1-of-2")],
)
def test_its_documents_lose_nothing_when_written_anew(store: str, name: str, folder: Path) -> None:
    document = Store(folder / store).read_experiment(name)
    experiment = experiment_from_dict(document)
    of_a_shard = {"schema", "settings", "baselines", "exit_status"}
    expected = {key: value for key, value in document.items() if key not in of_a_shard}
    again = experiment_to_dict(experiment)
    assert contains(again, expected)
    assert experiment_from_dict(again) == experiment
    rows = document["confirmation"].get("rows", [])
    assert len(experiment.further_trials) == len(rows)


def test_its_runs_are_read(folder: Path) -> None:
    store = Store(folder / "store")
    experiment = experiment_from_dict(store.read_experiment("green"))
    runs = {run.id: run for run in store.runs("green")}
    assert len(runs) == 52
    for trial in experiment.trials:
        assert trial.run_id is not None
        assert runs[trial.run_id].latency == pytest.approx(trial.latency)
    whole = store.read_run(ROOT_RUN)
    assert [child.run_type for child in whole.child_runs] == ["llm"]
    assert whole.child_runs[0].usage.input_tokens == 112


@pytest.mark.parametrize("name", ["green", "red"])
def test_a_gate_against_its_baselines_judges_its_experiments_as_then(name: str, folder: Path) -> None:
    experiment = experiment_from_dict(Store(folder / "store").read_experiment(name))
    source = baseline_source("", folder / "llm-baselines", folder, list)
    decision = decide(
        experiment.suites,
        experiment.trials,
        baselines_of(experiment.suites, source),
        Settings(experiment=True),
        suite_scores=experiment.suite_scores,
    )
    assert decision.red == (name == "red")
