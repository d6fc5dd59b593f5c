"""How long and how much memory the gate takes: 10,000 examples, 5 metrics, 3 repeats against a baseline of 5.

Each case runs in three processes of its own and the fastest counts. Seconds are CPU (the gate is one thread), so that
what else the machine does weighs less; memory is that of the whole process with trials and baseline in it.

    python benchmarks/gate_speed.py [--examples 10000]

Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.gate.decide import decide
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.settings import Settings

SECONDS = 2.0
MEGABYTES = 300.0
SUITE = "tests/test_big.py::test_agent"
METRICS = ("correct", "polite", "short", "tone")
"""Four scores; ``pass`` is the fifth metric."""


def plan_of(examples: int, repeat: int) -> SuitePlan:
    expected = tuple(
        ExpectedTrial(example_id=f"e{n:05}", example_hash=f"h{n}", repeat=r, nodeid=f"{SUITE}[e{n:05}-r{r}]")
        for n in range(examples)
        for r in range(1, repeat + 1)
    )
    metrics = dict.fromkeys(METRICS, "v1")
    return SuitePlan(
        name=SUITE,
        path="tests/test_big.py",
        metrics=metrics,
        repeat=repeat,
        expected=expected,
        total=examples,
    )


def trials_of(plan: SuitePlan, drop: float) -> list[Trial]:
    """Draw trials of examples whose quality differs; ``drop`` lowers each by as much."""
    chance = random.Random(f"{plan.repeat}{drop}")
    quality = {t.example_id: random.Random(t.example_id).betavariate(1.02, 0.18) for t in plan.expected}
    found = []
    for trial in plan.expected:
        p = quality[trial.example_id] - drop
        scores = {key: TrialScore(score=float(chance.random() < p), gating=True) for key in METRICS[:2]}
        scores |= {key: TrialScore(score=p + chance.gauss(0, 0.1), gating=True) for key in METRICS[2:]}
        found.append(
            Trial(
                suite=SUITE,
                example_id=trial.example_id,
                example_hash=trial.example_hash,
                repeat=trial.repeat,
                nodeid=trial.nodeid,
                status="passed" if chance.random() < p else "failed",
                scores=scores,
                latency=chance.lognormvariate(0, 0.3),
                total_cost=0.001,
            )
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--child", nargs=2, metavar=("PATH", "DROP"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(measure(options.examples, Path(options.child[0]), float(options.child[1])))
        return 0
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "baseline.json")
        plan = plan_of(options.examples, 5)
        save_baseline(path, updated_baseline(None, plan, trials_of(plan, 0.0), texts=False).baseline)
        print(
            f"{'':24}{'read baseline':>14}{'decide':>10}{'together':>10}{'bar':>8}{'peak memory':>14}{'bar':>10}"
        )
        for title, drop in (("nothing changed", "0"), ("5 points worse", "0.05")):
            command = [
                sys.executable,
                __file__,
                "--examples",
                str(options.examples),
                "--child",
                str(path),
                drop,
            ]
            read, judge, memory = min((run(command) for _ in range(3)), key=lambda times: times[0] + times[1])
            late, fat = read + judge > SECONDS, memory > MEGABYTES
            missed += late or fat
            print(
                f"{title:24}{read:12.2f} s{judge:8.2f} s{read + judge:8.2f} s{SECONDS:6.1f} s"
                f"{memory:11.0f} MB{MEGABYTES:7.0f} MB  {'MISSED' if late or fat else 'ok'}"
            )
    return 1 if missed else 0


def run(command: Sequence[str]) -> tuple[float, ...]:
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return tuple(float(word) for word in answer[-3:])


def measure(examples: int, path: Path, drop: float) -> str:
    """Return seconds to read the baseline, seconds to decide, and the peak memory of this process in MB."""
    plan = plan_of(examples, 3)
    trials = trials_of(plan, drop)
    began = time.process_time()
    baseline = load_baseline(path)
    read = time.process_time() - began
    assert baseline is not None
    began = time.process_time()
    decision = decide([plan], trials, {SUITE: baseline}, Settings())
    judged = time.process_time() - began
    assert decision.red == (drop > 0), decision.metrics
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return f"{read} {judged} {peak}"


if __name__ == "__main__":
    sys.exit(main())
