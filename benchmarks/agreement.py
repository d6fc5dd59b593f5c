"""Agreement of 10,000 items × 5 ratings, and how often its intervals hold the true value.

``python benchmarks/agreement.py [speed] [coverage]``, both unless one is named. Speed: Krippendorff's alpha with its
interval at every level, of five categories, of numbers from 0 to 100 and of numbers that are all different, a tenth of
the ratings missing; and the other coefficients. CPU time; the reference is a loop of ten million additions. Coverage:
samples of 10 to 200 items from worlds whose true coefficients are those of 60,000 items, and the share of 95 %
intervals that hold them; undefined ones count for neither side. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.measures.agreement.alpha import alpha
from pytest_llmobs.measures.agreement.coefficient import Coefficient
from pytest_llmobs.measures.agreement.fleiss import fleiss_kappa
from pytest_llmobs.measures.agreement.gwet import gwet
from pytest_llmobs.measures.agreement.kappa import cohen_kappa
from pytest_llmobs.measures.agreement.raw import raw_agreement

ITEMS, RATERS, GAPS = 10_000, 5, 0.1
BAR = 1.0
"""Seconds of CPU, of up to 101 different values, on a machine whose reference takes 0.6 s."""
REFERENCE = 0.6
LEAST_COVERAGE = 0.86
SAMPLES, SIZES, WHOLE = 1000, (10, 20, 50, 200), 60_000

missed: list[str] = []


class World(NamedTuple):
    """Where samples come from."""

    prevalence: Sequence[float]
    """Share of the items that truly are of each category."""
    knows: float
    """How often a rater says what an item is; else a word by the prevalence, or a near one."""
    raters: int
    near: bool = False
    gaps: float = 0.0
    """Share of ratings by the third rater and later ones that are missing."""


FIVE = (0.1, 0.2, 0.4, 0.2, 0.1)
WORLDS = (
    World((0.5, 0.5), 0.6, 2),
    World((0.9, 0.1), 0.7, 2),
    World((0.95, 0.05), 0.8, 2),
    World((0.7, 0.3), 0.95, 2),
    World(FIVE, 0.6, 2, near=True),
    World((0.8, 0.2), 0.7, 5, gaps=0.3),
    World(FIVE, 0.6, 4, near=True, gaps=0.3),
)


def main() -> int:
    start = time.process_time()
    total = 0
    for _ in range(10_000_000):
        total += 1  # noqa: SIM113 - the addition is what is timed
    reference = time.process_time() - start
    slower = max(1.0, reference / REFERENCE)
    print(
        f"reference: ten million additions take {reference:.2f} s; bars of time are {slower:.1f} × as long here"
    )
    for part in sys.argv[1:] or PARTS:
        PARTS[part](slower)
    for what in missed:
        print(f"MISSED: {what}")
    return int(bool(missed))


def speed(slower: float) -> None:
    """Print what each coefficient takes."""
    chance = random.Random(3)
    five = ratings(chance, lambda: chance.randint(1, 5))
    hundred = ratings(chance, lambda: chance.randint(0, 100))
    unlike = ratings(chance, lambda: chance.uniform(0, 100))
    for level in ("nominal", "ordinal", "interval", "ratio"):
        timed(f"alpha, 5 values, {level}", partial(alpha, five, level), BAR * slower)
        timed(f"alpha, 101 values, {level}", partial(alpha, hundred, level), BAR * slower)
        if level != "ratio":  # takes the square of the number of values
            timed(f"alpha, all different, {level}", partial(alpha, unlike, level), None)
    timed("Fleiss' kappa, 5 values", partial(fleiss_kappa, five), BAR * slower)
    timed("Gwet's AC1, 5 values", partial(gwet, five), BAR * slower)
    timed("raw agreement, 5 values", partial(raw_agreement, five), BAR * slower)


def ratings(chance: random.Random, draw: Callable[[], Any]) -> list[list[Any]]:
    table = []
    for _ in range(ITEMS):
        row = []
        for _ in range(RATERS):
            row.append(None if chance.random() < GAPS else draw())
        table.append(row)
    return table


def timed(what: str, work: Callable[[], Coefficient], bar: float | None) -> None:
    start = time.process_time()
    result = work()
    seconds = time.process_time() - start
    holds = bar is None or seconds <= bar
    print(
        f"{what}: {seconds:.2f} s; {result.value:.4f} [{result.low:.4f}, {result.high:.4f}]{'' if holds else ' MISSED'}"
    )
    if not holds:
        missed.append(f"{what}: {seconds:.2f} s")


def coverage(slower: float) -> None:
    """Print, by world and size, the least and the greatest share of intervals that hold the true value."""
    chance = random.Random(1)
    for world in WORLDS:
        truths = coefficients(world, WHOLE, chance)
        print(f"{world}\n  true: " + ", ".join(f"{name} {truths[name].value:.3f}" for name in truths))
        for n in SIZES:
            shares = covered(world, n, truths, chance)
            print(
                f"  {n:3} items: " + ", ".join(f"{name} {share:.3f}" for name, share in shares.items()),
                flush=True,
            )
            if min(shares.values()) < LEAST_COVERAGE:
                missed.append(f"coverage of {n} items in {world}")


def covered(world: World, n: int, truths: dict[str, Coefficient], chance: random.Random) -> dict[str, float]:
    hits, defined = dict.fromkeys(truths, 0), dict.fromkeys(truths, 0)
    for _ in range(SAMPLES):
        for name, result in coefficients(world, n, chance).items():
            if result.value is not None:
                defined[name] += 1
                hits[name] += result.low <= truths[name].value <= result.high
    return {name: hits[name] / max(defined[name], 1) for name in truths}


def coefficients(world: World, n: int, chance: random.Random) -> dict[str, Coefficient]:
    table = [said(world, chance) for _ in range(n)]
    categories = range(len(world.prevalence))
    results = {
        "raw": raw_agreement(table),
        "Fleiss": fleiss_kappa(table, categories),
        "AC1": gwet(table, categories),
        "alpha": alpha(table),
    }
    if world.raters == 2:
        results["Cohen"] = cohen_kappa(table)
    if len(categories) > 2:
        results["ordinal"] = alpha(table, "ordinal")
        results["interval"] = alpha(table, "interval")
        if world.raters == 2:
            results["weighted"] = cohen_kappa(table, categories, ordered=True)
    return results


def said(world: World, chance: random.Random) -> list[int | None]:
    """Return what all raters say of one item."""
    categories = range(len(world.prevalence))
    truly = chance.choices(categories, world.prevalence)[0]
    row: list[int | None] = []
    for rater in range(world.raters):
        if rater > 1 and chance.random() < world.gaps:
            row.append(None)
        elif chance.random() < world.knows:
            row.append(truly)
        elif world.near:
            row.append(min(max(truly + chance.choice((-1, 1)), 0), categories[-1]))
        else:
            row.append(chance.choices(categories, world.prevalence)[0])
    return row


PARTS = {"speed": speed, "coverage": coverage}

if __name__ == "__main__":
    sys.exit(main())
