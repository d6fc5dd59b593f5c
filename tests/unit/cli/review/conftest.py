"""Queues with real runs, reviewed by the command as users run it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.review.records import Decision
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.cli.conftest import Outcome, clean_environment

QUEUE = "support"
RUBRIC = [
    {"feedback_key": "correct", "score_descriptions": {"0": "no", "1": "yes"}, "is_required": True},
    {"feedback_key": "tone", "scale": [1, 5]},
    {"feedback_key": "effort", "categories": ["none", "some", "much"]},
]


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    """Return a function that makes a queue of runs in the store of ``tmp_path``."""

    def make(count: int, rubric: Any = (), outputs: Any = None, **settings: Any) -> Client:
        monkeypatch.chdir(tmp_path)
        store = Store(tmp_path / ".llmobs")
        ids = write_runs(store, count, outputs)
        client = Client()
        queue = client.create_annotation_queue(name=QUEUE, rubric_items=list(rubric), **settings)
        client.add_runs_to_annotation_queue(queue.id, run_ids=ids)
        return client

    return make


def write_runs(store: Store, count: int, outputs: Any = None) -> list[str]:
    """Write runs into the store, and return their ids."""
    spool = store.spool("session")
    tracer = Tracer(project="production", sink=spool)
    ids = []
    for number in range(1, count + 1):
        root = start_root(tracer, "support_agent", inputs={"question": f"Where is refund {number}?"})
        root.end(outputs=outputs or {"output": f"It is on its way, number {number}."})
        ids.append(root.id)
    spool.close()
    return ids


@pytest.fixture
def standing(tmp_path: Path) -> Callable[[], Sequence[Decision]]:
    """Return a function that reads the decisions that stand."""

    def read() -> Sequence[Decision]:
        from pytest_llmobs.workspace import Workspace

        queues = Workspace.find(tmp_path).open_queues()
        return queues.decisions(queues.find(QUEUE)).standing()

    return read


@pytest.fixture
def review(llmobs: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run ``llmobs review`` in this process, with keys as if from a pipe."""
    monkeypatch.setenv("LLMOBS_REVIEWER", "ada")

    def call(keys: str, *words: str) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(keys.encode()), encoding="utf-8"))
        return llmobs("review", QUEUE, *words)

    return call


@pytest.fixture
def piped(tmp_path: Path) -> Callable[..., Outcome]:
    """Run ``llmobs review`` in a process of its own, with keys from a real pipe."""

    def call(keys: str, *words: str) -> Outcome:
        done = subprocess.run(
            command(*words),
            cwd=tmp_path,
            env=clean_environment(LLMOBS_REVIEWER="ada"),
            input=keys.encode(),
            capture_output=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


def command(*words: str) -> list[str]:
    """Return the command line that opens the queue."""
    return [sys.executable, "-m", "pytest_llmobs.cli", "review", QUEUE, *words]


def as_json(outcome: Outcome) -> Any:
    """Return what was printed for machines."""
    return json.loads(outcome.stdout)


def terminal_environment(**more: str) -> dict[str, str]:
    """Return the environment of a reviewer's terminal."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONIOENCODING": "utf-8",
        "LLMOBS_REVIEWER": "ada",
        **more,
    }
