"""Traced calls leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_llmobs.tracing import get_current_run_tree, trace, traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer


class Nowhere:
    def append(self, line: bytes) -> None:
        pass


@pytest.fixture(autouse=True)
def _traced() -> Iterator[None]:
    install(Tracer(project="unit", sink=Nowhere()))
    yield
    uninstall()


@traceable
def leaf(text: str) -> str:
    if text == "fail":
        raise ValueError(text)
    return text


@traceable
def root(text: str) -> str:
    return leaf(text)


@traceable
async def aroot(text: str) -> str:
    return leaf(text)


@traceable
def chunks(text: str) -> Iterator[str]:
    yield leaf(text)


def _fail() -> None:
    with pytest.raises(ValueError, match="fail"):
        root("fail")


def _block() -> None:
    with trace("block", metadata={"a": 1}) as run:
        run.add_outputs({"b": 2})
        leaf("x")


def _async() -> None:
    asyncio.run(aroot("x"))


CALLS: list[Callable[[], Any]] = [lambda: root("x" * 500), _fail, _block, lambda: list(chunks("x")), _async]


@pytest.mark.parametrize("call", CALLS, ids=["call", "error", "block", "generator", "async"])
def test_a_run_is_freed_at_once_without_the_garbage_collector(call: Callable[[], Any]) -> None:
    seen: list[weakref.ref[Any]] = []

    @traceable
    def watch() -> None:
        run = get_current_run_tree()
        assert run is not None
        seen.append(weakref.ref(run))
        call()

    call()
    gc.collect()
    gc.disable()
    try:
        with trace("outer") as outer:
            seen.append(weakref.ref(outer))
            watch()
        del outer
        assert [ref() for ref in seen] == [None, None]
    finally:
        gc.enable()


def test_a_hundred_thousand_calls_leave_memory_where_it_was() -> None:
    def burst(count: int) -> None:
        for _ in range(count):
            root("x" * 200)

    burst(1000)
    gc.collect()
    before = sys.getallocatedblocks()
    burst(50_000)
    gc.collect()
    assert sys.getallocatedblocks() - before < 500
