"""A build that would be red runs the accepted code today, from git, and what can't be run so says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.records.looks import Look
from tests.plugin.conftest import BROKEN, PLUGINS, Project

APP = """
import os
from pathlib import Path
from pytest_llmobs import traceable

@traceable(run_type="llm")
def complete(system, query):
    return f"{system} You asked: {query}"

def answer(name, query):
    prompt = Path(os.environ.get("PROMPT") or Path(__file__).with_name("prompt.txt")).read_text()
    reply = complete(prompt.format(name=name), query)
    if Path(os.environ["WEATHER"]).exists():
        return "Sorry."
    return reply
"""
CONTROL = "'LLMOBS_CONTROL' in os.environ"


class Committed:
    """A user's project in a repository, its baseline recorded from a clean commit."""

    def __init__(self, project: Project, weather: Path) -> None:
        self.project = project
        self.path = project.path
        self.weather = weather
        """While it exists the provider has a bad day."""

    def git(self, *words: str) -> str:
        owner = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        command = ["git", "-C", str(self.path), *owner, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "a change")

    def record(self) -> None:
        self.commit()
        assert self.project.record("-q").ret == 0

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.project.experiment("-q", *arguments)

    @property
    def looks(self) -> list[Look]:
        return list(experiment_from_dict(self.project.summary).looks)

    @property
    def reason(self) -> str | None:
        """Why the accepted code didn't run; None where it did."""
        look = self.looks[-1]
        assert look.purpose == "control"
        return look.error

    @property
    def verdicts(self) -> set[str]:
        return {row.verdict for row in experiment_from_dict(self.project.summary).decision.metrics}

    def left(self) -> list[Any]:
        """What no session may leave behind: worktrees, what git knows of them, markers, folders."""
        worktrees = self.git("worktree", "list").splitlines()[1:]
        known = self.path.joinpath(".git/worktrees").glob("*")
        folders = Path(os.environ["TMPDIR"]).glob("llmobs-*")
        return [*worktrees, *known, *self.path.joinpath(".llmobs").glob("looks/*"), *folders]


