"""What listing 500 experiments takes beside showing one of them: ``llmobs experiments`` and ``llmobs show``.

``python benchmarks/listing.py [--experiments N] [--trials N] [--repetitions N]``. One experiment is run by pytest, and
its document is stored again under further names. Processes take turns; CPU is that of the whole process (user +
system), the least of all repetitions. Exits with 1 where a list, or the answer to an unknown id, takes more than twice
as long.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from pytest_llmobs.storage.store import Store

BAR = 2.0
TEST = """
import pytest

ROWS = [{"inputs": {"question": f"why {number}?"}} for number in range(%d)]

@pytest.mark.llm_dataset(ROWS, target=lambda question: question[::-1])
def test_answer(example, llm_run):
    assert llm_run.outputs["output"]
"""
MINE = "the-one-by-name"
COMMANDS = {
    "show NAME": ["show", MINE],
    "show UNKNOWN": ["show", "nobody-wrote-this"],
    "experiments": ["experiments"],
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--repetitions", type=int, default=9)
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {what: [] for what in COMMANDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, options.experiments, options.trials)
        for _ in range(options.repetitions):
            for what, words in COMMANDS.items():
                seconds[what].append(cpu_of(folder, words))
    base = min(seconds["show NAME"])
    held = True
    for what, measured in seconds.items():
        ratio = min(measured) / base
        held = held and ratio <= BAR
        print(f"{what:14} {min(measured):.3f} s CPU, {ratio:.2f} x (bar {BAR})")
    return 0 if held else 1


def fill(folder: Path, experiments: int, trials: int) -> None:
    """Run one experiment, and store it under so many names."""
    (folder / "test_answer.py").write_text(TEST % trials)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "--llm-experiment", "--llm-name", MINE]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    store = Store(folder / ".llmobs")
    document = store.read_experiment(MINE)
    started = datetime.fromisoformat(document["started"])
    for number in range(1, experiments):
        earlier = (started - timedelta(hours=number)).isoformat()
        name = f"another-{number}"
        store.write_experiment(name, {**document, "name": name, "started": earlier})


def cpu_of(folder: Path, words: list[str]) -> float:
    """Run one command; return its seconds of CPU."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_llmobs.cli", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
