"""``evaluate()`` inside a pytest session: its runs are its own, and the session's stay the session's."""

from __future__ import annotations

import pytest

from pytest_llmobs import evaluate
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.experiments.stored import read_experiment
from pytest_llmobs.storage.store import Store
from tests.plugin.conftest import Project
from tests.unit.client.evaluations import workspace_in

TESTS = """
import pytest
from pytest_llmobs import evaluate, get_current_run_tree, traceable

@traceable
def model(question):
    return question.upper()

def app(inputs):
    return {"answer": model(inputs["question"])}

def right(outputs, reference_outputs):
    return outputs == reference_outputs

DATA = [{"id": "one", "inputs": {"question": "one"}, "outputs": {"answer": "ONE"}}]

@pytest.mark.llm_dataset(DATA, target=app, evaluators=[right])
def test_app(example, llm_run):
    assert llm_run.score(right) == 1

def test_evaluates(llm_run):
    model("before")
    results = evaluate(app, data=DATA, evaluators=[right], experiment_prefix="inner", max_concurrency=2)
    assert len(results) == 1
    assert results[0]["run"].child_runs[0].name == "model"
    model("after")
    llm_run.log_outputs("done")
"""


def experiments(store: Store) -> dict[str, set[str]]:
    """Return the project of each kind of experiment, with the inputs of its calls of ``model``."""
    asked: dict[str, set[str]] = {}
    for project in store.projects():
        calls = [run for run in store.runs(project) if run.name == "model"]
        asked[project.partition("-")[0]] = {str(run.inputs["question"]) for run in calls}
    return asked


def test_its_runs_do_not_mix_with_the_sessions(empty: Project) -> None:
    empty.write(test_inner=TESTS)
    result = empty.run("--llm-experiment", "--llm-name=outer")
    result.assert_outcomes(passed=2)
    store = Store(empty.path / ".llmobs")
    assert experiments(store) == {"outer": {"one", "before", "after"}, "inner": {"one"}}
    outer = read_experiment("outer", store)
    assert {trial.status for trial in outer.trials} == {"passed"}
    assert len(outer.trials) == 2


def test_it_stores_its_experiment_in_an_ordinary_session_too(empty: Project) -> None:
    empty.write(test_inner=TESTS)
    result = empty.run()
    result.assert_outcomes(passed=2)
    assert experiments(Store(empty.path / ".llmobs")) == {"inner": {"one"}}


def test_a_baseline_of_evaluate_is_no_test_that_is_gone(empty: Project) -> None:
    recording = '    results.gate(update_baseline=True)\n    model("after")'
    empty.write(test_inner=TESTS.replace('    model("after")', recording))
    empty.run("--llm-experiment")
    assert list((empty.path / "llm-baselines").glob("evaluate--*.json"))
    result = empty.run("--llm-experiment")
    result.stdout.no_fnmatch_line("*evaluate::*")


def length(outputs: dict[str, str]) -> int:
    return len(outputs["answer"])


def test_an_experiment_of_pytest_can_be_scored_again(empty: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.write(test_inner=TESTS.partition("def test_evaluates")[0])
    empty.run("--llm-experiment", "--llm-name=outer", "--llm-repeat=2").assert_outcomes(passed=2)
    client = ClientBase(workspace=workspace_in(empty.path))
    results = evaluate("outer", evaluators=[length], client=client)
    assert len(results) == 2
    experiment = read_experiment("outer", client.workspace.open_store())
    assert [trial.scores["length"].score for trial in experiment.trials] == [3, 3]
    assert [trial.scores["right"].score for trial in experiment.trials] == [1, 1]
    assert {trial.status for trial in experiment.trials} == {"passed"}
