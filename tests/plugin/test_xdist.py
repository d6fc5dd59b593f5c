"""The same runs, scores, verdict and exit status with any number of workers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import BROKEN, Project

Query = Callable[[Project, str], list[tuple[Any, ...]]]

WAYS = {
    "alone": (),
    "two workers": ("-n2",),
    "stealing": ("-n4", "--dist", "worksteal"),
    "by file": ("-n2", "--dist", "loadfile"),
    "by scope": ("-n2", "--dist", "loadscope"),
    "by group": ("-n2", "--dist", "loadgroup"),
}


@pytest.fixture
def many(project: Project) -> Project:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(20))
    return project


@pytest.mark.parametrize("way", [way for way in WAYS if way != "alone"])
def test_outcome_rows_and_verdict_are_the_same(many: Project, parquet: Query, way: str) -> None:
    many.record()
    many.prompt(BROKEN)
    alone = many.experiment("--llm-name", "alone")
    spread = many.experiment("--llm-name", "spread", *WAYS[way])
    assert alone.ret == spread.ret == 1
    assert alone.parseoutcomes() == spread.parseoutcomes()
    rows = {
        name: parquet(
            many,
            f"select name, example_id, repeat, scores['greets'], trial_status from RUNS "
            f"where project = '{name}' and attempt = 'consumed' order by all",
        )
        for name in ("alone", "spread")
    }
    assert len(rows["alone"]) >= 20
    assert rows["alone"] == rows["spread"]
    assert _verdicts(alone) == _verdicts(spread) != []


def test_a_baseline_recorded_by_workers_is_the_same(many: Project) -> None:
    many.record()
    alone = _scores(many)
    many.record("-n2")
    assert _scores(many) == alone


def test_a_killed_worker_is_red(many: Project) -> None:
    many.record()
    many.write(
        test_app="""
        import os, signal
        import pytest
        from app import answer

        def greets(outputs, inputs):
            return inputs["name"] in outputs["output"]

        @pytest.mark.llm_dataset("golden.jsonl", target=answer, evaluators=[greets])
        def test_answer(example, llm_run):
            if example.id == "e05":
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = many.experiment("-n2", "--max-worker-restart", "0")
    assert result.ret != 0


def _verdicts(result: pytest.RunResult) -> list[str]:
    return [line for line in result.stdout.str().splitlines() if re.search("REGRESSED|RED:", line)]


def _scores(project: Project) -> list[str]:
    path = next(path for path in project.baselines if "texts" not in path.name)
    rows = [line for line in path.read_text().splitlines() if '"hash"' in line]
    return [re.sub(r'"latency": ?[0-9.e-]+', "", row) for row in rows]


def test_every_test_on_every_worker_is_refused(project: Project) -> None:
    result = project.experiment("-n2", "--dist", "each")
    assert result.ret != 0
    assert "would count each trial several times" in result.stderr.str()


def test_notes_of_workers_reach_the_report(project: Project) -> None:
    project.write(
        test_app="""
        import pytest
        from app import answer

        @pytest.fixture
        def fresh():
            pass

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run, fresh):
            pass
        """
    )
    result = project.experiment("-n2")
    assert " ".join(result.stdout.str().split()).count("not ahead, because of the fixture 'fresh'") == 1
