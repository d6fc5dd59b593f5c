"""``--llm-baseline REF``: another file, an experiment, or another commit."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from tests.plugin.conftest import BROKEN, Project

ONCE = "--llm-confirm=0"
"""What it is compared with is the same, however often the tests are looked at."""


def git(project: Project, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=project.path, check=True, capture_output=True)


def test_an_experiments_name(project: Project) -> None:
    project.experiment("--llm-repeat=5", "--llm-name", "before")
    project.prompt(BROKEN)
    result = project.experiment(ONCE, "--llm-baseline", "before")
    assert result.ret == 1
    assert "REGRESSED" in result.stdout.str()


def test_a_folder(project: Project) -> None:
    project.record("-o", "llm_baseline_dir=accepted")
    project.prompt(BROKEN)
    result = project.experiment(ONCE, "--llm-baseline", "accepted")
    assert result.ret == 1
    assert "REGRESSED" in result.stdout.str()


def test_the_main_branch(project: Project) -> None:
    project.record()
    git(project, "init")
    git(project, "add", "llm-baselines")
    git(project, "commit", "-m", "baseline")
    for path in project.baselines:
        path.unlink()
    project.prompt(BROKEN)
    result = project.experiment(ONCE, "--llm-baseline", "git:main")
    assert result.ret == 1
    assert "REGRESSED" in result.stdout.str()


@pytest.mark.parametrize(
    "revision", ["v1", "v1.0", "2.x", "side", "origin/side", "HEAD~1", "hash", "short hash"]
)
def test_a_shallow_clone_says_what_to_fetch(project: Project, revision: str) -> None:
    git(project, "init", "origin")
    git(project, "-C", "origin", "commit", "--allow-empty", "-m", "first")
    git(project, "-C", "origin", "tag", "v1")
    git(project, "-C", "origin", "tag", "--annotate", "v1.0", "-m", "with a message")
    git(project, "-C", "origin", "branch", "2.x")
    git(project, "-C", "origin", "branch", "side")
    git(project, "-C", "origin", "commit", "--allow-empty", "-m", "second")
    git(project, "clone", "--depth=1", f"file://{project.path}/origin", "clone")
    if revision.endswith("hash"):
        full = (project.path / "origin/.git/refs/heads/side").read_text().strip()
        revision = full[:10] if revision.startswith("short") else full
    for name in ("app.py", "test_app.py", "golden.jsonl", "prompt.txt"):
        (project.path / "clone" / name).write_text((project.path / name).read_text())
    arguments = ("--rootdir=clone", "clone", "--llm-experiment", "--llm-baseline", f"git:{revision}")
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (command,) = re.findall(r"This clone is shallow: fetch it first, with '(.*?)'", result.stderr.str())
    subprocess.run(shlex.split(command), cwd=project.path / "clone", check=True, capture_output=True)
    assert project.run(*arguments).ret == 0


def test_an_unknown_name_is_refused_before_anything_runs(project: Project) -> None:
    project.experiment("--llm-name", "before")
    result = project.experiment("--llm-baseline", "befor")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "is no file, no folder and no experiment. Did you mean 'before'?" in result.stderr.str()


@pytest.mark.parametrize("what", ["llm-baselines/test_app--test_answer.json", "sub", "first"])
def test_a_baseline_of_none_of_the_suites_is_red(project: Project, what: str) -> None:
    project.record("--llm-name", "first")
    project.path.joinpath("sub").mkdir()
    source = project.path.joinpath("test_app.py").read_text()
    project.path.joinpath("test_app.py").write_text(source.replace("test_answer", "test_reply"))
    result = project.experiment("--llm-baseline", what)
    said = " ".join(result.stdout.str().split())
    assert result.ret == 1
    assert (
        f"--llm-baseline '{what}' has no baseline of test_app.py::test_reply: nothing was compared." in said
    )
    result.stdout.no_fnmatch_line("*--llm-update-baseline*--llm-baseline*")
    result.stdout.no_fnmatch_line("*--llm-baseline*--llm-update-baseline*")


def test_recording_and_comparing_at_once_is_refused(project: Project) -> None:
    project.experiment("--llm-name", "before")
    result = project.record("--llm-baseline", "before")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "leave --llm-baseline 'before' out" in result.stderr.str()
