"""A small shop with the data of two people in many places; as a script, erasures that are killed, each at one step.

``python -m tests.unit.retention.shop TEMPLATE FOLDER USER 1 5 …`` erases the user in copies of a shop, ``FOLDER/1`` and
so on, in processes of their own: each is killed before it changes a file for the Nth time. Prints as JSON how they
ended. They are forked, so that all there is to import is imported once.
"""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest_llmobs.retention
import pytest_llmobs.review
import pytest_llmobs.storage
from pytest_llmobs.baselines.file import save_baseline
from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.client import Client
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

ANN, BOB = "ann-4711", "bob-0815"
QUESTIONS = {
    ANN: "Why was my card ending in 4242 charged twice for the blue bicycle?",
    BOB: "Does the brass lamp come with a bulb, or do I have to buy one?",
}
SUITE = "tests/test_shop.py::test_agent"


def trace(store: Store, project: str, question: str, user: str = "", **columns: str) -> str:
    """Write a trace of two runs, sealed, and return its id."""
    spool = store.spool("session")
    metadata = {"user_id": user} if user else {}
    tracer = Tracer(project=project, sink=spool)
    root = start_root(tracer, "answer", inputs={"question": question}, columns=columns, metadata=metadata)
    with root.activate():
        call = root.create_child("model", run_type="llm", inputs={"messages": [{"content": question}]})
        call.end(outputs={"content": f"You ask: {question}"})
    root.end(outputs={"output": f"You ask: {question}"})
    spool.close()
    return root.id


def build(folder: Path) -> Store:
    """Fill a folder, which is the current one."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    store = Store(folder / ".llmobs")
    with Client() as client:
        client.create_dataset("golden")
        queue = client.create_annotation_queue(name="complaints")
        trials, expected, rows = [], [], {}
        for user, question in QUESTIONS.items():
            run_id = trace(store, "production", question, user)
            client.create_feedback(run_id, "rating", score=0, comment=f"Nothing is said about: {question}")
            client.add_runs_to_annotation_queue(queue.id, run_ids=[run_id])
            review(client, queue, run_id, f"Nothing is said about: {question}")
            example = client.create_example(
                {"question": question}, dataset_name="golden", source_run_id=run_id, example_id=user[:3]
            )
            trial = trace(store, "nightly", question, example_id=example.id, suite=SUITE)
            trials.append(trial_of(example, trial))
            expected.append(expected_of(example))
            rows[example.id] = BaselineRow(hash=example.hash, passes=(1.0,))
            keep(folder / "llm-cassettes" / f"{user[:3]}.json", {"messages": [{"content": question}]})
            keep(store.root / "judgements" / user[:2] / "0.json", {"reason": f"{user} is not answered."})
        client.store.feedback.close()
    plan = SuitePlan(name=SUITE, path="tests/test_shop.py", expected=tuple(expected), total=2)
    experiment = Experiment(
        name="nightly",
        started=datetime.now(UTC).isoformat(),
        duration=1.0,
        suites=(plan,),
        trials=tuple(trials),
    )
    store.write_experiment("nightly", experiment_to_dict(experiment))
    save_baseline(
        folder / "llm-baselines" / "tests.test_shop--test_agent.json", Baseline(suite=SUITE, rows=rows)
    )
    return store


def review(client: Client, queue: AnnotationQueue, run_id: str, comment: str) -> None:
    """Let somebody decide a run, and another one be at it."""
    queues = client.workspace.open_queues()
    at = datetime.now(UTC)
    decision = Decision(
        id=run_id, run_id=run_id, reviewer="rita", at=at, rubric="0" * 12, verdict="reject", comment=comment
    )
    queues.decisions(queue).decide(decision)
    folder = queues.folder(queue)
    number = len(queues.items(queue).all())
    keep(folder / "drafts" / f"sam{number}.json", {"run_id": run_id, "comment": comment})
    keep(folder / "calibration" / f"2026-W{number:02}.json", {"run_ids": [run_id]})


def trial_of(example: Example, run_id: str) -> Trial:
    return Trial(
        suite=SUITE,
        example_id=example.id,
        example_hash=example.hash,
        repeat=1,
        nodeid=f"{SUITE}[{example.id}]",
        status="passed",
        run_id=run_id,
    )


def expected_of(example: Example) -> ExpectedTrial:
    nodeid = f"{SUITE}[{example.id}]"
    return ExpectedTrial(example_id=example.id, example_hash=example.hash, repeat=1, nodeid=nodeid)


def keep(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def kill_at(step: int) -> None:
    """Let this process be killed before it changes a file for the Nth time."""
    left = step

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any, **keywords: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **keywords)

        return changed

    for owner, names in (
        (Path, ("replace", "rename", "unlink")),
        (os, ("replace", "rename", "unlink", "pwrite")),
    ):
        for name in names:
            setattr(owner, name, counted(getattr(owner, name)))


def purge_and_die(folder: Path, user: str, step: int) -> int:
    """Erase a user in a process that is killed on the way, and return how it ended."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.chdir(folder)
            kill_at(step)
            status = main(["purge", "--user", user, "--yes"])
        finally:
            sys.stdout.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def import_what_erases() -> None:
    """Import it before anything is forked."""
    for package in (pytest_llmobs.retention, pytest_llmobs.storage, pytest_llmobs.review):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    import_module("pytest_llmobs.cli.commands.purge")


if __name__ == "__main__":
    from pytest_llmobs.cli import main

    import_what_erases()
    template, folder, user, *steps = sys.argv[1:]
    ends: dict[str, int] = {}
    output = os.dup(1)
    os.dup2(2, 1)  # what the erasures print is no JSON
    for step in steps:
        copy = Path(folder, step)
        shutil.copytree(template, copy)
        ends[step] = purge_and_die(copy, user, int(step))
    os.write(output, json.dumps(ends).encode())
