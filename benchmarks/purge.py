"""What erasing one user takes in a store of a million runs in 200 files: finding, rewriting, searching the bytes.

``python benchmarks/purge.py [--runs N] [--files N] [--folder PATH]``. The store is made first, through the package's
own sealing (minutes, and 500 MB for a million runs of 1 to 2 KB; a folder that is named is kept and used again: each
time another user is erased). A user's runs are spread over all of it. Beside the figures stands a loop of ten million
additions, for machines differ. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from million_runs import make_store

RUN_BYTES = 1_750
"""Of a line of the spool, about."""
FILES_OF_A_SPOOL = 2
"""One a project."""
SECONDS, MEGABYTES = 60.0, 300.0
REFERENCE = 0.6
"""Seconds that ten million additions take on the machine that the bar of seconds was set on; on a slower one, seconds
count by so much less."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where the store lies or is made, and stays")
    parser.add_argument("--erase", nargs=2, metavar=("FOLDER", "USER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.erase is not None:
        return erase_user(Path(options.erase[0]), options.erase[1])
    if options.folder is not None:
        return measured(options.folder, options.runs, options.files)
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder) / ".llmobs", options.runs, options.files)


def measured(folder: Path, runs: int, files: int) -> int:
    make_store(folder, runs, RUN_BYTES * runs * FILES_OF_A_SPOOL // files)
    user = next(f"u{number}" for number in range(5000) if not folder.joinpath(f"u{number}.erased").exists())
    command = [sys.executable, __file__, "--erase", str(folder), user]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    folder.joinpath(f"{user}.erased").touch()
    figures: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(figures, indent=1))
    scaled = figures["seconds"] * min(1.0, REFERENCE / figures["seconds of ten million additions"])
    held = [
        told(f"{figures['runs']} runs of {user} went", figures["runs"] > 0),
        told(f"nothing of {user} is left", figures["left"] == 0),
        told(
            f"{figures['stayed']:,} of {runs:,} runs stayed",
            figures["stayed"] == figures["before"] - figures["runs"],
        ),
        told(f"{figures['seconds']:.1f} s, {scaled:.1f} s there (bar {SECONDS:.0f})", scaled <= SECONDS),
        told(f"{figures['peak']:.0f} MB (bar {MEGABYTES:.0f})", figures["peak"] <= MEGABYTES),
    ]
    return 0 if all(held) else 1


def erase_user(folder: Path, user: str) -> int:
    """Erase a user in this process, and print what that took as JSON."""
    import resource

    from pytest_llmobs.storage.parquet.arrow import load_arrow

    load_arrow(frugal=True)  # as every command does that seals
    import pyarrow.parquet as pq

    from pytest_llmobs.storage.erasure.erasing import erase
    from pytest_llmobs.storage.erasure.finding import find_runs
    from pytest_llmobs.storage.erasure.needles import Needles
    from pytest_llmobs.storage.erasure.search import search_store
    from pytest_llmobs.storage.store import Store

    def stored() -> tuple[int, int]:
        paths = sorted(folder.glob("runs/*/*.parquet"))
        return len(paths), sum(pq.read_metadata(path).num_rows for path in paths)

    loop = addition_loop()
    files, before = stored()
    store = Store(folder)
    times = [time.perf_counter()]
    cpu = time.process_time()
    found = find_runs(store, ["user_id", "user"], user)
    times.append(time.perf_counter())
    erased = erase(store, found)
    times.append(time.perf_counter())
    remaining = search_store(store, Needles.of(user, found))
    times.append(time.perf_counter())
    cpu = time.process_time() - cpu
    parts = [round(end - start, 1) for start, end in pairwise(times)]
    left = [each for each in remaining if each.what != "payload" and "parquet" in each.path]
    figures = {
        "user": user,
        "files": files,
        "rewritten": len(erased.files),
        "runs": erased.runs,
        "feedback": erased.feedback,
        "before": before,
        "stayed": stored()[1],
        "left": len(left),
        "files with the same texts": sum(each.what == "payload" for each in remaining),
        "seconds": round(times[-1] - times[0], 1),
        "seconds of find, erase, search": parts,
        "seconds of CPU": round(cpu, 1),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "seconds of ten million additions": round(loop, 2),
    }
    print(json.dumps(figures))
    return 0


def addition_loop() -> float:
    """Return how many seconds ten million additions take here."""
    started = time.perf_counter()
    total = 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - started


def told(finding: str, holds: bool) -> bool:
    print(f"{'ok    ' if holds else 'MISSED'} {finding}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
