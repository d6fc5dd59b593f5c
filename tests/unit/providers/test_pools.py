"""What a pool runs, in threads or processes, stays under the run that handed it over, however old its workers are."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.providers.pools import POOLS
from pytest_llmobs.tracing import trace, traceable, tracing_context
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.context import current
from pytest_llmobs.tracing.threads import Carried
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


@traceable
def step(name: str) -> str:
    return name


@pytest.fixture(autouse=True)
def _instrumented() -> Iterator[None]:
    instrument_on_import(POOLS)
    yield
    uninstrument()


def _here() -> Any:
    return current.get()


def _parents(sink: MemorySink) -> dict[str, str | None]:
    names = {run.id: run.name for run in sink.runs}
    return {run.inputs["name"]: names.get(run.parent_id or "") for run in sink.runs if run.name == "step"}


def test_a_pool_of_threads_that_multiprocessing_made(sink: MemorySink) -> None:
    with trace("first"):
        pool = ThreadPool(1)
        assert pool.map(step, ["map"]) == ["map"]
    with pool, trace("second"):
        pool.apply(step, ("apply",))
        pool.apply_async(func=step, args=("apply_async",)).get()
        pool.starmap(step, [("starmap",)])
        assert [*pool.imap(step, ["imap"]), *pool.imap_unordered(step, ["unordered"])] == [
            "imap",
            "unordered",
        ]
    parents = _parents(sink)
    assert parents.pop("map") == "first"
    assert set(parents) == {"apply", "apply_async", "starmap", "imap", "unordered"}
    assert set(parents.values()) == {"second"}


class FileSink:
    """A file a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, line: bytes) -> None:
        with (self.folder / f"{os.getpid()}.spool").open("ab") as file:
            file.write(line)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
def test_processes_that_serve_one_run_after_the_other(tmp_path: Path) -> None:
    install(Tracer(project="unit", sink=FileSink(tmp_path)))
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
            with trace("first", metadata={"tier": "gold"}):
                assert list(pool.map(step, ["a", "b"])) == ["a", "b"]
            with trace("second"):
                pool.submit(step, "c").result()
            pool.submit(step, "d").result()
    finally:
        uninstall()
    written = MemorySink()
    for file in tmp_path.iterdir():
        for line in file.read_bytes().splitlines(keepends=True):
            written.append(line)
    assert _parents(written) == {"a": "first", "b": "first", "c": "second", "d": None}
    tiers = {run.inputs["name"]: run.metadata.get("tier") for run in written.runs if run.name == "step"}
    assert tiers == {"a": "gold", "b": "gold", "c": None, "d": None}


def test_what_a_context_says_travels_along(sink: MemorySink) -> None:
    with trace("caller"), tracing_context(tags=["vip"], metadata={"tier": "gold"}):
        travelled = pickle.dumps(Carried(step, _here()))
    with tracing_context(enabled=False):
        silent = pickle.dumps(Carried(step, _here()))
    pickle.loads(travelled)("told")
    pickle.loads(silent)("silent")
    told = sink.run("step")
    assert (sink.parent_of("step"), told.tags, told.metadata) == ("caller", ["vip"], {"tier": "gold"})


def test_a_function_that_can_not_be_pickled_says_so_as_ever() -> None:
    install(Tracer(project="unit", sink=None))
    try:
        with trace("caller"), pytest.raises(Exception, match=r"Can't (pickle|get local object)"):
            pickle.dumps(Carried(lambda: None, _here()))
    finally:
        uninstall()
