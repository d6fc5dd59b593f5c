"""Rules of committed queues are applied where runs are sealed: in apps and at the end of evaluations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.review.sealing import rules_at_sealing
from pytest_llmobs.storage.store import Store

RULES = """\
route:
  - confidence_below: 0.6
  - words: refund
    metadata: {tier: gold}
  - feedback: {user_rating: below 0.4}
"""
APP = """
    from pytest_llmobs import Client, flush, get_current_run_tree, log_feedback, traceable

    @traceable
    def answer(question, tier):
        get_current_run_tree().add_metadata({"tier": tier})
        if tier == "angry":
            log_feedback("user_rating", 0.1)
        return {"answer": "Yes.", "confidence": 0.3 if "Japan" in question else 0.9}

    for tier in ("free", "gold", "angry"):
        answer("Is my refund late?", tier)
    answer("Do you ship to Japan?", "free")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "queues").mkdir()
    return tmp_path


def run_app(folder: Path, script: str = APP, ending: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script as an app that traces."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(script) + dedent(ending)],
        cwd=folder,
        env={**os.environ, "LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production"},
        capture_output=True,
        text=True,
        check=True,
    )


def reasons(folder: Path, queue: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Return why each item is in a queue, by what its run was asked and in which tier."""
    monkeypatch.chdir(folder)
    client = Client()
    found = {}
    for run in client.list_runs_from_annotation_queue(queue):
        found[f"{run.inputs['question']} {run.inputs['tier']}"] = run.item.reason
    return found


WANTED = {
    "Is my refund late? gold": "words refund; tier gold",
    "Is my refund late? angry": "feedback user_rating below 0.4",
    "Do you ship to Japan? free": "confidence below 0.6",
}


@pytest.mark.parametrize(
    "ending", ["", "flush()\nprint(len(list(Client().list_runs_from_annotation_queue('doubtful'))))"]
)
def test_an_app_that_seals_fills_the_queues(folder: Path, ending: str, monkeypatch: pytest.MonkeyPatch):
    (folder / "queues" / "doubtful.yaml").write_text(RULES)
    done = run_app(folder, ending=ending)
    assert done.stdout == ("3\n" if ending else "")
    assert done.stderr == ""
    assert reasons(folder, "doubtful", monkeypatch) == WANTED


def test_a_queue_that_makes_no_sense_breaks_neither_the_app_nor_other_queues(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    (folder / "queues" / "broken.yaml").write_text("route:\n  - sampel: 2%\n")
    (folder / "queues" / "doubtful.yaml").write_text(RULES)
    done = subprocess.run(
        [sys.executable, "-c", dedent(APP) + "flush()\nanswer('Once more: Japan?', 'free')\nflush()\nprint('done')"],
        cwd=folder,
        env={**os.environ, "LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == "done\n"
    assert done.stderr.count("reach every review queue") == 1
    assert "unknown condition 'sampel'. Did you mean 'sample'?" in done.stderr
    (folder / "queues" / "broken.yaml").unlink()
    assert reasons(folder, "doubtful", monkeypatch) == {
        **WANTED,
        "Once more: Japan? free": "confidence below 0.6",
    }


def test_an_app_finds_the_queues_that_its_environment_names(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "work").mkdir()
    (folder / "queues" / "doubtful.yaml").write_text(RULES)
    monkeypatch.setenv("LLMOBS_QUEUE_DIR", "../queues")
    monkeypatch.setenv("LLMOBS_STORE", str(folder / "elsewhere"))
    run_app(folder / "work")
    assert reasons(folder / "work", "doubtful", monkeypatch) == WANTED


def test_without_committed_queues_nothing_is_loaded(folder: Path):
    (folder / "queues").rmdir()
    reading = ("pytest_llmobs.review", "pytest_llmobs.storage.sealed_runs")
    ending = f"flush()\nimport sys\nprint([name for name in sys.modules if name.startswith({reading})])"
    assert (
        run_app(folder, ending=ending).stdout == "['pytest_llmobs.review', 'pytest_llmobs.review.sealing']\n"
    )


def test_an_evaluation_fills_the_queues_at_its_end(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "queues" / "bad.yaml").write_text(
        "route:\n  - feedback: {correct: below 0.5}\n    words: refund\n"
        "  - judges_differ: {more_than: 0.5, keys: [a, b]}\n"
    )
    monkeypatch.chdir(folder)
    client = Client()

    def a(outputs):
        return 1.0

    def b(outputs):
        return 0.2 if outputs["output"] == "Maybe." else 1.0

    def correct(outputs):
        return outputs["output"] == "Yes."

    answers = {"refund?": "No.", "parcel?": "No.", "gift?": "Maybe.", "refund, please": "Yes."}
    client.evaluate(
        lambda inputs: answers[inputs["question"]],
        data=[{"inputs": {"question": question}} for question in answers],
        evaluators=[a, b, correct],
    )
    queued = {
        run.inputs["question"]: run.item.reason for run in client.list_runs_from_annotation_queue("bad")
    }
    assert queued == {
        "refund?": "feedback correct below 0.5; words refund",
        "gift?": "a and b differ by more than 0.5",
    }


def test_what_another_process_merged_meanwhile_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "queues" / "all.yaml").write_text("route:\n  - sample: 100%\n")
    root = folder / ".llmobs"
    apply = rules_at_sealing(folder / "queues", root, folder)

    def after_a_merge(runs):
        for file in root.glob("runs/*/*.parquet"):
            file.unlink()
        apply(runs)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store = Store(root, on_sealed=after_a_merge)
        spool = store.spool()
        line = {"id": "019a0000-0000-7000-8000-000000000001", "project": "production", "name": "answer"}
        line |= {
            "trace_id": line["id"],
            "run_type": "chain",
            "status": "success",
            "start_time": 1_767_225_600_000_000,
        }
        spool.append(json.dumps(line).encode() + b"\t\t\n")
        spool.close()
    assert list(root.glob("queues/*/items/*")) == []
