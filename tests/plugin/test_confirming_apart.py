"""A further session leaves the user's files alone, and runs just what is in doubt whatever others select."""

from __future__ import annotations

from collections import Counter

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict
from tests.plugin.conftest import Project

SUITE = """
import logging, os, pytest
ROWS = [{"id": f"e{n}", "inputs": {"q": f"question {n}"}} for n in range(8)]

def app(q):
    return q

@pytest.mark.llm_dataset(ROWS, target=app)
def test_bot(example, llm_run, tmp_path):
    logging.getLogger().warning("logged %s", example.id)
    tmp_path.joinpath("kept.txt").write_text(example.id)
    if example.id == "e2" and os.path.exists("blip"):
        os.remove("blip")
        assert False, "the blip"
"""

WRITES = """
import argparse, logging, os
import pytest

def pytest_addoption(parser):
    parser.addoption("--events")
    parser.addoption("--unnamed")
    parser.addoption("--opened", type=argparse.FileType("w"))
    parser.addini("audit_log", "a path", default="")

def pytest_llmobs_session_files():
    return ["--events", "audit_log", "$SCREENSHOTS", "--of-a-plugin-that-is-not-there", "nor_this_key"]

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.option.xmlpath = "junit.xml"  # as many a conftest.py does
    for path in written(config):
        open(path, "w").close()

def written(config):
    found = [config.getoption("events"), config.getoption("unnamed"), config.getini("audit_log")]
    return [path for path in (*found, os.environ.get("SCREENSHOTS")) if path]

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.config.pluginmanager.get_plugin("logging-plugin").set_log_path(f"logs/{item.name}.log")

def pytest_runtest_teardown(item):
    opened = item.config.getoption("opened")
    for path in written(item.config):
        with open(path, "a") as file:
            file.write(item.name + chr(10))
    if opened:
        opened.write(item.name + chr(10))
        opened.flush()
"""


@pytest.fixture
def blip(empty: Project) -> Project:
    """A suite in which one trial fails once."""
    empty.write(test_bot=SUITE)
    empty.record("-o", "llm_baseline_repeat=5")
    empty.path.joinpath("blip").touch()
    return empty


def test_what_the_user_s_session_writes_stays_as_it_was(
    blip: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    blip.path.joinpath("conftest.py").write_text(WRITES)
    blip.path.joinpath("pytest.ini").write_text(
        "[pytest]\naudit_log = audit.txt\naddopts = --basetemp=kept --debug=debug.txt\n"
    )
    monkeypatch.setenv("PYTEST_ADDOPTS", "--events=events.txt")
    monkeypatch.setenv("SCREENSHOTS", "screenshots.txt")
    result = blip.process(
        "--llm-experiment",
        "--basetemp=kept",
        "--opened=opened.txt",
        "--unnamed=unnamed.txt",
        "--",
        "test_bot.py",
    )
    assert result.ret == 0
    assert "looked again" in result.stdout.str()
    names = [f"test_bot[e{number}]" for number in range(8)]
    for name in ("audit", "events", "opened", "screenshots"):
        assert blip.path.joinpath(f"{name}.txt").read_text().split() == names
    assert sorted(path.name for path in blip.path.joinpath("logs").iterdir()) == [
        f"{name}.log" for name in names
    ]
    assert blip.path.joinpath("junit.xml").read_text().count("<testcase") == 8
    assert "e2-r2" not in blip.path.joinpath("debug.txt").read_text()
    kept = [path.read_text() for path in blip.path.joinpath("kept").glob("*/kept.txt")]
    assert Counter(kept) >= Counter(f"e{number}" for number in range(8))
    assert not list(blip.path.joinpath("kept").glob("*r2*"))
    said = " ".join(result.stdout.str().split())
    assert said.count("name the option of that path in the hook pytest_llmobs_session_files") == 1
    assert "unnamed.txt" in "".join(said.split())  # a long path is wrapped anywhere


POSITIONAL = {
    "from behind": ("trylast=True", "items.reverse(); del items[6:]"),
    "a wrapper": ("wrapper=True, tryfirst=True", "yield; del items[4:]"),
    "another list": ("tryfirst=True", "session.items = items[:4]"),
}


@pytest.mark.parametrize("way", POSITIONAL)
def test_what_is_in_doubt_runs_again_whatever_others_select(blip: Project, way: str) -> None:
    mark, body = POSITIONAL[way]
    blip.path.joinpath("conftest.py").write_text(
        "import pytest\n"
        f"@pytest.hookimpl({mark})\n"
        "def pytest_collection_modifyitems(session, items):\n"
        f"    {body}\n"
    )
    result = blip.experiment("-q")
    assert result.ret == 0
    assert "looked again" in result.stdout.str()
    confirmed = experiment_from_dict(blip.summary).further_trials
    assert {trial.example_id for trial in confirmed} >= {"e2"}
    assert "didn't run" not in result.stdout.str()


def test_it_does_so_with_workers(blip: Project) -> None:
    blip.path.joinpath("conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.reverse()\n    del items[::2]\n"
    )
    assert blip.experiment("-n1", "--log-file=run.log", "--basetemp=kept").ret == 0
    assert not list(blip.path.joinpath("kept").glob("*/*r2*"))


def test_what_was_asked_for_and_did_not_run_is_said(blip: Project) -> None:
    blip.path.joinpath("conftest.py").write_text(
        "import os\n"
        "def pytest_runtest_protocol(item):\n"
        "    if 'LLMOBS_CONFIRMING' in os.environ and 'e3' in item.name:\n"
        "        return True\n"
    )
    result = blip.experiment()
    said = " ".join(result.stdout.str().split())
    assert "1 of 8 trials of a further session didn't run and count as missing, not as failed" in said
    assert any("e3 (repeat 2)" in note for note in blip.summary["notes"])
    assert "e3 broke" not in said
