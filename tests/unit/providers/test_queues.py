"""What a worker does with an item of a queue belongs to the run that put it there, as far as that is certain."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.providers.pools import POOLS
from pytest_llmobs.tracing import trace, traceable, tracing_context
from tests.unit.tracing.memory import MemorySink


@pytest.fixture(autouse=True)
def instrumented(sink: MemorySink) -> Iterator[None]:
    """Queues carry runs."""
    instrument_on_import(POOLS)
    yield
    uninstrument()


class Worker:
    """An app's worker thread, as old as the app: what it logs for an item is called as the item is."""

    def __init__(self, jobs: queue.Queue[Any], batch: int = 1) -> None:
        self._jobs, self._batch = jobs, batch
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while True:
            items = [self._jobs.get() for _ in range(self._batch)]
            if None in items:
                return
            for _, name, _ in items:
                traceable(name=name)(lambda: None)()
            for _, _, answered in items:
                answered.set()

    def stop(self) -> None:
        for _ in range(self._batch):
            self._jobs.put(None)
        self._thread.join()


def _put(jobs: queue.Queue[Any], name: str, order: int = 0) -> threading.Event:
    answered = threading.Event()
    jobs.put((order, name, answered))
    return answered


@pytest.mark.parametrize("kind", [queue.Queue, queue.LifoQueue, queue.PriorityQueue])
@pytest.mark.parametrize("started_in", [None, "first"])
def test_one_item_after_another(sink: MemorySink, kind: Any, started_in: str | None) -> None:
    jobs = kind()
    worker = None if started_in else Worker(jobs)
    for name in ("first", "second"):
        with trace(name):
            worker = worker or Worker(jobs)
            assert _put(jobs, f"for {name}", len(name)).wait(30)
    assert worker is not None
    assert _put(jobs, "for nobody").wait(30)
    worker.stop()
    parents = [sink.parent_of(f"for {name}") for name in ("first", "second", "nobody")]
    assert parents == ["first", "second", None]


def test_runs_that_go_on_beside_each_other_each_get_their_own(sink: MemorySink) -> None:
    jobs: queue.Queue[Any] = queue.Queue()
    with trace("first"):
        worker = Worker(jobs)
        with tracing_context(parent=False), trace("second"):
            assert _put(jobs, "for second").wait(30)
        assert _put(jobs, "for first").wait(30)
    worker.stop()
    assert (sink.parent_of("for first"), sink.parent_of("for second")) == ("first", "second")


def test_a_batch_of_several_runs_belongs_to_none_and_one_of_the_same_to_it(sink: MemorySink) -> None:
    jobs: queue.Queue[Any] = queue.Queue()
    worker = Worker(jobs, batch=2)
    with trace("first"):
        with tracing_context(parent=False), trace("second"):
            _put(jobs, "mixed")
        waiting = _put(jobs, "mixed too")
        assert waiting.wait(30)
        _put(jobs, "alike")
        assert _put(jobs, "alike too").wait(30)
    worker.stop()
    assert sink.parent_of("alike too") == "first"
    assert sink.parent_of("alike") == "first"


def test_a_batch_taken_while_both_go_on(sink: MemorySink) -> None:
    jobs: queue.Queue[Any] = queue.Queue()
    with trace("first"):
        _put(jobs, "one")
        with tracing_context(parent=False), trace("second"):
            done = _put(jobs, "two")
            worker = Worker(jobs, batch=2)
            assert done.wait(30)
    worker.stop()
    assert (sink.parent_of("one"), sink.parent_of("two")) == (None, None)


def test_an_item_whose_run_is_over_belongs_to_none(sink: MemorySink) -> None:
    jobs: queue.Queue[Any] = queue.Queue()
    with trace("over"):
        late = _put(jobs, "late")
    worker = Worker(jobs)
    assert late.wait(30)
    worker.stop()
    assert sink.parent_of("late") is None


def test_who_is_in_a_run_stays_in_it(sink: MemorySink) -> None:
    replies: queue.Queue[str] = queue.Queue()
    with trace("other"):
        replies.put("reply")
        with tracing_context(parent=False), trace("own"):
            replies.get()
            traceable(name="step")(lambda: None)()
    assert sink.parent_of("step") == "own"


def test_a_full_queue_and_what_is_removed_otherwise_leave_nothing_behind(sink: MemorySink) -> None:
    jobs: queue.Queue[object] = queue.Queue(maxsize=1)
    item = object()
    with trace("run"):
        jobs.put(item)
        with pytest.raises(queue.Full):
            jobs.put_nowait(item)
    assert jobs.get() is item
    assert vars(jobs)["_llmobs_put"] == {}


@pytest.mark.asyncio
async def test_a_worker_task(sink: MemorySink) -> None:
    jobs: asyncio.Queue[tuple[str, asyncio.Event]] = asyncio.Queue()

    async def work() -> None:
        while True:
            name, answered = await jobs.get()
            traceable(name=name)(lambda: None)()
            answered.set()

    worker = asyncio.create_task(work())
    for name in ("first", "second"):
        with trace(name):
            answered = asyncio.Event()
            await jobs.put((f"for {name}", answered))
            await answered.wait()
    worker.cancel()
    assert (sink.parent_of("for first"), sink.parent_of("for second")) == ("first", "second")


def test_what_is_handed_to_an_event_loop_of_another_thread(sink: MemorySink) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    with trace("outer"):
        asyncio.run_coroutine_threadsafe(traceable(name="coroutine")(asyncio.sleep)(0), loop).result(30)
        called = threading.Event()
        loop.call_soon_threadsafe(traceable(name="callback")(called.set))
        assert called.wait(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert (sink.parent_of("coroutine"), sink.parent_of("callback")) == ("outer", "outer")


def test_a_callback_belongs_to_who_registered_it(sink: MemorySink) -> None:
    future: Future[int] = Future()
    with ThreadPoolExecutor(1) as pool, trace("outer"):
        future.add_done_callback(lambda _: traceable(name="called back")(lambda: None)())
        with tracing_context(parent=False):
            pool.submit(future.set_result, 1).result()
    assert sink.parent_of("called back") == "outer"
