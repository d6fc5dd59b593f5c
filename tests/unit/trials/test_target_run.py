"""Where a target is traced itself, its run is the trial's root: evaluators meet what it called right below."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs import get_current_run_tree
from pytest_llmobs.evaluators.binding.declaration import bind, evaluator
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing import traceable
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.runner import Attempt, Job, Runner
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink

Take = Callable[[Any], Attempt]


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def take(sink: MemorySink) -> Iterator[Take]:
    runner = Runner(Tracer(project="unit", sink=sink), Workers(1), timeout=5.0, window=8)

    @evaluator(cheap=True)
    def seen(run: Run) -> str:
        return f"{run.name}({', '.join(child.name for child in run.child_runs)})"

    def run(function: Any) -> Attempt:
        target = Target(function, "app", takes_dict=False)
        example = Example("e1", {"question": "why?"})
        evaluators = [bind(seen, {})]
        job = Job("t1", "suite", "app", example, target, evaluators, metadata={"prompt": "v2"})
        return runner.take(job)

    yield run
    runner.close()


@traceable("tool")
def search(question: str) -> list[str]:
    return [question]


@traceable(name="support", tags=["live"], metadata={"prompt": "v1", "team": "care"})
def app(question: str, greeting: str = "") -> str:
    return greeting + "".join(search(question))


@traceable
async def app_async(question: str) -> str:
    return "".join(search(question))


class Agent:
    @traceable(name="agent")
    def answer(self, question: str) -> str:
        return "".join(search(question))

    @traceable(name="called")
    def __call__(self, question: str) -> str:
        return "".join(search(question))


TARGETS = {
    "support": app,
    "app_async": app_async,
    "agent": Agent().answer,
    "called": Agent(),
    "partial": functools.partial(app, greeting="hello "),
}


@pytest.mark.parametrize("name", TARGETS)
def test_evaluators_see_the_run_of_a_traced_target(take: Take, sink: MemorySink, name: str) -> None:
    attempt = take(TARGETS[name])
    assert attempt.error is None
    called = name.replace("partial", "support")
    assert attempt.scores["seen"].value == f"{called}(search)"
    assert {run.name for run in sink.runs} == {called, "search"}


def test_its_own_tags_and_metadata_join_the_trials(take: Take, sink: MemorySink) -> None:
    take(app)
    root = sink.run("support")
    assert (root.tags, root.metadata) == (["live"], {"prompt": "v2", "team": "care"})
    assert (root.inputs, root.outputs) == ({"question": "why?"}, {"output": "why?"})


def again(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def twice(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        return function(*args, **kwargs)

    return twice


def call_model(question: str) -> str:
    return question


OTHERS: dict[str, tuple[Any, str]] = {
    "a function that calls it": (lambda question: app(question).strip(), "app(support)"),
    "another decorator around it": (again(app), "app(support, support)"),
    "a model call, which is counted below its trial": (
        traceable("llm", name="model")(call_model),
        "app(model)",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_targets_keep_a_root_of_their_own(take: Take, kind: str) -> None:
    function, expected = OTHERS[kind]
    assert take(function).scores["seen"].value == expected


def test_a_call_of_itself_is_a_run_below(take: Take) -> None:
    @traceable
    def count_down(question: str, left: int = 1) -> str:
        return count_down(question, left - 1) if left else question

    assert take(count_down).scores["seen"].value == "count_down(count_down)"


def test_an_app_that_ends_its_own_run_loses_nothing(take: Take, sink: MemorySink) -> None:
    @traceable
    def hasty(question: str) -> str:
        run = get_current_run_tree()
        assert run is not None
        run.end(outputs={"note": "early"})
        return question

    attempt = take(hasty)
    assert (attempt.error, attempt.outputs) == (None, {"output": "why?"})
    assert sink.run("hasty").outputs == {"note": "early", "output": "why?"}


def test_what_a_traced_target_raises_is_its_trials(take: Take, sink: MemorySink) -> None:
    @traceable
    def fails(question: str) -> str:
        raise LookupError(question)

    assert isinstance(take(fails).error, LookupError)
    assert "LookupError" in str(sink.run("fails").error)
