from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

MISSING = "019a0000-0000-7000-8000-0000000000aa"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with a run and feedback on it, all sealed."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / ".llmobs")
    spool = store.spool()
    run = start_root(Tracer(project="production", sink=spool), "answer", inputs={})
    run.end({})
    spool.close()
    FeedbackWriter(store.feedback, Redaction()).create(run_id=run.id, score=1)
    store.feedback.close()
    store.write_experiment("calm-heron", {"name": "calm-heron"})
    return store


def findings(capsys: pytest.CaptureFixture[str], status: int) -> list[dict[str, Any]]:
    assert main(["doctor", "--json"]) == status
    document = json.loads(capsys.readouterr().out)
    found: list[dict[str, Any]] = document["findings"]
    return found


def left_behind(folder: Path, content: bytes) -> Path:
    segment = Segment.create(folder, "dead")
    segment.file.write(content)
    segment.close()
    return segment.path


def test_a_healthy_store(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == f"✓ {store.root}: nothing is wrong\n"
    assert findings(capsys, 0) == []


def test_orphan_feedback_is_told_with_its_ids(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    created = FeedbackWriter(store.feedback, Redaction()).create("user_rating", run_id=MISSING, score=1)
    store.feedback.close()
    (finding,) = findings(capsys, 0)
    assert (finding["kind"], finding["ids"], finding["needs_person"]) == ("orphans", [created.id], False)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out == (
        "· 1 feedback record (user_rating) is about runs that aren't stored. Nothing to do where sampling left them "
        "out, or they are still to come; --json has the ids.\n"
    )


@pytest.mark.parametrize("content", [b"", b"PAR1", b"rubbish" * 100])
@pytest.mark.parametrize("place", ["runs/project=production", "feedback", "experiments"])
def test_damaged_files_are_told_with_their_path(
    store: Store, capsys: pytest.CaptureFixture[str], place: str, content: bytes
) -> None:
    suffix = "json" if place == "experiments" else "parquet"
    damaged = store.root / place / f"20260101T000000-1-abcdef.{suffix}"
    damaged.write_bytes(content)
    (finding,) = findings(capsys, 1)
    assert (finding["kind"], finding["path"], finding["needs_person"]) == ("damaged", str(damaged), True)
    assert "can't be read" in finding["what"]


@pytest.mark.parametrize("folder", ["runs/project=production", "feedback"])
def test_a_flipped_bit_in_the_middle_of_a_file(
    store: Store, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (path,) = (store.root / folder).glob("*.parquet")
    content = bytearray(path.read_bytes())
    content[120] ^= 0xFF  # in the first page, behind its header
    path.write_bytes(bytes(content))
    (finding,) = [one for one in findings(capsys, 1) if one["kind"] == "damaged"]
    assert finding["path"] == str(path)


def test_lines_that_could_not_be_read(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    left_behind(store.layout.spool, b"rubbish\n")
    left_behind(store.layout.feedback_spool, b"rubbish\nmore\n")
    found = findings(capsys, 1)
    assert [(one["kind"], Path(one["path"]).suffix) for one in found] == [("corrupt", ".corrupt")] * 2
    assert "holds 2 lines of a spool" in found[1]["what"]
    assert [one["remedy"] for one in found] == ["Look at them, then delete that file."] * 2


@pytest.mark.parametrize("kind", ["runs", "feedback"])
def test_a_spool_file_that_cannot_be_sealed(
    store: Store, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    spool, target = store.layout.spool, store.layout.runs
    line = b'{"id":"x","trace_id":"x","start_time":1,"project":"p"}\t\t\n'
    if kind == "feedback":
        spool, target = store.layout.feedback_spool, store.layout.feedback
        line = b'{"event":"create","time":1,"id":"x","key":"k","project":"p"}\n'
    path = left_behind(spool, line)
    for old in sorted(target.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() else old.unlink()
    target.rmdir()
    target.write_text("a file where the folder should be")
    found = [one for one in findings(capsys, 1) if one["kind"] == "unsealed"]
    assert [one["path"] for one in found] == [str(path)]
    assert found[0]["what"].startswith(f"The spool file {str(path)!r} can't be sealed: ")
    assert path.exists()


def test_what_a_living_process_writes_is_no_finding(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.feedback.append({"event": "create", "time": 1, "id": "x", "key": "k", "project": "p"})
    assert findings(capsys, 0) == []
    assert len(list(store.layout.feedback_spool.glob("*.jsonl"))) == 1
    store.feedback.close()


def test_a_session_that_was_killed(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    script = f"""
import os, signal
from pytest_llmobs.storage.store import Store
Store({str(store.root)!r}).begin_session("brave-otter", "abc", "2026-11-30T09:00:00+00:00")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    (finding,) = findings(capsys, 1)
    assert (finding["kind"], finding["ids"], finding["remedy"]) == ("ended_early", ["abc"], "Run it again.")
    assert finding["what"].startswith(
        "The session of 'brave-otter', started 2026-11-30T09:00:00+00:00, ended "
    )


def test_temporary_files_that_were_left_behind(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    old, fresh = store.layout.experiments / ".x.json.abc.tmp", store.layout.feedback_spool / "x.tmp"
    for path in (old, fresh):
        path.touch()
    hours_ago = old.stat().st_mtime - 3 * 3600 - 60
    os.utime(old, (hours_ago, hours_ago))
    (finding,) = findings(capsys, 0)
    assert (finding["kind"], finding["path"]) == ("temporary", str(old))
    assert "was left behind 3 hours ago" in finding["what"]


def test_without_a_store_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 2
