"""A/B tests: what ``ab()`` costs its caller, how even it deals users out, and how fast the arms are compared.

``python benchmarks/ab.py [--users N] [--folder PATH]`` asks for the arm of one user after the other with prompts that
were pulled before, beside a bare pull; deals 100,000 users out; looks at the sample ratio of 1,000 true splits and one
false; then traces users into a store and runs ``llmobs prompts ab``. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs import Client, ab, pull_prompt
from pytest_llmobs.cli import main as llmobs
from pytest_llmobs.measures.sample_ratio import sample_ratio
from pytest_llmobs.prompts.splitting.split import Split
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

AB_BAR = 100.0
"""Microseconds of CPU for ``ab()`` with prompts that were pulled before: the best of several rounds."""
SHARE_BAR = 0.5
"""Points by which a share of 100,000 users may differ from its weight."""
ALARMS_BAR = 5
"""Alarms in 1,000 simulations of a true split."""
COMPARE_BAR = 5.0
"""Seconds of CPU for ``llmobs prompts ab`` over 50,000 users."""
ROUNDS, CALLS = 15, 500
WEIGHTS = {"control": 80, "treatment": 20}
SEED = 20_261_130


def main() -> int:
    """Measure, print, and return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50_000, metavar="N", help="users of the comparison")
    parser.add_argument("--folder", type=Path, help="where the store is made (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(arguments.folder or temporary)
        Path("pytest.ini").write_text("[pytest]\n")
        results = [*calls(), shares(), *alarms(), comparison(arguments.users)]
    return int(not all(results))


def bar(name: str, value: float, limit: float, unit: str) -> bool:
    """Print a figure and its bar; return whether it holds."""
    holds = value <= limit
    print(f"{name}: {value:,.2f} {unit} (at most {limit:,g}){'' if holds else '  MISSED'}")
    return holds


def calls() -> list[bool]:
    client = Client()
    for tag in WEIGHTS:
        client.push_prompt("support", object=f"{tag}: answer {{question}}. " * 20, commit_tags=tag)
    time.sleep(0.2)  # until then a file might change once more without a new time
    asked = best(lambda number: ab("support", key=number, weights=WEIGHTS))
    pulled = best(lambda number: pull_prompt("support:control"))
    print(f"one pull: {pulled:.1f} µs")
    return [bar("ab() with prompts that were pulled before", asked, AB_BAR, "µs")]


def best(call: Callable[[int], object]) -> float:
    """Return the microseconds of a call in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for number in range(CALLS):
            call(number)
        rounds.append((time.process_time() - begin) / CALLS * 1e6)
    return min(rounds)


def shares() -> bool:
    split = Split("support", WEIGHTS, "support")
    counts = Counter(split.variant(f"user-{number}") for number in range(100_000))
    return bar("share of treatment, off by", abs(counts["treatment"] / 1_000 - 20), SHARE_BAR, "points")


def alarms() -> list[bool]:
    chance = random.Random(SEED)
    cried = 0
    for _ in range(1_000):
        control = chance.getrandbits(10_000).bit_count()
        cried += sample_ratio(arms(control), arms(5_000)).broken
    false = sample_ratio(arms(5_500), arms(5_000)).broken
    print(f"alarm at 5,500 of 10,000 users: {false}")
    return [bar("alarms in 1,000 true splits of 10,000 users", cried, ALARMS_BAR, "alarms"), false]


def arms(control: int) -> dict[str, int]:
    return {"control": control, "treatment": 10_000 - control}


def comparison(users: int) -> bool:
    split = Split("support", WEIGHTS, "support")
    spool = Store(".llmobs").spool()
    tracer = Tracer(project="production", sink=spool)
    for user in range(users):
        run = start_root(tracer, "answer", inputs={"question": "?"})
        run.add_stamps(split.entries(str(user)))
        run.end({"text": "!"})
    spool.close()
    begin = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        llmobs(["prompts", "ab", "support"])
    taken = time.process_time() - begin
    return bar(f"comparing the arms of {users:,} users", taken, COMPARE_BAR, "s")


if __name__ == "__main__":
    sys.exit(main())
