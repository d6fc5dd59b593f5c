"""Feedback is on disk when `append` returns, and read as it stands, sealed or not."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool.rotation import Rotation
from pytest_llmobs.storage.store import Store

Event = Callable[..., dict[str, Any]]
RUN = "019a0000-0000-7000-8000-0000000000aa"


def ids(log: FeedbackLog, **chosen: Any) -> list[int]:
    """Return the numbers of the feedback that stands."""
    return sorted(int(id[-12:], 16) for id in log.current(**chosen)["id"].to_pylist())


def spool_files(layout: Layout) -> list[Path]:
    return list(layout.feedback_spool.glob("*.jsonl"))


def test_feedback_is_in_a_private_file_when_append_returns(
    log: FeedbackLog, layout: Layout, event: Event
) -> None:
    log.append(event(1))
    (path,) = spool_files(layout)
    assert path.read_bytes().count(b"\n") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    log.close()


def test_feedback_can_be_read_before_and_after_it_is_sealed(
    log: FeedbackLog, layout: Layout, event: Event
) -> None:
    log.append(event(1))
    assert ids(log) == [1]
    log.flush()
    assert [path.stat().st_size for path in spool_files(layout)] == [0]  # a new one
    assert [stat.S_IMODE(path.stat().st_mode) for path in layout.feedback.iterdir()] == [0o600]
    log.append(event(2))
    assert ids(log) == [1, 2]
    log.close()
    assert ids(log) == [1, 2]
    assert spool_files(layout) == []


def test_threads_that_ask_much_get_each_their_own_answer(log: FeedbackLog, event: Event) -> None:
    for number in range(40):
        log.append(event(number, key=f"key-{number}"))
    wrong: list[int] = []

    def ask(first: int) -> None:
        for number in range(first, first + 40):
            if ids(log, keys=[f"key-{number % 40}"]) != [number % 40]:
                wrong.append(number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))
    assert not wrong


def test_a_store_without_feedback_has_none_and_nothing_is_made(tmp_path: Path) -> None:
    store = Store(tmp_path / ".llmobs")
    assert len(store.feedback.current()) == 0
    assert len(store.feedback.events()) == 0
    assert not store.root.exists()


def test_writing_imports_neither_arrow_nor_pandas(python: Callable[..., Any]) -> None:
    done = python(
        """
import sys
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.storage.store import Store
from pytest_llmobs.workspace import Workspace

workspace = Workspace.find()
writer = FeedbackWriter(workspace.open_store().feedback, workspace.redaction())
writer.create("user_rating", run_id="019a0000-0000-7000-8000-0000000000aa", score=True, comment="fine")
print(sorted({"pyarrow", "pandas", "pytest", "anthropic"} & set(sys.modules)))
"""
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_exit_seals(python: Callable[..., Any], tmp_path: Path) -> None:
    done = python(
        """
from pytest_llmobs.storage.store import Store
Store(".llmobs").feedback.append({"event": "create", "time": 1, "id": "x", "key": "k"})
"""
    )
    assert done.stderr == ""
    layout = Layout(tmp_path / ".llmobs")
    assert len(list(layout.feedback.glob("*.parquet"))) == 1
    assert spool_files(layout) == []


def test_kill_9_loses_nothing_that_returned(tmp_path: Path, layout: Layout) -> None:
    script = """
import os, signal, sys
from pytest_llmobs.storage.store import Store
log = Store(sys.argv[1]).feedback
for number in range(100):
    log.append({"event": "create", "time": number, "id": f"{number:036}", "key": "k"})
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, str(layout.root)], check=False)
    assert done.returncode == -9
    store = Store(layout.root)
    assert len(store.feedback.current()) == 100
    store.seal()  # whoever opens the store next
    assert spool_files(layout) == []
    assert len(store.feedback.current()) == 100


def test_of_a_store_in_a_temporary_folder_nothing_is_sealed_at_the_end(tmp_path: Path) -> None:
    script = """
import shutil, sys
from pytest_llmobs.storage.store import Store
Store(sys.argv[1]).feedback.append({"event": "create", "time": 1, "id": "1", "key": "k"})
shutil.rmtree(sys.argv[1])
"""
    folder = tmp_path / "gone"
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert not folder.exists()


