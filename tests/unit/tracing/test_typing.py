"""Type checkers see a traced function as what it was.

``mypy --strict`` reads this file too: an ``assert_type`` that doesn't hold is an error, and so is a ``type: ignore``
that nothing needs.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import pytest

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import RunTree, get_current_run_tree, trace, traceable
from tests.unit.tracing.memory import MemorySink


@traceable
def bare(question: str, *, tone: str = "kind") -> int:
    return len(question + tone)


@traceable("tool", name="x", tags=["a"], metadata={"a": 1})
async def called(question: str) -> list[int]:
    return [len(question)]


@traceable()
def stream(count: int) -> Iterator[str]:
    yield str(count)


@traceable(reduce_fn=sum, process_chunk=lambda chunk: chunk + 1)
async def numbers(count: int) -> AsyncIterator[int]:
    yield count


class Counter:
    calls: int = 0

    def __call__(self, step: int) -> int:
        self.calls += step
        return self.calls


class Desk:
    @traceable
    def greet(self, name: str) -> str:
        return name

    @classmethod
    @traceable
    def make(cls, name: str) -> Desk:
        return cls()

    @staticmethod
    @traceable("tool")
    def spell(name: str) -> list[str]:
        return list(name)


@pytest.mark.asyncio
async def test_results_keep_their_types() -> None:
    assert assert_type(bare("a", tone="b"), int) == 2
    assert assert_type(await called("a"), list[int]) == [1]
    assert list(assert_type(stream(1), Iterator[str])) == ["1"]
    assert assert_type(Desk().greet("a"), str) == "a"
    assert isinstance(assert_type(Desk.make("a"), Desk), Desk)
    assert assert_type(Desk.spell("ab"), list[str]) == ["a", "b"]
    assert [assert_type(number, int) async for number in numbers(3)] == [3]
    counter = traceable("tool")(Counter())
    assert (assert_type(counter(2), int), assert_type(counter.calls, int)) == (2, 2)
    assert assert_type(traceable(functools.partial(bare, tone="b"))("a"), int) == 2


@pytest.mark.asyncio
async def test_runs_have_types(sink: MemorySink) -> None:
    with trace("x", "tool", inputs={"a": 1}, metadata={"b": 2}, tags=["c"], project_name="p") as run:
        run.add_metadata({"d": 3})
        run.add_tags("e")
        run.add_outputs({"f": 4})
        assert_type(run.create_child("y", "llm", inputs={"g": 5}, tags=["h"]), RunTree).end(error="no")
        run.end(outputs={"i": 6})
    assert assert_type(run.id, str)
    assert_type(get_current_run_tree(), RunTree | None)
    headers = assert_type(run.to_headers(), dict[str, str])
    async with trace("z", parent=headers) as below:
        assert_type(below, RunTree)
    remote = assert_type(RunTree.from_headers(headers), RunTree | None)
    assert remote is not None
    assert remote.id == run.id


def test_wrong_arguments_are_seen() -> None:
    with pytest.raises(TypeError):
        bare(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        bare("a", mood="b")  # type: ignore[call-arg]
    with pytest.raises(LlmobsError):
        traceable(tag=["a"])  # type: ignore[call-overload]
