"""Nothing that a test, a fixture, a target or an evaluator does to its data reaches another trial."""

from __future__ import annotations

from tests.plugin.conftest import Project

SPOILING = """
import pytest
from pytest_llmobs import log_outputs

ROWS = [{"id": "a", "inputs": {"messages": ["Hello"]}, "outputs": {"want": ["x"]}, "metadata": {"tags": ["t"]}}]

def rows():
    return ROWS

def agent(messages):
    ROWS[0]["inputs"]["messages"].append("the app holds the list itself")
    messages.append("Hi")
    return {"turns": messages}

def spoils(inputs, outputs, reference_outputs, example):
    sizes = [len(inputs["messages"]), len(outputs["turns"]), len(reference_outputs["want"])]
    for spoiled in (inputs["messages"], outputs["turns"], reference_outputs["want"], example.metadata["tags"]):
        spoiled.append("spoiled")
    return sizes == [1, 2, 1]

def spoils_too(inputs, outputs, reference_outputs, example):
    return spoils(inputs, outputs, reference_outputs, example)

@pytest.fixture
def greedy(example):
    example.inputs["messages"].append("from a fixture")
    return example

@pytest.mark.parametrize("source", [1, 2])
@pytest.mark.llm_dataset(ROWS, target=agent, evaluators=[spoils, spoils_too], repeat=3)
def test_with_target(source, example, llm_run):
    for part in (example.inputs, llm_run.inputs):
        assert part == {"messages": ["Hello"]}
        part["messages"].append("from the test")
    for part in (example.outputs, llm_run.reference_outputs):
        assert part == {"want": ["x"]}
        part["want"].append("from the test")
    assert example.metadata == {"tags": ["t"]} == llm_run.metadata
    example.metadata["tags"].append("from the test")
    assert llm_run.outputs == {"turns": ["Hello", "Hi"]}
    llm_run.outputs["turns"].append("from the test")
    assert llm_run.score(spoils) and llm_run.score(spoils_too)
    llm_run.child_runs, llm_run.scores["spoils"].metadata

@pytest.mark.llm_dataset(rows, evaluators=[spoils, spoils_too], repeat=3)
def test_that_calls_the_app(greedy, example, llm_run):
    assert greedy is example
    assert example.inputs["messages"][-1] == "from a fixture"
    assert len(llm_run.inputs["messages"]) == len(example.inputs["messages"]) - 1
    turns = ["Hello", "Hi"]
    llm_run.log_inputs({"messages": turns[:1]})
    log_outputs({"turns": turns})
    turns.append("later")
    assert llm_run.score(spoils) and llm_run.score(spoils_too)
"""


def test_trials_share_nothing(project: Project) -> None:
    project.write(test_app=SPOILING)
    project.experiment().assert_outcomes(passed=9)
