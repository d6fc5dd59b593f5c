"""Reports for a browser, of 500 and of 10,000 trials: how large, how long they take to make, and to read.

``python benchmarks/reports.py [--folder FOLDER] [--payload N] [--skip-page]``. Each trial has two runs with 1 KB in and
out, cut from this project's own documentation, so that it compresses as prose does; a store is made of them, and
``llmobs report`` makes the page in a process of its own. Then Debian's chromium opens it (``reports_page.py``). Beside
the figures stands a loop of ten million additions, for machines differ. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from reports_page import measure_pages

from pytest_llmobs.baselines.file import save_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.reports.traced_run import TracedRun
from pytest_llmobs.storage.store import Store
from tests.browser.experiments import SUITE, big

MEGABYTES = {500: 2.0, 10_000: 12.0}
"""Bars of the page's size by its trials."""
SECONDS, MEMORY = 5.0, 400.0
"""Bars of making a page: seconds of CPU, the start and reading the store included, and MB at the peak."""
PAYLOAD = 1000
"""Characters of a question and its answer together."""
QUESTION = 0.3
"""The question's share."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="keeps the stores and the pages")
    parser.add_argument(
        "--payload", type=int, default=PAYLOAD, help="characters of a question and its answer"
    )
    parser.add_argument("--skip-page", action="store_true", help="without a browser")
    options = parser.parse_args()
    print(f"ten million additions: {loop_seconds():.2f} s CPU\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        held = [made_page(folder / str(trials), trials, options.payload) for trials in MEGABYTES]
        if not options.skip_page:
            pages = {trials: folder / str(trials) / "page.html" for trials in MEGABYTES}
            held.append(measure_pages(pages, folder))
    return 0 if all(held) else 1


def loop_seconds() -> float:
    """Return how many seconds of CPU ten million additions take here."""
    total = 0
    began = time.process_time()
    for number in range(10_000_000):
        total += number
    return time.process_time() - began


def made_page(folder: Path, trials: int, payload: int) -> bool:
    """Make the page of so many trials; tell what it took, and whether all bars hold."""
    if not folder.exists():
        fill(folder, trials, payload)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_llmobs.cli", "report", f"big-otter-{trials}", "html:page.html"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    size = (folder / "page.html").stat().st_size / 1e6
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / 1024
    print(f"{trials:,} trials, made in {seconds:.2f} s by the clock")
    held = [
        process.returncode == 0,
        told(f"  {size:.2f} MB", f"{MEGABYTES[trials]} MB", size <= MEGABYTES[trials]),
        told(f"  {cpu:.2f} s of CPU", f"{SECONDS:.0f} s", cpu <= SECONDS),
        told(f"  {peak:.0f} MB at the peak", f"{MEMORY:.0f} MB", peak <= MEMORY),
    ]
    return all(held)


def fill(folder: Path, trials: int, payload: int) -> None:
    """Make a folder with the store and the baseline of an experiment of so many trials."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    experiment, evidence = big(trials, documentation(random.Random(7), payload))
    store = Store(folder / ".llmobs")
    spool = store.spool()
    for run in evidence.traces:
        spool.append(spool_line(run, experiment.name))
    spool.close()
    store.write_experiment(experiment.name, experiment_to_dict(experiment))
    save_baseline(baseline_path(folder / "llm-baselines", SUITE), evidence.baselines[SUITE])


def documentation(chance: random.Random, payload: int) -> Callable[[], str]:
    """Return what cuts questions and answers in turn out of this project's documentation, at random."""
    pages = sorted(Path(__file__).parents[1].joinpath("docs").glob("*.md"))
    text = " ".join(page.read_text(encoding="utf-8") for page in pages)

    question = int(payload * QUESTION)
    lengths = itertools.cycle((question, payload - question))

    def piece() -> str:
        length = next(lengths)
        start = chance.randrange(len(text) - length)
        return text[start : start + length]

    return piece


def spool_line(run: TracedRun, project: str) -> bytes:
    """Return a run as tracing writes it."""
    header = {name: value for name, value in run._asdict().items() if value is not None}
    payloads = [header.pop("inputs", b""), header.pop("outputs", b"")]
    for name in ("metadata", "reference_outputs"):
        if name in header:
            header[name] = json.loads(header[name])
    header["project"] = project
    return b"\t".join((json.dumps(header).encode(), *payloads)) + b"\n"


def told(finding: str, bar: str, holds: bool) -> bool:
    """Print a figure and its bar; return whether it holds."""
    print(f"{'ok    ' if holds else 'MISSED'} {finding} (bar {bar})")
    return holds


if __name__ == "__main__":
    sys.exit(main())
