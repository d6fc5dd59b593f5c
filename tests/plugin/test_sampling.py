"""Sampling thins what is stored of an experiment, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.cli import main
from tests.plugin.conftest import Project

TESTS = """
import pytest
from pytest_llmobs import get_current_run_tree, traceable

@traceable(run_type="llm")
def ask(text):
    if text == "n3":
        get_current_run_tree().add_tags("vip")
    return text

def answer(n):
    return ask(f"n{n}")

def judged(outputs):
    return ask("judge") == "judge"

@pytest.mark.llm_dataset([{"id": f"e{n}", "inputs": {"n": n}} for n in range(6)], target=answer, evaluators=[judged])
def test_answer(example, llm_run):
    assert len(llm_run.child_runs) == 1
    assert example.inputs["n"] != 5

def test_direct(llm_run):
    ask("fine")
    assert llm_run.score(judged)

def test_direct_that_fails(llm_run):
    ask("bad")
    assert not ask("aside")
"""


def project_at(empty: Project, rate: float) -> Project:
    empty.pytester.makeini(f"[pytest]\nllm_sample_rate = {rate}\nllm_keep = tag:vip\nllm_baseline_repeat = 2")
    empty.write(test_it=TESTS)
    return empty


@pytest.mark.parametrize(
    ("arguments", "repeats"), [(["--llm-update-baseline"], 2), (["-n", "1"], 1)], ids=["recorded", "xdist"]
)
def test_verdict_costs_and_baseline_count_what_is_not_stored(
    empty: Project,
    parquet: Callable[[Project, str], list[tuple[Any, ...]]],
    arguments: list[str],
    repeats: int,
) -> None:
    result = project_at(empty, 0).experiment(*arguments)
    passed, failed, asked, judged = (number * repeats for number in (6, 2, 9, 7))
    result.stdout.fnmatch_lines(
        [
            f"{passed + failed} trials in *: {passed} passed, {failed} failed*",
            f"app cost unknown ({asked} calls) * judges cost unknown ({judged} calls)",
        ]
    )
    if repeats > 1:
        recorded = "".join(path.read_text() for path in empty.baselines)
        assert all(f'"e{number}"' in recorded for number in range(6))
    traces = parquet(
        empty,
        "select string_agg(name, ' ' order by name) from RUNS group by trace_id, session order by 1",
    )
    suffixes = ["", "-r2"][:repeats]
    expected = [*("ask judged" for _ in suffixes), *("ask judged" for _ in suffixes)]
    assert [trace for (trace,) in traces] == sorted(
        [
            *expected,
            *(f"ask ask test_direct_that_fails{'[r2]' if suffix else ''}" for suffix in suffixes),
            *(f"ask test_answer[e3{suffix}]" for suffix in suffixes),
            *(f"ask test_answer[e5{suffix}]" for suffix in suffixes),
        ]
    )


def test_what_was_not_stored_says_so(
    empty: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project_at(empty, 0).experiment("-k", "e0 or e5")
    trials = empty.summary["trials"]
    at = trials["columns"].index
    ids = {row[at("example_id")]: row[at("run_id")] for row in trials["rows"]}
    monkeypatch.chdir(empty.path)
    capsys.readouterr()
    assert main(["show", ids["e5"]]) == 0
    assert main(["show", ids["e0"]]) == 1
    assert f"The trace of {ids['e0']!r} isn't stored. It is the trial" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=["one", "xdist"])
def test_a_summary_evaluator_sees_every_trial(
    empty: Project, parquet: Callable[[Project, str], list[tuple[Any, ...]]], arguments: list[str]
) -> None:
    seen = (
        "def seen(outputs):\n    return len([each for each in outputs if each])\n\n@pytest.mark.llm_dataset"
    )
    tests = TESTS.replace("@pytest.mark.llm_dataset", seen)
    tests = tests.replace("evaluators=[judged]", "evaluators=[judged], summary_evaluators=[seen]")
    project_at(empty, 0).write(test_it=tests)
    empty.experiment(*arguments).stdout.fnmatch_lines(["*seen * 6.000 *6*"])
    stored = parquet(empty, "select count(*) from RUNS where suite like '%test_answer'")
    assert stored == [(6,)]


def test_a_rate_of_one_stores_everything(
    empty: Project, parquet: Callable[[Project, str], list[tuple[Any, ...]]]
) -> None:
    project_at(empty, 1).experiment("-k", "test_answer")
    assert parquet(empty, "select count(distinct trace_id) from RUNS") == [(12,)]


def test_payloads_are_cut_in_the_store_and_scored_whole(
    empty: Project, parquet: Callable[[Project, str], list[tuple[Any, ...]]]
) -> None:
    empty.pytester.makeini("[pytest]\nllm_max_payload = 1000")
    empty.write(
        test_it="""
        import pytest

        def whole(outputs):
            return len(outputs["output"]) == 5000

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {"n": 5000}}], target=lambda n: "x" * n, evaluators=[whole])
        def test_it(example, llm_run):
            assert llm_run.score(whole)
            assert len(llm_run.outputs["output"]) == 5000
        """
    )
    empty.experiment().assert_outcomes(passed=1)
    ((outputs,),) = parquet(empty, "select outputs from RUNS")
    assert len(outputs) < 1100
    assert outputs.endswith('of 5,000 characters>"}')
