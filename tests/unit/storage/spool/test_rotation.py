from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from types import FrameType

import pytest

from pytest_llmobs.storage.spool.rotation import Rotation, Rotator
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.store import Store


class Clock:
    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def sealed() -> list[bytes]:
    return []


@pytest.fixture
def spool(tmp_path: Path, sealed: list[bytes]) -> Spool:
    def seal(segment: Segment, gently: bool) -> None:
        assert gently or spool.path is None
        sealed.append(segment.reader().read())
        segment.discard()

    spool = Spool(tmp_path, seal)
    return spool


def look_at(spool: Spool, **limits: float) -> tuple[Rotator, Clock]:
    clock = Clock(spool.segment.started if spool.segment is not None else 0.0)
    return Rotator(spool, Rotation(**limits), clock=clock), clock  # type: ignore[arg-type]


def test_nothing_happens_before_size_or_age(spool: Spool, sealed: list[bytes]) -> None:
    rotator, clock = look_at(spool, max_bytes=100, max_age=60.0)
    spool.append(b"one\n")
    path = spool.path
    clock.now += 59
    rotator.look()
    assert spool.path == path
    spool.close()


def test_a_large_file_is_put_aside_and_sealed_one_look_later(spool: Spool, sealed: list[bytes]) -> None:
    rotator, _ = look_at(spool, max_bytes=8)
    spool.append(b"one\ntwo\n")
    path = spool.path
    rotator.look()
    assert spool.path not in (path, None)
    assert sealed == []
    rotator.look()
    assert sealed == [b"one\ntwo\n"]
    spool.close()


def test_an_old_file_is_put_aside_but_an_empty_one_is_not(spool: Spool, sealed: list[bytes]) -> None:
    rotator, clock = look_at(spool, max_age=60.0)
    clock.now += 60
    path = spool.path
    rotator.look()
    assert spool.path == path
    spool.append(b"one\n")
    rotator.look()
    rotator.look()
    assert sealed == [b"one\n"]
    spool.close()


def test_a_file_that_somebody_deleted_is_sealed_and_replaced(spool: Spool, sealed: list[bytes]) -> None:
    rotator, _ = look_at(spool)
    spool.append(b"one\n")
    assert spool.path is not None
    spool.path.unlink()
    rotator.look()
    assert spool.path.exists()
    rotator.look()
    assert sealed == [b"one\n"]
    spool.close()


def test_what_others_left_is_recovered_after_sealing(tmp_path: Path) -> None:
    recovered: list[bool] = []
    spool = Spool(tmp_path, lambda segment, _: segment.discard(), also=lambda: recovered.append(True))
    rotator = Rotator(spool, Rotation(max_bytes=1))
    rotator.look()
    assert recovered == []
    spool.append(b"one\n")
    rotator.look()
    rotator.look()
    assert recovered == [True]
    spool.close()


def test_a_thread_ends_with_its_spool(tmp_path: Path) -> None:
    """A service makes a client a request, and lets go of it."""
    others = set(threading.enumerate())
    store = Store(tmp_path / ".llmobs")
    spool = store.spool(rotation=Rotation(interval=3600.0))
    (watching,) = set(threading.enumerate()) - others
    path = spool.path
    spool.append(b"one\n")
    del spool, store
    gc.collect()
    watching.join(5.0)
    assert not watching.is_alive()
    assert path is not None
    assert path.read_bytes() == b"one\n"
    assert Segment.claim(path) is not None  # whoever opens the store next recovers it


