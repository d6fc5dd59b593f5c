"""A dataset format of one's own, in a ``conftest.py``: one class and one hook."""

from __future__ import annotations

from tests.plugin.conftest import Project

TOML = """
import tomllib

from pytest_llmobs.datasets import Row


class Toml:
    suffixes = (".toml",)

    def rows(self, path):
        for number, row in enumerate(tomllib.loads(path.read_text())["example"], 1):
            yield Row(row, f"{path.name}, example {number}")


def pytest_llmobs_datasets():
    return [Toml()]
"""
GOLDEN = """
[[example]]
id = "ada"
inputs = {name = "Ada", query = "Where?"}

[[example]]
id = "grace"
inputs = {name = "Grace", query = "When?"}
"""


def suite(source: str) -> str:
    return f"""
import pytest
from app import answer

@pytest.mark.llm_dataset({source!r}, target=answer)
def test_answer(example, llm_run):
    assert example.inputs["name"] in llm_run.outputs["output"]
"""


def test_its_examples_are_tests_and_trials(project: Project) -> None:
    project.write(conftest=TOML, test_app=suite("golden.toml"))
    project.path.joinpath("golden.toml").write_text(GOLDEN)
    project.run().assert_outcomes(passed=2)
    project.run("-k", "grace", "--llm-experiment").assert_outcomes(passed=1, deselected=1)


def test_a_row_that_is_no_example_ends_the_collection_with_its_place(project: Project) -> None:
    project.write(conftest=TOML, test_app=suite("golden.toml"))
    project.path.joinpath("golden.toml").write_text(GOLDEN.replace('"Grace"', "2026-01-01"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*golden.toml, example 2: inputs.name is datetime.date(2026, 1, 1), *"])


def test_it_is_listed_where_a_suffix_is_unknown(project: Project) -> None:
    project.write(conftest=TOML, test_app=suite("golden.tml"))
    project.path.joinpath("golden.tml").write_text(GOLDEN)
    result = project.run()
    result.stdout.fnmatch_lines(["*unknown suffix '.tml'. Did you mean '.toml'? Known: *"])


def test_it_reads_a_suffix_in_place_of_the_built_in_format(project: Project) -> None:
    project.write(conftest=TOML.replace(".toml", ".yaml"), test_app=suite("golden.yaml"))
    project.path.joinpath("golden.yaml").write_text(GOLDEN)
    project.run().assert_outcomes(passed=2)
