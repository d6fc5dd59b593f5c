"""What the tests of ``evaluate()`` share: a workspace of their own, an app, its data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.runs import Run
from tests.unit.client.evaluations import workspace_in

QUESTIONS = ("one", "two", "three")
DATA: list[dict[str, Any]] = [
    {"id": question, "inputs": {"question": question}, "outputs": {"answer": question.upper()}}
    for question in QUESTIONS
]


def right(outputs: Mapping[str, Any], reference_outputs: Mapping[str, Any]) -> bool:
    """Score 1 for the expected answer."""
    return bool(outputs["answer"] == reference_outputs["answer"])


def length(outputs: Mapping[str, Any]) -> int:
    """Score the letters of the answer."""
    return len(outputs["answer"])


class App:
    """An app that counts its calls."""

    def __init__(self, act: Callable[[str], Any] | None = None) -> None:
        self.calls: list[str] = []
        self.threads: set[str] = set()
        self._act = act

    def __call__(self, inputs: Mapping[str, Any]) -> Any:
        question = inputs["question"]
        self.calls.append(question)
        self.threads.add(threading.current_thread().name)
        if self._act is not None:
            return self._act(question)
        return {"answer": question.upper()}


def client_in(folder: Path, **settings: Any) -> ClientBase:
    """Return a client whose workspace is a folder of the test's own."""
    return ClientBase(workspace=workspace_in(folder, **settings))


def stored(client: ClientBase, name: str) -> Experiment:
    """Return an experiment as the store has it."""
    return read_experiment(name, client.workspace.open_store())


def runs_of(client: ClientBase, project: str) -> Sequence[Run]:
    """Return all stored runs of a project."""
    return list(client.workspace.open_store().runs(project))


def scores_of(results: Any) -> dict[str, dict[str, Any]]:
    """Return example -> metric -> score of the rows."""
    scores: dict[str, dict[str, Any]] = {}
    for row in results:
        by_key = {score.key: score for score in row["evaluation_results"]["results"]}
        scores[row["example"].id] = by_key
    return scores
