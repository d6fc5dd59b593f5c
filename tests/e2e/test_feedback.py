"""Feedback from a running app, from the button to the list: several processes, one of them killed."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import duckdb

from pytest_llmobs.feedback.reading import list_feedback
from pytest_llmobs.feedback.sums import stats_of
from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.storage.store import Store
from tests.feedback_app import WRITES_OF_A_CALL, Crowd, Service

FORMS = 300

APP = """
import sys
from pytest_llmobs import get_current_run_tree, log_feedback, traceable

@traceable
def look_up(question):
    log_feedback("found", 0.5, comment="2 of 4 documents, key sk-ant-api03-KEY")
    return ["14 days"]

@traceable
def answer(question):
    documents = look_up(question)
    kept = log_feedback("resolved", True, value="by document")
    assert kept.run_id == get_current_run_tree().id
    return documents[0]

answer("Can I return it?")
print(sorted({"pyarrow", "pandas", "pytest"} & set(sys.modules)))
""".replace("KEY", "a1B2" * 23 + "-AA")


def run_app(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMOBS")}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_write_whose_call_returned_is_there_once(tmp_path: Path) -> None:
    service = Service(tmp_path, workers=4)
    crowd = Crowd(service.address, run_id=str(uuid.uuid4()))
    try:
        crowd.send(FORMS, users=8, kill_after=FORMS // 2)
        store = Store(tmp_path / ".llmobs")
        unsealed = [feedback.id for feedback in list_feedback(store)]  # while the workers go on
    finally:
        service.stop()
    assert crowd.killed is not None
    assert len(crowd.processes) > 1

    kept = [feedback.id for feedback in list_feedback(store)]
    acknowledged = {id for ids in crowd.acknowledged.values() for id in ids}
    assert len(acknowledged) == WRITES_OF_A_CALL * len(crowd.acknowledged)
    assert acknowledged <= set(unsealed) == set(kept)
    assert len(set(kept)) == len(kept)

    store.seal()
    assert list(store.layout.feedback_spool.glob("*.jsonl")) == []
    table = f"read_parquet('{store.layout.feedback}/*.parquet')"
    rows = duckdb.sql(f"select id from {table}").fetchall()
    assert sorted(row[0] for row in rows) == sorted(kept)
    assert [feedback.id for feedback in list_feedback(store)] == kept


def test_log_feedback_attaches_to_the_current_run_of_an_app(tmp_path: Path) -> None:
    done = run_app(tmp_path, APP, LLMOBS_TRACING="true", LLMOBS_PROJECT="production")
    assert (done.stdout, done.stderr) == ("[]\n", "")

    store = Store(tmp_path / ".llmobs")
    root, child = list(store.runs("production", payloads=False))
    resolved, found = list_feedback(store, project="production")
    assert (resolved.run_id, resolved.score, resolved.value) == (root.id, True, "by document")
    assert (found.run_id, found.trace_id, found.score) == (child.id, root.id, 0.5)
    assert found.comment == "2 of 4 documents, key [redacted: anthropic key]"
    assert stats_of(store, run_ids=[root.id]) == {
        "resolved": FeedbackStats(n=1, avg=1.0, values={"by document": 1})
    }


def test_log_feedback_outside_a_traced_call_says_what_it_needs(tmp_path: Path) -> None:
    done = run_app(
        tmp_path, "from pytest_llmobs import log_feedback\nlog_feedback('k', 1)", LLMOBS_TRACING="true"
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "pytest_llmobs.errors.LlmobsError: log_feedback() was called outside a traced test. Call it in a test that is "
        "marked llm_dataset or asks for llm_run; a running app calls it in a traced call, with LLMOBS_TRACING=true."
    )


def test_flush_seals_feedback_too(tmp_path: Path) -> None:
    script = APP + "\nfrom pytest_llmobs import flush\nflush()\nimport os\nos._exit(0)\n"
    assert run_app(tmp_path, script, LLMOBS_TRACING="true").returncode == 0
    layout = Store(tmp_path / ".llmobs").layout
    assert len(list(layout.feedback.glob("*.parquet"))) == 1
