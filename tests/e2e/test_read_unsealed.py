"""Every run whose call returned is read, once, while processes write, seal, merge, and are killed with ``kill -9``.

A few seeded rounds run with the tests. For many more::

    python tests/e2e/test_read_unsealed.py --rounds 200 --seed 1
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from pytest_llmobs.storage.store import Store

WRITER = """
import os, sys
from pytest_llmobs.storage.parquet import compaction
from pytest_llmobs.storage.spool.rotation import Rotation
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

root, most = sys.argv[1:]
compaction.MANY = 4
rotation = Rotation(max_bytes=30_000, interval=0.005)
tracer = Tracer(project="app", sink=Store(root).spool(rotation=rotation))
for number in range(int(most)):
    run = start_root(tracer, str(number), inputs={"text": "x" * (number * 37 % 900)})
    run.end({"number": number})
    os.write(1, run.id.encode())
"""
ID = 36


class Writer:
    """A process that writes runs, and says of each when its call has returned."""

    def __init__(self, root: Path, most: int) -> None:
        command = [sys.executable, "-c", WRITER, str(root), str(most)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.written: list[str] = []
        self.first = threading.Event()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        while len(said := self.process.stdout.read(ID)) == ID:
            self.written.append(said.decode())
            self.first.set()
        self.first.set()

    def finish(self) -> int:
        self._listener.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait()


def check_all_is_read(store: Store, writers: list[Writer], chance: random.Random) -> int:
    """Check each way of reading against what was written before it began; return how many runs those are."""
    written = [id for writer in writers for id in list(writer.written)]
    newest_first = chance.random() < 0.5
    rows = [run.id for run in store.runs("app", newest_first=newest_first, payloads=chance.random() < 0.5)]
    assert len(rows) == len(set(rows))
    assert set(written) <= set(rows)
    written = [id for writer in writers for id in list(writer.written)]
    counted = [id for table in store.tables(["id"], ordered=False) for id in table["id"].to_pylist()]
    assert len(counted) == len(set(counted))
    assert set(written) <= set(counted)
    newest = [writer.written[-1] for writer in writers if writer.written]
    for id in newest:
        assert store.read_run(id).outputs is not None
    return len(written)


def check_round(root: Path, chance: random.Random) -> None:
    """Read while two processes write and one of them is killed; then look at what was left."""
    most = 1500
    writers = [Writer(root, most) for _ in range(2)]
    for writer in writers:
        assert writer.first.wait(60)
    told: list[str] = []
    store = Store(root, warn=told.append)
    killed = chance.randrange(2)
    wanted = chance.randrange(most)
    while any(writer.process.poll() is None for writer in writers):
        reading = store if chance.random() < 0.7 else Store(root, warn=told.append)
        check_all_is_read(reading, writers, chance)
        if len(writers[killed].written) >= wanted:
            writers[killed].process.kill()
    statuses = [writer.finish() for writer in writers]
    assert statuses[1 - killed] == 0
    assert statuses[killed] in (0, -signal.SIGKILL)
    assert check_all_is_read(store, writers, chance) >= most
    assert check_all_is_read(Store(root, warn=told.append), writers, chance) >= most
    assert told == []


@pytest.mark.parametrize("seed", range(2))
def test_every_run_that_was_written_is_read_once(tmp_path: Path, seed: int) -> None:
    check_round(tmp_path / ".llmobs", random.Random(seed))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            check_round(Path(folder) / ".llmobs", random.Random(seed))
        print(f"round {seed} ok", flush=True)


if __name__ == "__main__":
    main()
