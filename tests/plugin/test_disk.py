"""A disk that refuses: the tests go on, the report is shown, and the build is not green by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import Project


def test_a_store_that_can_not_be_made_is_red_and_the_report_is_there_all_the_same(project: Project) -> None:
    (project.path / ".llmobs").write_text("in the way")
    result = project.process("--llm-experiment")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    told = result.stderr.str()
    assert told.count(f"StoreWarning: Runs can't be stored in '{project.path}/.llmobs/spool'") == 1
    assert (
        "File exists. Move away the file that is in its place, or choose another place for the store." in told
    )
    result.stdout.fnmatch_lines(
        ["FAILED llm-gate *", "  pass *", "*3 trials in *", "RED: Can't create the store *"]
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("failing", [False, True])
def test_a_page_that_a_full_disk_refuses_is_a_line_and_the_verdict_stays(
    project: Project, failing: bool
) -> None:
    if failing:
        project.path.joinpath("test_other.py").write_text("def test_it():\n    assert False\n")
    result = project.process("--llm-experiment", "--llm-report=html:/dev/full")
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if failing else pytest.ExitCode.OK)
    result.stdout.fnmatch_lines(
        ["*3 trials in *", "! report html: can't write '/dev/full': No space left on device"]
    )
