"""Runs in threads, pools, tasks and forked processes stay where they belong."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from pytest_llmobs.tracing import get_current_run_tree, trace, traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

step = traceable(name="step")(lambda: None)


def _in_thread(target: object) -> None:
    thread = threading.Thread(target=target)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_a_thread_started_in_a_run_stays_under_it(sink: MemorySink) -> None:
    with trace("outer"):
        _in_thread(step)
    assert sink.parent_of("step") == "outer"


def test_a_thread_subclass_and_a_timer(sink: MemorySink) -> None:
    class Worker(threading.Thread):
        def run(self) -> None:
            traceable(name="worker")(lambda: None)()

    with trace("outer"):
        worker, timer = Worker(), threading.Timer(0, traceable(name="timer")(lambda: None))
        for thread in (worker, timer):
            thread.start()
            thread.join()
    assert (sink.parent_of("worker"), sink.parent_of("timer")) == ("outer", "outer")
    assert "run" not in vars(worker)


def test_a_thread_that_cannot_start_twice_says_so_as_ever(sink: MemorySink) -> None:
    thread = threading.Thread(target=step)
    with trace("outer"):
        thread.start()
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            thread.start()
        thread.join()


def test_a_pool_serves_each_run_in_its_own_place(sink: MemorySink) -> None:
    def ask(name: str) -> None:
        with trace(name):
            pool.submit(traceable(name=f"below {name}")(lambda: None)).result()

    with ThreadPoolExecutor(1) as pool:
        ask("first")
        ask("second")
        pool.submit(traceable(name="alone")(lambda: None)).result()
        assert pool.submit(get_current_run_tree).result() is None
    assert sink.parent_of("below first") == "first"
    assert sink.parent_of("below second") == "second"
    assert sink.parent_of("alone") is None


def test_a_pool_keeps_arguments_results_and_errors(sink: MemorySink) -> None:
    with ThreadPoolExecutor(1) as pool, trace("outer"):
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
        assert list(pool.map(functools.partial(max, 2), [1, 3])) == [2, 3]
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result()


@pytest.mark.asyncio
async def test_tasks_and_to_thread_and_run_in_executor(sink: MemorySink) -> None:
    async def later(name: str) -> None:
        await asyncio.sleep(0)
        traceable(name=name)(lambda: None)()

    loop = asyncio.get_running_loop()
    with trace("outer"):
        await asyncio.gather(asyncio.create_task(later("task")), later("gathered"))
        await asyncio.to_thread(traceable(name="to_thread")(lambda: None))
        await loop.run_in_executor(None, traceable(name="executor")(lambda: None))
    for name in ("task", "gathered", "to_thread", "executor"):
        assert sink.parent_of(name) == "outer"


@pytest.mark.asyncio
async def test_two_targets_at_once_never_mix(sink: MemorySink) -> None:
    async def target(name: str, barrier: asyncio.Barrier) -> None:
        with trace(name):
            for _ in range(3):
                await barrier.wait()
                await asyncio.to_thread(traceable(name=f"below {name}")(lambda: None))

    barrier = asyncio.Barrier(2)
    await asyncio.gather(target("a", barrier), target("b", barrier))
    for name in ("a", "b"):
        assert {run.parent_id for run in sink.runs if run.name == f"below {name}"} == {sink.run(name).id}


def test_anyio_tasks_and_threads(sink: MemorySink) -> None:
    async def main() -> None:
        with trace("outer"):
            async with anyio.create_task_group() as group:
                group.start_soon(child)
            await anyio.to_thread.run_sync(traceable(name="thread")(lambda: None))
        await anyio.to_thread.run_sync(traceable(name="alone")(lambda: None))

    @traceable
    async def child() -> None:
        await anyio.sleep(0)

    anyio.run(main)
    assert (sink.parent_of("child"), sink.parent_of("thread")) == ("outer", "outer")
    assert sink.parent_of("alone") is None


def test_nothing_is_replaced_once_tracing_is_off() -> None:
    before = (threading.Thread.start, ThreadPoolExecutor.submit)
    install(Tracer(project="unit", sink=None))
    assert threading.Thread.start is not before[0]
    install(Tracer(project="inner", sink=None))
    uninstall()
    assert threading.Thread.start is not before[0]
    uninstall()
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_writes_its_own_runs_and_not_its_parents(tmp_path: Path) -> None:
    class FileSink:
        def append(self, line: bytes) -> None:
            with (tmp_path / f"{os.getpid()}.spool").open("ab") as file:
                file.write(line)

    install(Tracer(project="unit", sink=FileSink()))
    try:
        with trace("outer") as outer:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    step()
                    outer.end()
                    outer.write()
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        uninstall()
    written = MemorySink()
    for line in (tmp_path / f"{child}.spool").read_bytes().splitlines(keepends=True):
        written.append(line)
    assert written.names() == ["step"]
    assert written.run("step").parent_id == outer.id
    assert (tmp_path / f"{os.getpid()}.spool").read_bytes().count(b"\n") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_draws_other_ids(tmp_path: Path) -> None:
    from pytest_llmobs.tracing.ids import new_id

    child = os.fork()
    if child == 0:
        (tmp_path / "child").write_text(new_id(0))
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "child").read_text() != new_id(0)
