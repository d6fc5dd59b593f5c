"""An edited, renamed, new or deleted example in a small suite: green, told, and recorded by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugin.conftest import Project

ONE = ("-o", "llm_baseline_repeat=1")
SUITE = "test_app.py::test_answer"


def rows(*names: str, query: str = "Where is it?") -> list[dict[str, Any]]:
    """Return examples, each named by the name in its inputs."""
    return [{"id": name, "inputs": {"name": name, "query": query}} for name in names]


def recorded(project: Project) -> dict[str, int]:
    """Return example -> repeats in the baseline."""
    path = project.path / "llm-baselines" / "test_app--test_answer.json"
    examples = json.loads(path.read_text())["examples"]
    return {name: len(row["pass"]) for name, row in examples.items()}


@pytest.mark.parametrize(
    ("now", "told", "command", "after"),
    [
        (
            [*rows("ada", query="When?"), *rows("bob", "cyd")],
            "1 example was edited since the baseline: its scores are not compared",
            f"pytest --llm-experiment --llm-update-baseline '{SUITE}[ada]'",
            {"ada": 2, "bob": 1, "cyd": 1},
        ),
        (
            [{**rows("ada")[0], "id": "eve"}, *rows("bob", "cyd")],
            "1 example was renamed since the baseline: ada is now eve",
            None,
            {"ada": 1, "bob": 1, "cyd": 1},
        ),
        (
            rows("ada", "bob", "cyd", "dan"),
            "1 new example, compared from the next baseline on",
            f"pytest --llm-experiment --llm-update-baseline '{SUITE}[dan]'",
            {"ada": 1, "bob": 1, "cyd": 1, "dan": 2},
        ),
        (
            rows("bob", "cyd"),
            "1 example was removed since the baseline: `llmobs baseline prune` drops its row",
            "llmobs baseline prune",
            {"bob": 1, "cyd": 1},
        ),
    ],
)
def test_one_change_is_green_and_accepted_by_itself(
    project: Project, now: Any, told: str, command: str | None, after: dict[str, int]
) -> None:
    project.dataset(rows("ada", "bob", "cyd"))
    project.record(*ONE)
    project.dataset(now)
    result = project.experiment()
    said = " ".join(result.stdout.str().split())
    assert result.ret == 0
    assert told in said
    assert "GREEN: nothing regressed" in said
    assert command is None or command.removeprefix("pytest ") in said
    if command is not None and command.startswith("pytest"):
        words = [word.strip("'") for word in command.split()[1:]]
        assert (
            f"pytest '{words[-1]}' --llm-experiment"
            in project.llmobs("baseline", "accept", "--dry-run").stderr
        )
        done = project.run(*words, "-o", "llm_baseline_repeat=2")
        assert "git add -A llm-baselines" in done.stdout.str()
    elif command is not None:
        assert "ada: no longer in the dataset" in project.llmobs("baseline", "prune").stdout
    assert recorded(project) == after


def test_a_renamed_example_is_recorded_under_its_new_name_alone(project: Project) -> None:
    project.dataset(rows("ada", "bob", "cyd"))
    project.record(*ONE)
    project.dataset([{**rows("ada")[0], "id": "eve"}, *rows("bob", "cyd")])
    said = project.record(f"{SUITE}[eve]", "-o", "llm_baseline_repeat=2").stdout.str()
    assert "renamed: ada is now eve" in said
    assert recorded(project) == {"bob": 1, "cyd": 1, "eve": 2}


def test_a_failing_example_under_a_new_name_is_judged_by_its_old_one(project: Project) -> None:
    """The gate decides as under the old name: the assertion doesn't fail its test by itself."""
    project.dataset(rows("ada", "bob", "cyd"))
    project.record()
    project.dataset([{**rows("ada")[0], "id": "eve"}, *rows("bob", "cyd")])
    project.write(app="def answer(name, query):\n    return name if name == 'ada' else f'Dear {name}'\n")
    result = project.experiment()
    assert result.ret == 1
    assert "1 new example fails" not in result.stdout.str()
    assert "1 example broke" in result.stdout.str()
    assert "eve  pass 5/5 → 0/" in result.stdout.str()


def test_prune_follows_a_new_name(project: Project) -> None:
    project.dataset(rows("ada", "bob", "cyd"))
    project.record(*ONE)
    project.dataset([{**rows("ada")[0], "id": "eve"}, *rows("bob", "cyd")])
    project.experiment()
    assert "the name ada: its row goes to eve now" in project.llmobs("baseline", "prune").stdout
    assert recorded(project) == {"bob": 1, "cyd": 1, "eve": 1}
