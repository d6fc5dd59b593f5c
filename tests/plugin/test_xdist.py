"""The same runs, scores, verdict and exit status with any number of workers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import BROKEN, Project

Query = Callable[[Project, str], list[tuple[Any, ...]]]

WAYS = {
    "two workers": ("-n2",),
    "stealing": ("-n2", "--dist", "worksteal"),
    "by scope": ("-n2", "--dist", "loadscope"),
    "by group": ("-n2", "--dist", "loadgroup"),
}
LOOKS = {"alone": (), "once": ("--llm-confirm=0",)}


@pytest.fixture
def many(project: Project) -> Project:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(20))
    return project


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its project for the others."""
    return tmp_path_factory.mktemp("kept") / "project"


@pytest.fixture
def alone(many: Project, kept: Path) -> Project:
    """A project with two red experiments made without workers, ``alone`` and, of a single look, ``once``.

    What each printed is in a file of its name.
    """
    if kept.exists():
        shutil.copytree(kept, many.path, dirs_exist_ok=True)
    else:
        many.record()
        many.prompt(BROKEN)
        for name, arguments in LOOKS.items():
            result = many.experiment("--llm-name", name, *arguments)
            assert result.ret == 1
            many.path.joinpath(f"{name}.txt").write_text(result.stdout.str())
        shutil.copytree(many.path, kept)
    return many


@pytest.mark.parametrize("way", WAYS)
def test_outcome_rows_and_verdict_are_the_same(alone: Project, parquet: Query, way: str) -> None:
    """Further looks go the same way as the first: one way shows that, and the others look once."""
    name = "alone" if way == "two workers" else "once"
    spread = alone.experiment("--llm-name", "spread", *LOOKS[name], *WAYS[way])
    assert spread.ret == 1
    before = alone.path.joinpath(f"{name}.txt").read_text().splitlines()
    assert pytest.RunResult.parse_summary_nouns(before) == spread.parseoutcomes()
    rows = {
        project: parquet(
            alone,
            f"select name, example_id, repeat, scores['greets'], trial_status from RUNS "
            f"where project = '{project}' and attempt = 'consumed' order by all",
        )
        for project in (name, "spread")
    }
    assert len(rows[name]) >= 20
    assert rows[name] == rows["spread"]
    assert _verdicts(before) == _verdicts(spread.outlines) != []


def test_a_baseline_recorded_by_workers_is_the_same(many: Project) -> None:
    twice = ("-o", "llm_baseline_repeat=2")
    many.record(*twice)
    alone = _scores(many)
    many.record("-n2", *twice)
    assert _scores(many) == alone


def test_a_killed_worker_is_red_and_leaves_too_little_data(many: Project) -> None:
    many.record("-o", "llm_baseline_repeat=1")
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
    assert "INSUFFICIENT_DATA" in result.stdout.str() or "interrupted" in result.stdout.str()
    trials = many.summary["trials"]
    rows = [dict(zip(trials["columns"], row, strict=True)) for row in trials["rows"]]
    (dead,) = [row for row in rows if row["status"] == "error"]
    assert dead["example_id"] == "e05"
    assert "crashed while running" in dead["message"]


@pytest.mark.parametrize("way", [(), ("--dist", "worksteal")], ids=["load", "worksteal"])
def test_one_failure_stops_the_other_workers_too(many: Project, way: tuple[str, ...]) -> None:
    many.write(
        test_app="""
        import pathlib
        import time
        import pytest

        failed = pathlib.Path("failed")

        def answer(name, query):
            if name == "N0":
                failed.touch()
                raise RuntimeError("down")
            while not failed.exists():
                time.sleep(0.01)
            return name

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            time.sleep(0.2)
        """
    )
    result = many.experiment("-n2", "-x", "--llm-concurrency", "2", *way)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert len(many.summary["trials"]["rows"]) <= 8
    assert "this is no whole experiment" in result.stdout.str()


def _verdicts(lines: list[str]) -> list[str]:
    return [line for line in lines if re.search("REGRESSED|RED:", line)]


def _scores(project: Project) -> list[str]:
    path = next(path for path in project.baselines if "texts" not in path.name)
    rows = [line for line in path.read_text().splitlines() if '"hash"' in line]
    rows = [
        re.sub(r'"sessions": ?{"\w+"', '"sessions": {', row) for row in rows
    ]  # each has a name of its own
    return [
        re.sub(r'"latency(_spread)?": ?[0-9.e-]+,? ?', "", row) for row in rows
    ]  # equal times have no spread


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
