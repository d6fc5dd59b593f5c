"""One cause, one report: what a user sees when a key is missing, a server is down, or a fixture is misspelt."""

from __future__ import annotations

from xml.etree import ElementTree

import anthropic  # noqa: F401 - here, because pytester forgets what a session imports
import pytest

from tests.plugin.conftest import Project

APP = """
import json
import pytest

ROWS = [{"id": f"e{n}", "inputs": {"number": n}} for n in range(4)]

def app(number):
    if number == 3:
        raise RuntimeError("the fourth is another matter")
    return json.loads("no key, no answer")

@pytest.mark.llm_dataset(ROWS, target=app)
def test_app(example, llm_run):
    assert llm_run.outputs

@pytest.mark.llm_dataset(ROWS, target=lambda number: "no")
def test_answer(example, llm_run):
    assert llm_run.outputs["output"] == "yes"
"""
LEAKING = """
from pathlib import Path
import pytest

def app(number):
    return Path("sk-ant-api03-" + "Zx9" * 30 + "-AbCdEfAA").read_text()

@pytest.mark.llm_dataset([{"inputs": {"number": 1}}, {"inputs": {"number": 2}}], target=app)
def test_app(example, llm_run):
    assert llm_run.outputs
"""
MISSPELT = APP.replace("(example, llm_run)", "(example, llm_rum)")


@pytest.mark.parametrize(
    "mode", [(), ("--llm-experiment",), ("-n", "2")], ids=["plain", "experiment", "workers"]
)
def test_an_error_that_hits_many_trials_is_told_once(
    empty: Project, mode: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    empty.write(test_it=APP)
    result = empty.run("--junitxml=junit.xml", *mode)
    text = result.stdout.str()
    assert result.ret == 1
    # shown once, down to the app's own line and no further
    assert text.count('return json.loads("no key, no answer")') == 1
    assert "raise JSONDecodeError" not in text
    assert text.count("hit 3 trials: this one, ") == 1
    # all keep their names, and their failures where machines read them
    for number in range(3):
        assert text.count(f"FAILED test_it.py::test_app[e{number}] - json.decoder.JSONDecodeError") == 1
    junit = ElementTree.parse(empty.path / "junit.xml")
    failures = [case.get("name") for case in junit.iter("testcase") if case.find("failure") is not None]
    assert {f"test_app[e{number}]" for number in range(4)} <= set(failures)
    # another error is another matter, and a failed assertion is no error
    assert text.count('raise RuntimeError("the fourth is another matter")') == 1
    assert text.count("E       AssertionError: assert 'no' == 'yes'") == 4


def test_a_misspelt_fixture_is_told_once(empty: Project) -> None:
    empty.write(test_it=MISSPELT)
    result = empty.run("-n", "1")
    text = result.stdout.str()
    result.assert_outcomes(errors=8)
    assert text.count("fixture 'llm_rum' not found\n>       available fixtures") == 2  # one a test
    assert text.count("hit 4 trials: this one, ") == 2


def test_a_traceback_of_ones_own_choice_stays(empty: Project) -> None:
    empty.write(test_it=APP)
    result = empty.run("--tb=long", "-k", "e0")
    assert "raise JSONDecodeError" in result.stdout.str()


JUDGED = """
import pytest

ROWS = [{"id": f"e{n}", "inputs": {"number": n}} for n in range(3)]

@pytest.mark.llm_dataset(ROWS, target=lambda number: "fine", evaluators=["tone"])
def test_tone(example, llm_run):
    assert llm_run.score("tone") > 0.5
"""


def test_a_judge_without_a_key_is_told_once(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    empty.write(test_it=JUDGED)
    result = empty.run()
    text = result.stdout.str()
    result.assert_outcomes(failed=3)
    assert text.count("E   pytest_llmobs.errors.UnscoredError: 'tone' is unscored: Judge model ") == 1
    assert text.count("Set ANTHROPIC_API_KEY, or give the judge a client or another model.") == 1
    assert text.count("hit 3 trials: this one, ") == 1


def test_a_shortened_traceback_holds_no_secret(empty: Project) -> None:
    empty.write(conftest="def pytest_runtest_logreport(report):\n    print(vars(report))\n", test_it=LEAKING)
    result = empty.run("-s", "--junitxml=junit.xml")
    result.assert_outcomes(failed=2)
    text = result.stdout.str() + empty.path.joinpath("junit.xml").read_text()
    assert "[redacted: " in text
    assert "hit 2 trials: this one, " in text
    assert "Zx9Zx9" not in text
