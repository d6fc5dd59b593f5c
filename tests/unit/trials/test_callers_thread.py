"""Tasks one after the other, in the thread that waits for them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs.trials.callers_thread import CallersThread
from pytest_llmobs.trials.deadline import TargetTimeout
from pytest_llmobs.trials.workers import Task

SOON = 5.0


@pytest.fixture
def workers() -> Iterator[CallersThread]:
    made = CallersThread(SOON)
    yield made
    made.close()


def test_a_task_runs_in_the_thread_that_waits_for_it(workers: CallersThread) -> None:
    threads: list[threading.Thread] = []
    task = workers.submit(Task(lambda: threads.append(threading.current_thread())))
    assert threads == []
    assert workers.wait(task, SOON)
    assert threads == [threading.current_thread()]


def test_tasks_run_in_the_order_of_their_rank(workers: CallersThread) -> None:
    done: list[str] = []
    last = workers.submit(Task(lambda: done.append("first"), (1, 1)))
    later = workers.submit(Task(lambda: done.append("third"), (1, 2)))
    workers.submit(Task(lambda: done.append("second"), (0, 1)))
    assert workers.wait(last, SOON)
    assert workers.wait(later, SOON)
    assert done == ["first", "second", "third"]


def test_what_a_task_starts_runs_before_the_next(workers: CallersThread) -> None:
    done: list[str] = []

    def target() -> None:
        done.append("target")
        workers.submit(Task(lambda: done.append("its evaluator"), (0, 1)))

    workers.submit(Task(target, (1, 1)))
    last = workers.submit(Task(lambda: done.append("next target"), (1, 2)))
    assert workers.wait(last, SOON)
    assert done == ["target", "its evaluator", "next target"]


def test_an_async_task_is_waited_for(workers: CallersThread) -> None:
    done: list[int] = []

    async def later() -> None:
        await asyncio.sleep(0)
        done.append(1)

    assert workers.wait(workers.submit(Task(later)), SOON)
    assert done == [1]


def test_a_task_keeps_what_it_raised(workers: CallersThread) -> None:
    task = workers.submit(Task(lambda: 1 / 0))
    assert workers.wait(task, SOON)
    assert isinstance(task.error, ZeroDivisionError)


def test_a_task_has_a_context_of_its_own(workers: CallersThread) -> None:
    variable = contextvars.ContextVar("variable", default="outside")
    task = workers.submit(Task(lambda: variable.set("inside")))
    assert workers.wait(task, SOON)
    assert variable.get() == "outside"


def test_a_hung_task_is_told_by_its_name() -> None:
    workers = CallersThread(0.05)
    forever = threading.Event()
    task = workers.submit(Task(lambda: forever.wait(30), name="Target 'app'"))
    assert workers.wait(task, SOON)
    workers.close()
    assert isinstance(task.error, TargetTimeout)
    assert str(task.error) == "Target 'app' did not end within 0.05 s (llm_timeout)."


def test_a_hung_async_task_is_given_up() -> None:
    workers = CallersThread(0.05)
    assert not workers.wait(workers.submit(Task(hanging())), 0.05)
    workers.close()


def hanging() -> Callable[[], Any]:
    async def hang() -> None:
        await asyncio.Event().wait()

    return hang
