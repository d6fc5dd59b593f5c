"""Halves of characters, as models bring them, in every text that is written beside the tracer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugin.conftest import PLUGINS

TEST = """
import pytest

HALF = "\\ud83d"
ROWS = [
    {"id": "a", "inputs": {"q": "Hello"}},
    {"id": "b", "inputs": {"q": "Hi"}},
    {"id": "c", "inputs": {"q": "boom"}},
]

def app(q):
    if q == "boom":
        raise ValueError(f"exception {HALF}")
    return f"fine {HALF}"

def judged(outputs):
    return {"score": 1.0, "comment": f"cut: {HALF}"}

def named(outputs):
    return {"key": f"key{HALF}", "score": 0.5, "comment": HALF}

def failing(outputs):
    raise RuntimeError(f"evaluator {HALF}")

@pytest.mark.llm_dataset(ROWS, target=app, evaluators=[judged, failing])
def test_bot(example, llm_run):
    llm_run.log_feedback("liked", 1.0, comment=f"c {HALF}")
    llm_run.add_metadata({"m": HALF})
    print("printed", HALF)
    assert example.id != "a", f"message {HALF}"

@pytest.mark.llm_dataset([{"id": "z", "inputs": {"q": "x"}}], target=app, evaluators=[named])
def test_named(example, llm_run):
    assert llm_run.outputs
"""


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_halves_of_characters_stop_neither_session_nor_report_nor_baseline(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_halves=TEST)
    options = (*PLUGINS, "-p", "no:cacheprovider", "--llm-experiment", "--junitxml=report.xml", *workers)
    result = pytester.runpytest_subprocess(*options, "--llm-update-baseline", "-o", "llm_baseline_repeat=1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    output = result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in output
    assert "Traceback (most recent call last)" not in output
    assert "Can't write" not in output
    result.assert_outcomes(passed=2, failed=1, xfailed=1)
    (path,) = (pytester.path / ".llmobs" / "experiments").iterdir()
    document = json.loads(path.read_text(encoding="utf-8"))
    assert len(document["trials"]["rows"]) == 4
    assert "cut: \ufffd" in path.read_text(encoding="utf-8")
    for written in (pytester.path / "report.xml", *Path(pytester.path / "llm-baselines").iterdir()):
        assert written.read_text(encoding="utf-8")
