"""What git still holds after an erasure is named with its commits."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_llmobs.retention.history import commits_with, tracked_with
from tests.unit.cli.conftest import committed, git
from tests.unit.retention.conftest import ANN


def commit(folder: Path, text: str, message: str) -> str:
    (folder / "golden.jsonl").write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)
    return git(folder, "rev-parse", "HEAD")


def test_commits_of_every_branch_are_named_the_newest_first(tmp_path: Path) -> None:
    committed(tmp_path)
    first = commit(tmp_path, f'{{"user": "{ANN}"}}\n', "Add")
    git(tmp_path, "switch", "-qc", "other")
    elsewhere = commit(tmp_path, f'{{"user": "{ANN}"}}\n{{"user": "{ANN}"}}\n', "Repeat")
    git(tmp_path, "switch", "-q", "main")
    last = commit(tmp_path, "{}\n", "Remove")
    commit(tmp_path, '{"user": "bob"}\n', "Add somebody else")

    found = commits_with(tmp_path, [ANN])

    assert {one.hash for one in found} == {first, elsewhere, last}
    assert found[-1].hash == first
    assert found[0].files == ("golden.jsonl",)
    assert len(found[0].day) == 10


def test_signs_of_expressions_are_themselves_and_json_escapes_are_seen(tmp_path: Path) -> None:
    committed(tmp_path)
    commit(tmp_path, '{"user": "annx4711"}\n', "Somebody else")
    wanted = commit(tmp_path, json.dumps({"user": "ann.4711+é|(x)"}), "Escaped")

    assert [one.hash for one in commits_with(tmp_path, ["ann.4711+é|(x)"])] == [wanted]
    assert commits_with(tmp_path, ["ann.4711"]) != []
    assert commits_with(tmp_path, ["ann.47"])[0].hash == wanted


def test_a_folder_without_git_has_no_history(tmp_path: Path) -> None:
    assert commits_with(tmp_path, [ANN]) == []
    assert tracked_with(tmp_path, ANN) == []
    committed(tmp_path)
    assert commits_with(tmp_path, []) == []


def test_tracked_files_are_found_wherever_they_lie(tmp_path: Path) -> None:
    committed(tmp_path)
    below = tmp_path / "service" / "tests"
    below.mkdir(parents=True)
    (below / "test_ann.py").write_text(f"USER = '{ANN}'\n")
    (below / "test_bob.py").write_text("USER = 'ann-47110'\n")
    git(tmp_path, "add", "-A")

    assert tracked_with(tmp_path / "service", ANN) == [below / "test_ann.py"]
