"""Whole builds through the gate's own ``decide``, further looks and the control included, beside what was published.

    python benchmarks/gate_simulation.py [TABLE …] [--only TEXT] [--builds 200] [--jobs 2] [--seed 1] [--short]

Each build draws the quality of its examples, records a baseline, runs a session, and plays every further session that
``decide`` asks for: whole passes, missing trials, suspects until they are settled, the accepted code on the same day.
Tables: harmless, sizes, flaws, power, broken, days, baselines, detectable; all of them unless some are named.

Prints a line a figure: measured with its standard error, published, and how many standard errors of their difference
lie between them (the published one is simulated too). Exits with 1 where one is more than three standard errors off; of
some 400 figures one is by chance alone: repeat it with another ``--seed`` and more ``--builds``.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import fmean, pvariance

from gate_builds import Build, run_build
from gate_tables import AMOUNTS, TABLES, Cell, Figure, Measure

FARTHEST = 3.0
"""Standard errors of the difference from which a figure is flagged."""
CHUNK = 20
"""Builds that a process takes at once."""
SHORT = {
    "logit, mean 0.85, N=12, G=3": 60,
    "even, mean 0.6, N=50, G=3": 30,
    "mean 1.0, N=50, G=3": 40,
    "K=3, N=12, G=3": 40,
    "bimodal, -20 points, N=12": 60,
    "bimodal, -10 points, N=50": 40,
    "logit, 1 of 50 at pass rate 0": 20,
    "1 % fail all day, N=20, no control": 40,
    "1 % fail all day, N=20, with control": 40,
}
"""Cell -> builds, of ``--short``."""


def value(build: Build, measure: Measure) -> float | None:
    """Return what a build counts for a measure; None where it doesn't count."""
    if measure == "overstated":
        return build.overstated
    values = {
        "red": build.red,
        "metric red": build.guard1,
        "extra": build.extra / build.session,
        "passes": build.passes,
        "control": build.calls.get("control", 0) / build.examples,
        "drifted": "DRIFTED" in build.verdicts,
        "inconclusive": "INCONCLUSIVE" in build.verdicts,
        "false bound": build.false_bound,
    }
    return 100.0 * values[measure]


def distance(values: Sequence[float], figure: Figure) -> float:
    """Return how many standard errors of their difference a measured mean lies outside a published figure."""
    mean = fmean(values)
    published = min(max(mean, figure.low), figure.high)
    # most builds need no further call: few of them say too little of the spread
    variance = max(pvariance(values), 100 * published)
    if figure.measure not in AMOUNTS:
        # pooled, with one more red and one more green build, so that 0 of 400 isn't taken for certainty
        share = (mean * len(values) + published * figure.builds + 100) / (len(values) + figure.builds + 2)
        variance = share * (100 - share)
    error = math.sqrt(variance * (1 / len(values) + 1 / figure.builds))
    if mean == published:
        return 0.0
    return (mean - published) / error if error else math.copysign(math.inf, mean - published)


def builds_of(cell: Cell, seed: int, numbers: Iterable[int]) -> list[Build]:
    """Run some builds of a cell."""
    chances = (random.Random(f"{seed} {cell.title} {number}") for number in numbers)
    return [run_build(cell.scenario, chance, cell.confirm) for chance in chances]


def run_cells(cells: Sequence[tuple[Cell, int]], seed: int, jobs: int) -> Iterator[tuple[Cell, list[Build]]]:
    """Yield each cell with its builds, in order."""
    if jobs == 1:
        for cell, builds in cells:
            yield cell, builds_of(cell, seed, range(builds))
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting = []
        for cell, builds in cells:
            chunks = [range(start, min(start + CHUNK, builds)) for start in range(0, builds, CHUNK)]
            waiting.append((cell, [pool.submit(builds_of, cell, seed, chunk) for chunk in chunks]))
        for cell, futures in waiting:
            done: list[Build] = []
            for future in futures:
                done += future.result()
            yield cell, done


def line(cell: Cell, figure: Figure, builds: Sequence[Build]) -> tuple[str, bool]:
    """Return what is printed of a figure, and whether it is too far from the published one."""
    values = [counted for build in builds if (counted := value(build, figure.measure)) is not None]
    if not values:
        return f"{cell.table:11}{cell.title:64}{figure.measure:13} no such build", False
    error = math.sqrt(pvariance(values) / len(values))
    away = distance(values, figure)
    published = f"{figure.low:g}" if figure.low == figure.high else f"{figure.low:g} to {figure.high:g}"
    if figure.at_most:
        published = f"<= {figure.high:g}"
    missed = abs(away) > FARTHEST
    text = (
        f"{cell.table:11}{cell.title:64}{figure.measure:13}{fmean(values):8.2f} ± {error:5.2f}"
        f"{published:>12} ({figure.builds:4}){away:+7.1f}{'  FLAGGED' if missed else ''}"
    )
    return text, missed


def chosen_cells(options: argparse.Namespace) -> list[tuple[Cell, int]]:
    """Return the cells to run, each with its number of builds."""
    cells: list[tuple[Cell, int]] = []
    for table in options.tables or TABLES:
        for cell in TABLES[table]():
            builds = SHORT.get(cell.title, 0) if options.short else options.builds
            if builds and options.only in cell.title:
                cells.append((cell, builds))
    return cells


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tables and print them; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--only", default="", metavar="TEXT", help="cells whose title holds this")
    parser.add_argument("--builds", type=int, default=200, help="builds a cell (default 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--short", action="store_true", help="a few cells with few builds, in about 20 s")
    options = parser.parse_args(arguments)
    unknown = set(options.tables) - TABLES.keys()
    if unknown:
        parser.error(f"Unknown table {sorted(unknown)[0]!r}. Known: {', '.join(TABLES)}.")
    cells = chosen_cells(options)
    if not cells:
        parser.error(f"No cell holds {options.only!r} in its title.")
    began, flagged, total = time.monotonic(), 0, 0
    print(f"{'table':11}{'cell':64}{'measure':13}{'measured':>16}{'published (builds)':>19}{'errors':>7}")
    for cell, builds in run_cells(cells, options.seed, options.jobs):
        for figure in cell.figures:
            text, missed = line(cell, figure, builds)
            flagged, total = flagged + missed, total + 1
            print(text, flush=True)
    print(f"{total} figures, {flagged} flagged, {time.monotonic() - began:.0f} s")
    return 1 if flagged else 0


if __name__ == "__main__":
    sys.exit(main())
