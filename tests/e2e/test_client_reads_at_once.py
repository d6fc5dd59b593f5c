"""What an app traces can be read by its id the moment the call returned, in the app and in another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

APP = """
import sys
from pytest_llmobs import Client, get_current_run_tree, traceable

@traceable(run_type="retriever")
def search(question):
    return ["one"]

@traceable(metadata={"thread_id": "t1"}, tags=["beta"])
def answer(question):
    search(question)
    if question == "bad":
        raise ValueError("no")
    return get_current_run_tree().id

client = Client()
id = answer("good")
run = client.read_run(id, load_child_runs=True)
assert run.outputs == {"output": id}, run
assert [child.name for child in run.child_runs] == ["search"]
client.create_feedback(id, "rating", score=1)
try:
    answer("bad")
except ValueError:
    pass
listed = list(client.list_runs(project_name="production", is_root=True))
assert [run.inputs["question"] for run in listed] == ["bad", "good"], listed
assert listed[1].feedback_stats["rating"]["avg"] == 1
assert [run.error is None for run in listed] == [False, True]
print(id, flush=True)
sys.stdin.readline()  # stays alive: nothing is sealed
answer("later")
"""
READER = """
import sys
from pytest_llmobs import Client

client = Client()
run = client.read_run(sys.argv[1])
stats = client.get_run_stats(project_names=["production"], is_root=True)
print(run.inputs["question"], run.feedback_stats["rating"]["n"], stats["run_count"], stats["error_rate"])
print([run.name for run in client.read_thread(thread_id="t1", project_name="production")])
"""


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LLMOBS")}
    return {**kept, "LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production"}


def read(folder: Path, environment: dict[str, str], *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", READER, *arguments],
        cwd=folder,
        env={**environment, "LLMOBS_TRACING": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def started(folder: Path, environment: dict[str, Any]) -> subprocess.Popen[str]:
    """Start the app, which waits for the end of its input."""
    return subprocess.Popen(
        [sys.executable, "-c", APP],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_run_is_read_while_its_process_lives_and_after_it_has_ended(
    tmp_path: Path, environment: dict[str, Any]
) -> None:
    with started(tmp_path, environment) as app:
        assert app.stdin is not None
        assert app.stdout is not None
        id = app.stdout.readline().strip()
        assert read(tmp_path, environment, id) == ["good 1 2 0.5", "['answer', 'answer']"]
        app.stdin.close()
    assert app.returncode == 0
    assert read(tmp_path, environment, id) == [f"good 1 3 {1 / 3}", "['answer', 'answer', 'answer']"]


def test_a_killed_process_loses_nothing_that_has_returned(
    tmp_path: Path, environment: dict[str, Any]
) -> None:
    with started(tmp_path, environment) as app:
        assert app.stdout is not None
        id = app.stdout.readline().strip()
        app.kill()
    assert read(tmp_path, environment, id) == ["good 1 2 0.5", "['answer', 'answer']"]