def test_a_forked_child_writes_a_file_of_its_own(log: FeedbackLog, layout: Layout, event: Event) -> None:
    log.append(event(1))
    child = os.fork()
    if child == 0:
        log.append(event(2))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    log.append(event(3))
    assert len(spool_files(layout)) == 2
    assert ids(log) == [1, 2, 3]
    log.flush()
    assert ids(log) == [1, 2, 3]
    log.close()


def test_size_and_age_seal_while_the_process_lives(store: Store, layout: Layout, event: Event) -> None:
    log = FeedbackLog(layout, store._notices, rotation=Rotation(max_bytes=1, interval=3600))
    log.append(event(1))
    spool = log._spool
    assert spool is not None
    watcher: Any = spool._watcher
    watcher.look()  # puts the file aside
    watcher.look()  # seals it
    assert len(list(layout.feedback.glob("*.parquet"))) == 1
    assert ids(log) == [1]
    log.close()


def test_what_cannot_be_written_waits_and_is_told_once(tmp_path: Path, told: list[str], event: Event) -> None:
    root = tmp_path / "taken"
    root.write_text("a file where the store should be")
    log = Store(root, warn=told.append).feedback
    log.append(event(1))
    log.append(event(2))
    assert len(told) == 1
    assert told[0].startswith("Feedback records can't be stored in ")
    root.unlink()
    log.append(event(3))
    assert ids(log) == [1, 2, 3]
    log.close()
    assert len(told) == 1


def test_a_full_disk_costs_what_found_no_room_and_says_so(python: Callable[..., Any], tmp_path: Path) -> None:
    done = python(
        """
import resource, signal
from pytest_llmobs.storage.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = Store(".llmobs").feedback
log.append({"event": "create", "time": 0, "id": "first", "key": "k"})
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
for number in range(100):
    log.append({"event": "create", "time": number, "id": f"{number:036}", "key": "k"})
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append({"event": "create", "time": 200, "id": "last", "key": "k"})
"""
    )
    assert done.stderr.count("Feedback records can't be stored in ") == 1
    assert len(Store(tmp_path / ".llmobs").feedback.current()) == 102


def test_current_is_answered_from_memory_until_something_changes(log: FeedbackLog, event: Event) -> None:
    log.append(event(1))
    before = log.current()
    assert log.current() is before
    assert log.current(keys=["user_rating"]) is not before
    log.append(event(2))
    assert len(log.current()) == 2
    log.close()


def test_current_is_chosen_by_run_key_project_and_id(log: FeedbackLog, event: Event) -> None:
    other = RUN.replace("aa", "bb")
    log.append(event(1, project="app"))
    log.append(event(2, run_id=other))
    log.append(event(3, key="tone"))
    log.flush()
    log.append(event(4, key="tone", run_id=other))
    assert ids(log, run_ids=[other]) == [2, 4]
    assert ids(log, keys=["tone"]) == [3, 4]
    assert ids(log, run_ids=[other], keys=["tone"]) == [4]
    assert ids(log, project="app") == [1]
    assert ids(log, run_ids=[]) == []
    assert log.current(ids=[event(3)["id"]], columns=["key"]).to_pylist() == [{"key": "tone"}]
    log.close()


def test_an_unknown_column_is_named(log: FeedbackLog) -> None:
    with pytest.raises(StoreError, match=r"Unknown column 'scor'\. Did you mean 'score'"):
        log.current(columns=["scor"])


def test_events_come_in_order_of_time(log: FeedbackLog, event: Event) -> None:
    log.append(event(3, kind="update", of=1, score=0.5, changes=["score"]))
    log.append(event(1))
    log.flush()
    log.append(event(4, kind="delete", of=1))
    log.append(event(2))
    assert log.events()["event"].to_pylist() == ["create", "create", "update", "delete"]
    assert log.events([event(1)["id"]])["event"].to_pylist() == ["create", "update", "delete"]
    log.close()


def test_threads_write_and_read_at_once(log: FeedbackLog, event: Event) -> None:
    seen: list[int] = []

    def say(thread: int) -> None:
        for number in range(50):
            log.append(event(thread * 50 + number))
            seen.append(len(log.current(columns=["key"])))

    threads = [threading.Thread(target=say, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids(log) == list(range(200))
    assert max(seen) == 200
    log.close()