@pytest.fixture
def new(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Committed:
    """The project before its first commit."""
    weather = tmp_path_factory.mktemp("weather") / "bad"
    monkeypatch.setenv("WEATHER", str(weather))
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr("tempfile.tempdir", None)
    project.write(app=APP)
    project.path.joinpath(".gitignore").write_text("__pycache__/\n.llmobs/\n.pytest_cache/\nlocal.ini\n")
    committed = Committed(project, weather)
    committed.git("init", "-q")
    return committed


@pytest.fixture
def accepted(new: Committed) -> Committed:
    new.record()
    return new


def test_a_bad_day_of_the_provider_s_is_drift_and_green(accepted: Committed) -> None:
    accepted.weather.touch()
    result = accepted.run("-n1")
    assert result.ret == 0
    assert accepted.verdicts == {"DRIFTED"}
    text = result.stdout.str()
    accepted_commit = accepted.git("rev-parse", "--short=7", "HEAD")
    assert (
        f"running the accepted code (commit {accepted_commit}): 9 trials of test_app.py::test_answer" in text
    )
    assert "the accepted code fails alike today; record a baseline, or wait" in " ".join(text.split())
    control = accepted.looks[-1]
    assert (control.purpose, control.error, len(control.trials)) == ("control", None, 9)
    assert control.metrics["test_app.py::test_answer"].keys() == {"greets"}
    assert accepted.left() == []
    assert accepted.git("status", "--short", "--untracked-files=no") == ""


def test_a_regression_stays_red_whatever_else_the_work_tree_holds(accepted: Committed, parquet: Any) -> None:
    """Today's code is broken, installed as editable and elsewhere on the path, and the dataset has moved."""
    project = accepted.project
    project.prompt(BROKEN)
    project.path.joinpath("golden.jsonl").rename(project.path / "renamed.jsonl")
    suite = project.path.joinpath("test_app.py")
    suite.write_text(suite.read_text().replace("golden.jsonl", "renamed.jsonl"))
    project.path.joinpath("conftest.py").write_text(
        f"import sys\nsys.path.insert(0, {str(project.path)!r})\n"
    )
    result = accepted.run()
    assert result.ret == 1
    assert accepted.verdicts == {"REGRESSED"}
    control = accepted.looks[-1]
    assert {trial.status for trial in control.trials} == {"passed"}
    marked = parquet(
        project, "SELECT attempt, count(*) FROM RUNS WHERE attempt IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    assert marked == [("consumed", 15 + 3 + 3), ("control", 9)]
    assert accepted.left() == []


def test_uncommitted_code_recorded_a_baseline_that_nobody_can_run(new: Committed) -> None:
    new.commit()
    new.path.joinpath("app.py").write_text(APP + "\n# not committed\n")
    assert new.project.record("-q").ret == 0
    new.weather.touch()
    result = new.run()
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert "not compared with the accepted code today: the baseline doesn't say which code made it" in said


def test_a_dependency_that_changed_is_a_reason(accepted: Committed) -> None:
    accepted.weather.touch()
    accepted.path.joinpath("requirements.txt").write_text("openai\n")
    result = accepted.run()
    assert result.ret == 1
    assert accepted.reason == "dependencies changed since (requirements.txt)"
    assert "running the accepted code" not in result.stdout.str()
    assert accepted.left() == []


def test_a_shallow_clone_is_a_reason(accepted: Committed) -> None:
    accepted.weather.touch()
    accepted.path.joinpath("news.txt").write_text("news")
    accepted.commit()
    # as `git clone --depth=1` leaves it
    accepted.path.joinpath(".git/shallow").write_text(accepted.git("rev-parse", "HEAD") + "\n")
    accepted.git("reflog", "expire", "--expire=now", "--all")
    accepted.git("gc", "-q", "--prune=now")
    assert accepted.run().ret == 1
    assert str(accepted.reason).startswith("commit ")
    assert "is not here: `git fetch --" in str(accepted.reason)


def test_prompts_outside_git_are_a_reason(
    new: Committed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = tmp_path.parent / "prompt-of-a-service.txt"
    prompt.write_text("Dear {name}, we read this.")
    monkeypatch.setenv("PROMPT", str(prompt))
    new.record()
    prompt.write_text(BROKEN)
    result = new.run()
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert "not compared with the accepted code today: its prompts aren't those that were recorded" in said


BREAKS = {
    "a module of today's": (
        f"if {CONTROL}:\n"
        "    from importlib.util import spec_from_file_location, module_from_spec\n"
        "    spec = spec_from_file_location('bot', 'TODAY')\n"
        "    sys.modules['bot'] = module_from_spec(spec)\n",
        "it doesn't run from git: the module bot came from today's work tree, ",
    ),
    "an ignored file": (
        "open('local.ini').close()\n",
        "it doesn't run from git: FileNotFoundError: [Errno 2] No such file or directory: 'local.ini'",
    ),
    "kill -9": (
        f"def pytest_runtest_setup():\n    if {CONTROL}:\n        os.kill(os.getpid(), 9)\n",
        "it doesn't run from git: ",
    ),
}


@pytest.mark.parametrize("way", BREAKS)
def test_a_session_that_breaks_is_a_reason(new: Committed, way: str) -> None:
    code, reason = BREAKS[way]
    code = code.replace("TODAY", str(new.path / "app.py"))
    new.path.joinpath("local.ini").touch()
    new.path.joinpath("conftest.py").write_text(f"import os, sys\n{code}")
    new.record()
    new.weather.touch()
    assert new.run().ret == 1
    assert str(new.reason).startswith(reason)
    assert new.verdicts == {"REGRESSED"}
    assert new.left() == []


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_the_red_and_nothing_else(new: Committed) -> None:
    new.path.joinpath("conftest.py").write_text(
        "import os, signal, time\n"
        f"if {CONTROL}:\n    os.kill(os.getppid(), signal.SIGINT)\n    time.sleep(60)\n"
    )
    new.record()
    new.weather.touch()
    assert new.project.process("--llm-experiment").ret == 1
    assert new.reason == "interrupted by Ctrl-C"
    assert new.left() == []


def test_what_a_killed_session_leaves_goes_with_the_next_one(new: Committed) -> None:
    new.path.joinpath("conftest.py").write_text(f"import os\nif {CONTROL}:\n    os.kill(os.getppid(), 9)\n")
    new.record()
    new.weather.touch()
    command = [sys.executable, "-m", "pytest", *PLUGINS, "--llm-experiment"]
    killed = subprocess.run(command, cwd=new.path, capture_output=True, check=False)
    assert killed.returncode == -9
    assert len(new.left()) == 4
    new.weather.unlink()
    new.git("worktree", "add", "--detach", str(new.weather.parent / "own"))  # the user's stays
    assert new.run().ret == 0
    assert [Path(str(place).split()[0]).name for place in new.left()] == ["own", "own"]
