"""A million runs through one spool: memory, speed, and that none is lost.

``python benchmarks/spool.py [--runs N] [--folder PATH]`` traces in one process with real payloads (2 KB in, 1 KB out,
so a million takes 3.3 GB of disk until it is sealed), seals, reads back, and exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType

from tracing_worker import DEPTH, MESSAGES, TEXTS, nested

from pytest_llmobs import traceable
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.active import install
from pytest_llmobs.tracing.tracer import Tracer

MEMORY_BAR = 150.0
"""MB that memory may grow while tracing and sealing."""
SPEED_BAR = 20_000
"""Runs sealed a second."""


class Memory:
    """Samples this process's resident memory, MB, while the ``with`` block runs."""

    def __init__(self) -> None:
        self.start = self.peak = resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth(self) -> float:
        return self.peak - self.start

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, resident())


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, help="where the store is made (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        return measure(Store(folder), options.runs // DEPTH)


def measure(store: Store, traces: int) -> int:
    warm_up(store)
    runs = traces * DEPTH
    spool = store.spool()
    install(Tracer(project="benchmark", sink=spool))
    root = nested(lambda function, kind: traceable(run_type=kind)(function))
    with Memory() as tracing:
        started = time.perf_counter()
        for number in range(traces):
            root(MESSAGES[number % TEXTS], model="m", temperature=0.2, max_tokens=1024, number=number)
        traced = time.perf_counter() - started
    size = spool.segment.size if spool.segment is not None else 0
    with Memory() as sealing:
        started = time.perf_counter()
        spool.close()
        sealed = time.perf_counter() - started
    started = time.perf_counter()
    found = sum(len(table) for table in store.tables(["id"], "benchmark"))
    counted = time.perf_counter() - started
    parquet = sum(path.stat().st_size for path in store.layout.runs.rglob("*.parquet"))
    print(
        f"traced  {runs:9,} runs in {traced:6.1f} s, {traced / runs * 1e6:.1f} µs each; spool {size / 1e6:,.0f} MB"
    )
    print(
        f"sealed  {found:9,} runs in {sealed:6.1f} s, {found / sealed:,.0f} a second; Parquet {parquet / 1e6:,.0f} MB"
    )
    print(f"counted {found:9,} runs in {counted:6.1f} s")
    growth = max(tracing.growth, sealing.peak - tracing.start)
    held = [
        told(
            f"memory grew by {tracing.growth:.0f} MB tracing, {growth:.0f} MB in all",
            "150 MB",
            growth <= MEMORY_BAR,
        ),
        told(f"{runs - found} of {runs:,} runs lost", "0", runs == found),
        told(f"{found / sealed:,.0f} runs sealed a second", f"{SPEED_BAR:,}", found / sealed >= SPEED_BAR),
    ]
    return 0 if all(held) else 1


def warm_up(store: Store) -> None:
    """Import what sealing needs, so that its fixed cost isn't taken for growth."""
    spool = store.spool()
    install(Tracer(project="warm-up", sink=spool))
    nested(lambda function, kind: traceable(run_type=kind)(function))(MESSAGES[0], "m", 0.2, 1024, 0)
    spool.close()
    for _ in store.runs():
        pass


def told(finding: str, bar: str, holds: bool) -> bool:
    print(f"{'ok    ' if holds else 'MISSED'} {finding} (bar {bar})")
    return holds


if __name__ == "__main__":
    sys.exit(main())
