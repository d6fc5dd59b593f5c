"""A session of trivial trials in experiment mode beside as many plain parametrised tests.

``python benchmarks/session.py [--trials N]``. Both sides run alternately in fresh processes; CPU is that of the whole
process (user + system). Exits with 1 where a bar is missed: at most 1.35 x plain pytest's CPU plus 0.3 s fixed, and at
most 180 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

BAR, FIXED, MEMORY = 1.35, 0.3, 180.0

MODEL = """
import pytest

def model(question):
    return "The answer is: " + question[::-1]
"""
PLAIN = (
    MODEL
    + """
import json, os
ROWS = [json.loads(line) for line in open(os.path.join(os.path.dirname(__file__), "golden.jsonl"))]

@pytest.mark.parametrize("example", ROWS, ids=[row["id"] for row in ROWS])
def test_answer(example):
    assert example["outputs"]["answer"] in model(example["inputs"]["question"])
"""
)
OURS = (
    MODEL
    + """
from pytest_llmobs import traceable
model = traceable(model)

@pytest.mark.llm_dataset("golden.jsonl")
def test_answer(example):
    assert example.outputs["answer"] in model(example.inputs["question"])
"""
)


class Usage(NamedTuple):
    """What a process took."""

    cpu: float
    """Seconds."""
    memory: float
    """MB (10^6 bytes) at the peak."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    used: dict[str, list[Usage]] = {"plain pytest": [], "pytest-llmobs": []}
    sides = {"plain pytest": (PLAIN, []), "pytest-llmobs": (OURS, ["--llm-experiment"])}
    for _ in range(options.repetitions):
        for name, (source, arguments) in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                used[name].append(session(Path(folder), options.trials, source, arguments))
    cpu = {name: statistics.median(usage.cpu for usage in usages) for name, usages in used.items()}
    memory = max(usage.memory for usage in used["pytest-llmobs"])
    ratio = (cpu["pytest-llmobs"] - FIXED) / cpu["plain pytest"]
    for name, seconds in cpu.items():
        print(f"{name:14} {seconds:6.2f} s CPU, {max(usage.memory for usage in used[name]):4.0f} MB")
    print(f"ratio after {FIXED} s fixed: {ratio:.3f} (bar {BAR}); memory {memory:.0f} MB (bar {MEMORY:.0f})")
    return 0 if ratio <= BAR and memory <= MEMORY else 1


def session(folder: Path, trials: int, source: str, arguments: list[str]) -> Usage:
    write_dataset(folder, trials)
    (folder / "test_answer.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\n")
    blocked = [
        part
        for name in ("cacheprovider", "asyncio", "anyio", "hypothesispytest")
        for part in ("-p", f"no:{name}")
    ]
    # Where bytecode can't be kept, pytest compiles every module of a plugin anew: that isn't what is measured.
    unwanted = ("CI", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", *blocked, *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit((folder / "output.txt").read_text()[-3000:])
    return Usage(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def write_dataset(folder: Path, trials: int) -> None:
    with (folder / "golden.jsonl").open("w") as file:
        for number in range(trials):
            question = f"Which river runs through the capital number {number}, and why does it matter? " * 2
            row = {
                "id": f"e{number:05}",
                "inputs": {"question": question},
                "outputs": {"answer": question[::-1][5:40]},
            }
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main())
