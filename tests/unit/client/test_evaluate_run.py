"""One stored run scored by one evaluator."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, EvaluatorError, NotFoundError
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.scores import Score
from tests.unit.client.conftest import Write, run_id


def right(outputs: dict[str, Any], reference_outputs: dict[str, Any]) -> dict[str, Any]:
    good = outputs["answer"] == reference_outputs["answer"]
    return {"key": "right", "score": good, "comment": "as expected" if good else "not as expected"}


@pytest.fixture
def answered(write: Write) -> str:
    return write(1, {"q": "a"}, {"answer": "A"})


def test_a_score_is_returned_and_kept_as_the_models_feedback(client: Client, answered: str) -> None:
    score = client.evaluate_run(
        answered,
        right,
        source_info={"by": "nightly"},
        reference_example={"inputs": {}, "outputs": {"answer": "A"}},
    )
    assert (score.key, score.score, score.comment) == ("right", True, "as expected")
    (kept,) = client.list_feedback(run_ids=[answered])
    assert (kept.key, kept.score, kept.comment) == ("right", True, "as expected")
    assert (kept.source.type, kept.source.metadata) == ("model", {"by": "nightly"})
    assert client.read_run(answered).feedback_stats["right"]["avg"] == 1.0


def test_the_run_may_be_the_run_itself_and_bring_what_is_below_it(client: Client, write: Write) -> None:
    root = write(1, {"q": "a"}, {"answer": "A"})
    write(2, trace_id=root, parent_id=root)

    def calls(run: Any, example: Any) -> int:
        assert example is None
        return len(run.child_runs)

    assert client.evaluate_run(client.read_run(root), calls).score == 0
    assert client.evaluate_run(UUID(root), calls, load_child_runs=True, project_id="production").score == 1


def test_the_example_may_be_one_of_a_dataset(client: Client, answered: str) -> None:
    client.create_dataset("golden")
    example = client.create_example(
        {"q": "a"}, dataset_name="golden", outputs={"answer": "A"}, example_id="first"
    )
    assert client.evaluate_run(answered, right, reference_example="first").score is True
    assert client.evaluate_run(answered, right, reference_example=example).score is True
    with pytest.raises(NotFoundError, match="'frist'"):
        client.evaluate_run(answered, right, reference_example="frist")
    with pytest.raises(ArgumentError, match="reference_example=7 must be an example, its id, or a dict"):
        client.evaluate_run(answered, right, reference_example=7)


def test_a_trials_run_has_its_example_with_it(client: Client) -> None:
    rows = [{"id": "one", "inputs": {"q": "a"}, "outputs": {"answer": "A"}}]
    results = client.evaluate(lambda inputs: {"answer": "A"}, data=rows)
    run = results[0]["run"]
    assert client.evaluate_run(run.id, right).score is True
    assert client.evaluate_run(run.id, right, reference_example="one").score is True

    def named(example: Example) -> str:
        return example.id

    assert client.evaluate_run(run.id, named).value == "one"


def test_of_several_scores_the_first_is_returned_and_all_are_kept(client: Client, answered: str) -> None:
    def several(outputs: dict[str, Any]) -> list[Score]:
        return [Score("a", 0.5), Score("b", value="warm")]

    assert client.evaluate_run(answered, several).key == "a"
    kept = {each.key: (each.score, each.value) for each in client.list_feedback(run_ids=[answered])}
    assert kept == {"a": (0.5, None), "b": (None, "warm")}


def test_an_evaluator_that_fails_says_why_and_leaves_no_feedback(client: Client, answered: str) -> None:
    score = client.evaluate_run(answered, right)
    assert score.unscored
    assert "TypeError" in (score.error or "")
    assert list(client.list_feedback(run_ids=[answered])) == []


def test_an_async_evaluator_runs_in_the_callers_loop(client: Client, answered: str) -> None:
    seen = []

    async def patient(outputs: dict[str, Any]) -> float:
        seen.append(asyncio.get_running_loop())
        return 0.25

    async def main() -> Score:
        score = await client.aevaluate_run(answered, patient)
        assert seen == [asyncio.get_running_loop()]
        return score

    assert asyncio.run(main()).score == 0.25
    assert client.evaluate_run(answered, patient).score == 0.25
    assert len(list(client.list_feedback(run_ids=[answered]))) == 2


def test_what_makes_no_sense_is_told_before_anything_is_scored(client: Client, answered: str) -> None:
    with pytest.raises(NotFoundError, match=run_id(9)):
        client.evaluate_run(run_id(9), right)
    with pytest.raises(EvaluatorError, match=r"Unknown evaluator 'json_vald'"):
        client.evaluate_run(answered, "json_vald")
    with pytest.raises(ArgumentError, match=r"evaluate_run\(\) got an unknown keyword 'source'"):
        client.evaluate_run(answered, right, source={})
