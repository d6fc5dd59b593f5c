"""What erasing one user takes in a store of a million runs in 200 files: finding, rewriting, searching the bytes.

``python benchmarks/purge.py [--runs N] [--files N] [--folder PATH]``. The store is made first, through the package's
own sealing (minutes, and 500 MB for a million runs of 1 to 2 KB; a folder that is named is kept and used again: each
time another user is erased), a user's runs spread over all of it. The command itself is run, ``llmobs purge --user``.
Beside the figures stands a loop of ten million additions, for machines differ. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
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
    options = parser.parse_args()
    if options.folder is not None:
        return measured(options.folder.absolute(), options.runs, options.files)
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder) / ".llmobs", options.runs, options.files)


def measured(folder: Path, runs: int, files: int) -> int:
    make_store(folder, runs, RUN_BYTES * runs * FILES_OF_A_SPOOL // files)
    user = next(f"u{number}" for number in range(5000) if not folder.joinpath(f"u{number}.erased").exists())
    (before, number_of_files), loop = stored(folder), addition_loop()
    started = time.perf_counter()
    report, usage = purged(folder, user)
    wall = time.perf_counter() - started
    folder.joinpath(f"{user}.erased").touch()
    cpu = usage.ru_utime + usage.ru_stime
    scaled = wall * min(1.0, REFERENCE / loop)
    erased = sum(report["runs_by_project"].values())
    print(f"{number_of_files} files; {wall:.1f} s by the clock, {cpu:.1f} s of CPU; loop {loop:.2f} s")
    held = [
        told(f"{erased} runs of {user} went", erased > 0),
        told(f"nothing of {user} is left", report["complete"]),
        told(f"{stored(folder)[0]:,} of {before:,} runs stayed", stored(folder)[0] == before - erased),
        told(f"{wall:.1f} s, {scaled:.1f} s there (bar {SECONDS:.0f})", scaled <= SECONDS),
        told(f"{usage.ru_maxrss / 1000:.0f} MB (bar {MEGABYTES:.0f})", usage.ru_maxrss / 1000 <= MEGABYTES),
    ]
    return 0 if all(held) else 1


def purged(folder: Path, user: str) -> tuple[dict[str, Any], resource.struct_rusage]:
    """Erase a user by the command; return what it says, and what its process took."""
    command = [sys.executable, "-m", "pytest_llmobs.cli", "purge", "--store", str(folder)]
    with tempfile.TemporaryDirectory() as project:
        process = subprocess.Popen(
            [*command, "--user", user, "--yes", "--json"], cwd=project, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        printed = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
    return json.loads(printed), usage


def stored(folder: Path) -> tuple[int, int]:
    """Return how many runs are stored, and in how many files."""
    paths = sorted(folder.glob("runs/*/*.parquet"))
    return sum(pq.read_metadata(path).num_rows for path in paths), len(paths)


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
