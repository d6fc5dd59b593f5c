"""A session that was killed is told of; two of one name at once don't overwrite each other."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_llmobs.cli import main
from tests.plugin.conftest import PLUGINS

TEST = """
import os, pytest, sys

@pytest.mark.llm_dataset([{"id": str(i), "inputs": {"x": i}} for i in range(3)], target=lambda x: {"output": x})
def test_it(example, llm_run):
    assert llm_run.outputs
    if os.environ.get("DIE") and example.id == "2":  # the last: by now every target has run
        os._exit(3)
    if os.environ.get("WAIT"):
        print("begun", file=sys.__stderr__, flush=True)
        sys.__stdin__.readline()
"""
COMMAND = (
    sys.executable,
    "-m",
    "pytest",
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
    "--llm-experiment",
    "--llm-name=one",
)


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makepyfile(test_it=TEST)
    monkeypatch.delenv("DIE", raising=False)
    return pytester


def test_the_next_command_tells_of_a_session_that_left(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIE", "1")
    assert folder.run(*COMMAND).ret == 3
    capsys.readouterr()
    assert main(["experiments"]) == 0
    told = capsys.readouterr().err
    assert "The session of 'one', started " in told
    assert " ended without a verdict: " in told
    assert "3 runs of it were recovered. Run it again." in told
    assert main(["experiments"]) == 0
    assert "without a verdict" not in capsys.readouterr().err


def test_a_name_in_use_is_refused_and_a_replaced_one_is_noted(
    folder: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAIT", "1")
    first = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert first.stdin is not None
    assert first.stderr is not None
    while b"begun" not in first.stderr.readline():
        pass
    second = folder.run(*COMMAND)
    assert second.ret == pytest.ExitCode.USAGE_ERROR
    second.stderr.fnmatch_lines(
        ["*Another session that is under way in * has the name 'one': the later one would*"]
    )
    first.communicate(b"\n\n\n", timeout=60)
    assert first.returncode == 0
    monkeypatch.delenv("WAIT")
    third = folder.run(*COMMAND)
    assert third.ret == 0
    third.stdout.fnmatch_lines(["*replaces the experiment 'one' of before*"])


def test_showing_an_experiment_prints_the_commands_of_its_session(
    folder: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder.runpytest_inprocess(*PLUGINS, *COMMAND[3:], "test_it.py", "-k", "0 or 2").ret == 0
    capsys.readouterr()
    assert main(["show", "one"]) == 0
    assert "test_it.py -k '0 or 2' --llm-experiment --llm-update-baseline" in capsys.readouterr().out
