"""Review: a queue of 100,000 items opened, eight processes that claim at once, the next item among a million runs.

``python benchmarks/review.py [--runs N] [--items N] [--folder PATH]``. The store is made first (about two minutes and
500 MB for a million runs; a folder that is named is kept and used again). Opening and the next item are measured in
sessions of processes of their own, which have read one run before, so that what is measured is the queue and not the
start of Python and Arrow. Bars of CPU belong to a machine that makes ten million additions in 0.6 s: where the machine
is shared or slower, they are as much longer as that loop takes longer, which is measured and printed beside each. Times
on the clock on the wall are printed, too. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from million_runs import make_store

from pytest_llmobs.review.queues import Queues
from pytest_llmobs.storage.store import Store

OPEN_BAR = 300.0
"""Milliseconds of CPU until the first item of the queue is on the screen; the median of some sessions."""
CLAIM_BAR = 10.0
"""Milliseconds of CPU of a claim: the 95th percentile, while eight processes claim on whatever cores there are."""
NEXT_BAR = 50.0
"""Milliseconds from a verdict to the next item: the 95th percentile of a reviewer who takes half a second an item."""
PROCESSES, CLAIMS = 8, 500
SESSIONS, VERDICTS = 5, 40

SESSION = """
import json, sys, time
from pathlib import Path
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.review.publishing import Publisher
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.sessions import ReviewSession
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction

root, reviewer, verdicts = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store, queues = Store(root), Queues(root / "queues")
queue = queues.find("bench")
store.read_run(queues.items(queue).all()[0].run_id)
publish = Publisher(FeedbackWriter(store.feedback, Redaction()), queue)
begin, begin_cpu = time.perf_counter(), time.process_time()
session = ReviewSession.open(queues, queue, reviewer, store, publish=publish)
opened, opened_cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
nexts = []
for _ in range(verdicts):
    time.sleep(0.5)
    begin = time.perf_counter()
    session.save("accept")
    nexts.append(time.perf_counter() - begin)
    assert session.current is not None
session.close()
print(json.dumps({"opened": opened, "opened_cpu": opened_cpu, "nexts": nexts}))
"""

CLAIMER = """
import json, sys, time
from pathlib import Path
from pytest_llmobs.clocks import real
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.working.open_queue import OpenQueue

root, reviewer, claims = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
queues = Queues(root / "queues")
queue = queues.find("claims")
parts = OpenQueue(queue, queues.folder(queue), reviewer, (), LogPart(), reviewer, real.now)
parts.assignment.refresh()
print("ready", flush=True)
sys.stdin.readline()
runs, times = [], []
for _ in range(claims):
    begin = time.process_time()
    runs.append(parts.assignment.next().run_id)
    times.append(time.process_time() - begin)
print(json.dumps({"runs": runs, "times": times}))
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the store lies or is made, and stays")
    options = parser.parse_args()
    if options.folder is not None:
        return measured(options.folder, options.runs, options.items)
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder) / ".llmobs", options.runs, options.items)


def measured(folder: Path, runs: int, items: int) -> int:
    store = make_store(folder, runs)
    shutil.rmtree(folder / "queues", ignore_errors=True)
    queues = Queues(folder / "queues")
    roots = root_ids(store, items)
    fill(queues, "bench", roots)
    fill(queues, "claims", roots[: PROCESSES * CLAIMS])
    return 0 if all([*sessions(folder, len(roots)), *claims(folder)]) else 1


def root_ids(store: Store, number: int) -> list[str]:
    ids: list[str] = []
    for table in store.tables(["id"], is_root=True, limit=number):
        ids.extend(table["id"].to_pylist())
    return ids


def fill(queues: Queues, name: str, run_ids: list[str]) -> None:
    runs = [{"run_id": id, "reason": "sample 2%"} for id in run_ids]
    queues.items(queues.create(name)).add(runs)


def sessions(folder: Path, items: int) -> list[bool]:
    opened, walls, nexts = [], [], []
    for number in range(SESSIONS):
        command = [sys.executable, "-c", SESSION, str(folder), f"reviewer {number}", str(VERDICTS)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        result: dict[str, Any] = json.loads(done.stdout)
        opened.append(result["opened_cpu"] * 1000)
        walls.append(result["opened"] * 1000)
        nexts += result["nexts"]
    print(f"a queue of {items:,} items opens in {statistics.median(walls):,.0f} ms, on the clock on the wall")
    return [
        told(f"a queue of {items:,} items opens, CPU", statistics.median(opened), OPEN_BAR, slowness()),
        told("the next item, 95th percentile", percentile(nexts), NEXT_BAR),
        told("the next item, median", statistics.median(nexts) * 1000, NEXT_BAR),
    ]


def claims(folder: Path) -> list[bool]:
    processes = []
    for number in range(PROCESSES):
        command = [sys.executable, "-c", CLAIMER, str(folder), f"reviewer {number}", str(CLAIMS)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    runs, times = [], []
    for process in processes:
        result = json.loads(process.communicate()[0])
        runs += result["runs"]
        times += result["times"]
    distinct = len(set(runs))
    print(f"{distinct:,} distinct items of {len(runs):,} claims by {PROCESSES} processes at once")
    return [
        distinct == len(runs),
        told("a claim, CPU, 95th percentile", percentile(times), CLAIM_BAR, slowness()),
    ]


def slowness() -> float:
    """Return how much longer than 0.6 s, the machine that the bars of CPU belong to, ten million additions take."""
    begin, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return max(1.0, (time.process_time() - begin) / 0.6)


def percentile(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def told(finding: str, milliseconds: float, bar: float, slower: float = 1.0) -> bool:
    holds = milliseconds <= bar * slower
    loop = f"; the loop takes {0.6 * slower:.2f} s" if slower > 1 else ""
    print(
        f"{'ok    ' if holds else 'MISSED'} {finding}: {milliseconds:,.1f} ms (bar {bar * slower:,.0f}{loop})"
    )
    return holds


if __name__ == "__main__":
    sys.exit(main())
