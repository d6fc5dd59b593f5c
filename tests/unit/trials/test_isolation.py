"""What a target is given and what it returns belongs to its trial alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.records.examples import Example
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.runner import Job, Runner
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink

EXAMPLE = Example("e1", {"messages": [{"role": "user"}]}, {"want": ["x"]}, {"tags": ["t"]})


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner(Tracer(project="unit", sink=MemorySink()), Workers(2), timeout=60.0, window=8)
    yield made
    made.close()


def job(function: Any, key: str = "t1", *, takes_dict: bool = False, evaluators: tuple[Any, ...] = ()) -> Job:
    target = Target(function, "answer", takes_dict=takes_dict)
    bound = [bind(evaluator, {}) for evaluator in evaluators]
    return Job(key=key, suite="suite", name=key, example=EXAMPLE, target=target, evaluators=bound)


@pytest.mark.parametrize("takes_dict", [False, True], ids=["keywords", "dict"])
def test_each_trial_gets_inputs_of_its_own(runner: Runner, takes_dict: bool) -> None:
    def by_keyword(messages: list[Any]) -> int:
        messages.append({"role": "assistant"})
        return len(messages)

    def by_dict(inputs: dict[str, Any]) -> int:
        inputs["extra"] = True
        return by_keyword(inputs["messages"])

    function = by_dict if takes_dict else by_keyword
    jobs = [job(function, f"t{number}", takes_dict=takes_dict) for number in range(3)]
    assert [runner.take(each).outputs for each in jobs] == [{"output": 2}] * 3
    assert EXAMPLE.inputs == {"messages": [{"role": "user"}]}


def test_what_a_target_returned_is_kept_as_it_was_then(runner: Runner) -> None:
    history: list[str] = []
    seen: list[Any] = []

    def answer(messages: list[Any]) -> dict[str, Any]:
        history.append("answer")
        return {"history": history}

    def looks(outputs: dict[str, Any]) -> bool:
        history.append("a thread of the app goes on")
        seen.append(list(outputs["history"]))
        return True

    first = runner.take(job(answer, "t1", evaluators=(looks,)))
    second = runner.take(job(answer, "t2"))
    assert (first.outputs, seen) == ({"history": ["answer"]}, [["answer"]])
    assert second.outputs == {"history": ["answer", "a thread of the app goes on", "answer"]}
