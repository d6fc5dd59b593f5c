"""What a session gives a CI system: a step's summary, and annotations on the lines of its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import BROKEN, Project

PLAIN = """
import pytest
from app import answer

class TestPlain:
    def test_thanks(self, llm_run):
        assert "Dear" in answer("Ada", "Where?")

def test_other(llm_run):
    assert answer("Ada", "Where?")
"""


@pytest.fixture
def red(project: Project) -> Project:
    """A project with baselines, that breaks."""
    project.write(test_plain=PLAIN)
    project.record()
    project.prompt(BROKEN)
    return project


def annotations(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("::")]


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "workers"])
def test_errors_stand_on_the_lines_of_their_tests(red: Project, workers: tuple[str, ...]):
    result = red.experiment("--llm-report=github", *workers)
    assert result.ret == 1
    shown = annotations(result)
    source = red.path.joinpath("test_app.py").read_text().split("\n")
    decorated = (
        source.index('@pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])') + 1
    )
    on_suite = [line for line in shown if f"file=test_app.py,line={decorated}," in line]
    assert len(on_suite) == 3, shown
    method = PLAIN.lstrip("\n").split("\n").index("    def test_thanks(self, llm_run):") + 1
    (plain,) = [line for line in shown if "file=test_plain.py" in line]
    assert f"line={method},title=TestPlain%3A%3Atest_thanks broke%3A pass::" in plain


def test_errors_of_shards_stand_there_once_they_are_merged(red: Project):
    for shard in (1, 2):
        red.run("--llm-experiment", "--llm-name=split", f"--llm-shard={shard}/2")
        red.path.joinpath(".llmobs").rename(red.path / f"shard-{shard}")
    done = red.llmobs("merge", "shard-1", "shard-2", "--report", "github")
    assert done.returncode == 1
    shown = [line for line in done.stdout.split("\n") if line.startswith("::error ")]
    assert shown
    assert all("file=test_app.py,line=" in line for line in shown), shown


def test_the_summary_of_the_step_gets_the_report(
    red: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    summary = tmp_path / "step-summary"
    summary.touch()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    result = red.experiment("--llm-report=markdown", "--llm-confirm=0")
    assert result.ret == 1
    assert f"report markdown: {summary}" in result.outlines
    assert summary.read_text().startswith("### 🔴 RED: ")
    assert list(red.path.glob(".llmobs/reports/*")) == []
