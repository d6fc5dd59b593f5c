"""What asking a store of a million runs takes, beside DuckDB and bare pyarrow on the same files.

``python benchmarks/store_queries.py [--runs N] [--rounds N] [--folder PATH]``. The store is made first, through the
package's own sealing (about two minutes and 500 MB for a million runs of 1 to 2 KB; a folder that is named is kept and
used again). Each measurement has a process of its own, and they take turns; medians are printed. ``cold`` is the
first time in a process, which opens the store; ``warm`` the times after it. All three must find the same. Exits with 1
where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from million_runs import make_store

WORKER = Path(__file__).with_name("store_queries_worker.py")
WHO = ("ours", "duckdb", "pyarrow")
WHAT = ("first row", "page", "read_run", "statistics", "aggregate", "all, no payloads")
BARS = {
    "first row": {"cold": 150.0},
    "page": {"cold": 1000.0, "warm": 250.0, "peak": 300.0},
    "read_run": {"cold": 100.0},
    "statistics": {"cold": 500.0},
}
"""Milliseconds, and megabytes of memory at the most."""
SLOWER = 1.5
"""An aggregate, warm, takes at most so many times as long as DuckDB's."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the store lies or is made, and stays")
    options = parser.parse_args()
    if options.folder is not None:
        return measured(options.folder, options.runs, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder) / ".llmobs", options.runs, options.rounds)


def measured(folder: Path, runs: int, rounds: int) -> int:
    make_store(folder, runs)
    results: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for what in WHAT:
            for who in WHO:
                results.setdefault((what, who), []).append(one(folder, who, what))
    medians = {question: middle(measurements) for question, measurements in results.items()}
    table(medians)
    told = {f"{what}, {who}": figures for (what, who), figures in medians.items()}
    print(json.dumps({"runs": runs, "rounds": rounds, "results": told}))
    return 0 if holds(medians) else 1


def one(folder: Path, who: str, what: str) -> dict[str, Any]:
    command = [sys.executable, str(WORKER), str(folder), who, what]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def middle(measurements: list[dict[str, Any]]) -> dict[str, Any]:
    figures: dict[str, Any] = {"found": measurements[0]["found"]}
    for name in ("cold", "warm", "peak"):
        figures[name] = round(statistics.median(each[name] for each in measurements), 1)
    return figures


def table(medians: dict[tuple[str, str], dict[str, Any]]) -> None:
    print(f"{'ms':18}" + "".join(f"{f'{who} cold':>14}{'warm':>8}{'MB':>7}" for who in WHO))
    for what in WHAT:
        cells = ""
        for who in WHO:
            figures = medians[what, who]
            cells += f"{figures['cold']:14,.0f}{figures['warm']:8,.0f}{figures['peak']:7,.0f}"
        print(f"{what:18}{cells}")


def holds(medians: dict[tuple[str, str], dict[str, Any]]) -> bool:
    held = []
    for what in WHAT:
        found = [medians[what, who]["found"] for who in WHO]
        held.append(told(f"{what}: all three find the same", "", found.count(found[0]) == len(found)))
        for name, bar in BARS.get(what, {}).items():
            figure = medians[what, "ours"][name]
            held.append(told(f"{what}: {name} {figure:,.0f}", f"{bar:,.0f}", figure <= bar))
    ratio = medians["aggregate", "ours"]["warm"] / medians["aggregate", "duckdb"]["warm"]
    held.append(told(f"aggregate: {ratio:.2f} x DuckDB", f"{SLOWER}", ratio <= SLOWER))
    return all(held)


def told(finding: str, bar: str, holds: bool) -> bool:
    suffix = f" (bar {bar})" if bar else ""
    print(f"{'ok    ' if holds else 'MISSED'} {finding}{suffix}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
