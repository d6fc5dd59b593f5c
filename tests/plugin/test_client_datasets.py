"""What the client makes is what tests are made of."""

from __future__ import annotations

from pytest_llmobs.client.client import Client
from pytest_llmobs.workspace import Workspace
from tests.plugin.conftest import Project

SUITE = """
import pytest
from app import answer

@pytest.mark.llm_dataset("support/golden", target=answer, split="hard")
def test_answer(example, llm_run):
    assert example.splits == ("base", "hard")
    assert example.inputs["name"] in llm_run.outputs["output"]
"""


def test_a_dataset_of_the_client_is_found_by_its_name_and_selected_by_any_of_its_splits(
    project: Project,
) -> None:
    client = Client(workspace=Workspace.find(project.path, {}))
    client.create_dataset("support/golden")
    examples = [
        {"id": "ada", "inputs": {"name": "Ada", "query": "Where?"}, "split": ["base", "hard"]},
        {"id": "grace", "inputs": {"name": "Grace", "query": "When?"}, "split": "base"},
    ]
    client.create_examples(dataset_name="support/golden", examples=examples)
    project.write(test_app=SUITE)
    project.run("--llm-experiment").assert_outcomes(passed=1)


def test_a_dataset_beside_the_test_goes_before_the_client_s(project: Project) -> None:
    client = Client(workspace=Workspace.find(project.path, {}))
    client.create_dataset("golden")
    client.create_example({"name": "Ada", "query": "Where?"}, dataset_name="golden")
    project.write(test_app=SUITE.replace("support/golden", "golden.jsonl").replace(', split="hard"', ""))
    project.path.joinpath("golden.jsonl").write_text(
        '{"inputs": {"name": "Grace", "query": "When?"}, "split": ["base", "hard"]}\n'
    )
    project.run().assert_outcomes(passed=1)
