"""At most so many tasks at once, hung ones included."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator

import pytest

from pytest_llmobs.trials.workers import Task, Workers

SOON = 5.0


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2)
    yield made
    made.close()


def test_a_task_that_is_done_has_no_error(workers: Workers) -> None:
    done: list[int] = []
    task = workers.submit(Task(lambda: done.append(42)))
    assert workers.wait(task, SOON)
    assert (done, task.error) == ([42], None)


def test_a_task_keeps_what_it_raised(workers: Workers) -> None:
    task = workers.submit(Task(lambda: 1 / 0))
    assert workers.wait(task, SOON)
    assert isinstance(task.error, ZeroDivisionError)


def test_async_and_sync_tasks_share_the_limit(workers: Workers) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    gate = threading.Event()

    def enter() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)

    def leave() -> None:
        nonlocal running
        with lock:
            running -= 1

    def sync() -> None:
        enter()
        gate.wait(SOON)
        leave()

    async def asynchronous() -> None:
        enter()
        await asyncio.to_thread(gate.wait, SOON)
        leave()

    tasks = [workers.submit(Task(work)) for work in (sync, asynchronous, sync, asynchronous, sync)]
    gate.set()
    assert all(workers.wait(task, SOON) for task in tasks)
    assert 1 <= most <= 2


def test_the_lowest_order_goes_first_among_the_waiting() -> None:
    workers = Workers(1)
    gate, done = threading.Event(), list[int]()
    first = workers.submit(Task(lambda: gate.wait(SOON)))
    late = workers.submit(Task(lambda: done.append(2), (2,)))
    early = workers.submit(Task(lambda: done.append(1), (1,)))
    gate.set()
    assert all(workers.wait(task, SOON) for task in (first, late, early))
    assert done == [1, 2]
    workers.close()


def test_a_hung_task_keeps_its_slot_and_others_go_on(workers: Workers) -> None:
    gate = threading.Event()
    hung = workers.submit(Task(gate.wait))
    others = [workers.submit(Task(lambda: None)) for _ in range(5)]
    assert all(workers.wait(task, SOON) for task in others)
    assert not workers.wait(hung, 0.0)
    gate.set()


def test_where_every_slot_hangs_the_waiting_give_up_instead_of_waiting_for_ever() -> None:
    now = 0.0
    workers = Workers(1, clock=lambda: now)
    gate = threading.Event()
    workers.submit(Task(gate.wait))
    waiting = workers.submit(Task(lambda: None))
    now = 100.0
    assert not workers.wait(waiting, 10.0)
    assert waiting.started is None
    gate.set()
    workers.close()


def test_every_task_has_a_context_of_its_own(workers: Workers) -> None:
    variable = contextvars.ContextVar("variable", default="outside")

    before: list[str] = []

    def work() -> None:
        before.append(variable.get())
        variable.set("inside")

    tasks = [workers.submit(Task(work)) for _ in range(4)]
    assert all(workers.wait(task, SOON) for task in tasks)
    assert before == ["outside"] * 4


def test_a_cancelled_task_never_starts() -> None:
    workers = Workers(1)
    gate = threading.Event()
    first = workers.submit(Task(lambda: gate.wait(SOON)))
    cancelled = workers.submit(Task(lambda: pytest.fail("it ran")))
    workers.cancel(cancelled)
    gate.set()
    assert workers.wait(first, SOON)
    assert cancelled.started is None
    workers.close()


def test_async_tasks_run_on_the_callers_loop_which_stays_open() -> None:
    loops = []

    async def note() -> None:
        loops.append(asyncio.get_running_loop())

    async def main() -> bool:
        workers = Workers(2, loop=asyncio.get_running_loop())
        task = workers.submit(Task(note))
        ended = await asyncio.to_thread(workers.wait, task, SOON)
        workers.close()
        assert loops == [asyncio.get_running_loop()]
        return ended and asyncio.get_running_loop().is_running()

    assert asyncio.run(main())


def test_whoever_wants_to_know_is_told_of_an_end(workers: Workers) -> None:
    ended = threading.Event()
    workers.submit(Task(lambda: None, on_end=ended.set))
    assert ended.wait(SOON)


def test_closing_twice_is_closing_once(workers: Workers) -> None:
    async def nothing() -> None:
        pass

    workers.wait(workers.submit(Task(nothing)), SOON)
    workers.close()
    workers.close()
    workers.cancel(Task(nothing))


def test_a_task_for_a_loop_that_is_closed_is_cancelled() -> None:
    async def nothing() -> None:
        pass

    loop = asyncio.new_event_loop()
    loop.close()
    workers = Workers(1, loop=loop)
    task = workers.submit(Task(nothing))
    assert workers.wait(task, SOON)
    assert isinstance(task.error, asyncio.CancelledError)
    workers.close()
