"""Recognising prompts: what a model call pays for being looked through, and what the verdicts of a commit cost.

``python benchmarks/prompt_recognition.py`` looks through a request of 20 KB in 20 messages for 20 prompts of 20 commits
that begin alike, beside capturing the same request; through the same without a folder of prompts; reads the prompts for
the first time; and asks the heads of 500 experiments for the verdicts of a prompt's commits, beside reading them. CPU
time, of the fastest of many rounds. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.prompt_verdicts import verdicts_by_commit
from pytest_llmobs.experiments.stored import read_heads
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.recognition import Recognition
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing import RunTree, Tracer, capture
from pytest_llmobs.tracing.calls.prompt_texts import note_prompts

LOOK_BAR = 100e-6
"""Seconds of looking a request of 20 KB through."""
NONE_BAR = 1e-6
"""Seconds where there are no prompts."""
READ_BAR = 1.0
"""Seconds of reading 400 commits, once a process."""
VERDICTS_BAR = 1.5
"""Times what reading the heads of 500 experiments takes."""
PROMPTS, COMMITS, MESSAGES, EXPERIMENTS = 20, 20, 20, 500


def main() -> int:
    os.environ["GIT_AUTHOR_NAME"] = "Ada"
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for line, value, bar in (*measure_looks(Path(folder)), *measure_verdicts(Path(folder))):
            is_kept = value <= bar
            print(line if is_kept else f"{line}  MISSED")
            missed += not is_kept
    return 1 if missed else 0


def measure_looks(folder: Path) -> list[tuple[str, float, float]]:
    chance = random.Random(1)
    prompts = PromptFolder(folder / "prompts")
    prompts.folder.mkdir()
    for number in range(PROMPTS):
        for _ in range(COMMITS):
            text = f"You are agent {number} of Acme. {prose(chance, 60)} {{a}} {prose(chance, 60)} {{b}} Be brief."
            (prompts.folder / f"agent{number}.md").write_text(text)
            commit(prompts, f"agent{number}")
    recognition = Recognition(prompts.folder)
    began = time.process_time()
    assert recognition.knows_any
    read = time.process_time() - began
    system = (prompts.folder / "agent3.md").read_text().format(a="Ada", b="kind")
    messages = [{"role": "user", "content": prose(chance, 150)} for _ in range(MESSAGES)]
    request = {"model": "m", "system": system, "messages": messages}
    look = least(lambda: note_prompts(run_of(recognition), request)) - least(lambda: run_of(recognition))
    none = least(lambda: note_prompts(run_of(None), request)) - least(lambda: run_of(None))
    captured = least(lambda: capture.encode_mapping(request))
    size = len(capture.encode_mapping(request)) / 1000
    return [
        (
            f"look {size:.0f} KB through    {look * 1e6:8.1f} µs  ({look / captured:.1f} × capturing it)",
            look,
            LOOK_BAR,
        ),
        (f"without prompts         {none * 1e6:8.2f} µs", none, NONE_BAR),
        (f"read {PROMPTS * COMMITS} commits       {read * 1e3:8.0f} ms", read, READ_BAR),
    ]


def measure_verdicts(folder: Path) -> list[tuple[str, float, float]]:
    store = Store(folder / ".llmobs")
    usual = Experiment(name="", started="2026-11-30T15:00:00+00:00", duration=1.0)
    for number in range(EXPERIMENTS):
        prompts = {"tests/test_support.py::test_agent": {"support": f"{number % 50:016x}"}}
        experiment = replace(usual, name=f"calm-heron-{number}", prompts=prompts)
        store.write_experiment(experiment.name, experiment_to_dict(experiment))
    heads = least(lambda: read_heads(store), rounds=7)
    verdicts = least(lambda: verdicts_by_commit(store, "support"), rounds=7)
    line = f"verdicts of {EXPERIMENTS}         {verdicts * 1e3:8.0f} ms  ({verdicts / heads:.2f} × reading the heads)"
    return [(line, verdicts / heads, VERDICTS_BAR)]


def run_of(recognition: Recognition | None) -> Any:
    tracer = TRACER
    tracer.know_prompts(recognition)
    return RunTree(tracer, "call", "llm")


def prose(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def least(work: Callable[[], object], rounds: int = 300) -> float:
    """Return the seconds of CPU that ``work`` takes in the fastest round: other work on the machine only adds."""
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


TRACER = Tracer(project="benchmark", sink=None)
WORDS = ["".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=3 + n % 7)) for n in range(2000)]

if __name__ == "__main__":
    sys.exit(main())
