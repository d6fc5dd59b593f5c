"""Feedback: what a call costs its caller, what several processes lose, and how fast a million records are read.

``python benchmarks/feedback.py [--writes N] [--records N] [--folder PATH]`` writes feedback in one process beside a
bare ``os.write`` of the same bytes; has a FastAPI app under uvicorn with four workers take it over the loopback
interface while one of them is killed with -9; reads a million records. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.storage.store import Store
from tests.feedback_app import WRITES_OF_A_CALL, Crowd, Service

CREATE_BAR = 150.0
"""Microseconds that ``create`` takes on its caller's thread: the mean, in a warm process."""
CROWD_BAR = 10.0
"""Seconds from the first call to the last record verified."""
WORKERS, USERS = 4, 16

WRITER = """
import json, os, statistics, sys, time
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction

folder, writes = sys.argv[1], int(sys.argv[2])
writer = FeedbackWriter(Store(folder).feedback, Redaction())
run_id = "019a0000-0000-7000-8000-0000000000aa"

def create(number):
    writer.create("user_rating", run_id=run_id, score=number / 7, value="up", comment="The deadline was wrong.")

begin = time.perf_counter()
create(0)
first = time.perf_counter() - begin
times = []
for number in range(writes):
    begin = time.perf_counter()
    create(number)
    times.append(time.perf_counter() - begin)
imported = sorted({"pyarrow", "pandas", "pytest"} & set(sys.modules))
(spool,) = writer._log._layout.feedback_spool.glob("*.jsonl")
line = spool.read_bytes().splitlines(keepends=True)[-1]
bare_file = os.open(folder + "/bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
bare = []
for number in range(writes):
    begin = time.perf_counter()
    os.write(bare_file, line)
    bare.append(time.perf_counter() - begin)
figures = {"first": first, "mean": statistics.mean(times), "worst": sorted(times)[len(times) * 999 // 1000]}
print(json.dumps({**figures, "bare": statistics.mean(bare), "bytes": len(line), "imported": imported}))
os._exit(0)  # sealing is measured elsewhere
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writes", type=int, default=20_000, help="feedback that the app takes")
    parser.add_argument("--records", type=int, default=1_000_000, help="feedback that is read")
    parser.add_argument("--folder", type=Path, help="where stores are made (default: the temporary folder)")
    options = parser.parse_args()
    missed = []
    for part in (
        measure_create,
        lambda folder: measure_crowd(folder, options.writes // WRITES_OF_A_CALL),
        lambda folder: measure_reading(folder, options.records),
    ):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            missed += part(Path(folder))
    for bar in missed:
        print(f"MISSED: {bar}")
    return int(bool(missed))


def measure_create(folder: Path) -> Iterator[str]:
    """Time single calls in a process of their own, and bare writes of the same bytes."""
    import json

    command = [sys.executable, "-c", WRITER, str(folder), "5000"]
    rounds = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)]
    for number in range(2):
        command[-2] = str(folder / str(number))
        Path(command[-2]).mkdir()
        rounds.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
    figures = {
        name: statistics.median(one[name] for one in rounds) for name in ("mean", "worst", "bare", "first")
    }
    print(
        f"create: {figures['mean'] * 1e6:.0f} µs on the caller's thread (bar {CREATE_BAR:.0f}), 99.9 % within "
        f"{figures['worst'] * 1e6:.0f} µs; a bare os.write of the same {rounds[0]['bytes']} bytes: "
        f"{figures['bare'] * 1e6:.1f} µs. The first call of a process: {figures['first'] * 1e3:.0f} ms."
    )
    if figures["mean"] * 1e6 > CREATE_BAR:
        yield f"create takes {figures['mean'] * 1e6:.0f} µs, more than {CREATE_BAR:.0f}"
    if rounds[0]["imported"]:
        yield f"create imports {rounds[0]['imported']}"


def measure_crowd(folder: Path, forms: int) -> Iterator[str]:
    """Have an app take feedback in several processes, kill one of them, and look for every acknowledged record."""
    service = Service(folder, WORKERS)
    crowd = Crowd(service.address, run_id=str(uuid.uuid4()))
    begin = time.perf_counter()
    try:
        crowd.send(forms, USERS, kill_after=forms // 2)
        sent = time.perf_counter() - begin
        kept = Store(folder / ".llmobs").feedback.current(columns=["id"])["id"].to_pylist()
        took = time.perf_counter() - begin
    finally:
        service.stop()
    acknowledged = [id for ids in crowd.acknowledged.values() for id in ids]
    lost = set(acknowledged) - set(kept)
    twice = len(kept) - len(set(kept))
    print(
        f"crowd: {len(acknowledged):,} writes in {len(crowd.acknowledged):,} calls to {len(crowd.processes)} workers, "
        f"one killed with -9: {len(lost)} lost, {twice} twice; sent in {sent:.1f} s, verified after {took:.1f} s "
        f"(bar {CROWD_BAR:.0f} s)"
    )
    if lost or twice or crowd.killed is None:
        yield f"{len(lost)} writes lost, {twice} there twice, killed: {crowd.killed}"
    if took > CROWD_BAR:
        yield f"the crowd took {took:.1f} s, more than {CROWD_BAR:.0f}"


def measure_reading(folder: Path, records: int) -> Iterator[str]:
    """Read feedback of which every hundredth was updated: what stands, sums, pages, single records."""
    from pytest_llmobs.feedback.reading import list_feedback
    from pytest_llmobs.feedback.sums import stats_of

    store = Store(folder / ".llmobs")
    ids, run_ids = fill(store, records)
    size = sum(path.stat().st_size for path in store.layout.feedback.iterdir()) / 1e6
    print(f"reading: {records:,} records in {size:.0f} MB")
    log = store.feedback
    columns = ["run_id", "key", "score"]
    questions: list[tuple[str, Callable[[], Any]]] = [
        ("one key, three columns", lambda: log.current(keys=["tone"], columns=columns)),
        ("all, three columns", lambda: log.current(columns=columns)),
        ("100 runs", lambda: log.current(run_ids=run_ids[1000:1100])),
        ("one record", lambda: log.current(ids=[ids[records // 2]])),
        ("the newest 20", lambda: list(list_feedback(store, limit=20))),
        ("sums by key", lambda: stats_of(store)),
    ]
    questions[0][1]()  # Arrow is loaded
    log.append({"event": "create", "time": 1, "id": "new", "key": "other"})
    for name, ask in questions:
        begin = time.perf_counter()
        ask()
        middle = time.perf_counter()
        ask()
        again = time.perf_counter() - middle
        print(f"  {name}: {(middle - begin) * 1e3:.0f} ms, again {again * 1e3:.1f} ms")
    log.close()
    yield from ()


def fill(store: Store, records: int) -> tuple[list[str], list[str]]:
    """Write Parquet files as sealing does; return the ids of the feedback and of the runs."""
    from pytest_llmobs.storage.feedback.lines import to_table
    from pytest_llmobs.storage.feedback.parts import PartWriter
    from pytest_llmobs.tracing.ids import new_id

    chance, now = random.Random(1), time.time_ns()
    store.layout.create()
    store.layout.feedback.mkdir()
    ids: list[str] = []
    run_ids: list[str] = []
    for number in range(8):
        writer = PartWriter(store.layout.feedback / f"2026-{number}.parquet")
        rows: list[dict[str, Any]] = []
        for count in range(records // 8):
            now += 1_000_000
            ids.append(new_id(now))
            run_ids.append(new_id(now - 5_000_000_000))
            about = {"time": now // 1000, "id": ids[-1], "run_id": run_ids[-1], "source_type": "api"}
            key = chance.choice(["user_rating", "tone"])
            rows.append(
                {"event": "create", "key": key, "score": chance.random(), "comment": "It was fine.", **about}
            )
            if count % 100 == 99:
                update = {
                    "event": "update",
                    "event_id": new_id(now),
                    "key": key,
                    "changes": ["score"],
                    "score": 0.1,
                }
                rows.append(about | update)
        for start in range(0, len(rows), 50_000):
            writer.add(to_table(rows[start : start + 50_000]))
        writer.finish()
    return ids, run_ids


if __name__ == "__main__":
    os.environ.pop("LLMOBS_STORE", None)
    sys.exit(main())
