"""Targets run ahead, once each: again where the server has enough for now, no more where it refuses for good."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.evaluators.binding.declaration import bind, evaluator
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.garbage_collection import paused
from pytest_llmobs.tracing import traceable
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.budget import Budget, BudgetReached
from pytest_llmobs.trials.deadline import TargetTimeout
from pytest_llmobs.trials.runner import MOST_TRIES, Attempt, Job, Refused, Runner
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Workers
from tests.unit.tracing.memory import MemorySink

SOON = 5.0
Make = Callable[..., Runner]


class Rejected(Exception):
    """What an SDK raises where the server answers with an error."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


@evaluator(cheap=True)
def answered(outputs: Any) -> bool:
    return "output" in outputs


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def make(sink: MemorySink) -> Iterator[Make]:
    made = []

    def runner(*, timeout: float = SOON, budget: Budget | None = None, announces: bool = False) -> Runner:
        tracer = Tracer(project="unit", sink=sink)
        made.append(Runner(tracer, Workers(2), timeout=timeout, window=8, budget=budget, announces=announces))
        # What a rejection costs is its own test's business: here the next try may start at once.
        made[-1].workers.rate_limit.rejected = lambda retry_after=0.0: None  # type: ignore[method-assign]
        return made[-1]

    yield runner
    for each in made:
        each.close()


def job(function: Callable[..., Any], key: str = "t1") -> Job:
    return Job(
        key=key,
        suite="suite",
        name=key,
        example=Example("e1", {"question": "why?"}),
        target=Target(function, "answer", takes_dict=False),
        evaluators=[bind(answered, {})],
    )


def test_a_target_runs_once_and_its_result_is_scored(make: Make, sink: MemorySink) -> None:
    calls = []

    def answer(question: str) -> str:
        calls.append(question)
        return "because"

    runner = make()
    runner.offer([job(answer)])
    attempt = runner.take(job(answer))
    assert calls == ["why?"]
    assert attempt.outputs == {"output": "because"}
    assert attempt.scores["answered"].score is True
    assert sink.run("t1").outputs == {"output": "because"}


def test_an_async_target_runs_on_a_loop(make: Make) -> None:
    async def answer(question: str) -> str:
        return "because"

    attempt = make().take(job(answer))
    assert (attempt.error, attempt.outputs) == (None, {"output": "because"})


@pytest.mark.parametrize("inline", [False, True], ids=["ahead", "inline"])
def test_what_a_target_raises_is_the_attempts_error(make: Make, sink: MemorySink, inline: bool) -> None:
    def answer(question: str) -> str:
        raise ValueError("no idea")

    runner = make()
    attempt = runner.run_inline(job(answer)) if inline else runner.take(job(answer))
    assert isinstance(attempt.error, ValueError)
    assert attempt.scores == {}
    assert sink.run("t1").status == "error"


def test_a_rejected_target_is_tried_again(make: Make) -> None:
    answers: list[Any] = [Rejected(429), Rejected(529), "because"]

    def answer(question: str) -> str:
        reply = answers.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return str(reply)

    attempt = make().take(job(answer))
    assert (attempt.error, attempt.outputs) == (None, {"output": "because"})
    assert len(attempt.tries) == 3


def test_a_target_is_not_tried_for_ever(make: Make) -> None:
    def answer(question: str) -> str:
        raise Rejected(429)

    attempt = make().take(job(answer))
    assert isinstance(attempt.error, Rejected)
    assert len(attempt.tries) == MOST_TRIES


def test_inside_its_test_a_target_is_not_tried_again(make: Make) -> None:
    calls = []

    def answer(question: str) -> str:
        calls.append(question)
        raise Rejected(429)

    attempt = make().run_inline(job(answer))
    assert isinstance(attempt.error, Rejected)
    assert len(calls) == 1


def test_after_a_refusal_the_suite_runs_no_further(make: Make) -> None:
    def answer(question: str) -> str:
        raise Rejected(401)

    runner = make()
    first, second = runner.take(job(answer, "t1")), runner.take(job(answer, "t2"))
    assert isinstance(first.error, Rejected)
    assert isinstance(second.error, Refused)
    assert second.root is None


def test_after_the_budget_nothing_starts(make: Make, tmp_path: Path) -> None:
    @traceable(run_type="llm")
    def ask_model(question: str) -> str:
        return "because"

    budget = Budget(tmp_path / "spent.json", max_cost=None, max_calls=1)
    runner = make(budget=budget)
    first = runner.take(job(ask_model, "t1"))
    second = runner.take(job(ask_model, "t2"))
    assert first.error is None
    assert isinstance(second.error, BudgetReached)
    assert str(second.error) == "not run: 1 of 1 model calls made (llm_max_calls)"


def test_a_hung_target_is_an_error_and_what_it_returns_late_is_nobodys(make: Make) -> None:
    gate, over = threading.Event(), threading.Event()

    def answer(question: str) -> str:
        gate.wait(SOON)
        over.set()
        return "too late"

    runner = make(timeout=0.05)
    attempt = runner.take(job(answer))
    gate.set()
    assert over.wait(SOON)
    assert isinstance(attempt.error, TargetTimeout)
    assert str(attempt.error) == "Target 'answer' did not end within 0.05 s (llm_timeout)."
    assert (attempt.outputs, attempt.scores) == (None, {})
    assert runner.left_hanging


def test_no_more_are_started_than_the_window_holds(make: Make) -> None:
    runner = make()
    jobs = [job(lambda question: question, f"t{index}") for index in range(20)]
    assert runner.wants_more
    runner.offer(jobs)
    assert not runner.wants_more
    for each in jobs:
        assert runner.take(each).error is None
    assert runner.wants_more


