"""The commands that a red summary prints work as they are, in the folder that pytest was started in."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from pytest_llmobs.cli import main
from tests.plugin.conftest import BROKEN, Project

FOLDERS = {
    "the rootdir": (".", "test_app.py", 5),
    "a folder below": ("below", "..", 2),
    "a folder above": ("..", "{project}", 5),
}
"""Where pytest is started, what is named there, and how many examples break: more than three go into a file."""


def start(project: Project, folder: Path, *arguments: str) -> str:
    """Run pytest as a user does, in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = project.experiment(*arguments)
    assert result.ret <= 1
    return result.stdout.str()


def printed(said: str, title: str) -> list[str]:
    (command,) = re.findall(rf"^  {title} +(.*)$", said, re.MULTILINE)
    return shlex.split(command)


@pytest.mark.parametrize("where", FOLDERS)
def test_the_printed_commands_work_where_pytest_was_started(
    project: Project,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, tests, rows = FOLDERS[where]
    folder, tests = (project.path / name).resolve(), tests.format(project=project.path.name)
    monkeypatch.setenv("COLUMNS", "300")
    project.path.joinpath("pytest.ini").write_text("[pytest]\npythonpath = .\n")
    project.path.joinpath("below").mkdir()
    project.dataset({"id": f"e {n}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(rows))
    start(project, folder, "--llm-update-baseline", tests)
    project.prompt(BROKEN)
    said = start(project, folder, tests)

    monkeypatch.chdir(folder)
    capsys.readouterr()
    assert main(printed(said, "look closer")[1:]) == 0
    assert "test_answer[e 0]" in capsys.readouterr().out

    rerun = printed(said, "rerun broken")
    if "&&" in rerun:
        show, rerun = rerun[: rerun.index(">")], rerun[rerun.index("&&") + 1 :]
        assert main(show[1:]) == 0
        folder.joinpath("broken.txt").write_text(capsys.readouterr().out)
    again = start(project, folder, *rerun[rerun.index("--llm-experiment") + 1 :])
    assert f"collected {rows} items" in again
    assert printed(again, "rerun broken")[-1] == rerun[-1]
    assert printed(again, "rerun broken").count(rerun[-1]) == 1


PARAMETERS = """
import os
import pytest

ROWS = [{"id": f"e {n}", "inputs": {"name": f"N{n}"}} for n in range(2)]

@pytest.mark.parametrize("tone", ["warm", "very cold"])
@pytest.mark.llm_dataset(ROWS, target=lambda name: name)
def test_answer(tone, example, llm_run):
    assert tone != os.environ.get("BROKEN")
"""


@pytest.mark.parametrize("broken", ["very cold", "all"])
def test_accepting_a_suite_with_parameters_records_it_alone(
    empty: Project, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.write(test_app=PARAMETERS.replace("tone != os", "'all' != os.environ.get('BROKEN') and tone != os"))
    empty.record()
    before = {path.name: path.read_text() for path in empty.baselines}
    monkeypatch.setenv("BROKEN", broken)
    assert empty.experiment("--llm-name", "broken").ret == 1
    assert empty.llmobs("baseline", "accept", "--failing", "broken").returncode == 0
    changed = {path.name for path in empty.baselines if path.read_text() != before[path.name]}
    suites = {name.partition("~")[0] for name in changed if "texts" not in name}
    cold, warm = "test_app--test_answer-very-cold", "test_app--test_answer-warm"
    assert suites == ({cold, warm} if broken == "all" else {cold})
    assert empty.experiment().ret == 0


def test_the_command_that_records_a_missing_baseline_takes_the_test_function(
    empty: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.write(test_app=PARAMETERS)
    monkeypatch.setenv("CI", "true")
    said = " ".join(empty.experiment().stdout.str().split())
    assert "No baseline for test_app.py::test_answer[very cold]. " in said
    assert "commit it: pytest test_app.py::test_answer --llm-experiment --llm-update-baseline" in said


@pytest.mark.parametrize("against", [(), ("--llm-baseline", "llm-baselines")], ids=["committed", "named"])
def test_what_last_failed_is_accepted_by_name(
    project: Project, against: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    project.path.joinpath("pytest.ini").write_text("[pytest]\npythonpath = .\n")
    project.dataset({"id": f"e{n}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(4))
    start(project, project.path, "--llm-update-baseline")
    project.prompt(BROKEN)
    project.run("-k", "e1 or e2").assert_outcomes(failed=2)
    said = start(project, project.path, "--lf", *against)
    for title in ("rerun broken", "accept"):
        assert "--lf" not in printed(said, title)
    command = printed(said, "accept")
    start(project, project.path, *command[command.index("--llm-experiment") + 1 :])
    (found,) = [json.loads(path.read_text()) for path in project.baselines if "texts" not in path.name]
    passes = {example: row["pass"] for example, row in found["examples"].items()}
    assert passes == {"e0": [1] * 5, "e1": [0] * 5, "e2": [0] * 5, "e3": [1] * 5}
