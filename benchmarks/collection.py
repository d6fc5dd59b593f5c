"""Collecting a dataset against plain ``pytest.mark.parametrize`` over the same file.

    python benchmarks/collection.py [--examples 10000] [--rounds 5] [--most 1.3]

Both sides read the same JSONL, give every example an id and collect one item for each, in a fresh process. The rounds
alternate, CPU time (user and system) is the measure, and the medians are compared. Ends with 1 where the dataset takes
more than ``--most`` times as long.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PLAIN = """
import json
from pathlib import Path

import pytest

ROWS = [json.loads(line) for line in Path(__file__).with_name("golden.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("example", ROWS, ids=[row["id"] for row in ROWS])
def test_plain(example):
    assert example["inputs"]
"""

DATASET = """
import pytest


@pytest.mark.llm_dataset("golden.jsonl")
def test_dataset(example):
    assert example.inputs
"""

OFF = ["-p", "no:cacheprovider"]
SIDES = {
    "parametrize": (["test_plain.py", "-p", "no:llmobs", *OFF], "test_plain"),
    "llm_dataset": (["test_dataset.py", *OFF], "test_dataset"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=1.3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), options.examples)
        seconds = {side: [] for side in SIDES}
        for _ in range(options.rounds):
            for side, (arguments, test) in SIDES.items():
                seconds[side].append(collect(Path(folder), arguments, test, options.examples))
    plain = statistics.median(seconds["parametrize"])
    for side, taken in seconds.items():
        median = statistics.median(taken)
        print(
            f"{side:32} {median:6.2f} s CPU ({min(taken):.2f} to {max(taken):.2f})   {median / plain:.2f} x"
        )
    return int(statistics.median(seconds["llm_dataset"]) > options.most * plain)


def write(folder: Path, examples: int) -> None:
    """Write the dataset (about 300 bytes an example) and both test modules."""
    with (folder / "golden.jsonl").open("w") as file:
        for number in range(examples):
            row = {
                "id": f"case-{number}",
                "inputs": {"customer_name": "Maria", "query": f"Order {number} was charged twice. " * 4},
                "outputs": {"required_keywords": ["refund", "sorry"], "min_length": 40},
                "metadata": {"tier": "critical"},
            }
            file.write(json.dumps(row) + "\n")
    (folder / "test_plain.py").write_text(PLAIN)
    (folder / "test_dataset.py").write_text(DATASET)
    (folder / "pytest.ini").write_text("[pytest]\n")


def collect(folder: Path, arguments: list[str], test: str, examples: int) -> float:
    """Return the CPU seconds of one collection, and check that it found every example."""
    before = cpu()
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    taken = cpu() - before
    if done.stdout.count(f"::{test}[case-") != examples:
        sys.exit(
            f"{' '.join(command)} did not collect {examples} items:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return taken


def cpu() -> float:
    """Return the CPU seconds of all finished child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
