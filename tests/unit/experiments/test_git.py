"""What git says of the code that ran."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments import git as module
from pytest_llmobs.experiments.git import (
    check_revision,
    commit_problem,
    committed_names,
    current_commit,
    git,
    is_clean,
    on_branch,
    read_committed,
    same_code,
)


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
    assert re.fullmatch("[0-9a-f]{40}", commit)


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


class TestSameCode:
    @pytest.fixture
    def recorded(self, repository: Path) -> tuple[Path, str]:
        """Return the baselines' folder, and the commit before they were committed."""
        then = current_commit(repository)
        assert then is not None
        folder = repository / "llm-baselines"
        folder.mkdir()
        (folder / "suite.json").write_text("{}")
        run(repository, "add", "-A")
        run(repository, "commit", "-q", "-m", "Record")
        return folder, then

    def now(self, folder: Path) -> str:
        commit = current_commit(folder.parent)
        assert commit is not None
        return commit

    def test_the_baselines_own_commit_changes_no_code(self, recorded: tuple[Path, str]) -> None:
        folder, then = recorded
        assert self.now(folder) != then
        assert same_code(folder, then, self.now(folder))

    def test_neither_does_a_baseline_that_is_not_committed_yet(self, recorded: tuple[Path, str]) -> None:
        folder, then = recorded
        (folder / "suite.json").write_text("[]")
        assert self.now(folder).endswith("+dirty")
        assert same_code(folder, then, self.now(folder))

    @pytest.mark.parametrize("committed", [True, False])
    def test_a_line_of_code_does(self, committed: bool, recorded: tuple[Path, str]) -> None:
        folder, then = recorded
        (folder.parent / "app.py").write_text("x = 2\n")
        if committed:
            run(folder.parent, "commit", "-q", "-a", "-m", "Change")
        assert not same_code(folder, then, self.now(folder))

    def test_what_nobody_knows_is_no_reason_to_be_silent(self, recorded: tuple[Path, str]) -> None:
        folder, then = recorded
        assert not same_code(folder, f"{then}+dirty", self.now(folder))
        assert not same_code(folder, "0123456789ab", self.now(folder))
        assert not same_code(folder.parent.parent / "nowhere" / "x", then, self.now(folder))


class TestClean:
    """Whether the commit alone says which code ran."""

    @pytest.fixture
    def baselines(self, repository: Path) -> Path:
        folder = repository / "llm-baselines"
        folder.mkdir()
        (folder / "suite.json").write_text("{}")
        run(repository, "add", "-A")
        run(repository, "commit", "-q", "-m", "Record")
        return folder

    def is_clean(self, folder: Path, baselines: Path) -> bool:
        return is_clean(folder, baselines, current_commit(folder))

    def test_a_work_tree_as_committed_is_clean(self, baselines: Path) -> None:
        assert self.is_clean(baselines.parent, baselines)

    def test_baselines_and_files_that_git_does_not_track_are_no_code(self, baselines: Path) -> None:
        (baselines / "suite.json").write_text("[]")
        (baselines.parent / "notes.txt").write_text("to do")
        assert str(current_commit(baselines.parent)).endswith("+dirty")
        assert self.is_clean(baselines.parent, baselines)

    @pytest.mark.parametrize("staged", [True, False])
    def test_a_changed_line_of_code_is_one_staged_or_not(self, staged: bool, baselines: Path) -> None:
        (baselines.parent / "app.py").write_text("x = 2\n")
        if staged:
            run(baselines.parent, "add", "app.py")
        assert not self.is_clean(baselines.parent, baselines)

    def test_a_deleted_file_is_one_too(self, baselines: Path) -> None:
        (baselines.parent / "app.py").unlink()
        assert not self.is_clean(baselines.parent, baselines)

    def test_a_change_above_the_rootdir_counts(self, baselines: Path) -> None:
        inner = baselines.parent / "evals"
        inner.mkdir()
        assert self.is_clean(inner, inner / "llm-baselines")
        (baselines.parent / "app.py").write_text("x = 2\n")
        assert not self.is_clean(inner, inner / "llm-baselines")

    def test_a_folder_of_baselines_elsewhere_is_no_obstacle(
        self, baselines: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        assert self.is_clean(baselines.parent, tmp_path_factory.mktemp("elsewhere"))

    def test_a_folder_whose_name_is_a_pattern_is_taken_as_it_is(self, baselines: Path) -> None:
        odd = baselines.parent / "app*"
        odd.mkdir()
        (baselines.parent / "app.py").write_text("x = 2\n")
        assert not self.is_clean(baselines.parent, odd)

    def test_where_nobody_can_tell_it_is_not(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        bare = tmp_path_factory.mktemp("bare")
        assert not self.is_clean(bare, bare / "llm-baselines")
        run(bare, "init", "-q")
        assert not self.is_clean(bare, bare / "llm-baselines")


def test_a_branch_has_its_own_commits_and_those_before_it(repository: Path) -> None:
    run(repository, "branch", "-M", "main")
    first = current_commit(repository)
    run(repository, "checkout", "-q", "-b", "feature")
    run(repository, "commit", "-q", "--allow-empty", "-m", "Try")
    second = current_commit(repository)
    assert first is not None
    assert second is not None
    on_main, on_feature = on_branch(repository, "main"), on_branch(repository, "feature")
    assert [on_main(first), on_main(second), on_main("0123456789ab")] == [True, False, False]
    assert [on_feature(first), on_feature(second)] == [True, True]
    with pytest.raises(BaselineError, match=r"git knows no commit 'trunk' here\. Check its name"):
        on_branch(repository, "trunk")


def test_a_repository_that_git_refuses_is_told_in_gits_words(repository: Path) -> None:
    commit = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert commit_problem(repository) is None
    stored = repository / ".git" / "objects" / commit[:2] / commit[2:]
    stored.chmod(0o600)
    stored.write_bytes(b"damaged")
    assert current_commit(repository) is None
    problem = commit_problem(repository)
    assert problem is not None
    assert problem.startswith("The commit isn't recorded: git refuses: ")
    assert commit[:7] in problem


def test_an_owner_that_git_does_not_trust_is_told_in_gits_words(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    problem = commit_problem(repository)
    assert problem is not None
    assert "safe.directory" in problem
    with pytest.raises(BaselineError, match=r"git refuses to read the repository of .*safe\.directory"):
        check_revision(repository, "HEAD")


def test_no_commit_and_no_repository_are_no_problem(tmp_path: Path) -> None:
    assert commit_problem(tmp_path) is None
    run(tmp_path, "init", "-q")
    assert commit_problem(tmp_path) is None


def test_a_committed_file_is_read_absent_or_an_error(repository: Path) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (repository / "b\u2028.json").write_bytes(b"\xef\xbb\xbf{}\r\n")
    (repository / "bad.json").write_bytes(b"\xff")
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "More")
    assert committed_names(repository, "HEAD") == ["app.py", "bad.json", "b\u2028.json"]
    assert read_committed(inner, "HEAD", "./../b\u2028.json") == "{}\r\n"
    assert read_committed(repository, "HEAD", "./gone.json") is None
    with pytest.raises(BaselineError, match=r"HEAD:\./bad\.json can't be read"):
        read_committed(repository, "HEAD", "./bad.json")
    blob = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "HEAD:app.py"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BaselineError, match=r"'git show HEAD:\./app\.py' failed in .*: fatal: "):
        read_committed(repository, "HEAD", "./app.py")