def test_trials_are_cold_until_the_first_of_their_target_has_returned(make: Make) -> None:
    both_run = threading.Barrier(2)

    def answer(question: str) -> str:
        if len(started) < 2:
            started.append(question)
            both_run.wait(SOON)
        return "because"

    def cold(attempt: Attempt) -> Any:
        return attempt.root.columns["cold"] if attempt.root is not None else None

    started: list[str] = []
    runner = make()
    runner.offer([job(answer, "t1"), job(answer, "t2")])
    assert [cold(runner.take(job(answer, key))) for key in ("t1", "t2")] == [True, True]
    assert cold(runner.take(job(answer, "t3"))) is False
    assert cold(runner.take(replace(job(answer, "t4"), warmed_by="another target"))) is True


def test_a_target_that_raises_warms_nothing_up(make: Make) -> None:
    errors = [ValueError("no key"), None]

    def answer(question: str) -> str:
        error = errors.pop(0)
        if error is not None:
            raise error
        return "because"

    runner = make()
    runner.run_inline(job(answer, "t1"))
    second = runner.run_inline(job(answer, "t2"))
    assert second.root is not None
    assert second.root.columns["cold"] is True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize(("raised", "status"), [(SystemExit(3), 3), (SystemExit(), 0), (None, 0)])
@pytest.mark.parametrize("inline", [True, False], ids=["inline", "in a thread"])
def test_a_child_that_a_target_forks_ends_where_it_comes_back(
    make: Make, inline: bool, raised: BaseException | None, status: int
) -> None:
    def answer(question: str) -> str:
        child = os.fork()
        if child:
            return str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        if raised is not None:
            raise raised
        return "of the child"

    runner = make()
    attempt = runner.run_inline(job(answer)) if inline else runner.take(job(answer))
    assert attempt.outputs == {"output": str(status)}


def take_any(runner: Runner) -> Attempt:
    """Take the next attempt that is through."""
    while True:
        attempt = runner.take_next()
        if attempt is not None:
            return attempt


def test_attempts_are_taken_in_the_order_in_which_they_are_through(make: Make) -> None:
    may_end = threading.Event()

    def slow(question: str) -> str:
        may_end.wait(SOON)
        return "slow"

    runner = make(announces=True)
    runner.offer([job(slow, "slow"), job(lambda question: "fast", "fast")])
    first = take_any(runner)
    may_end.set()
    second = take_any(runner)
    assert [first.job.key, second.job.key] == ["fast", "slow"]
    assert second.scores["answered"].score is True


def test_what_was_taken_is_freed_without_the_garbage_collector(make: Make) -> None:
    """Thousands of trials in circles would be looked through again and again, and once more at the exit."""

    def short(outputs: Any) -> bool:
        return len(outputs["output"]) < 10

    runner, freed = make(announces=True), threading.Event()
    with paused():
        runner.offer([replace(job(lambda question: "fast"), evaluators=[bind(short, {})])])
        attempt = take_any(runner)
        assert attempt.scores["short"].score is True
        weakref.finalize(attempt, freed.set)
        del attempt
        assert freed.wait(SOON)


def test_what_is_through_can_be_taken_without_waiting_for_the_others(make: Make) -> None:
    last_has_begun, may_end = threading.Event(), threading.Event()

    def hold(question: str) -> str:
        may_end.wait(SOON)
        return "held"

    def last(question: str) -> str:  # runs in the only other thread, once both before it are through
        last_has_begun.set()
        return hold(question)

    runner = make(announces=True)
    at_once = [job(lambda question: "done", key) for key in ("first", "second")]
    runner.offer([job(hold, "held"), *at_once, job(last, "last")])
    assert last_has_begun.wait(SOON)
    taken = [attempt.job.key for attempt in runner.take_finished()]
    may_end.set()
    assert taken == ["first", "second"]


def test_an_attempt_is_through_once_its_evaluators_are(make: Make) -> None:
    may_end = threading.Event()

    def judged(outputs: Any) -> bool:
        may_end.wait(SOON)
        return True

    runner = make(announces=True)
    slow = replace(job(lambda question: "x", "judged"), evaluators=[bind(judged, {})])
    runner.offer([slow, job(lambda question: "y", "plain")])
    first = take_any(runner)
    may_end.set()
    assert (first.job.key, take_any(runner).scores["judged"].score) == ("plain", True)


def test_a_hung_attempt_is_handed_over_too(make: Make) -> None:
    forever = threading.Event()

    def hang(question: str) -> str:
        forever.wait(30)
        return "late"

    runner = make(announces=True, timeout=0.1)
    runner.offer([job(hang, "hung"), job(lambda question: "fast", "fast")])
    taken = {attempt.job.key: attempt for attempt in (take_any(runner), take_any(runner))}
    forever.set()
    assert isinstance(taken["hung"].error, TargetTimeout)
    assert taken["fast"].error is None


def test_a_rejected_attempt_is_through_after_its_last_try(make: Make) -> None:
    rejections = iter([Rejected(429), Rejected(529)])

    def answer(question: str) -> str:
        for rejection in rejections:
            raise rejection
        return "at last"

    runner = make(announces=True)
    runner.offer([job(answer)])
    assert take_any(runner).outputs == {"output": "at last"}


def test_an_experiments_metadata_reach_its_runs(make: Make, sink: MemorySink) -> None:
    described = replace(job(lambda question: "x"), metadata={"prompt": "v2", "tier": "all"})
    example = Example("e1", {"question": "why?"}, metadata={"tier": "gold"})
    make().take(replace(described, example=example))
    assert sink.run("t1").metadata == {"prompt": "v2", "tier": "gold"}
