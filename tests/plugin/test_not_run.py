"""Why a trial did not run is a field of it: no wording of a message decides anything."""

from __future__ import annotations

from tests.plugin.conftest import NAMES, Project

SKIPPING = """
import pytest
from app import answer

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run):
    if example.id == "ada":
        pytest.skip("not run: later")
    assert "Dear" in llm_run.outputs["output"]
"""


def test_a_recording_is_green_where_the_user_skips_with_words_like_our_own(project: Project) -> None:
    project.write(test_app=SKIPPING)
    result = project.record()
    assert result.ret == 0
    result.assert_outcomes(passed=10, skipped=5)
    assert "not every repeat was run" not in result.stdout.str()
    assert '"ada"' not in project.baselines[0].read_text()


def test_the_experiment_keeps_which_trials_the_budget_stopped(project: Project) -> None:
    project.experiment("-o", "llm_max_calls=1", "--llm-concurrency", "1")
    trials = project.summary["trials"]
    column = trials["columns"].index("not_run")
    reasons = [row[column] for row in trials["rows"]]
    assert reasons.count("budget") == len(NAMES) - reasons.count(None) > 0
