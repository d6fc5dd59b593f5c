"""Subtests are part of their trial."""

from __future__ import annotations

from pytest_llmobs.experiments.documents import experiment_from_dict
from tests.plugin.conftest import BROKEN, Project

HEAD = """
import pytest
from app import answer

"""


def _statuses(project: Project) -> set[str]:
    return {trial.status for trial in experiment_from_dict(project.summary).trials}


SUBTESTS = f"""{HEAD}
@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run, subtests):
    for word in ("Dear", example.inputs["name"]):
        with subtests.test(word):
            assert word in llm_run.outputs["output"]
"""


def test_a_failed_subtest_is_a_failed_trial(project: Project) -> None:
    project.write(test_app=SUBTESTS)
    project.record()
    project.prompt(BROKEN)
    result = project.experiment("-rx")
    assert result.ret == 1
    assert "contains 2 failed subtests" not in result.stdout.str()
    result.stdout.fnmatch_lines(["ada broke: pass", "RED*"])
    first = experiment_from_dict(project.summary).trials[0]
    assert (first.status, (first.message or "")[:18]) == ("failed", "assert 'Dear' in '")


def test_a_failed_subtest_without_a_baseline_fails_its_test(project: Project) -> None:
    project.write(test_app=SUBTESTS)
    project.prompt("Dear customer, we read this.")
    result = project.experiment()
    assert result.ret == 1
    assert "contains 1 failed subtest" in result.stdout.str()
    assert _statuses(project) == {"failed"}


def test_an_error_in_a_subtest_is_an_error_and_known_to_no_baseline(project: Project) -> None:
    project.write(test_app=SUBTESTS)
    project.record()
    project.write(test_app=SUBTESTS.replace("assert word in", "assert word > 1 and"))
    result = project.experiment("--llm-confirm=0")
    assert result.ret == 1
    assert _statuses(project) == {"error"}


def test_a_subtest_that_skips_or_is_expected_to_fail(project: Project) -> None:
    project.write(test_app=SUBTESTS.replace("assert word in", "pytest.skip('later') if word == 'Dear' else"))
    assert project.experiment().ret == 0
    assert _statuses(project) == {"passed"}
    project.write(test_app=SUBTESTS.replace("assert word in", "pytest.xfail('later') or"))
    project.experiment()
    assert _statuses(project) == {"xfailed"}


TEARDOWN = f"""{HEAD}
@pytest.fixture
def audit(subtests):
    yield
    with subtests.test("clean"):
        pass

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run, audit):
    assert "Dear" in llm_run.outputs["output"]
"""


def test_a_subtest_in_a_fixtures_teardown_does_not_replace_the_trial(project: Project) -> None:
    """It was judged as the test itself, whose failure was pardoned by then: the session was green."""
    project.write(test_app=TEARDOWN)
    project.record()
    project.prompt(BROKEN)
    assert project.experiment("--llm-confirm=0").ret == 1
    assert _statuses(project) == {"failed"}
