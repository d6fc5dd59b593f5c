"""``client.evaluate``: the function of that name, in the client's folder."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.client.evaluate import evaluate
from pytest_llmobs.errors import ArgumentError, NotSupported

ROWS = [{"inputs": {"q": "a"}, "outputs": {"answer": "A"}}]


def answer(inputs: dict[str, Any]) -> dict[str, str]:
    return {"answer": inputs["q"].upper()}


def right(outputs: dict[str, Any], reference_outputs: dict[str, Any]) -> bool:
    return bool(outputs["answer"] == reference_outputs["answer"])


def test_an_experiment_of_the_clients_is_in_its_store(client: Client) -> None:
    results = client.evaluate(
        answer, data=ROWS, evaluators=[right], experiment_prefix="nightly", upload_runs=True
    )
    assert client.has_project(results.experiment_name)
    (run,) = client.list_runs(project_name=results.experiment_name, is_root=True)
    assert run.feedback_stats["right"]["avg"] == 1
    assert client.get_run_stats(project_names=[results.experiment_name])["feedback_stats"]["right"]["n"] == 1


def test_it_can_be_awaited(client: Client) -> None:
    results = asyncio.run(client.aevaluate(answer, ROWS, [right]))
    assert len(list(results)) == 1


def test_the_target_may_be_named(client: Client) -> None:
    results = client.evaluate(target=answer, data=ROWS, evaluators=[right])
    again = evaluate(target=results.experiment_name, evaluators=[right], client=client)
    assert again.experiment_name == results.experiment_name


def test_an_unknown_keyword_is_told(client: Client) -> None:
    with pytest.raises(
        ArgumentError, match=r"evaluate\(\) got an unknown keyword 'evaluator'. Did you mean 'evaluators'"
    ):
        client.evaluate(answer, data=ROWS, evaluator=[right])  # type: ignore[call-arg]
    with pytest.raises(NotSupported, match="upload_runs= decides of the whole evaluation"):
        client.evaluate(answer, data=ROWS, upload_runs=bool)  # type: ignore[arg-type]
