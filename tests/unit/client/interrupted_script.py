"""Evaluates ten examples and is killed in the middle; a second run goes on. Run by ``test_evaluate_interrupted``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pytest_llmobs import evaluate

FOLDER = Path(sys.argv[1])
KILLED_AT = sys.argv[2]
EXPERIMENT = sys.argv[3] if len(sys.argv) > 3 else None
DATA = [{"id": f"e{number}", "inputs": {"number": number}} for number in range(10)]


def app(inputs: dict[str, int]) -> dict[str, int]:
    with (FOLDER / "calls.txt").open("a") as calls:
        calls.write(f"e{inputs['number']}\n")
    if f"e{inputs['number']}" == KILLED_AT:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": inputs["number"] ** 2}


def is_square(inputs: dict[str, int], outputs: dict[str, int]) -> bool:
    return outputs["square"] == inputs["number"] ** 2


results = evaluate(
    app,
    data=DATA,
    evaluators=[is_square],
    experiment=EXPERIMENT,
    experiment_prefix=None if EXPERIMENT else "squares",
)
print(len(results), results.summary_scores["is_square"].mean)
