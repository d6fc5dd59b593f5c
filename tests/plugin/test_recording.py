"""A recording takes all fresh repeats of what the user selects, however it is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugin.conftest import BROKEN, Project

ADA = "test_app.py::test_answer[ada]"


def recorded(project: Project, name: str = "test_app.py::test_answer") -> dict[str, list[Any]]:
    files = [json.loads(path.read_text()) for path in project.baselines if "texts" not in path.name]
    (found,) = [file for file in files if file["suite"] == name]
    return {example: row["pass"] for example, row in found["examples"].items()}


SELECTIONS = {
    "node ids": ("test_app.py::test_answer[grace]", ADA),
    "an absolute node id": ("{path}/test_app.py::test_answer[grace]", ADA),
    "a node id left out": ("--deselect", "test_app.py::test_answer[edsger]"),
    "node ids and workers": ("test_app.py::test_answer[grace]", ADA, "-n", "2"),
    "a keyword": ("-k", "ada or grace"),
    "node ids and a keyword": ("test_app.py::test_answer[grace]", ADA, "test_app.py", "-k", "not edsger"),
}


@pytest.mark.parametrize("way", SELECTIONS)
def test_every_selected_example_is_recorded_five_times_and_no_other(project: Project, way: str) -> None:
    result = project.record(*(word.format(path=project.path) for word in SELECTIONS[way]))
    assert result.ret == 0
    assert "recording a baseline: 2 examples x 5 fresh repeats = 10 trials" in result.stdout.str()
    assert recorded(project) == {"ada": [1] * 5, "grace": [1] * 5}


def test_the_accept_command_of_a_red_part_records_it_whole(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    red = project.experiment(ADA)
    red.stdout.fnmatch_lines(
        ["  accept * 'test_app.py::test_answer?ada?' --llm-experiment --llm-update-baseline"]
    )
    said = project.record(ADA).stdout.str()
    assert "recording a baseline: 1 example x 5 fresh repeats = 5 trials" in said
    assert recorded(project) == {"ada": [0] * 5, "edsger": [1] * 5, "grace": [1] * 5}


def test_a_file_beside_a_node_id_is_recorded_whole(project: Project) -> None:
    project.record(ADA, ".")
    assert recorded(project) == {name: [1] * 5 for name in ("ada", "edsger", "grace")}


def test_parameters_classes_and_tests_without_a_dataset_are_found_by_their_node_ids(empty: Project) -> None:
    empty.write(
        test_more="""
        import pytest

        ROWS = [{"id": name, "inputs": {"name": name}} for name in ("a", "b")]

        class TestAnswer:
            @pytest.mark.parametrize("tone", ["warm", "cold"])
            @pytest.mark.llm_dataset(ROWS, target=lambda name: name)
            def test_it(self, tone, example, llm_run):
                assert llm_run.outputs

        @pytest.mark.parametrize("query", ["x", "y"])
        def test_direct(query, llm_run):
            llm_run.log_outputs({"output": query})

        @pytest.mark.parametrize("number", [1, 2])
        def test_plain(number):
            assert number == 1
        """
    )
    empty.record("-k", "not plain").assert_outcomes(passed=30, deselected=2)
    nodes = ("TestAnswer::test_it[b-warm]", "test_direct[y]", "test_plain[1]")
    result = empty.record(*(f"test_more.py::{node}" for node in nodes))
    result.assert_outcomes(passed=11)
    assert recorded(empty, "test_more.py::TestAnswer::test_it[warm]") == {
        name: [1] * 5 for name in ("a", "b")
    }
    assert recorded(empty, "test_more.py") == {f"test_direct[{name}]": [1] * 5 for name in ("x", "y")}
