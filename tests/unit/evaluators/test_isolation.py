"""An evaluator may change what it is handed: neither the dataset nor another evaluator sees that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.composition import all_of, at_least, weighted, where
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.evaluators.pairs import RunPair, compare_pairs
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.suites import Suite, bind_summary
from tests.unit.evaluators.conftest import make_run, make_subject


def spoil(value: Any) -> None:
    """Change whatever can be changed in a value."""
    if isinstance(value, dict):
        for item in value.values():
            spoil(item)
        value["spoiled"] = True
    elif isinstance(value, list):
        for item in value:
            spoil(item)
        value.append("spoiled")
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            spoil(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            spoil(item)


def by_name(inputs: Any, outputs: Any, reference_outputs: Any, run: Any, example: Any) -> bool:
    for part in (inputs, outputs, reference_outputs, run, example):
        spoil(part)
    return True


async def asynchronous(outputs: Any, example: Any) -> bool:
    spoil(outputs)
    spoil(example)
    return True


def langsmith(given_run: Any, given_example: Any) -> bool:
    spoil(given_run)
    spoil(given_example)
    return True


def everything(**parts: Any) -> bool:
    spoil(parts)
    return True


def whole(subject: Any) -> bool:
    spoil(subject)
    return True


class AnObject:
    key = "an_object"

    def evaluate(self, outputs: Any) -> bool:
        spoil(outputs)
        return True


class ARule(Rule):
    key = "a_rule"

    def evaluate(self, subject: Any) -> bool:
        spoil(subject)
        return True


def with_option(outputs: Any, bound: int = 1) -> bool:
    spoil(outputs)
    return True


def a_tier(tier: Any) -> bool:
    spoil(tier)
    return True


EVALUATORS = [
    by_name,
    asynchronous,
    langsmith,
    everything,
    whole,
    AnObject(),
    ARule(),
    partial(with_option, bound=2),
    all_of(by_name, whole),
    weighted((by_name, 1), (everything, 2)),
    at_least(whole, 1),
    where(by_name, tier=a_tier),
]


@pytest.fixture
def judged() -> Subject:
    return make_subject(
        {"rows": [["a"]]},
        {"want": [["b"]]},
        inputs={"messages": [{"role": "user"}]},
        metadata={"tier": ["gold"]},
        child_runs=(make_run("child", inputs={"rows": ["c"]}),),
        columns={"params": {"stop": ["d"]}},
    )


@pytest.mark.parametrize("spec", EVALUATORS, ids=lambda spec: getattr(spec, "__name__", type(spec).__name__))
@pytest.mark.parametrize("way", ["sync", "async"])
def test_evaluators_change_copies(spec: Any, way: str, judged: Subject) -> None:
    before = deepcopy(judged)
    bound = bind(spec, {})
    if way == "sync":
        scores = bound.score(judged)
    else:
        scores = asyncio.run(bound.ascore(judged))
    assert [score.error for score in scores] == [None]
    assert judged == before


def test_what_finds_a_judges_context_changes_a_copy(judged: Subject) -> None:
    def context(subject: Subject) -> str:
        spoil(subject)
        return "found"

    before = deepcopy(judged)
    judge = Judge(
        "tone", rubric="Kind?", context=context, model=lambda prompt: '{"score": 1, "reason": "kind"}'
    )
    assert bind(judge, {}).score(judged)[0].error is None
    assert judged == before


def test_summary_evaluators_change_copies(judged: Subject) -> None:
    def rate(
        runs: Any, examples: Any, inputs: Any, outputs: Any, reference_outputs: Any, scores: Any
    ) -> float:
        for part in (runs, examples, inputs, outputs, reference_outputs, scores):
            spoil(part)
        return 1.0

    def rate_whole(suite: Any) -> float:
        spoil(suite)
        return 1.0

    suite = Suite([judged], [{}])
    before = deepcopy(suite)
    for function in (rate, rate_whole):
        assert bind_summary(function).score(suite)[0].error is None
    assert suite == before


@pytest.mark.parametrize("takes", ["runs", "outputs", "example", "pair"])
def test_pairwise_evaluators_change_copies(takes: str, judged: Subject) -> None:
    def outputs_of(outputs: Any) -> str:
        spoil(outputs)
        return "tie"

    def runs_of(runs: Any) -> str:
        spoil(runs)
        return "tie"

    def example_of(example: Any, inputs: Any, reference_outputs: Any) -> str:
        spoil([example, inputs, reference_outputs])
        return "tie"

    def pair_of(pair: Any) -> str:
        spoil(pair)
        return "tie"

    functions: dict[str, Callable[..., str]] = {
        "runs": runs_of,
        "outputs": outputs_of,
        "example": example_of,
        "pair": pair_of,
    }
    before = deepcopy(judged)
    result = compare_pairs(functions[takes], [RunPair(judged, judged)], both_orders=True)
    assert [preference.error for preference in result.preferences] == [None]
    assert judged == before


def test_ready_made_evaluators_are_spared_the_copies() -> None:
    from pytest_llmobs.evaluators.rules.text import min_length

    assert bind(min_length(5), {}).signature.trusted
    assert not bind(by_name, {}).signature.trusted
    assert not bind(ARule(), {}).signature.trusted
