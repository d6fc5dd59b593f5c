"""How long and how much memory the gate takes: 10,000 examples, 5 metrics, 3 repeats against a baseline of 5 passes.

    python benchmarks/gate_speed.py [--examples 10000]

Each case runs in three processes of its own and the fastest counts. Seconds are CPU (the gate is one thread), so that
what else the machine does weighs less: the whole decision, and its share of each look, without the time that further
trials take. Memory is that of the whole process with trials and baseline in it. The last line is what the end of a
session imports for it. Exits with 1 where a bar is missed, or where numpy, scipy or pyarrow was imported.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 2.0
MEGABYTES = 300.0
SUITE = "tests/test_big.py::test_agent"
SCORES = ("correct", "polite", "short", "tone")
"""Four scores; ``pass`` is the fifth metric."""
CASES = {
    "nothing changed": (0.0, 4),
    "nothing changed, in doubt": (0.0, 3),
    "5 points worse": (0.05, 3),
    "all examples vary": (0.0, 3),
    "all vary, 5 points worse": (0.05, 3),
}
"""Case -> by how much it drops, and the seed of its trials: 3 is low enough by chance for four looks."""
HEAVY = ("numpy", "scipy", "pyarrow", "pandas")


def varies(case: str) -> bool:
    """Return whether a case's scores are fractions that differ in every trial; otherwise half its examples are sure."""
    return case.startswith("all")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every case and print it; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--child", nargs=2, metavar=("CASE", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        case, path = options.child
        print(json.dumps(measure(case, options.examples, Path(path))))
        return 0
    missed = 0
    print(
        f"{'':26}{'read':>6}{'looks':>8}{'decide':>10}{'a look':>10}{'bar':>8}{'peak memory':>14}{'bar':>9}"
    )
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "baseline.json")
            write(case, options.examples, path)
            runs = [child(case, options.examples, path) for _ in range(3)]
        best = min(runs, key=lambda run: run["decide"])
        a_look = best["decide"] / best["looks"]
        bad = a_look > SECONDS or best["memory"] > MEGABYTES
        missed += bad
        print(
            f"{case:26}{best['read']:4.1f} s{best['looks']:8.0f}{best['decide']:8.2f} s{a_look:8.2f} s{SECONDS:6.1f} s"
            f"{best['memory']:11.0f} MB{MEGABYTES:6.0f} MB  {'MISSED' if bad else 'ok'}"
        )
    return 1 if report_imports() or missed else 0


def child(case: str, examples: int, path: Path) -> dict[str, float]:
    """Measure one case in a process of its own."""
    command = [sys.executable, __file__, "--examples", str(examples), "--child", case, str(path)]
    answer: dict[str, float] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )
    return answer


def report_imports() -> bool:
    """Print what the end of a session imports beside the plugin; return whether anything heavy is among it."""
    script = (
        "import sys, time, pytest_llmobs.plugin; before = set(sys.modules); began = time.process_time()\n"
        "import pytest_llmobs.experiments.conclude\n"
        "more = sorted(set(sys.modules) - before)\n"
        "print(time.process_time() - began); print(*more)"
    )
    lines = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    seconds, names = lines.splitlines()
    modules = names.split()
    own = [name for name in modules if name.startswith("pytest_llmobs")]
    heavy = sorted({name.partition(".")[0] for name in modules} & set(HEAVY))
    print(
        f"imported for the end of a session: {len(modules)} modules, {len(own)} of them ours, in {float(seconds):.2f} s"
        f" of CPU; {'MISSED: ' + ', '.join(heavy) if heavy else 'neither ' + ' nor '.join(HEAVY)}"
    )
    return bool(heavy)


