"""Whole sessions through real pytest: how often does nothing at all turn a build red, how often a drop?

    python benchmarks/gate_sessions.py [--sessions 500] [--worse 40] [--baselines 25] [--jobs 2] [--seed 1]

A noisy application of 30 examples and two metrics, whose chances to pass never change. Its baseline is recorded a few
times; each baseline then meets its share of the sessions, half of them alone, half with two xdist workers; ``--worse``
more sessions run an application that is 15 points worse. Every process throws its own dice, the further sessions' too,
by the session's seed. No provider, no network.

Prints a line each, with the share of red sessions, beside what the same chances give where the gate alone decides
simulated builds. Exits with 1 where the two differ by more than three standard errors, and stops where pytest ends with
anything but 0 or 1, or with 1 for another reason than a red gate.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from gate_builds import run_build
from gate_worlds import Scenario, draw_chances

EXAMPLES = 30
BUILDS = 1_000
"""Of the simulation beside it."""
DROP = 0.15
TEST = '''
import os
import random
from pathlib import Path

import pytest


def dice():
    """Return what this process throws: by the session's seed, and which of its processes this is."""
    folder = Path(os.environ["DICE"])
    number = 0
    while True:
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return random.Random(f"{os.environ['SEED']} {number}")


chance = dice()


def answer(p):
    p *= 1 - float(os.environ["DROP"]) / 0.85
    return {"right": chance.random() < p, "polite": chance.random() < p}


def polite(outputs):
    return outputs["polite"]


@pytest.mark.llm_dataset("chances.jsonl", target=answer, evaluators=[polite])
def test_answer(example, llm_run):
    assert llm_run.outputs["right"]
'''
INI = "[pytest]\nllm_control = off\nllm_keep_media = false\n"
SWITCHED_OFF = ("cacheprovider", "asyncio", "anyio", "hypothesispytest")


@dataclass(frozen=True)
class Ended:
    """One session."""

    red: bool
    seconds: float
    processes: int
    """That ran trials: its own, its workers', and those of further sessions."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all sessions; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=500, help="that change nothing (default 500)")
    parser.add_argument("--worse", type=int, default=40, help="with a worse application (default 40)")
    parser.add_argument("--baselines", type=int, default=25, help="recordings that they share (default 25)")
    parser.add_argument("--jobs", type=int, default=1, help="sessions at once (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        projects = [
            new_project(Path(folder, f"project{n}"), options.seed, n) for n in range(options.baselines)
        ]
        for title, count, drop in (
            ("nothing changed", options.sessions, 0.0),
            (f"{100 * DROP:g} points worse", options.worse, DROP),
        ):
            share = simulated(options.seed, drop)
            print(f"{title}: {100 * share:.1f} % red of {BUILDS} simulated builds", flush=True)
            for words, ended in run_all(projects, count, drop, options).items():
                missed += print_sessions(words, ended, share)
    return 1 if missed else 0


def print_sessions(words: str, ended: Sequence[Ended], share: float) -> bool:
    """Print what came of some sessions; return whether it is too far from the simulated share."""
    if not ended:
        return False
    red = sum(session.red for session in ended)
    pooled = (red + share * BUILDS + 1) / (len(ended) + BUILDS + 2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / len(ended) + 1 / BUILDS))
    away = (red / len(ended) - share) / error
    seconds = fmean(session.seconds for session in ended)
    processes = fmean(session.processes for session in ended)
    missed = abs(away) > 3
    print(
        f"  {words:8}{len(ended):5} sessions, {red:4} red: {100 * red / len(ended):5.1f} %, {away:+.1f} standard errors"
        f" off, {seconds:.1f} s and {processes:.2f} processes each  {'MISSED' if missed else 'ok'}",
        flush=True,
    )
    return missed


def simulated(seed: int, drop: float) -> float:
    """Return the share of red builds where the gate alone decides about the same application."""
    scenario = Scenario(examples=EXAMPLES, scores=("binary",), drop=drop)
    red = 0
    for number in range(BUILDS):
        red += run_build(scenario, random.Random(f"{seed} sessions {drop} {number}")).red
    return red / BUILDS


def run_all(
    projects: Sequence[Path], count: int, drop: float, options: argparse.Namespace
) -> Mapping[str, list[Ended]]:
    """Run sessions over the projects in turn; return them by how they ran."""
    ended: dict[str, list[Ended]] = {"alone": [], "-n 2": []}

    def run(number: int) -> tuple[str, Ended]:
        words = "-n 2" if number % 2 else "alone"
        # a project meets both ways before the next one does
        project = projects[number // 2 % len(projects)]
        return words, session(project, f"{options.seed} {drop} {number}", words, drop)

    with ThreadPoolExecutor(options.jobs) as pool:
        for words, one in pool.map(run, range(count)):
            ended[words].append(one)
    return ended


def new_project(folder: Path, seed: int, number: int) -> Path:
    """Write a project with chances of its own, and record its baseline."""
    folder.mkdir()
    chances = draw_chances(Scenario(examples=EXAMPLES), random.Random(f"{seed} project {number}"))
    lines = [json.dumps({"id": f"e{n:02}", "inputs": {"p": round(p, 6)}}) for n, p in enumerate(chances)]
    (folder / "chances.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "test_answer.py").write_text(TEST)
    (folder / "pytest.ini").write_text(INI)
    status, output, _ = pytest(folder, f"{seed} baseline {number}", 0.0, "--llm-update-baseline")
    if status:
        raise SystemExit(f"recording a baseline ended with {status}:\n{output}")
    return folder


def session(project: Path, seed: str, words: str, drop: float) -> Ended:
    """Run one session over a project."""
    began = time.monotonic()
    how = ["-p", "no:xdist"] if words == "alone" else words.split()
    status, output, processes = pytest(project, seed, drop, *how)
    seconds = time.monotonic() - began
    if status not in (0, 1) or (status == 1) != ("RED:" in output):
        raise SystemExit(f"A session in {project} ended with {status}:\n{output}")
    return Ended(status == 1, seconds, processes)


def pytest(project: Path, seed: str, drop: float, *arguments: str) -> tuple[int, str, int]:
    """Run pytest over a project; return its exit status, what it printed, and how many processes ran trials."""
    off: list[str] = []
    for name in SWITCHED_OFF:
        off += ["-p", f"no:{name}"]
    kept = {key: value for key, value in os.environ.items() if key not in ("CI", "PYTHONDONTWRITEBYTECODE")}
    package = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as dice:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *off, "--llm-experiment", *arguments],
            cwd=project,
            env={**kept, "SEED": seed, "DROP": str(drop), "DICE": dice, "PYTHONPATH": package},
            capture_output=True,
            text=True,
            check=False,
        )
        processes = len(list(Path(dice).iterdir()))
    return done.returncode, done.stdout + done.stderr, processes


if __name__ == "__main__":
    sys.exit(main())
