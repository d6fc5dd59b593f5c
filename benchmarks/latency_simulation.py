"""How often the latency warning cries wolf, and how often it finds what became slower: simulated builds.

Each build records a baseline of five repeats and runs the suite again, with latencies that are lognormal around each
example's own; the first eight trials of either session are cold and take two seconds more. The product's own recording
and its own warning judge them. Prints tables; exits with 1 where more than 1 % of unchanged builds warn in any cell.

    python benchmarks/latency_simulation.py [--builds 400]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.latency_and_cost import latency_and_cost_notes
from pytest_llmobs.gate.pairing import pair_suite
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial

SUITE = "test_bot.py::test_reply"
BASELINE_REPEATS = 5
COLD_TRIALS = 8
"""As many as run at once: none of them finds a connection that is open."""
COLD_SECONDS = 2.0
MOST_FALSE = 0.01
_TOLERANCE = 2.6
"""Standard errors of a cell's share that chance may add to it, over all cells."""


@dataclass(frozen=True)
class Cell:
    """One kind of build."""

    examples: int
    repeats: int
    spread: float
    """Standard deviation of the logarithms of one example's latencies."""
    factor: float = 1.0
    """How much slower the new code is."""
    day: float = 0.0
    """Standard deviation of the logarithm of what a whole session is slower by."""


def plan(examples: int, repeats: int) -> SuitePlan:
    """Return a suite."""
    expected = []
    for number in range(examples):
        for repeat in range(1, repeats + 1):
            expected.append(
                ExpectedTrial(example_id=f"e{number}", example_hash="h", repeat=repeat, nodeid=f"e{number}")
            )
    return SuitePlan(name=SUITE, path="test_bot.py", repeat=repeats, expected=tuple(expected), total=examples)


def session(
    suite: SuitePlan, usual: list[float], cell: Cell, factor: float, chance: random.Random
) -> Iterator[Trial]:
    """Yield the trials of a session."""
    factor *= chance.lognormvariate(0, cell.day) if cell.day else 1.0
    for place, expected in enumerate(sorted(suite.expected, key=lambda trial: trial.repeat)):
        seconds = usual[int(expected.example_id[1:])] * factor * chance.lognormvariate(0, cell.spread)
        cold = place < COLD_TRIALS
        yield Trial(
            suite=SUITE,
            example_id=expected.example_id,
            example_hash="h",
            repeat=expected.repeat,
            nodeid=expected.nodeid,
            status="passed",
            latency=seconds + COLD_SECONDS * cold,
            cold=cold,
        )


def warns(cell: Cell, chance: random.Random) -> bool:
    """Return whether one build is warned of."""
    usual = [chance.lognormvariate(0, 0.7) for _ in range(cell.examples)]
    recorded = plan(cell.examples, BASELINE_REPEATS)
    accepted = list(session(recorded, usual, cell, 1.0, chance))
    baseline = updated_baseline(None, recorded, accepted, texts=False).baseline
    suite = plan(cell.examples, cell.repeats)
    trials = list(session(suite, usual, cell, cell.factor, chance))
    return any(
        "times the baseline" in note for note in latency_and_cost_notes(pair_suite(suite, baseline, trials))
    )


def share(cell: Cell, builds: int, seed: int) -> float:
    """Return the share of builds that are warned of."""
    chance = random.Random(f"{cell} {seed}")
    return sum(warns(cell, chance) for _ in range(builds)) / builds


def table(title: str, builds: int, cell_of: Callable[[int, int, float], Cell]) -> list[float]:
    """Print a table of shares, and return them."""
    print(f"\n{title}\n{'examples':>9} {'spread':>7}  " + "  ".join(f"K={repeats}" for repeats in (1, 3, 5)))
    shares = []
    for examples in (6, 13, 30, 100):
        for spread in (0.2, 0.5, 1.0):
            row = [share(cell_of(examples, repeats, spread), builds, 1) for repeats in (1, 3, 5)]
            shares += row
            print(f"{examples:>9} {spread:>7}  " + "  ".join(f"{part:>4.1%}" for part in row), flush=True)
    return shares


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", type=int, default=400)
    builds = parser.parse_args().builds
    null = table("unchanged: builds with a warning", builds, Cell)
    table("twice as slow: builds with a warning", builds, lambda *sizes: Cell(*sizes, factor=2.0))
    table(
        "unchanged, sessions differ by 20 %: builds with a warning",
        builds,
        lambda *sizes: Cell(*sizes, day=0.2),
    )
    bound = MOST_FALSE + _TOLERANCE * (MOST_FALSE * (1 - MOST_FALSE) / builds) ** 0.5
    print(
        f"\nworst unchanged cell {max(null):.1%}, mean {sum(null) / len(null):.2%}; at most {bound:.1%} by chance"
    )
    return int(max(null) > bound)


if __name__ == "__main__":
    sys.exit(main())
