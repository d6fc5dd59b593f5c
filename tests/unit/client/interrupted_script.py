"""Evaluates ten examples and sends itself a signal in the middle. Run by ``test_evaluate_interrupted``.

``FOLDER SIGNAL CONCURRENCY [EXPERIMENT]``: the folder gets the app's calls; of an experiment, the rest is run.
``EARLY`` is a kill -9 while what concludes is still being imported, once what was answered before is kept.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from pytest_llmobs import evaluate
from pytest_llmobs.errors import IncompleteExperiment

FOLDER, SIGNAL, CONCURRENCY, *NAMED = sys.argv[1:]
DATA = [{"id": f"e{number}", "inputs": {"number": number}} for number in range(10)]


def app(inputs: dict[str, int]) -> dict[str, int]:
    with Path(FOLDER, "calls.txt").open("a") as calls:
        calls.write(f"e{inputs['number']}\n")
    if inputs["number"] == 6 and not NAMED:
        if SIGNAL == "EARLY":
            wait_until_kept(6)
        os.kill(os.getpid(), getattr(signal, SIGNAL, signal.SIGKILL))
        signal.pause() if CONCURRENCY == "0" else None
    return {"square": inputs["number"] ** 2}


class Endless:
    """Never comes to the end of importing what concludes an evaluation."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pytest_llmobs.experiments.evaluation.concluding":
            threading.Event().wait()


def wait_until_kept(trials: int) -> None:
    for _ in range(1000):  # 10 s, after which the kill finds what there is
        (journal,) = Path(FOLDER).glob(".llmobs/**/squares-*.jsonl")
        if journal.read_text().count('{"trial"') >= trials:
            return
        threading.Event().wait(0.01)


def is_square(inputs: dict[str, int], outputs: dict[str, int]) -> bool:
    return outputs["square"] == inputs["number"] ** 2


if SIGNAL == "EARLY":
    sys.meta_path.insert(0, Endless())  # type: ignore[arg-type]
options: dict[str, Any] = {"experiment_prefix": "squares"}
if NAMED:
    options = {"experiment": NAMED[0]}
try:
    results = evaluate(app, data=DATA, evaluators=[is_square], max_concurrency=int(CONCURRENCY), **options)
except IncompleteExperiment as stopped:
    print("incomplete", len(stopped.results))
else:
    print(len(results), results.summary_scores["is_square"].mean)
