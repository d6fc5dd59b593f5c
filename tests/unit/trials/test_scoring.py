"""Cheap evaluators are scored at once, the others on the workers; one that hangs leaves an unscored score."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator, Subject, bind, evaluator
from pytest_llmobs.tracing import traceable
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.scoring import Scorer, Scoring
from pytest_llmobs.trials.workers import Task, Workers

SOON = 5.0


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.close()


@pytest.fixture
def tracer() -> Tracer:
    return Tracer(project="test", sink=None)


@pytest.fixture
def root(tracer: Tracer) -> RunTree:
    root = start_root(tracer, "trial", inputs={}, collect=True)
    root.end(outputs={"answer": "yes"})
    return root


@pytest.fixture
def subject(root: RunTree) -> Subject:
    return Subject(root.tree(), None, {}, {"answer": "yes"}, {})


@pytest.fixture
def make(tracer: Tracer, workers: Workers, root: RunTree, subject: Subject) -> Callable[..., Scoring]:
    def scoring(*functions: Any, timeout: float = SOON) -> Scoring:
        scorer = Scorer(tracer, workers, timeout=timeout, budget=None)
        return Scoring(scorer, [bound(function) for function in functions], subject, root)

    return scoring


def bound(function: Any) -> BoundEvaluator:
    return bind(function, {})


@evaluator(cheap=True)
def short(outputs: Any) -> float:
    return float(len(outputs["answer"]) < 10)


def test_a_cheap_evaluator_is_scored_at_once(make: Callable[..., Scoring]) -> None:
    scoring = make(short)
    scoring.start()
    assert scoring.scores["short"].score == 1.0


def test_sync_and_async_evaluators_are_scored_on_the_workers(make: Callable[..., Scoring]) -> None:
    threads = []

    def slow(outputs: Any) -> float:
        threads.append(threading.current_thread())
        return 0.5

    async def later(outputs: Any) -> float:
        threads.append(threading.current_thread())
        return 0.25

    scoring = make(slow, later, short)
    scoring.start()
    scoring.wait()
    assert {key: score.score for key, score in scoring.scores.items()} == {
        "short": 1.0,
        "slow": 0.5,
        "later": 0.25,
    }
    assert threading.current_thread() not in threads


def test_one_that_hangs_is_unscored_and_the_others_count(make: Callable[..., Scoring]) -> None:
    gate = threading.Event()

    def hung(outputs: Any) -> float:
        gate.wait(SOON)
        return 1.0

    scoring = make(hung, short, timeout=0.05)
    scoring.start()
    scoring.wait()
    gate.set()
    assert scoring.scores["hung"].error == "The evaluator did not end within 0.05 s (llm_timeout)."
    assert scoring.scores["short"].score == 1.0


def test_a_cheap_one_that_hangs_is_unscored_by_its_own_name(
    make: Callable[..., Scoring], workers: Workers
) -> None:
    began, gate = threading.Event(), threading.Event()

    @evaluator(cheap=True)
    def not_so_cheap(outputs: Any) -> float:
        began.set()
        gate.wait(SOON)
        return 1.0

    def slow(outputs: Any) -> float:
        return 0.5

    scoring = make(short, slow, not_so_cheap, timeout=0.05)
    task = workers.submit(Task(scoring.start))
    assert began.wait(SOON)
    scoring.give_up_cheap(task)
    scoring.wait()
    assert scoring.scores["slow"].error == "The evaluator did not end within 0.05 s (llm_timeout)."
    assert scoring.scores["short"].score == 1.0
    assert scoring.scores["not_so_cheap"].error == "The evaluator did not end within 0.05 s (llm_timeout)."
    gate.set()


def test_what_an_evaluator_calls_is_judging(make: Callable[..., Scoring]) -> None:
    @traceable(run_type="llm")
    def ask_model() -> str:
        return "fine"

    def judge(outputs: Any) -> float:
        ask_model()
        return 1.0

    scoring = make(judge)
    scoring.start()
    scoring.wait()
    assert scoring.scores["judge"].score == 1.0
    assert scoring.judging.calls == 1
