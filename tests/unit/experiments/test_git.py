"""What git says of the code that ran."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments import git as module
from pytest_llmobs.experiments.git import check_revision, current_commit, git


def run(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    run(tmp_path, "init", "-q")
    (tmp_path / "app.py").write_text("x = 1\n")
    run(tmp_path, "add", "app.py")
    run(tmp_path, "commit", "-q", "-m", "Begin")
    return tmp_path


def test_a_clean_work_tree_has_its_commit(repository: Path) -> None:
    commit = current_commit(repository)
    assert commit is not None
    assert re.fullmatch("[0-9a-f]{12}", commit)


def test_a_tag_is_no_name_for_it_and_changes_are_said(repository: Path) -> None:
    run(repository, "tag", "-a", "v1", "-m", "One")
    commit = current_commit(repository)
    (repository / "app.py").write_text("x = 2\n")
    assert current_commit(repository) == f"{commit}+dirty"


def test_outside_a_repository_there_is_none(tmp_path: Path) -> None:
    assert current_commit(tmp_path) is None


def test_without_git_there_is_no_commit_and_a_comparison_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(module.subprocess, "run", absent)
    assert current_commit(tmp_path) is None
    with pytest.raises(BaselineError, match="needs git, which can't be run"):
        git(tmp_path, "status")


def test_an_unknown_revision_says_what_to_do(repository: Path) -> None:
    check_revision(repository, "HEAD")
    with pytest.raises(BaselineError, match=r"git knows no commit 'main2' here\. Check its name"):
        check_revision(repository, "main2")
