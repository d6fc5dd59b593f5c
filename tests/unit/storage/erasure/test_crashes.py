"""Erasures that end in the middle, and others that seal, merge and erase at the same time: no other run is lost."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pytest_llmobs.clocks import moment
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.search import search_store
from pytest_llmobs.storage.feedback.rows import create_row
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage.store import Store
from tests.unit.storage.erasure.conftest import ADA, GRACE, KEYS, Line

Id = Callable[[int], str]
Keep = Callable[..., Store]
DRIVER = Path(__file__).with_name("crash_driver.py")
PURGE = """
import sys
from pytest_llmobs.storage.store import Store
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
for user in sys.argv[2:]:
    store = Store(sys.argv[1])
    found = find_runs(store, ["user_id"], user)
    print("found", flush=True)
    erase(store, found)
"""
WRITE = """
import json, sys
from pytest_llmobs.storage.store import Store
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage import locks
root, first = sys.argv[1], int(sys.argv[2])
for turn in range(40):
    store = Store(root)
    spool = store.spool()
    for number in range(first + turn * 5, first + turn * 5 + 5):
        own = f"019a0000-0000-7000-8000-{number:012x}"
        user = "ada@example.com" if number % 5 == 0 else "grace@example.com"
        head = {"id": own, "trace_id": own, "project": "demo", "name": "x", "run_type": "chain", "status": "success",
                "start_time": number, "end_time": number, "metadata": {"user_id": user}}
        spool.append(json.dumps(head, separators=(",", ":")).encode() + b"\\t{}\\t{}\\n")
    spool.close()
    if turn % 8 == 7:
        with locks.exclusive(store.layout.spool / ".lock"):
            compact(store.layout, many=4)
    print(turn, flush=True)
"""


@pytest.fixture
def filled(keep: Keep, of: Line, run_id: Id, store: Store) -> Store:
    """Fill a store with runs of two users in several files, some of them merged, with feedback and an image."""
    name = f"{hashlib.sha256(b'image').hexdigest()}.png"
    store.keep_media(name, b"image")
    other = f"{hashlib.sha256(b'other').hexdigest()}.png"
    store.keep_media(other, b"other")
    for first in (0, 10, 20):
        keep(of(first, ADA), of(first + 1, GRACE), of(first + 2, None, parent=40, root=40))
    compact(store.layout, many=2)
    keep(of(40, ADA, inputs={"file": f"media/{name}"}), of(41, GRACE, inputs={"file": f"media/{other}"}))
    keep(of(50, ADA, project="staging"))
    for number in (1, 11, 40, 50):
        rating = Feedback(
            id=f"f{number}",
            key="rating",
            run_id=run_id(number),
            score=1,
            created_at=moment(0),
            modified_at=moment(0),
        )
        store.feedback.append(create_row(rating, f"f{number}"))
        store.feedback.flush()
    store.feedback.close()
    return store


def test_an_erasure_that_ends_at_any_step_is_finished_by_the_next(
    filled: Store, run_id: Id, tmp_path: Path
) -> None:
    stay = [1, 11, 21, 41]
    expected = {
        "runs": [run_id(number) for number in stay],
        "rated": [run_id(1), run_id(11)],
        "media": [f"{hashlib.sha256(b'other').hexdigest()}.png"],
    }
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(filled.root), str(tmp_path / "copies"), json.dumps(expected)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["problems"] == [], done.stderr
    assert outcome["steps"] > 40
    assert outcome["states"] > 15


@pytest.mark.parametrize("seed", range(4))
def test_an_erasure_that_is_killed_at_any_moment_is_finished_by_the_next(
    keep: Keep, of: Line, run_id: Id, store: Store, seed: int
) -> None:
    for first in range(0, 60, 20):
        keep(*(of(number, ADA if number % 4 == 0 else GRACE) for number in range(first, first + 20)))
    chance = random.Random(seed)
    purge = subprocess.Popen([sys.executable, "-c", PURGE, str(store.root), ADA], stdout=subprocess.PIPE)
    assert purge.stdout is not None
    purge.stdout.readline()
    time.sleep(chance.uniform(0, 0.06))  # the moment is what is tested
    purge.send_signal(signal.SIGKILL)
    purge.communicate()
    others = [run_id(number) for number in range(60) if number % 4]
    ids = [run.id for run in Store(store.root).runs()]
    assert len(ids) == len(set(ids))
    assert set(others) <= set(ids)
    found = find_runs(store, KEYS, ADA)
    erase(store, found)
    query = f"select id from read_parquet('{store.layout.runs}/*/*.parquet') order by id"
    assert [row[0] for row in duckdb.sql(query).fetchall()] == others
    assert search_store(store, Needles.of(ADA, found)) == []


def test_writers_mergers_readers_and_two_erasures_at_once_lose_nothing(
    keep: Keep, of: Line, run_id: Id, store: Store, told: list[str]
) -> None:
    keep(*(of(number, ADA if number % 5 == 0 else GRACE) for number in range(100)))
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(store.root), str(first)], stdout=subprocess.PIPE)
        for first in (1000, 2000)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    users = [ADA] * 3 + ["nobody"]
    processes += [
        subprocess.Popen([sys.executable, "-c", PURGE, str(store.root), *users], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    first_ones = {run_id(number) for number in range(100) if number % 5}
    while any(process.poll() is None for process in processes):
        ids = [run.id for run in Store(store.root, warn=told.append).runs()]
        assert len(ids) == len(set(ids))
        assert first_ones <= set(ids)
        listed = Store(store.root, warn=told.append).tables(["id"], ordered=False)
        assert first_ones <= {id for table in listed for id in table["id"].to_pylist()}
    assert [process.wait() for process in processes] == [0] * 4
    for process in processes:
        process.communicate()
    assert told == []
    erased = erase(store, find_runs(store, KEYS, ADA))
    assert erased.is_complete
    numbers = [*range(100), *range(1000, 1200), *range(2000, 2200)]
    expected = sorted(run_id(number) for number in numbers if number % 5)
    assert sorted(run.id for run in Store(store.root).runs()) == expected
    assert search_store(store, Needles(frozenset([ADA]))) == []


def test_a_user_erased_again_is_not_brought_back_by_sealing_a_spool_file_once_more(
    keep: Keep, of: Line, run_id: Id, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    keep(of(1, ADA), of(2, GRACE))
    monkeypatch.setattr(
        "pytest_llmobs.storage.erasure.places.sync", lambda paths: synced.extend(map(Path, paths))
    )
    erase(store, find_runs(store, KEYS, ADA))
    # The deletion of spool files is on the disk before anything is rewritten: a power failure brings none back.
    assert synced.index(store.layout.spool) < synced.index(store.layout.partition("demo"), 1)
