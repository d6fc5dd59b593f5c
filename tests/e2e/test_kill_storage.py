"""``kill -9`` at random moments: no finished run is lost, none shows twice, and the store stays readable.

A handful of seeded rounds runs with the tests. For many more::

    python tests/e2e/test_kill_storage.py --rounds 2000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.store import Store

THREADS = 3
LONGEST = 3000
"""Acknowledged lines after which a writer is killed at the latest."""

WRITER = """
import os, struct, sys, threading
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.storage.store import Store

root, project, threads = sys.argv[1:]
tracer = Tracer(project=project, sink=Store(root).spool(project))

def write(thread):
    number = 0
    while True:
        inputs = {"text": "x" * (number * 37 % 5000)}
        run = start_root(tracer, f"{thread}/{number}", inputs=inputs, columns={"attempt": "unused"})
        run.end({"number": number})
        if number % 3 == 0:
            run.patch(attempt="consumed")
        os.write(1, struct.pack("<BI", thread, number))
        number += 1

for thread in range(int(threads)):
    threading.Thread(target=write, args=(thread,)).start()
"""

SEALER = """
import os, sys
import pytest_llmobs.storage.spool.sealing
from pytest_llmobs.storage.store import Store
os.write(1, b".")
Store(sys.argv[1]).seal()
"""


def kill_writer(root: Path, project: str, chance: random.Random) -> dict[int, int]:
    """Start a writer, kill it at a random moment; return the number of acknowledged runs of each thread."""
    command = [sys.executable, "-c", WRITER, str(root), project, str(THREADS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    wanted = chance.randrange(LONGEST)
    heard = b""
    while len(heard) < 5 * wanted and (more := process.stdout.read(5)):
        heard += more
    time.sleep(chance.random() * 0.001)
    process.kill()
    heard += process.stdout.read()
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    finished = dict.fromkeys(range(THREADS), 0)
    for thread, number in struct.iter_unpack("<BI", heard[: len(heard) // 5 * 5]):
        finished[thread] = number + 1
    return finished


def check_written(root: Path, project: str, finished: dict[int, int]) -> int:
    """Check that the store holds each acknowledged run once, whole and patched; return how many it holds."""
    told: list[str] = []
    found: dict[str, str] = {}
    for run in Store(root, warn=told.append).runs(project):
        assert run.name not in found, f"{run.name} shows twice"
        number = int(run.name.split("/")[1])
        assert run.inputs == {"text": "x" * (number * 37 % 5000)}
        assert run.outputs == {"number": number}
        found[run.name] = run.columns["attempt"]
    assert told == []
    for thread, count in finished.items():
        for number in range(count):
            state = found.pop(f"{thread}/{number}", None)
            assert state == ("consumed" if number % 3 == 0 else "unused"), (
                f"{thread}/{number} of {count}: {state}"
            )
    # Each thread may have been between writing a run and saying so.
    assert set(found) <= {f"{thread}/{count}" for thread, count in finished.items()}
    assert list(Layout(root).spool.glob("*.jsonl")) == []
    return sum(finished.values())


def leave_orphan(root: Path, project: str, runs: int) -> Path:
    """Write a spool file of two projects whose process is gone."""
    layout = Layout(root)
    layout.create()
    segment = Segment.create(layout.spool, project)
    for number in range(runs):
        header = {"id": f"{number:036}", "trace_id": "t", "start_time": number, "name": str(number)}
        header["project"] = f"{project}-{number % 2}"
        segment.file.write(json.dumps(header).encode() + b"\t" + json.dumps("x" * 700).encode() + b"\t\n")
    segment.close()
    return segment.path


def kill_sealer(root: Path, chance: random.Random) -> None:
    """Start sealing in a process of its own and kill it at a random moment of that."""
    process = subprocess.Popen([sys.executable, "-c", SEALER, str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(1) == b"."
    time.sleep(chance.random() * 0.12)
    process.kill()
    process.stdout.close()
    process.wait()


def check_sealed(root: Path, project: str, runs: int) -> None:
    """Check that each run of the orphan shows once after the next opening."""
    told: list[str] = []
    store = Store(root, warn=told.append)
    for part in range(2):
        names = [int(run.name) for run in store.runs(f"{project}-{part}", payloads=False)]
        assert names == list(range(part, runs, 2))
    assert told == []
    left = [path.name for path in store.layout.spool.iterdir() if path.name != ".lock"]
    assert left == []


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.mark.parametrize("chance", range(4), indirect=True)
def test_a_killed_writer_loses_no_finished_run(tmp_path: Path, chance: random.Random) -> None:
    check_written(tmp_path / "s", "p", kill_writer(tmp_path / "s", "p", chance))


@pytest.mark.parametrize("chance", range(4), indirect=True)
def test_a_killed_sealer_loses_and_doubles_nothing(tmp_path: Path, chance: random.Random) -> None:
    leave_orphan(tmp_path, "p", 1000)
    kill_sealer(tmp_path, chance)
    check_sealed(tmp_path, "p", 1000)


def rounds(root: Path, count: int, seed: int) -> Iterator[str]:
    """Kill a writer and a sealer ``count`` times each, in one store; yield a line now and then."""
    chance = random.Random(seed)
    runs = midway = 0
    for number in range(1, count + 1):
        runs += check_written(root, f"w{number}", kill_writer(root, f"w{number}", chance))
        path = leave_orphan(root, f"s{number}", 1000)
        kill_sealer(root, chance)
        midway += path.exists()
        check_sealed(root, f"s{number}", 1000)
        if number % 50 == 0 or number == count:
            yield f"{number} kills of a writer: {runs} finished runs, none lost. {number} of a sealer: {midway} midway."


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in rounds(Path(folder), options.rounds, options.seed):
            print(line, flush=True)


if __name__ == "__main__":
    main()
