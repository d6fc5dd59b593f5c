"""What an experiment has loaded as its first test runs: nothing that only its end needs."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Project

AT_THE_END = (
    "pytest_llmobs.baselines.update",
    "pytest_llmobs.experiments",
    "pytest_llmobs.gate",
    "pytest_llmobs.plugin.confirming",
    "pytest_llmobs.plugin.failed_tests.assertions",
    "pytest_llmobs.plugin.reporting",
    "pytest_llmobs.reports",
    "pytest_llmobs.storage.spool.sealing",
    "pyarrow",
)
"""What judges, keeps and reports: modules, and packages with all that is in them."""

SUITE = """
import json
import sys
from pathlib import Path

import pytest
from app import answer

def greets(outputs, inputs):
    return inputs["name"] in outputs["output"]

@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets], limit=1)
def test_answer(example, llm_run):
    Path("loaded.json").write_text(json.dumps(sorted(sys.modules)))
    assert llm_run.score(greets) == 1
"""


@pytest.mark.parametrize(
    "recorded, workers, more",
    [
        (False, (), ("filelock",)),  # nor what locks, without a limit or a baseline
        (True, (), ()),
        (True, ("-n1",), ("pytest_llmobs.plugin.ending",)),
    ],
    ids=["no baseline", "a baseline", "in a worker"],
)
def test_what_only_the_end_needs_is_loaded_at_the_end(
    project: Project, recorded: bool, workers: tuple[str, ...], more: tuple[str, ...]
) -> None:
    project.write(test_app=SUITE)
    if recorded:
        project.record()
    project.process("--llm-experiment", *workers).assert_outcomes(passed=1)
    loaded = json.loads((project.path / "loaded.json").read_text())
    assert "pytest_llmobs.trials.runner" in loaded
    too_early = [
        name for name in loaded for late in (*AT_THE_END, *more) if f"{name}.".startswith(f"{late}.")
    ]
    assert too_early == []
