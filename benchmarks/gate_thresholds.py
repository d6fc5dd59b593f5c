"""How often guard 2 alone, and proposed thresholds, turn a harmless build red.

    python benchmarks/gate_thresholds.py [--builds 4000] [--seed 1]

Guard 2: worked out exactly from each example's chance to pass, over 5,000 examples of each process. ``min_mean``:
proposed from the means of h experiments, then held against one more. Exits with 1 where a bar is missed, the published
worst figure, of ``min_mean`` with three standard errors.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence
from functools import cache

from gate_worlds import DRAWS, Process, Scenario, draw_chances

from pytest_llmobs.gate.suspects import Settlement, settlement
from pytest_llmobs.measures.broken import CHECKPOINTS, most_passes, nearly_always
from pytest_llmobs.measures.proposals import proposed_min_mean

GUARD2 = {
    (12, 5): 1.3,
    (50, 5): 1.3,
    (100, 5): 1.3,
    (300, 5): 0.3,
    (1_000, 5): 0.2,
    (100, 10): 2.6,
    (300, 10): 2.6,
}
"""Examples, baseline passes -> published worst percentage of red builds over processes and means."""
MEANS = (0.6, 0.85, 0.95)
SAMPLE = 5_000
WORST_PROPOSAL, MEAN_PROPOSAL = 2.5, 1.0


@cache
def broken_chance(p: float, recorded: int, tests: int) -> float:
    """Return the chance that an example that passes with chance ``p`` is called broken, though nothing changed."""
    total = 0.0
    for usual in range(recorded + 1):
        if nearly_always(usual, recorded):
            weight = math.comb(recorded, usual) * p**usual * (1 - p) ** (recorded - usual)
            most = [(trials, most_passes(trials, usual, recorded, tests)) for trials in CHECKPOINTS]
            total += weight * (1 - p) * _ends_broken(p, (1, 0), most)
    return total


def _ends_broken(p: float, so_far: tuple[int, int], checkpoints: Sequence[tuple[int, int]]) -> float:
    """Return the chance that a suspect ends broken.

    Args:
        p: Its chance to pass.
        so_far: Trials, the first of which failed, and passes among them.
        checkpoints: See ``Suspicion``.
    """
    chances: dict[tuple[int, int], float] = {so_far: 1.0}
    broken = 0.0
    while chances:
        following: dict[tuple[int, int], float] = {}
        for (trials, passes), chance in chances.items():
            state = _settlement(trials, passes, checkpoints)
            if state == "broken":
                broken += chance
            elif state == "open":
                for passed, share in ((1, p), (0, 1 - p)):
                    key = (trials + 1, passes + passed)
                    following[key] = following.get(key, 0.0) + chance * share
        chances = following
    return broken


def _settlement(trials: int, passes: int, checkpoints: Sequence[tuple[int, int]]) -> Settlement:
    # whoever comes this far has at most one pass among the first four, and was not broken at an earlier checkpoint:
    # the passes may stand anywhere between
    failed = trials - passes
    early = min(3, failed)
    return settlement([*[False] * early, *[True] * passes, *[False] * (failed - early)], checkpoints)


def guard2_red(process: Process, mean: float, examples: int, recorded: int) -> float:
    """Return the percentage of harmless builds that guard 2 alone turns red."""
    chances = draw_chances(Scenario(process=process, mean=mean, examples=SAMPLE), random.Random(1))
    # a thousand chances are enough to look up
    each = [broken_chance(round(p, 3), recorded, examples) for p in chances]
    return 100 * (1 - (1 - sum(each) / SAMPLE) ** examples)


def proposal_red(scenario: Scenario, experiments: int, builds: int, chance: random.Random) -> float:
    """Return the percentage of harmless builds below the ``min_mean`` that their history proposes."""
    red = 0
    for _ in range(builds):
        chances = draw_chances(scenario, chance)
        means = []
        for _ in range(experiments + 1):
            passes = sum(chance.random() < p for p in chances)
            means.append(passes / len(chances))
        proposed = proposed_min_mean(means[:-1], 1)
        red += proposed is not None and means[-1] < proposed
    return 100 * red / builds


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all figures; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--builds", type=int, default=4_000, help="of a min_mean's cell (default 4000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    missed = print_guard2()
    missed += print_proposals(options.builds, options.seed)
    return 1 if missed else 0


def print_guard2() -> int:
    """Print guard 2's figures; return how many miss their bar."""
    missed = 0
    print("guard 2 alone, harmless builds red, %")
    for (examples, recorded), published in GUARD2.items():
        figures = {}
        for process in DRAWS:
            for mean in MEANS:
                figures[f"{process}, mean {mean}"] = guard2_red(process, mean, examples, recorded)
        where, worst = max(figures.items(), key=lambda figure: figure[1])
        bad = round(worst, 1) > published
        missed += bad
        print(
            f"  N={examples:<5} {recorded:2} baseline passes: worst {worst:5.2f} ({where}), published {published}"
            f"  {'MISSED' if bad else 'ok'}",
            flush=True,
        )
    return missed


def print_proposals(builds: int, seed: int) -> int:
    """Print what proposed thresholds do; return how many miss their bar."""
    figures = []
    print("a proposed min_mean, harmless builds red, %")
    for process in ("logit", "bimodal", "two"):
        for examples in (12, 50, 100):
            for experiments in (5, 10, 20):
                scenario = Scenario(process=process, examples=examples)
                chance = random.Random(f"{seed} {process} {examples} {experiments}")
                figures.append(proposal_red(scenario, experiments, builds, chance))
                print(f"  {process:8} N={examples:<4} h={experiments:<3} {figures[-1]:5.2f}", flush=True)
    worst, mean = max(figures), sum(figures) / len(figures)
    error = 100 * math.sqrt(WORST_PROPOSAL / 100 / builds)
    bad = worst > WORST_PROPOSAL + 3 * error
    print(
        f"  worst {worst:.2f}, published {WORST_PROPOSAL}; mean {mean:.2f}, published {MEAN_PROPOSAL}"
        f"  {'MISSED' if bad else 'ok'}"
    )
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