@dataclass
class Suite:
    """A large suite, its trials drawn by the case's chances."""

    case: str
    examples: int
    drop: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    away: float = 0.0
    """Seconds of CPU that its further trials took."""
    looks: int = 1

    def __post_init__(self) -> None:
        quality = random.Random(2)
        a, b = (6.0, 2.0) if varies(self.case) else (1.02, 0.18)
        self.ids = [f"e{number:05}" for number in range(self.examples)]
        self.quality = {example: quality.betavariate(a, b) for example in self.ids}

    def plan(self, repeat: int) -> object:
        """Return what collection would promise."""
        from pytest_llmobs.records.plans import SuitePlan

        return SuitePlan(
            name=SUITE,
            path="tests/test_big.py",
            metrics=dict.fromkeys(SCORES, "v1"),
            repeat=repeat,
            expected=list(self._expected(repeat)),
            total=self.examples,
        )

    def _expected(self, repeat: int) -> Iterator[object]:
        from pytest_llmobs.records.plans import ExpectedTrial

        for example in self.ids:
            for number in range(1, repeat + 1):
                nodeid = f"{SUITE}[{example}-r{number}]"
                yield ExpectedTrial(example_id=example, example_hash=example, repeat=number, nodeid=nodeid)

    def session(self, repeat: int) -> list[object]:
        """Run every example so many times."""
        return [self.trial(example, number) for example in self.ids for number in range(1, repeat + 1)]

    def trial(self, example: str, number: int) -> object:
        """Run an example once."""
        from pytest_llmobs.records.trials import Trial, TrialScore

        p, chance = self.quality[example] - self.drop, self.chance
        scores = {}
        for key in SCORES:
            score = float(chance.random() < p)
            if varies(self.case):
                score = round(min(1.0, max(0.0, p + chance.gauss(0, 0.1))), 6)
            scores[key] = TrialScore(score=score, gating=True)
        return Trial(
            suite=SUITE,
            example_id=example,
            example_hash=example,
            repeat=number,
            nodeid=f"{SUITE}[{example}-r{number}]",
            status="passed" if chance.random() < p else "failed",
            scores=scores,
            latency=chance.lognormvariate(0, 0.3),
            total_cost=0.001,
        )

    def look(self, request: object) -> object:
        """Run what the gate asks for, all of it."""
        from pytest_llmobs.records.looks import Look

        began = time.process_time()
        trials = []
        for rerun in request.reruns:
            for example, numbers in rerun.repeats.items():
                trials += [self.trial(example, number) for number in numbers]
        self.looks += 1
        self.away += time.process_time() - began
        return Look(purpose=request.purpose, trials=trials)


def write(case: str, examples: int, path: Path) -> None:
    """Record the baseline of a case."""
    from pytest_llmobs.baselines.file import save_baseline
    from pytest_llmobs.baselines.update import updated_baseline

    suite = Suite(case, examples)
    save_baseline(path, updated_baseline(None, suite.plan(5), suite.session(5), texts=False).baseline)


def measure(case: str, examples: int, path: Path) -> dict[str, float]:
    """Return seconds to read the baseline and to decide, looks, and the peak memory of this process in MB."""
    from pytest_llmobs.baselines.file import load_baseline
    from pytest_llmobs.gate.decide import decide
    from pytest_llmobs.plugin.garbage_collection import THRESHOLDS
    from pytest_llmobs.settings import Settings

    drop, seed = CASES[case]
    suite = Suite(case, examples, drop, random.Random(seed))
    plan, trials = suite.plan(3), suite.session(3)
    began = time.process_time()
    baseline = load_baseline(path)
    read = time.process_time() - began
    gc.set_threshold(*THRESHOLDS)  # as in every session that runs an experiment
    began = time.process_time()
    decision = decide([plan], trials, {SUITE: baseline}, Settings(repeat=3, control="off"), suite.look)
    judged = time.process_time() - began - suite.away
    assert decision.red == (suite.drop > 0), decision.metrics
    assert not set(HEAVY) & sys.modules.keys()
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"read": read, "decide": judged, "looks": suite.looks, "memory": peak}


if __name__ == "__main__":
    sys.exit(main())
