"""Datasets of 100,000 examples: reading one, telling two versions apart, one edit, and what an experiment keeps.

``python benchmarks/datasets.py [--examples N]`` prints CPU seconds beside each bar, and first those of a loop of ten
million additions, by which machines are told apart: the bars belong to one that takes 0.6 s. Exits with 1 where a bar,
scaled by that loop, is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.versions.as_of import examples_apart
from pytest_llmobs.datasets.versions.differences import difference
from pytest_llmobs.datasets.versions.moments import observe
from pytest_llmobs.datasets.versions.versions import version_of
from pytest_llmobs.extensions import Extensions, standalone_manager

READ_BAR = 1.5
"""Seconds of reading all examples."""
DIFF_BAR = 1.0
"""Seconds of telling two versions apart, with both read from the store."""
EDIT_BAR = 0.3
"""Seconds of one edit, with its version kept."""
REFERENCE = 0.6
"""Seconds of the loop on the machine that the bars belong to."""
NAME = "golden"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=100_000, help="how many")
    options = parser.parse_args()
    _, loop = timed(lambda: sum(range_of_ones(10_000_000)))
    scale = max(1.0, loop / REFERENCE)
    print(f"ten million additions: {loop:.2f} s CPU, so that bars are × {scale:.2f}\n")
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder), options.examples, scale)


def measured(folder: Path, examples: int, scale: float) -> int:
    """Measure everything in a folder, and return the exit status."""
    formats = Extensions(standalone_manager()).formats
    catalog = Catalog(folder / "datasets", folder / ".llmobs", formats=lambda: formats)
    catalog.create(NAME, {})
    file = catalog.file(NAME)
    write(file, examples)
    missed = []
    _, seconds = timed(lambda: catalog.examples(NAME))
    missed += told(f"read {examples:,} examples", seconds, READ_BAR * scale)
    read = catalog.examples(NAME)
    _, seconds = timed(lambda: version_of(read))
    told("work their version out", seconds)
    (first, _), seconds = timed(lambda: observe(catalog, NAME))
    told("keep their version for the first time", seconds)

    def edit() -> Any:
        return changes.update(
            catalog, NAME, [{"id": f"example-{examples // 2}", "outputs": {"answer": "new"}}]
        )

    before = file.read_bytes()
    _, seconds = timed(edit)
    told("the first edit", seconds)
    changes.update(catalog, NAME, [{"id": "example-7", "outputs": {"answer": "newer"}}])
    began = time.perf_counter()
    _, seconds = timed(
        lambda: changes.update(catalog, NAME, [{"id": "example-9", "outputs": {"answer": "last"}}])
    )
    wall = time.perf_counter() - began
    missed += told("one edit", seconds, EDIT_BAR * scale)
    print(f"  {wall:.2f} s by the clock, with the wait until the disk has the file and for other processes")
    print(f"  lines that differ after three edits: {differing(before, file.read_bytes())}")
    last, _ = observe(catalog, NAME)
    apart, seconds = timed(lambda: examples_apart(catalog, NAME, first, last))
    found = difference(apart.earlier, apart.later)
    missed += told("diff of two versions", seconds, DIFF_BAR * scale)
    print(f"  {len(found.examples_modified)} modified")
    kept = sum(each.stat().st_size for each in (folder / ".llmobs" / "datasets").glob("*.jsonl"))
    print(f"  kept: {kept / file.stat().st_size:.2f} × the dataset's file, for 4 versions and an empty one")
    for bar in missed:
        print(f"MISSED: {bar}")
    return 1 if missed else 0


def range_of_ones(count: int) -> Any:
    """Yield 1 so many times: a loop of the interpreter's own."""
    for _ in range(count):
        yield 1


def write(file: Path, examples: int) -> None:
    """Write a dataset of some 300 bytes an example."""
    with file.open("w") as lines:
        for number in range(examples):
            query = f"How do I do thing number {number}? {'It is about words and more of them. ' * 4}"
            row = {
                "id": f"example-{number}",
                "inputs": {"query": query},
                "outputs": {"answer": f"Like this: {number}"},
                "metadata": {"tier": "standard", "number": number},
            }
            lines.write(f"{json.dumps(row)}\n")


def differing(before: bytes, after: bytes) -> int:
    """Return how many lines ``diff`` sees changed."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        old.write_bytes(before)
        new.write_bytes(after)
        done = subprocess.run(["diff", str(old), str(new)], capture_output=True, check=False)
    return done.stdout.count(b"\n> ")


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns, and the CPU seconds that it took."""
    began = time.process_time()
    value = call()
    return value, time.process_time() - began


def told(what: str, seconds: float, bar: float | None = None) -> list[str]:
    """Print a figure, and return it where its bar is missed."""
    if bar is None:
        print(f"{what}: {seconds:.2f} s CPU")
        return []
    print(f"{what}: {seconds:.2f} s CPU (at most {bar:.2f})")
    return [what] if seconds > bar else []


if __name__ == "__main__":
    sys.exit(main())
