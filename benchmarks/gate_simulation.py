"""Whole builds through the gate's own ``decide``, confirmation included: how often is red wrong, how often right?

    python benchmarks/gate_simulation.py [--builds 2000] [--seed 1] [--only harmless]

Each build draws the quality of its examples (chance to pass, Beta distributed with the given mean: most are near 1,
some are a coin's throw), records a baseline of five repeats, runs the candidate, asks ``decide``, reruns what it asks
for, and asks again. Guard 2's reruns of an example stop once it is cleared, as in the confirming session. A change for
the worse raises each chance to a power, so that what was shaky suffers most, until the mean has dropped by the given
points. With these choices simple rules turn out as red as the published table says (first lines of the output).

Metrics of one build are drawn independently of each other, the hardest case for false alarms.

Prints a line a figure, with its standard error; exits with 1 where one misses its bar. A figure without a bar is told
because it belongs to the picture.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.gate.suspects import cleared
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings

SUITE = "tests/test_app.py::test_app"
CONCENTRATION = 1.2
"""a + b of the Beta distribution; the smaller, the more examples are near 0 or 1."""
BASELINE_REPEATS = 5


@dataclass(frozen=True)
class Scenario:
    """One kind of build."""

    examples: int = 100
    metrics: int = 1
    """``pass`` and as many scores as it takes."""
    repeat: int = 1
    mean: float = 0.85
    drop: float = 0.0
    """Points by which the mean of every metric drops."""
    broken: int = 0
    """Examples that always passed and now never do."""
    steady: bool = False
    """A deterministic application: every chance is 1."""


@dataclass(frozen=True)
class Build:
    """What came of one build."""

    red: bool
    extra: float
    """Trials of the confirming session for each trial of the first run."""


@cache
def exponent(mean: float, drop: float) -> float:
    """Return the power that lowers the mean chance by ``drop``: E[p^e] of a Beta is a ratio of gamma functions."""
    a, b = mean * CONCENTRATION, (1 - mean) * CONCENTRATION

    def moment(e: float) -> float:
        return math.exp(math.lgamma(a + e) - math.lgamma(a) + math.lgamma(a + b) - math.lgamma(a + b + e))

    low, high = 1.0, 1000.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if moment(middle) > mean - drop else (low, middle)
    return low


class World:
    """The application under test: chances of each example and metric, before and after the change."""

    def __init__(self, scenario: Scenario, chance: random.Random) -> None:
        self.scenario, self.chance = scenario, chance
        self.keys = [f"score{number}" for number in range(1, scenario.metrics)]
        a = scenario.mean * CONCENTRATION
        b = CONCENTRATION - a
        power = exponent(scenario.mean, scenario.drop) if scenario.drop else 1.0
        self.before = [
            [
                1.0 if scenario.steady or n < scenario.broken else chance.betavariate(a, b)
                for _ in range(scenario.metrics)
            ]
            for n in range(scenario.examples)
        ]
        self.after = [
            [0.0 if n < scenario.broken else p**power for p in chances]
            for n, chances in enumerate(self.before)
        ]

    def throw(self, chances: Sequence[float]) -> list[float]:
        return [float(self.chance.random() < p) for p in chances]

    def baseline(self) -> Baseline:
        rows = {}
        for n, chances in enumerate(self.before):
            passes, *scores = zip(*(self.throw(chances) for _ in range(BASELINE_REPEATS)), strict=True)
            rows[f"e{n:03}"] = BaselineRow(
                hash=f"h{n}", passes=passes, scores=dict(zip(self.keys, scores, strict=True))
            )
        return Baseline(suite=SUITE, metrics=dict.fromkeys(self.keys, "v1"), rows=rows)

    def trial(self, n: int, repeat: int) -> Trial:
        passed, *scores = self.throw(self.after[n])
        return Trial(
            suite=SUITE,
            example_id=f"e{n:03}",
            example_hash=f"h{n}",
            repeat=repeat,
            nodeid=f"{SUITE}[e{n:03}-r{repeat}]",
            status="passed" if passed else "failed",
            scores={key: TrialScore(score=s, gating=True) for key, s in zip(self.keys, scores, strict=True)},
        )

    def confirm(self, reruns: Sequence[Rerun], done: int) -> list[Trial]:
        """Run a confirming session: whole suites first, then each suspect until it is cleared."""
        trials: dict[int, list[Trial]] = defaultdict(list)
        for rerun in sorted(reruns, key=lambda rerun: rerun.reason, reverse=True):
            examples = (
                range(self.scenario.examples)
                if rerun.examples is None
                else [int(e[1:]) for e in rerun.examples]
            )
            for n in examples:
                while len(trials[n]) < rerun.repeats:
                    if rerun.reason == "example" and cleared(rerun, f"e{n:03}", trials[n]):
                        break
                    trials[n].append(self.trial(n, done + len(trials[n]) + 1))
        return [trial for found in trials.values() for trial in found]


def run_build(scenario: Scenario, chance: random.Random) -> Build:
    """Take one build through the gate."""
    world, settings = World(scenario, chance), Settings(repeat=scenario.repeat)
    trials = [world.trial(n, r) for n in range(scenario.examples) for r in range(1, scenario.repeat + 1)]
    plan = SuitePlan(
        name=SUITE,
        path="tests/test_app.py",
        metrics=dict.fromkeys(world.keys, "v1"),
        repeat=scenario.repeat,
        expected=tuple(
            ExpectedTrial(
                example_id=t.example_id, example_hash=t.example_hash, repeat=t.repeat, nodeid=t.nodeid
            )
            for t in trials
        ),
        total=scenario.examples,
    )
    baselines = {SUITE: world.baseline()}
    decision = decide([plan], trials, baselines, settings)
    if not decision.reruns:
        return Build(decision.red, 0.0)
    again = world.confirm(decision.reruns, scenario.repeat)
    return Build(decide([plan], trials, baselines, settings, again).red, len(again) / len(trials))


@dataclass(frozen=True)
class Figure:
    """A promise about a kind of build."""

    group: str
    scenario: Scenario
    bar: float | None = None
    """Percent; None where the figure is told and nothing is promised."""
    at_least: bool = False
    extra: bool = False
    """The promise is about extra calls, not about red builds."""

    @property
    def title(self) -> str:
        s = self.scenario
        what = f"{s.examples} examples, {s.metrics} metric{'s' * (s.metrics > 1)}, K={s.repeat}"
        if not s.steady:
            what += f", mean {s.mean:g}"
        if s.drop:
            what += f", {-100 * s.drop:g} points"
        return what + (f", {s.broken} broken" if s.broken else "") + (", deterministic" if s.steady else "")


def figures() -> Iterator[Figure]:
    """Yield every promise: harmless builds, drops, broken examples, extra calls."""
    base = Scenario()
    for examples in (12, 50, 100, 200):
        for metrics in (1, 5):
            yield Figure("harmless red", replace(base, examples=examples, metrics=metrics), 2.5)
    yield Figure("harmless red", replace(base, repeat=3), 2.5)
    for metrics in (1, 5):
        yield Figure("harmless red", replace(base, metrics=metrics, mean=0.6), 3.5)
    yield Figure("found", replace(base, drop=0.10), 93, at_least=True)
    yield Figure("found", replace(base, drop=0.10, repeat=3), 99, at_least=True)
    for repeat in (1, 3):
        yield Figure("found", replace(base, drop=0.05, repeat=repeat))
    for examples in (12, 50, 100, 200):
        yield Figure("found", replace(base, examples=examples, broken=1), 95, at_least=True)
    yield Figure("found", replace(base, examples=3, broken=3, steady=True), 100, at_least=True)
    for repeat in (1, 3):
        for examples in (50, 100, 200):
            yield Figure("extra calls", replace(base, examples=examples, repeat=repeat), 8, extra=True)
    # a small suite is cheap and rerun five times whenever it drops; independent metrics have suspects of their own
    for examples, metrics, repeat in ((12, 1, 1), (12, 1, 3), (50, 5, 1), (100, 5, 1), (100, 5, 3)):
        told = replace(base, examples=examples, metrics=metrics, repeat=repeat)
        yield Figure("extra calls", told, extra=True)


def measure(figure: Figure, builds: int, seed: int) -> tuple[float, float]:
    """Return the measured percentage and its standard error."""
    done = [run_build(figure.scenario, random.Random(f"{seed} {figure.title} {n}")) for n in range(builds)]
    values = [build.extra if figure.extra else float(build.red) for build in done]
    mean = sum(values) / builds
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / max(1, builds - 1))
    return 100 * mean, 100 * spread / math.sqrt(builds)


def missed(figure: Figure, measured: float) -> bool:
    if figure.bar is None:
        return False
    return measured < figure.bar if figure.at_least else measured > figure.bar


def naive(repeat: int, drop: float, builds: int, seed: int) -> float:
    """Return how often the rule "the mean of 100 examples dropped by more than .02" is red, in percent."""
    red = 0
    for n in range(builds):
        world = World(Scenario(drop=drop, repeat=repeat), random.Random(f"{seed} naive {repeat} {drop} {n}"))
        before = sum(world.throw(p)[0] for p in world.before for _ in range(repeat))
        after = sum(world.throw(p)[0] for p in world.after for _ in range(repeat))
        red += (after - before) / (100 * repeat) < -0.02 - 1e-9
    return 100 * red / builds


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--builds", type=int, default=2000, help="builds a figure (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="GROUP", help="harmless, found or extra")
    options = parser.parse_args(arguments)
    print("The rule 'mean dropped by more than .02', 100 examples, published in brackets:")
    for repeat, published in ((1, (26, 75, 98)), (3, (17, 91, 100))):
        found = [naive(repeat, drop, options.builds, options.seed) for drop in (0.0, 0.05, 0.10)]
        print(
            f"  K={repeat}  "
            + "   ".join(f"{f:5.1f} % ({p} %)" for f, p in zip(found, published, strict=True))
        )
    print(f"\n{'figure':14}{'build':64}{'bar':>8}{'measured':>17}")
    failed = 0
    for figure in figures():
        if not figure.group.startswith(options.only):
            continue
        measured, error = measure(figure, options.builds, options.seed)
        bad = missed(figure, measured)
        failed += bad
        bar = "" if figure.bar is None else f"{'>=' if figure.at_least else '<='} {figure.bar:g} %"
        print(
            f"{figure.group:14}{figure.title:64}{bar:>8}{measured:8.2f} ± {error:.2f} %{'  MISSED' if bad else ''}",
            flush=True,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