@pytest.mark.parametrize("calls", range(8))
def test_a_thread_ends_where_it_collects_its_own_spool(tmp_path: Path, calls: int) -> None:
    """The garbage collector may run in any thread, at any of its calls."""
    others = set(threading.enumerate())
    dropped = threading.Event()
    left = iter(range(calls))

    def collect(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and dropped.is_set() and next(left, None) is None:
            gc.collect()

    gc.disable()
    threading.setprofile(collect)
    try:
        store = Store(tmp_path / ".llmobs")
        spool = store.spool(rotation=Rotation(interval=0.01))
        (watching,) = set(threading.enumerate()) - others
        spool.circle = spool  # type: ignore[attr-defined]
        del spool, store
        dropped.set()
        watching.join(5.0)
    finally:
        threading.setprofile(None)  # type: ignore[arg-type]
        gc.enable()
    assert not watching.is_alive()


def test_what_waits_for_a_disk_is_written_when_its_spool_is_dropped(tmp_path: Path) -> None:
    obstacle, warnings = tmp_path / "spool", []
    obstacle.touch()
    spool = Spool(obstacle, lambda segment, _: segment.discard(), warn=warnings.append)
    spool.append(b"one\n")
    assert spool.waiting == 1
    obstacle.unlink()
    obstacle.mkdir()
    del spool
    (file,) = obstacle.iterdir()
    assert file.read_bytes() == b"one\n"
    assert len(warnings) == 1


def test_a_loss_is_told_when_its_spool_is_dropped(tmp_path: Path) -> None:
    obstacle, warnings = tmp_path / "spool", []
    obstacle.touch()
    spool = Spool(obstacle, lambda segment, _: segment.discard(), warn=warnings.append)
    spool.append(b"one\n")
    del spool
    assert warnings[1].startswith(f"1 run of process {os.getpid()} was lost: {str(obstacle)!r} took no more")


def test_a_long_lived_process_seals_while_it_runs_and_loses_nothing(store: Store, line) -> None:
    others = set(threading.enumerate())
    spool = store.spool(rotation=Rotation(max_bytes=20_000, interval=0.01))

    def write(part: int) -> None:
        for number in range(250):
            spool.append(line(part * 250 + number, inputs={"text": "x" * 100}))

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spool.close()
    assert len({run.id for run in store.runs()}) == 1000
    assert sum(1 for _ in store.runs()) == 1000
    assert set(threading.enumerate()) <= others


def test_a_process_that_ends_seals_at_exit(python) -> None:
    done = python(
        "from pytest_llmobs.storage.spool.rotation import Rotation\n"
        "from pytest_llmobs.storage.store import Store\n"
        "spool = Store('.llmobs').spool(rotation=Rotation())\n"
        'spool.append(b\'{"id":"a","trace_id":"a","start_time":1}\\t\\t\\n\')\n'
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    left = python("from pathlib import Path; print(*Path('.llmobs').rglob('*.jsonl'))")
    assert left.stdout == "\n"
    shown = python(
        "from pytest_llmobs.storage.store import Store; print([r.id for r in Store('.llmobs').runs()])"
    )
    assert shown.stdout == "['a']\n"


FORK_ANYWAY = ("-W", "ignore:This process:DeprecationWarning")
"""Python 3.12 warns of a fork beside threads; that is what these tests are about."""


def test_forked_workers_rotate_for_themselves(python) -> None:
    done = python(
        "import os, time\n"
        "from pathlib import Path\n"
        "from pytest_llmobs.storage.spool.rotation import Rotation\n"
        "from pytest_llmobs.storage.store import Store\n"
        "store = Store('.llmobs')\n"
        "spool = store.spool(rotation=Rotation(max_bytes=1, interval=0.01))\n"
        'def write(name): spool.append((\'{"id":"%s","trace_id":"a","start_time":1}\\t\\t\\n\' % name).encode())\n'
        "write('parent')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    write('child')\n"
        "    end = time.monotonic() + 30\n"
        "    while not any('-%d-' % os.getpid() in p.name for p in Path('.llmobs/runs').rglob('*.parquet')):\n"
        "        assert time.monotonic() < end\n"
        "        time.sleep(0.01)\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "spool.close()\n"
        "print(sorted(run.id for run in store.runs()))\n",
        *FORK_ANYWAY,
    )
    assert (done.stdout, done.stderr) == ("0\n['child', 'parent']\n", "")


def test_a_fork_waits_for_an_import_that_the_child_could_never_end(python) -> None:
    done = python(
        "import os, signal, sys, threading\n"
        "from pytest_llmobs.storage.store import Store\n"
        "store = Store('.llmobs')\n"
        "spool = store.spool()\n"
        'def write(name): spool.append((\'{"id":"%s","trace_id":"a","start_time":1}\\t\\t\\n\' % name).encode())\n'
        "importing, go = threading.Event(), threading.Event()\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pyarrow' and not importing.is_set():\n"
        "            importing.set()\n"
        "            go.wait()\n"
        "sys.meta_path.insert(0, Slow())\n"
        "write('parent')\n"
        "spool.rotate()\n"
        "threading.Thread(target=spool.seal_retired).start()\n"
        "importing.wait()\n"
        "threading.Timer(0.05, go.set).start()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    signal.alarm(60)\n"
        "    write('child')\n"
        "    spool.close()\n"
        "    os._exit(0)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "spool.close()\n"
        "print(sorted(run.id for run in store.runs()))\n",
        *FORK_ANYWAY,
    )
    assert (done.stdout, done.stderr) == ("0\n['child', 'parent']\n", "")
