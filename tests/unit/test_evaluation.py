"""``pytest_llmobs.evaluation``: what scripts import from LangSmith's module of that name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Client, Example, Run
from pytest_llmobs.evaluation import (
    EvaluationResult,
    EvaluationResults,
    RunEvaluator,
    aevaluate_existing,
    evaluate,
    evaluate_comparative,
    evaluate_existing,
    run_evaluator,
)
from tests.unit.client.evaluations import workspace_in

ROWS = [{"inputs": {"q": "a"}, "outputs": {"a": "A"}}, {"inputs": {"q": "b"}, "outputs": {"a": "B"}}]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(workspace=workspace_in(tmp_path))


def app(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"a": inputs["q"].upper()}


class Length(RunEvaluator):
    def evaluate_run(self, run: Run, example: Example | None = None, evaluator_run_id: Any = None) -> Any:
        assert run.outputs is not None
        return EvaluationResult(key="length", score=len(run.outputs["a"]), comment="letters")


@run_evaluator
def exact(run: Run, example: Example) -> EvaluationResults:
    is_exact = run.outputs == example.outputs
    return {
        "results": [
            EvaluationResult(key="exact", score=is_exact),
            EvaluationResult(key="kind", value="letter"),
        ]
    }


def test_evaluators_of_langsmiths_classes_score(client: Client) -> None:
    results = evaluate(app, data=ROWS, evaluators=[Length(), exact], client=client)
    for row in results:
        scores = {score.key: score for score in row["evaluation_results"]["results"]}
        assert (scores["length"].score, scores["length"].comment) == (1.0, "letters")
        assert (scores["exact"].score, scores["kind"].value) == (True, "letter")


def test_what_a_result_says_besides_is_kept_with_the_score(client: Client) -> None:
    def model(outputs: Mapping[str, Any]) -> EvaluationResult:
        return EvaluationResult(key="model", score=1, evaluator_info={"model": "m"}, extra={"try": 2})

    (row,) = evaluate(app, data=ROWS[:1], evaluators=[model], client=client)
    (score,) = row["evaluation_results"]["results"]
    assert score.metadata == {"evaluator_info": {"model": "m"}, "extra": {"try": 2}}


def test_an_evaluator_without_its_method_says_so() -> None:
    class Empty(RunEvaluator):
        pass

    run: Any = None
    with pytest.raises(NotImplementedError, match=r"Empty has no evaluate_run\(run, example\)."):
        Empty().evaluate_run(run)


def test_experiments_are_scored_again_and_compared(client: Client) -> None:
    before = evaluate(app, data=ROWS, client=client)
    again = evaluate_existing(before.experiment_name, evaluators=[exact], client=client)
    assert again.to_pandas()["exact"].tolist() == [1.0, 1.0]
    later = asyncio.run(aevaluate_existing(before.experiment_name, evaluators=[Length()], client=client))
    assert later.to_pandas()["length"].tolist() == [1.0, 1.0]

    def first(outputs: list[dict[str, Any]]) -> list[float]:
        return [1.0, 0.0]

    after = evaluate(app, data=ROWS, client=client)
    names = [before.experiment_name, after.experiment_name]
    pair = evaluate_comparative(names, evaluators=[first], client=client)
    assert len(list(pair)) == 2
