"""Stored experiments, read as LangSmith's scripts read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, FilterError, NotFoundError
from tests.unit.client.evaluating import DATA, App, right


def fails_at_two(question: str) -> dict[str, str]:
    if question == "two":
        raise ValueError("down")
    return {"answer": question.upper()}


@pytest.fixture
def name(client: Client) -> str:
    """An experiment with two repeats of three examples, of which the second raises."""
    results = client.evaluate(App(fails_at_two), data=DATA, evaluators=[right], num_repetitions=2)
    return str(results.experiment_name)


def test_an_experiment_has_figures_feedback_and_examples_with_their_runs(client: Client, name: str) -> None:
    results = client.get_experiment_results(name)
    assert results["run_stats"]["run_count"] == 6
    assert results["run_stats"]["error_rate"] == pytest.approx(1 / 3)
    assert isinstance(results["run_stats"]["latency_p50"], timedelta)
    assert results["feedback_stats"]["right"]["avg"] == 1.0
    one, two, three = results["examples_with_runs"]
    assert (one.id, one.inputs, one.outputs) == ("one", {"question": "one"}, {"answer": "ONE"})
    assert [run.outputs for run in one.runs] == [{"answer": "ONE"}] * 2
    assert one.runs[0].feedback_stats["right"]["avg"] == 1.0
    assert ["down" in (run.error or "") for run in two.runs] == [True, True]
    assert three.id == "three"


def test_its_examples_can_be_limited_and_filtered(client: Client, name: str) -> None:
    def ids(**asked: Any) -> list[str]:
        return [
            each.id for each in client.get_experiment_results(project_id=name, **asked)["examples_with_runs"]
        ]

    assert ids(limit=1) == ["one"]
    assert ids(limit=0, preview=True) == []
    assert ids(filters={name: ['eq(status, "error")']}) == ["two"]
    assert ids(filters={name: ['eq(status, "error")', "gt(latency, 60)"]}) == []
    assert ids(filters={"another": ['eq(status, "error")']}) == ["one", "two", "three"]
    with pytest.raises(FilterError):
        ids(filters={name: ["eq(status"]})
    with pytest.raises(ArgumentError, match="must be a dict: the experiment's name -> a list of filters"):
        ids(filters=["eq(status"])


def test_a_missing_experiment_is_told_with_near_names(client: Client, name: str) -> None:
    with pytest.raises(NotFoundError, match=f"Did you mean '{name}'"):
        client.get_experiment_results(name + "1")
    with pytest.raises(ArgumentError, match="Give one of project_name and project_id"):
        client.get_experiment_results()
    with pytest.raises(ArgumentError, match="Give one of project_name and project_id"):
        client.get_test_results(project_id=name, project_name=name)


def test_an_experiment_is_read_as_a_data_frame_with_later_feedback(client: Client, name: str) -> None:
    first = next(client.get_experiment_results(name)["examples_with_runs"]).runs[0]
    client.create_feedback(first.id, "thumbs", score=1)
    client.create_feedback(first.id, "thumbs", score=0)
    table = client.get_test_results(project_name=name)
    assert list(table["example_id"]) == ["one", "two", "three"] * 2
    assert table["id"][0] == first.id
    assert list(table["outputs.answer"].fillna("")) == ["ONE", "", "THREE"] * 2
    assert table["error"][1] == "ValueError: down"
    assert table["feedback.right"].mean() == pytest.approx(2 / 3)  # two of six raised, and count
    assert table["feedback.thumbs"][0] == 0.5
    assert table["feedback.thumbs"].count() == 1


@dataclass
class Message:
    """What a LangChain message looks like."""

    content: str
    type: str
    additional_kwargs: Mapping[str, Any] = field(default_factory=dict)


def test_chats_and_prompts_are_kept_in_langsmiths_form(client: Client) -> None:
    client.create_dataset("chats")
    chat = client.create_chat_example(
        [{"role": "system", "content": "Be kind."}, Message("Hi", "human")],
        Message("Hello", "ai", {"name": "bot"}),
        dataset_name="chats",
    )
    assert chat.inputs == {
        "input": [{"role": "system", "content": "Be kind."}, {"type": "human", "data": {"content": "Hi"}}]
    }
    assert chat.outputs == {
        "output": {"type": "ai", "data": {"content": "Hello", "additional_kwargs": {"name": "bot"}}}
    }
    asked = client.create_chat_example([{"role": "user", "content": "Hi"}], dataset_id="chats")
    assert asked.outputs == {}
    prompt = client.create_llm_example("One and one?", "Two.", dataset_name="chats")
    assert (prompt.inputs, prompt.outputs) == ({"input": "One and one?"}, {"output": "Two."})
    assert client.read_dataset(dataset_name="chats").example_count == 3
