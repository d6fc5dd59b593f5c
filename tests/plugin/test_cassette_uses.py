"""What a session leaves behind for ``llmobs cassettes prune``: what it used, and whether it ran whole."""

from __future__ import annotations

import json
from typing import Any

import httpcore2  # noqa: F401 - see test_openai
import openai  # noqa: F401
import pytest

from tests.openai_server import chat, serve
from tests.plugin.conftest import Project

APP = """
import openai

client = openai.OpenAI(max_retries=0)

def answer(name, query):
    messages = [{"role": "user", "content": f"{name}: {query}"}]
    return client.chat.completions.create(model="gpt-5-mini", messages=messages).choices[0].message.content
"""
SUITE = """
import pytest
from app import answer

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run):
    assert llm_run.outputs["output"] == "Dear you"

def test_other():
    assert answer("nobody", "what?") == "Dear you"
"""
MORE = """
from pathlib import Path
from app import answer

def test_more():
    assert answer("nobody", "what?") == "Dear you"
    assert Path("mended").exists()
"""


@pytest.fixture
def recorded(project: Project, monkeypatch: pytest.MonkeyPatch, openai_key: None) -> Project:
    """A project whose replies are all recorded, and whose server is gone."""
    project.write(app=APP, test_app=SUITE)
    with serve(lambda request: chat({"content": "Dear you"})) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        project.run("--llm-cassettes=reuse").assert_outcomes(passed=4)
        assert len(server.requests) == 4
    return project


def uses(project: Project) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(project.path.joinpath(".llmobs/cassettes/pytest.json").read_text())
    return loaded


def test_a_whole_session_used_every_request_and_is_not_partial(recorded: Project) -> None:
    assert len(uses(recorded)["requests"]) == 4
    assert uses(recorded)["partial"] == ""


def test_a_session_of_some_tests_is_partial_and_nothing_is_pruned(recorded: Project) -> None:
    recorded.run("--llm-cassettes=only", "-k", "ada").assert_outcomes(passed=1, deselected=3)

    assert uses(recorded)["partial"] == "3 tests deselected"
    assert recorded.llmobs("cassettes", "prune", "--yes").returncode == 1
    assert len(list(recorded.path.joinpath("llm-cassettes").rglob("*.json"))) == 4


def test_a_session_of_one_file_is_partial(recorded: Project) -> None:
    recorded.run("--llm-cassettes=only", "test_app.py").assert_outcomes(passed=4)

    assert uses(recorded)["partial"].startswith("it was about ")
    assert "test_app.py alone" in uses(recorded)["partial"]


def test_a_session_that_leaves_files_out_is_partial(recorded: Project) -> None:
    recorded.write(test_more=MORE)
    recorded.run("--llm-cassettes=only").assert_outcomes(passed=4, failed=1)
    recorded.path.joinpath("mended").touch()

    recorded.run("--llm-cassettes=only", "--last-failed").assert_outcomes(passed=1)
    assert uses(recorded)["partial"] == "--last-failed was given"
    recorded.run("--llm-cassettes=only", "--ignore=test_app.py").assert_outcomes(passed=1)
    assert uses(recorded)["partial"] == "--ignore was given"
    recorded.run("--llm-cassettes=only").assert_outcomes(passed=5)
    assert uses(recorded)["partial"] == ""


def test_workers_hand_over_what_they_used(recorded: Project) -> None:
    recorded.run("--llm-cassettes=only", "-n2").assert_outcomes(passed=4)

    assert len(uses(recorded)["requests"]) == 4
    assert uses(recorded)["partial"] == ""


def test_what_an_edited_suite_no_longer_asks_is_pruned(recorded: Project) -> None:
    recorded.write(test_app=SUITE.partition("def test_other")[0])
    recorded.run("--llm-cassettes=only").assert_outcomes(passed=3)

    listed = recorded.llmobs("cassettes", "prune", "--json")
    assert len(json.loads(listed.stdout)["files"]) == 1
    assert recorded.llmobs("cassettes", "prune", "--yes").returncode == 0
    recorded.run("--llm-cassettes=only").assert_outcomes(passed=3)


def test_sessions_without_cassettes_leave_no_list(project: Project) -> None:
    project.run().assert_outcomes(passed=3)

    assert not project.path.joinpath(".llmobs").exists()
