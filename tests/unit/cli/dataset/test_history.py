"""What ``llmobs dataset`` knows from git and of experiments: the default of diff, and log."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import git, make_experiment
from tests.unit.cli.dataset.conftest import FIRST, SECOND, Write

Run = Callable[..., Any]


def use(store: Store, name: str, started: str, version: str, *, red: bool = False) -> None:
    """Write an experiment that used a version of the dataset ``support``."""
    experiment = make_experiment(name, started, red=red)
    plan = replace(experiment.suites[0], dataset="datasets/support.jsonl", dataset_version=version)
    store.write_experiment(name, experiment_to_dict(replace(experiment, suites=(plan,))))


@pytest.mark.usefixtures("support")
def test_diff_compares_the_file_with_the_last_commit(llmobs: Run) -> None:
    done = llmobs("dataset", "diff", "support")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].startswith("+1 added · −1 removed · ~1 edited")
    assert done.stdout.splitlines()[2].startswith("- HEAD  ")


def test_a_dataset_that_is_in_no_commit_is_new(llmobs: Run, support: Path) -> None:
    support.with_name("other.jsonl").write_text(FIRST, encoding="utf-8")
    done = llmobs("dataset", "diff", "other")
    assert (done.returncode, done.stderr) == (0, "'other' isn't in HEAD: all of it is new.\n")
    assert "+3 added" in done.stdout


def test_without_git_the_version_before_is_compared_with(llmobs: Run, write: Write) -> None:
    write(FIRST)
    alone = llmobs("dataset", "diff", "support")
    assert alone.returncode == 1
    assert "Nor has the store a version before the current one." in alone.stderr
    write(SECOND)
    done = llmobs("dataset", "diff", "support")
    assert "+1 added · −1 removed · ~1 edited" in done.stdout
    assert "This compares with the version that the store had before." in done.stderr


def test_a_git_revision_is_a_version(llmobs: Run, support: Path, tmp_path: Path) -> None:
    git(tmp_path, "commit", "-qam", "Edit support")
    done = llmobs("dataset", "diff", "support", "HEAD~1", "HEAD", "--json")
    assert json.loads(done.stdout)["counts"]["added"] == 1
    assert llmobs("dataset", "diff", "support", "--exit-code").returncode == 0
    rows = json.loads(llmobs("dataset", "show", "support", "--as-of", "main~1", "--json").stdout)
    assert [row["id"] for row in rows["examples"]] == ["double-charge", "add-seats", "cancel"]


@pytest.mark.parametrize("name", ["tests/golden.jsonl", "tests/golden.csv", "tests/golden.yaml"])
def test_files_elsewhere_and_of_other_formats_are_compared(
    llmobs: Run, write: Write, tmp_path: Path, name: str
) -> None:
    contents = {
        ".jsonl": '{"id": "a", "inputs": {"query": "one two"}}\n',
        ".csv": "id,inputs.query\na,one two\n",
        ".yaml": "- id: a\n  inputs: {query: one two}\n",
    }
    content = contents[Path(name).suffix]
    write(content, name)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    write(content.replace("two", "three"), name)
    done = llmobs("dataset", "diff", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name}\n")
    assert "inputs.query: one [-two-]{+three+}" in done.stdout
    beside = llmobs("dataset", "diff", Path(name).name, cwd=tmp_path / "tests")
    assert beside.stdout == done.stdout
    assert llmobs("dataset", "validate", name).returncode == 0
    assert llmobs("dataset", "tag", name, "v1").returncode == 0
    assert json.loads(llmobs("dataset", "tag", name, "--json").stdout)["tags"].keys() == {"v1"}
    assert llmobs("dataset", "tag", name, "v1", "--delete").returncode == 0
    assert "edited" in llmobs("dataset", "diff", name, "HEAD").stdout


def test_log_joins_git_and_store_and_names_the_experiments(
    llmobs: Run, support: Path, tmp_path: Path, store: Store
) -> None:
    assert llmobs("dataset", "tag", "support", "v2").returncode == 0
    versions = [
        entry["version"] for entry in json.loads(llmobs("dataset", "log", "support", "--json").stdout)
    ]
    use(store, "old-fox", "2026-11-28T10:00:00+00:00", versions[1])
    use(store, "new-fox", "2026-11-29T10:00:00+00:00", versions[0])
    use(store, "red-fox", "2026-11-30T10:00:00+00:00", versions[0], red=True)
    done = llmobs("dataset", "log", "support")
    assert (done.returncode, done.stderr) == (0, "")
    now, counts, green, red, then, size, subject, old = done.stdout.splitlines()
    assert now.startswith(versions[0][:12])
    assert now.endswith("  (v2)")
    assert counts == "  3 examples · +1 −1 ~1"
    assert (green, red, old) == ("  ✓ green: new-fox", "  ✗ red: red-fox", "  ✓ green: old-fox")
    assert then.endswith(git(tmp_path, "rev-parse", "--short=7", "HEAD"))
    assert (size, subject) == ("  3 examples", "  Add support")
    git(tmp_path, "commit", "-qam", "Edit support")
    newest = json.loads(llmobs("dataset", "log", "support", "--json").stdout)[0]
    assert (newest["version"], newest["subject"]) == (versions[0], "Edit support")
    assert newest["changes"] == {"added": 1, "removed": 1, "modified": 1}
    assert newest["experiments"] == {"green": ["new-fox"], "red": ["red-fox"]}


@pytest.mark.usefixtures("support")
def test_an_experiment_is_a_version(llmobs: Run, store: Store) -> None:
    versions = [
        entry["version"] for entry in json.loads(llmobs("dataset", "log", "support", "--json").stdout)
    ]
    use(store, "old-fox", "2026-11-28T10:00:00+00:00", versions[1])
    done = llmobs("dataset", "diff", "support", "old-fox", "--json")
    assert json.loads(done.stdout)["before"]["version"] == versions[1]


@pytest.mark.usefixtures("support")
def test_log_of_a_fresh_clone_knows_what_git_does(llmobs: Run, tmp_path: Path) -> None:
    git(tmp_path, "commit", "-qam", "Edit support")
    git(tmp_path, "clone", "-q", ".", "clone")
    done = llmobs("dataset", "log", "support", cwd=tmp_path / "clone")
    assert [line for line in done.stdout.splitlines() if "examples" in line] == [
        "  3 examples · +1 −1 ~1",
        "  3 examples",
    ]
    limited = llmobs("dataset", "log", "support", "--limit", "1", cwd=tmp_path / "clone")
    assert limited.stdout.splitlines() == done.stdout.splitlines()[:3]
    assert "There are older versions" in limited.stderr


def test_log_says_where_nobody_has_what_a_version_held(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write(FIRST)
    llmobs("dataset", "tag", "support", "v1")
    write(SECOND)
    llmobs("dataset", "log", "support")
    for file in (tmp_path / ".llmobs" / "datasets").glob("*.jsonl"):
        file.unlink()
    shutil.rmtree(tmp_path / "datasets" / ".tags")
    done = llmobs("dataset", "log", "support")
    assert done.returncode == 0
    assert "what it held is neither in this store nor in git" in done.stdout


@pytest.mark.usefixtures("support")
def test_a_commit_in_which_the_file_was_broken_is_left_out(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write("{")
    git(tmp_path, "commit", "-qam", "Break it")
    write(FIRST)
    git(tmp_path, "commit", "-qam", "Mend it")
    done = llmobs("dataset", "log", "support")
    assert done.returncode == 0
    assert "Break it" not in done.stdout
