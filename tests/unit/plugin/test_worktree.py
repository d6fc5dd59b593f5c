"""The worktree of the accepted code comes and goes, and a reason is given where there can't be one."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.plugin.control import leftovers
from pytest_llmobs.plugin.control.leftovers import remove_leftovers, temporary_folder
from pytest_llmobs.plugin.control.worktree import NoControl, check_commit, repository_of, worktree
from tests.unit.plugin.conftest import Repository

PROJECT = '[project]\nname = "bot"\ndependencies = ["{}"]\n[tool.ruff]\nline-length = {}\n'


def listed(repository: Repository) -> int:
    return repository.git("worktree", "list").count("\n") + 1


def test_it_holds_the_commit_and_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    accepted = repository.git("rev-parse", "HEAD")
    hook = repository.path / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
    hook.chmod(0o755)
    repository.write("app.py", "REPLY = 'Hello'\n")
    repository.commit()
    with worktree(repository.path, accepted, tmp_path / "accepted") as place:
        assert place.joinpath("app.py").read_text() == "REPLY = 'Dear'\n"
        assert listed(repository) == 2
    assert listed(repository) == 1
    assert not place.exists()
    assert not tmp_path.joinpath("hook-ran").exists()
    assert not repository.path.joinpath(".git/worktrees").exists()


def test_no_repository_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(NoControl, match=r"^no repository$"):
        repository_of(tmp_path)


def test_no_git_is_a_reason(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoControl, match=r"^no repository$"):
        repository_of(repository.path)


def test_a_shallow_clone_says_how_to_fetch_the_commit(repository: Repository, tmp_path: Path) -> None:
    accepted = repository.git("rev-parse", "HEAD")
    repository.write("app.py", "REPLY = 'Hello'\n")
    repository.commit()
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    subprocess.run(["git", "clone", "-q", "--depth=1", source, str(clone)], check=True, capture_output=True)
    with pytest.raises(NoControl) as reason:
        check_commit(clone, clone, accepted)
    fetching = f"git fetch --depth=1 origin {accepted}"
    assert str(reason.value) == f"commit {accepted[:7]} is not here: `{fetching}`"
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    subprocess.run(fetching.split(), cwd=clone, check=True, capture_output=True)
    check_commit(clone, clone, accepted)


@pytest.mark.parametrize(
    "commit, command", [("0" * 40, f"git fetch --depth=1 origin {'0' * 40}"), ("0" * 12, "git fetch origin")]
)
def test_a_commit_that_nobody_has_pulled_yet(repository: Repository, commit: str, command: str) -> None:
    with pytest.raises(NoControl) as reason:
        check_commit(repository.path, repository.path, commit)
    assert str(reason.value) == f"commit 0000000 is not here: `{command}`"


CHANGES = {
    "a dependency": ("pyproject.toml", PROJECT.format("openai", 100), True),
    "the length of lines": ("pyproject.toml", PROJECT.format("anthropic", 80), False),
    "a damaged file": ("pyproject.toml", "[project", True),
    "a new lock": ("uv.lock", "version = 1\n", True),
    "requirements": ("requirements/test.txt", "pytest==9.2\n", True),
    "an environment": ("environment-gpu.yml", "name: gpu\n", True),
    "the linter's settings": ("setup.cfg", "[flake8]\nmax-line-length = 100\n", False),
    "what is needed": ("setup.cfg", "[options]\ninstall_requires =\n    openai\n", True),
    "an app's own text": ("prompts/requirements.md", "Be brief.\n", False),
    "somebody else's": ("../other/uv.lock", "version = 1\n", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_environment_can_not_run_both_where_dependencies_differ(
    repository: Repository, change: str
) -> None:
    name, text, differs = CHANGES[change]
    repository.write("bot/pyproject.toml", PROJECT.format("anthropic", 100))
    repository.write("bot/setup.cfg", "[flake8]\nmax-line-length = 80\n")
    accepted = repository.commit()
    repository.write(f"bot/{name}", text)
    if differs:
        with pytest.raises(
            NoControl,
            match=rf"^dependencies changed since \({re.escape(posixpath.normpath(f'bot/{name}'))}\)$",
        ):
            check_commit(repository.path / "bot", repository.path, accepted)
    else:
        check_commit(repository.path / "bot", repository.path, accepted)


@pytest.mark.parametrize("state", ["whole", "its folder is gone", "git was killed in the middle"])
def test_the_next_session_removes_what_a_killed_one_has_left(
    repository: Repository, tmp_path: Path, state: str
) -> None:
    store, own = repository.path / ".llmobs", tmp_path / "the user's own"
    repository.git("worktree", "add", "--detach", str(own))
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from pytest_llmobs.plugin.control.leftovers import temporary_folder\n"
        "from pytest_llmobs.plugin.control.worktree import worktree\n"
        "with temporary_folder(Path(sys.argv[1])) as folder:\n"
        "    with worktree(Path(sys.argv[2]), 'HEAD', folder / 'worktree-1'):\n"
        "        print(folder)\n        sys.stdout.flush()\n        os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(store), str(repository.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    folder = Path(killed.stdout.strip())
    assert killed.returncode == -9
    assert folder.is_dir()
    assert listed(repository) == 3
    if state == "its folder is gone":
        shutil.rmtree(folder)
    elif state == "git was killed in the middle":
        repository.path.joinpath(".git/worktrees/worktree-1/locked").write_text("initializing")
        repository.path.joinpath(".git/worktrees/worktree-1/HEAD").unlink()
    remove_leftovers(store, repository.path)
    assert listed(repository) == 2
    assert own.is_dir()
    assert not folder.exists()
    assert not store.joinpath("looks").exists()


def test_a_session_that_is_under_way_keeps_its_folder(repository: Repository) -> None:
    store = repository.path / ".llmobs"
    with temporary_folder(store) as folder:
        remove_leftovers(store, repository.path)
        assert folder.is_dir()
        assert len(list(store.joinpath("looks").iterdir())) == 1
    assert not folder.exists()
    assert not store.joinpath("looks").exists()


def test_a_damaged_marker_removes_nothing(repository: Repository, tmp_path: Path) -> None:
    store, precious = repository.path / ".llmobs", tmp_path / "precious"
    precious.mkdir()
    store.joinpath("looks").mkdir(parents=True)
    store.joinpath("looks", "a.json").write_text(f'{{"folder": "{precious}"}}')
    store.joinpath("looks", "b.json").write_text("{")
    remove_leftovers(store, repository.path)
    assert precious.is_dir()
    assert not precious.name.startswith(leftovers.PREFIX)
