"""How a target takes its inputs."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.errors import TargetError
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.trials.targets import bind_target

EXAMPLE = Example("one", {"name": "Ada", "query": "Why?"})
DATASET = Dataset("golden", (EXAMPLE,), "golden.jsonl")


def whole(inputs: dict[str, Any]) -> Any:
    return inputs


def by_name(name: str, query: str, tone: str = "kind") -> str:
    return f"{name}, {query} ({tone})"


def with_rest(name: str, **rest: str) -> dict[str, Any]:
    return {"name": name, **rest}


async def asynchronous(name: str, query: str) -> str:
    return name + query


class Agent:
    def __call__(self, name: str, query: str) -> str:
        return f"{name}: {query}"


class AsyncAgent:
    async def __call__(self, name: str, query: str) -> str:
        return name + query


def test_one_parameter_called_inputs_gets_the_dict() -> None:
    assert bind_target(whole, DATASET).call(EXAMPLE) == {"name": "Ada", "query": "Why?"}


@pytest.mark.parametrize(
    ("target", "result"),
    [
        (by_name, "Ada, Why? (kind)"),
        (with_rest, {"name": "Ada", "query": "Why?"}),
        (Agent(), "Ada: Why?"),
    ],
)
def test_keys_become_keyword_arguments(target: Any, result: Any) -> None:
    assert bind_target(target, DATASET).call(EXAMPLE) == result


@pytest.mark.parametrize(
    ("target", "expected"), [(asynchronous, True), (AsyncAgent(), True), (by_name, False)]
)
def test_async_targets_are_recognised(target: Any, expected: bool) -> None:
    assert bind_target(target, DATASET).is_async is expected


def test_the_target_gets_a_dict_of_its_own() -> None:
    bind_target(whole, DATASET).call(EXAMPLE)["name"] = "changed"
    assert EXAMPLE.inputs["name"] == "Ada"


def test_a_mismatch_names_both_sides_and_the_remedy() -> None:
    with pytest.raises(TargetError) as raised:
        bind_target(lambda nmae, query: None, DATASET)
    message = str(raised.value)
    assert "example 'one' in golden.jsonl" in message
    assert "its parameters:     nmae, query" in message
    assert "the example's keys: name, query" in message
    assert "one parameter called 'inputs'" in message
    assert "Did you mean 'nmae'?" in message


def test_something_that_is_no_callable_is_refused() -> None:
    with pytest.raises(TargetError, match="target=3 is neither a callable nor the name of a fixture"):
        bind_target(3, DATASET)


async def a_coroutine(name: str, query: str) -> str:
    return name


def a_generator(name: str, query: str) -> Any:
    yield name


@pytest.mark.parametrize("called", [a_coroutine("Ada", "Why?"), a_generator("Ada", "Why?")], ids=type)
def test_a_target_that_was_called_already_is_refused(called: Any) -> None:
    with pytest.raises(TargetError) as raised:
        bind_target(called, DATASET)
    name = called.__qualname__
    assert str(raised.value) == (
        f"target={name}(…) was called already, when the marker was read. Give the function: target={name}."
    )


def test_a_class_whose_objects_are_targets_is_refused() -> None:
    with pytest.raises(TargetError) as raised:
        bind_target(Agent, DATASET)
    assert str(raised.value) == (
        "target=Agent is a class: to call it makes an object and asks nothing. Give an object: target=Agent(…)."
    )
