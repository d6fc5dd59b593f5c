"""The documentation lists what there is, and its code runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs import evaluators
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging import cache, served
from pytest_llmobs.evaluators.pairs import bind_pairwise
from pytest_llmobs.evaluators.registry import builtin_summaries

DOCUMENT = (Path(__file__).parents[3] / "docs" / "evaluators.md").read_text(encoding="utf-8")
CELLS = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith("| `")]
ROWS = [cells for cells in CELLS if len(cells) == 6]
"""Those of the table of evaluators; what they read of the reference has one of its own, which is generated."""


def documented():
    return {name: row for row in ROWS for name in re.findall(r"`(\w+)`", row[1])}


def test_every_ready_made_evaluator_has_a_row_and_no_other():
    assert set(documented()) == {*evaluators.builtin(), *builtin_summaries()}


@pytest.mark.parametrize("name", evaluators.builtin())
def test_what_a_row_says_of_need_and_cost_is_so(name):
    spec = evaluators.builtin()[name]
    rows = documented()
    assert name in rows, f"docs/evaluators.md has no row for {name}"
    _, _, _, needs, costs, _ = rows[name]
    for extra in spec.needs.values():
        assert f"extra `{extra}`" in costs
    assert ("model call" in costs) is hasattr(spec, "rubric")
    field = getattr(spec, "field", None)
    if field is not None and name not in ("max_retries",):
        assert f"`{field}`" in needs


def test_the_code_runs_and_binds():
    namespace = {}
    for code in re.findall(r"\n\n```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL):
        exec(compile(code, "docs/evaluators.md", "exec"), namespace)
    assert cache.installed is None
    for name in (
        "short_enough",
        "language",
        "cites",
        "several",
        "polite",
        "good",
        "quality",
        "warm_enough",
        "kind",
    ):
        assert bind(namespace[name], {}).version, name
    for name in ("gold_only", "english", "graded", "checked", "voted", "panel", "local"):
        assert bind(namespace[name], {}).version, name
    assert bind(namespace["Mentions"]("x"), {}).key == "mentions"
    assert [bind_pairwise(namespace[name]).key for name in ("deeper", "prefer")] == ["depth", "prefer"]


def test_its_files_pass_and_print_what_it_shows(tmp_path):
    files = re.findall(r"^<!-- file: (\w+\.py) -->\n```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["test_support.py", "test_spam.py"]
    for name, code in files:
        (tmp_path / name).write_text(code)
    command = [sys.executable, "-m", "pytest", "--llm-experiment", "--rootdir", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"COLUMNS": "80"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (shown,) = re.findall(r"^```text\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    *_, rows, told = shown.strip("\n").split("\n\n")
    printed = [re.sub(" +", " ", line) for line in done.stdout.splitlines()]
    assert all(re.sub(" +", " ", line) in printed for line in rows.splitlines() if "─" not in line)
    assert told in done.stdout


def test_the_default_model_and_the_keys_are_named():
    assert f"asks `{served.DEFAULT_MODEL}`, with the key in `{served.Claude.sdk.key}`" in DOCUMENT
    assert f"models take `{served.Gpt.sdk.key}`" in DOCUMENT
