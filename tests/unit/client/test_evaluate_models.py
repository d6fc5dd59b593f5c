"""``evaluate()`` over an app that asks a model: traced, priced, limited, and refused like a test's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from pytest_llmobs import evaluate
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import IncompleteExperiment
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.tracer import Tracer
from tests.anthropic_server import Request
from tests.openai_server import chat, failure, serve
from tests.unit.client.evaluating import DATA, client_in, right, runs_of, stored
from tests.unit.tracing.memory import MemorySink

App = Callable[[dict[str, str]], Any]


def spoken(request: Request) -> Any:
    """Answer in capitals."""
    return chat({"content": str(request.body["messages"][-1]["content"]).upper()})


def refusing(request: Request) -> Any:
    """Refuse the second question."""
    if request.body["messages"][-1]["content"] == "two":
        return failure(401, "invalid_api_key", "no such key")
    return spoken(request)


@pytest.fixture
def client(tmp_path: Path) -> ClientBase:
    return client_in(tmp_path)


@pytest.fixture
def app_on() -> Iterator[Callable[[Any], App]]:
    """Makes an app that asks a server."""
    opened: list[openai.OpenAI] = []

    def make(server: Any) -> App:
        model = openai.OpenAI(api_key="k", base_url=server.url, max_retries=0)
        opened.append(model)

        def app(inputs: dict[str, str]) -> dict[str, Any]:
            message = {"role": "user", "content": inputs["question"]}
            reply = model.chat.completions.create(model="gpt-5-mini", messages=[message])  # type: ignore[list-item]
            return {"answer": reply.choices[0].message.content}

        return app

    yield make
    for each in opened:
        each.close()


def test_model_calls_are_part_of_their_trials(client: ClientBase, app_on: Callable[[Any], App]) -> None:
    with serve(spoken) as server:
        results = evaluate(app_on(server), data=DATA, evaluators=[right], max_concurrency=3, client=client)
    assert results.summary_scores["right"].mean == 1.0
    assert [row["run"].child_runs[0].model for row in results] == ["gpt-5-mini"] * 3
    trials = stored(client, results.experiment_name).trials
    assert all(trial.llm_calls == 1 and trial.total_cost for trial in trials)


def test_another_tracer_sees_none_of_them(client: ClientBase, app_on: Callable[[Any], App]) -> None:
    outer = MemorySink()
    active.install(Tracer(project="outer", sink=outer))
    try:
        with serve(spoken) as server:
            results = evaluate(app_on(server), data=DATA, client=client)
    finally:
        active.uninstall()
    assert outer.lines == []
    assert len(runs_of(client, results.experiment_name)) == 6


def test_the_first_refusal_is_told_in_the_providers_words(
    client: ClientBase, app_on: Callable[[Any], App]
) -> None:
    with serve(refusing) as server:
        with pytest.raises(
            IncompleteExperiment, match=r"the provider refuses: AuthenticationError: .*no such key"
        ):
            evaluate(app_on(server), data=DATA, client=client)
        asked = len(server.requests)
    assert asked == 2


def test_the_budget_ends_what_costs_too_much(tmp_path: Path, app_on: Callable[[Any], App]) -> None:
    client = client_in(tmp_path, max_calls=2)
    with serve(spoken) as server:
        with pytest.raises(
            IncompleteExperiment, match=r"2 of 2 model calls made.*2 of 3 trials are finished"
        ) as spent:
            evaluate(app_on(server), data=DATA, client=client)
        name = spent.value.results.experiment_name
        assert [trial.not_run for trial in stored(client, name).trials] == [None, None, "budget"]
        evaluate(app_on(server), data=DATA, experiment=name, client=client)
        assert len(server.requests) == 3


def test_two_evaluations_at_once_keep_apart(client: ClientBase, app_on: Callable[[Any], App]) -> None:
    both_run = threading.Barrier(2, timeout=20)

    def answer(request: Request) -> Any:
        if request.body["messages"][-1]["content"] == "one":
            both_run.wait()
        return spoken(request)

    with serve(answer) as server:
        first = evaluate(app_on(server), data=DATA, blocking=False, client=client)
        second = evaluate(app_on(server), data=DATA, blocking=False, client=client)
        first.wait()
        second.wait()
    for results in (first, second):
        roots = [run for run in runs_of(client, results.experiment_name) if run.parent_id is None]
        assert {root.inputs["question"] for root in roots} == {"one", "two", "three"}
        assert len(runs_of(client, results.experiment_name)) == 6
