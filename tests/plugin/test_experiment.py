"""The main job: record, break, go red, restore, go green."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import BROKEN, GOOD, SUITE, Project

Query = Callable[[Project, str], list[tuple[Any, ...]]]


def test_without_a_baseline_assertions_decide_and_the_command_to_record_one_is_printed(
    project: Project,
) -> None:
    result = project.experiment()
    result.assert_outcomes(passed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*NO BASELINE*", "*--llm-experiment --llm-update-baseline"])


def test_without_a_baseline_a_failed_assertion_fails_the_build(project: Project) -> None:
    project.prompt(BROKEN)
    result = project.experiment()
    result.assert_outcomes(failed=3)
    assert result.ret == 1


def test_recording_runs_fresh_repeats_and_says_commit_this(project: Project) -> None:
    result = project.record()
    result.assert_outcomes(passed=15)
    text = result.stdout.str()
    assert "recording a baseline: 3 examples x 5 fresh repeats = 15 trials" in text
    assert "commit this" in text
    assert [path.name.count("texts") for path in project.baselines] == [0, 1]
    assert "git add" in text
    assert not any(project.path.joinpath("llm-baselines").glob("*.lock"))


def test_a_broken_prompt_turns_the_build_red_and_says_what_changed(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    result = project.experiment()
    assert result.ret == 1
    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    assert "REGRESSED" in text
    assert "greets" in text
    for name in ("ada", "grace", "edsger"):
        assert name in text
    assert f"-{GOOD.split('{')[0]}".strip() in text.replace("- ", "-")
    assert BROKEN in text
    assert re.search("accept +(python -m )?pytest .*--llm-experiment --llm-update-baseline", text)


@pytest.mark.parametrize("word", ["plain", "'quoted'", "\"quoted\" 'twice'"])
def test_a_failed_assertion_on_a_bare_score_is_told_in_short(project: Project, word: str) -> None:
    project.write(
        test_app=f"""
        import pytest
        from app import answer

        def greets(outputs, inputs):
            return {{"score": inputs["name"] in outputs["output"], "comment": {word!r}}}

        @pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])
        def test_answer(example, llm_run):
            assert llm_run.score(greets)
        """
    )
    project.record()
    project.prompt(BROKEN)
    said = " ".join(project.experiment().stdout.str().split())
    assert f"5/5 → 0/2 trials: assert Score('greets', score=False, comment={word!r})" in said


def test_restoring_the_prompt_turns_it_green_again(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    assert project.experiment().ret == 1
    project.prompt(GOOD)
    result = project.experiment()
    assert result.ret == 0
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*GREEN*"])


def test_accepting_the_broken_prompt_makes_its_failures_known(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    refused = project.record()
    assert refused.ret == 1
    assert "3 of 3 examples passed in no repeat: ada, edsger, grace." in " ".join(
        refused.stdout.str().split()
    )
    assert "most often: assert 'Dear' in 'Hello there. You asked: " in refused.stdout.str()
    accepted = project.record("--llm-accept-failing")
    assert accepted.ret == 0
    assert "known failures from now on: ada, edsger, grace" in accepted.stdout.str()
    result = project.experiment("-rx")
    assert result.ret == 0
    result.assert_outcomes(xfailed=3)
    assert "known failure" in result.stdout.str()


def test_a_failure_that_no_gate_judges_says_so(project: Project) -> None:
    project.record()
    source = project.path.joinpath("test_app.py").read_text()
    project.path.joinpath("test_app.py").write_text(
        source.replace(
            "@pytest.mark.llm_dataset", "@pytest.mark.llm_gate('pass', rule='off')\n@pytest.mark.llm_dataset"
        )
    )
    project.prompt("Hello {name}.")
    result = project.experiment("-rx")
    assert result.ret == 0
    assert "test_answer[ada] - no gate decides: llm_gate('pass', rule='off')" in result.stdout.str()


def test_strict_lets_assertions_fail_over_a_baseline(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    result = project.experiment("-o", "llm_strict=true")
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] >= 3


@pytest.mark.parametrize("why", ["new", "edited", "strict"])
def test_the_headline_says_which_assertions_fail_their_tests(project: Project, why: str) -> None:
    rows = [{"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(30)]
    project.prompt(BROKEN if why == "strict" else GOOD)
    project.dataset(rows)
    project.record()
    odd = {"id": "e30" if why == "new" else "e07", "inputs": {"name": "N7", "query": "!"}}
    project.dataset([*(row for row in rows if row["id"] != odd["id"]), odd] if why != "strict" else rows)
    project.write(test_app=SUITE.replace('assert "Dear"', 'assert example.inputs["query"] != "!" and "Dear"'))
    result = project.experiment("-o", f"llm_strict={str(why == 'strict').lower()}")
    count = "30 trials failed" if why == "strict" else f"1 {why} example fails"
    assert result.ret == 1
    assert f"RED: {count}" in result.outlines


def test_a_missing_baseline_is_red_under_ci(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = project.experiment()
    assert result.ret == 1
    assert "baseline" in result.stdout.str()


def test_an_error_in_the_app_is_an_error_whatever_the_baseline_says(project: Project) -> None:
    project.record()
    project.prompt("{nobody}")
    result = project.experiment()
    assert result.ret == 1
    assert result.parseoutcomes()["failed"] >= 3
    assert "KeyError: 'nobody'" in result.stdout.str()


def test_a_target_that_another_plugin_gave_up_waiting_for_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(
        test_app="""
        import os, threading
        import pytest

        def answer(name, query):
            threading.Event().wait(60 if "HANG" in os.environ else 0)
            return "Dear" * (name != "Ada")

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            assert "Dear" in llm_run.outputs["output"]
        """,
        conftest="""
        import os, signal
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(item):
            signal.signal(signal.SIGALRM, lambda *_: pytest.fail("Timeout"))
            signal.setitimer(signal.ITIMER_REAL, 0.2 if "HANG" in os.environ else 0)
            try:
                return (yield)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        """,
    )
    project.record()
    monkeypatch.setenv("HANG", "1")
    result = project.experiment("-k", "ada")
    result.assert_outcomes(failed=2)
    assert result.ret == 1
    assert "1 ended in an error" in result.stdout.str()


def test_pytest_exit_with_status_0_says_that_it_is_no_whole_experiment(project: Project) -> None:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(40))
    project.record()
    project.path.joinpath("conftest.py").write_text(
        "import pytest\n"
        "def pytest_runtest_teardown(item):\n"
        "    if 'e38' in item.name:\n"
        "        pytest.exit('enough', returncode=0)\n"
    )
    assert (
        "interrupted: 39 of 40 trials ran; this is no whole experiment" in project.experiment().stdout.str()
    )


def test_a_test_that_is_run_twice_is_one_trial(project: Project) -> None:
    project.record()
    result = project.experiment("--keep-duplicates", "test_app.py", "test_app.py")
    result.assert_outcomes(passed=6)
    assert result.ret == 0


def test_the_verdict_reaches_junit(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    project.experiment("--junitxml=junit.xml")
    text = project.path.joinpath("junit.xml").read_text()
    assert 'tests="3"' in text
    assert 'failures="3"' in text
    assert "ada broke: pass" in text


def test_the_verdict_does_not_poison_last_failed(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    project.experiment()
    project.prompt(GOOD)
    project.run("--lf").assert_outcomes(passed=3)


def test_threshold_holds_without_a_baseline(project: Project) -> None:
    project.write(
        test_app="""
        import pytest
        from app import answer

        def greets(outputs, inputs):
            return inputs["name"] != "Ada"

        @pytest.mark.llm_gate("greets", min_mean=0.9)
        @pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])
        def test_answer(example, llm_run):
            pass
        """
    )
    result = project.experiment()
    result.assert_outcomes(passed=3, failed=1)
    assert result.ret == 1


def test_a_gate_on_a_metric_that_nobody_produces_is_red_with_a_near_match(project: Project) -> None:
    source = project.path.joinpath("test_app.py").read_text()
    source = source.replace(
        "@pytest.mark.llm_dataset", '@pytest.mark.llm_gate("greet", min_mean=1)\n@pytest.mark.llm_dataset'
    )
    project.path.joinpath("test_app.py").write_text(source)
    result = project.experiment()
    assert result.ret == 1
    assert "'greets'" in result.stdout.str()


def test_runs_can_be_queried_with_duckdb(project: Project, parquet: Query) -> None:
    project.experiment("--llm-name", "first")
    rows = parquet(
        project,
        "select name, example_id, scores['greets'], attempt from RUNS where parent_id is null order by 2",
    )
    assert rows == [
        ("test_answer[ada]", "ada", 1.0, "consumed"),
        ("test_answer[edsger]", "edsger", 1.0, "consumed"),
        ("test_answer[grace]", "grace", 1.0, "consumed"),
    ]
    assert parquet(project, "select distinct project, count(*) from RUNS group by 1") == [("first", 6)]


def test_the_trace_of_one_test_can_be_queried_whole(project: Project, parquet: Query) -> None:
    project.experiment()
    sql = """
        select name, run_type, inputs from RUNS
        where trace_id = (select id from RUNS where example_id = 'ada') order by start_time
    """
    rows = parquet(project, sql)
    assert [row[:2] for row in rows] == [("test_answer[ada]", "chain"), ("complete", "llm")]
    assert "Dear Ada" in rows[1][2]


def test_a_session_without_any_trial_is_no_green_experiment(empty: Project) -> None:
    empty.write(test_it="def test_it():\n    assert True")
    result = empty.experiment()
    assert result.ret == 1
    assert "Nothing was evaluated" in result.stdout.str()


def test_a_partial_selection_says_so(project: Project) -> None:
    project.record()
    result = project.experiment("-k", "ada")
    assert result.ret == 0
    assert "partial" in result.stdout.str()


def test_recording_a_selection_keeps_the_other_rows(project: Project) -> None:
    project.record()
    before = project.baselines[0].read_text()
    project.record("-k", "ada")
    after = project.baselines[0].read_text()
    assert [line for line in before.splitlines() if '"grace"' in line] == [
        line for line in after.splitlines() if '"grace"' in line
    ]


def test_a_corrupt_baseline_is_red_and_named(project: Project) -> None:
    project.record()
    path = next(path for path in project.baselines if "texts" not in path.name)
    path.write_text("<<<<<<< ours\n" + path.read_text())
    result = project.experiment()
    assert result.ret == 1
    assert path.name in result.stdout.str()


def test_a_test_is_gone_also_where_the_project_is_reached_by_a_link(project: Project) -> None:
    project.path.joinpath("pytest.ini").write_text("[pytest]\n")
    project.write(test_other="def test_other(llm_run):\n    pass\n")
    project.record()
    project.path.joinpath("test_app.py").unlink()
    link = project.path.with_name("link")
    link.symlink_to(project.path, target_is_directory=True)
    assert project.experiment(str(link), "--ignore-glob=*_app.py").ret == 0
    result = project.experiment(str(link))
    assert result.ret == 1
    assert "no such test was collected" in " ".join(result.stdout.str().split())


def test_an_impossible_option_value_is_a_usage_error(project: Project) -> None:
    result = project.experiment("--llm-repeat", "0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--llm-repeat is 0; it must be between 1 and 1000." in result.stderr.str()


def test_an_unknown_ini_value_names_the_choices(project: Project) -> None:
    result = project.experiment("-o", "llm_fail_on=inconclusiv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Did you mean 'inconclusive'? Known: drifted, inconclusive, regressed." in result.stderr.str()


def test_recording_a_baseline_is_an_experiment_without_saying_so(project: Project) -> None:
    result = project.run("--llm-update-baseline")
    result.assert_outcomes(passed=15)
    assert "BASELINE RECORDED" in result.stdout.str()
    assert len(project.baselines) == 2


def test_a_file_that_a_plugin_never_closes_is_written_to_its_end(project: Project) -> None:
    project.write(
        conftest="""
        import argparse

        def pytest_addoption(parser):
            parser.addoption("--opened", type=argparse.FileType("w"))

        def pytest_sessionfinish(session):
            session.config.getoption("opened").write("the end")
        """
    )
    assert project.process("--llm-experiment", "--opened=report.txt").ret == 0
    assert project.path.joinpath("report.txt").read_text() == "the end"
