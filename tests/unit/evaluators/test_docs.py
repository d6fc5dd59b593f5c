"""The documentation lists what there is, and its code runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs import evaluators
from pytest_llmobs.evaluators.base import bind
from pytest_llmobs.evaluators.judging import cache
from pytest_llmobs.evaluators.summary import bind_summary

DOCUMENT = (Path(__file__).parents[3] / "docs" / "evaluators.md").read_text(encoding="utf-8")
ROWS = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith("| `")]
NEEDS_NOTHING = "–"


def documented():
    return {name: row for row in ROWS for name in re.findall(r"`(\w+)`", row[1])}


def test_every_ready_made_evaluator_has_a_row_and_no_other():
    assert set(documented()) == set(evaluators.builtin())


@pytest.mark.parametrize("name", evaluators.builtin())
def test_what_a_row_says_of_need_and_cost_is_so(name):
    spec = evaluators.builtin()[name]
    _, _, _, needs, costs, _ = documented()[name]
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
    assert bind_summary(namespace["pass_rate"]).key == "pass_rate"


def test_the_first_example_is_a_passing_test(tmp_path):
    code = re.search(
        r"^<!-- file: test_support.py -->\n```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "test_support.py").write_text(code.group(1))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines()[-1].startswith("1 passed"), done.stdout + done.stderr
