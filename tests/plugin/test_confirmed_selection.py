"""A confirming session runs what is in doubt, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.plugin.confirming.announcement import announcement
from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan, read_plan, write_plan
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.session import new_identity
from tests.plugin.conftest import Project

APP = """
def answer(name):
    return "Sorry." if name == "N3" and {broken} else f"Dear {{name}}"
"""


def test_one_suspect_of_many_is_run_again_alone(empty: Project) -> None:
    empty.write(
        app=APP.format(broken=False),
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset(
            [{"id": f"e{n}", "inputs": {"name": f"N{n}"}} for n in range(20)], target=answer
        )
        def test_answer(example, llm_run):
            assert "Dear" in llm_run.outputs["output"]
        """,
    )
    empty.record()
    empty.write(app=APP.format(broken=True))
    assert empty.experiment().ret == 1
    again = empty.summary["confirmation"]
    ran = [row[again["columns"].index("example_id")] for row in again["rows"]]
    assert set(ran) == {"e3"}
    assert 2 <= len(ran) <= 10


def ended(status: Any, repeat: int) -> Trial:
    return Trial(suite="s", example_id="e3", example_hash="h", repeat=repeat, nodeid="n", status=status)


def test_what_one_worker_clears_no_other_runs_again(tmp_path: Path) -> None:
    suspect = Rerun(
        suite="s", examples=("e3", "e4"), repeats=4, reason="example", limits={"e3": {"pass": [1.0, 0.0]}}
    )
    out = tmp_path / "trials.jsonl"
    write_plan(tmp_path / "plan.json", ConfirmingPlan(new_identity(""), [suspect], 1, str(out)))
    one, other = (read_plan(tmp_path / "plan.json") for _ in range(2))
    one.note_ended(ended("failed", 2))
    assert not other.settled("s", "e3", 4)
    one.note_ended(ended("passed", 3))
    assert other.settled("s", "e3", 4)
    assert not other.settled("s", "e4", 4)


def test_a_whole_rerun_is_run_whole_and_clears_what_would_come_after_it(tmp_path: Path) -> None:
    suspect = Rerun(
        suite="s", examples=("e3",), repeats=4, reason="example", limits={"e3": {"pass": [1.0, 0.0]}}
    )
    whole = Rerun(suite="s", examples=None, repeats=2, reason="metric")
    plan = ConfirmingPlan(new_identity(""), [whole, suspect], 1, str(tmp_path / "trials.jsonl"))
    plan.note_ended(ended("passed", 2))
    assert not plan.settled("s", "e3", 3)
    assert plan.settled("s", "e3", 4)


def plan_of_four() -> SuitePlan:
    expected = [
        ExpectedTrial(example_id=f"e{n}", example_hash="h", repeat=1, nodeid=f"s[e{n}]") for n in range(4)
    ]
    return SuitePlan(name="s", path="s", expected=tuple(expected), total=4)


def test_what_failed_and_what_looking_again_takes_is_said_before() -> None:
    trials = [
        replace(ended("passed", 1), example_id="e0", latency=20.0, llm_calls=2, total_cost=0.03),
        replace(ended("failed", 1), example_id="e1", latency=20.0, llm_calls=2, total_cost=0.03),
    ]
    whole = Rerun(suite="s", examples=None, repeats=2, reason="metric")
    suspect = Rerun(suite="s", examples=("e1",), repeats=4, reason="example")
    failed, line = announcement([plan_of_four()], [whole, suspect], trials, concurrency=2)
    assert failed == "failed so far in s: e1"
    assert line == (
        "confirming: running up to 10 trials again before the verdict "
        "(about 20 model calls, about $0.30, about 2 min)"
    )


@pytest.mark.parametrize(
    "trial, takes",
    [
        ({}, ""),
        ({"latency": 3.0}, " (about 3 s)"),
        ({"llm_calls": 1, "unpriced": ("m",)}, " (about 4 model calls, cost unknown)"),
        ({"llm_calls": 1, "total_cost": 0.5, "unpriced": ("m",)}, " (about 4 model calls, at least $2.00)"),
        ({"llm_calls": 1, "total_cost": 0.0001}, " (about 4 model calls, less than $0.01)"),
    ],
)
def test_it_says_no_more_than_is_known(trial: dict[str, Any], takes: str) -> None:
    whole = Rerun(suite="s", examples=None, repeats=1, reason="metric")
    past = [replace(ended("passed", 1), **trial)]
    (line,) = announcement([plan_of_four()], [whole], past, concurrency=4)
    assert line == f"confirming: running 4 trials again before the verdict{takes}"
