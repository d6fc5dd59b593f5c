"""Generators and iterators: the chunks are logged, the caller sees them untouched."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from pytest_llmobs.tracing import get_current_run_tree, traceable
from tests.unit.tracing.memory import MemorySink


def test_a_generator_logs_its_chunks_and_keeps_its_protocol(sink: MemorySink) -> None:
    @traceable
    def echo(first: str) -> Generator[str, str, int]:
        sent = yield first
        try:
            yield sent
        except KeyError:
            yield "caught"
        return 7

    def caller() -> Generator[str, str, int]:
        return (yield from echo("a"))

    assert inspect.isgeneratorfunction(echo)
    stream = caller()
    assert next(stream) == "a"
    assert stream.send("b") == "b"
    assert stream.throw(KeyError("x")) == "caught"
    with pytest.raises(StopIteration) as stopped:
        next(stream)
    assert stopped.value.value == 7
    run = sink.run("echo")
    assert run.inputs == {"first": "a"}
    assert run.outputs == {"output": ["a", "b", "caught"]}
    assert run.status == "success"


def test_the_caller_between_two_chunks_is_not_inside_the_run(sink: MemorySink) -> None:
    below = traceable(name="below")(lambda: None)
    between = traceable(name="between")(lambda: None)

    @traceable
    def numbers() -> Iterator[int]:
        below()
        yield 1

    for _ in numbers():
        assert get_current_run_tree() is None
        between()
    assert sink.parent_of("below") == "numbers"
    assert sink.parent_of("between") is None


def test_reduce_fn_sees_the_processed_chunks_and_the_caller_the_raw_ones(sink: MemorySink) -> None:
    @traceable(reduce_fn=lambda chunks: {"text": "".join(chunks)}, process_chunk=lambda chunk: chunk["text"])
    def stream() -> Iterator[dict[str, str]]:
        yield {"text": "Hel", "noise": "x"}
        yield {"text": "lo", "noise": "y"}

    assert [chunk["noise"] for chunk in stream()] == ["x", "y"]
    assert sink.run("stream").outputs == {"text": "Hello"}


def test_a_chunk_is_logged_as_it_was_when_it_was_yielded(sink: MemorySink) -> None:
    @traceable
    def stream() -> Iterator[list[int]]:
        yield [1]

    for chunk in stream():
        chunk.append(2)
    assert sink.run("stream").outputs == {"output": [[1]]}


def test_an_early_close_keeps_the_partial_outputs(sink: MemorySink) -> None:
    closed: list[bool] = []

    @traceable
    def numbers() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    stream = numbers()
    assert [next(stream), next(stream)] == [0, 1]
    stream.close()  # type: ignore[attr-defined]
    run = sink.run("numbers")
    assert (run.outputs, run.status, closed) == ({"output": [0, 1]}, "abandoned", [True])


def test_an_error_keeps_the_partial_outputs(sink: MemorySink) -> None:
    @traceable
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(numbers())
    run = sink.run("numbers")
    assert (run.outputs, run.status) == ({"output": [1]}, "error")
    assert (run.error or "").endswith("ValueError: broken")


def test_long_streams_are_cut_and_say_so(sink: MemorySink) -> None:
    from pytest_llmobs.tracing.active import install, uninstall
    from pytest_llmobs.tracing.tracer import Tracer

    install(Tracer(project="unit", sink=sink, max_payload=100))
    try:
        assert len(list(traceable(lambda: iter(()), name="none")())) == 0

        @traceable
        def numbers() -> Iterator[int]:
            yield from range(1000)

        assert len(list(numbers())) == 1000
    finally:
        uninstall()
    outputs = sink.run("numbers").outputs
    assert outputs is not None
    assert outputs["output"][-1].startswith("<cut: 9")


@pytest.mark.asyncio
async def test_an_async_generator(sink: MemorySink) -> None:
    below = traceable(name="below")(lambda: None)

    @traceable
    async def numbers(count: int) -> AsyncIterator[int]:
        for number in range(count):
            below()
            yield number

    assert inspect.isasyncgenfunction(numbers)
    assert [number async for number in numbers(2)] == [0, 1]
    assert sink.run("numbers").outputs == {"output": [0, 1]}
    assert {run.parent_id for run in sink.runs if run.name == "below"} == {sink.run("numbers").id}


@pytest.mark.asyncio
async def test_an_async_generator_closed_early_or_failing(sink: MemorySink) -> None:
    @traceable
    async def numbers(*, fail: bool) -> AsyncIterator[int]:
        yield 1
        if fail:
            raise ValueError("broken")
        yield 2

    async with aclosing(numbers(fail=False)) as stream:  # type: ignore[type-var]
        assert await anext(stream) == 1
    with pytest.raises(ValueError, match="broken"):
        [number async for number in numbers(fail=True)]
    first, second = sink.runs
    assert (first.outputs, first.status) == ({"output": [1]}, "abandoned")
    assert (second.outputs, second.status) == ({"output": [1]}, "error")


@pytest.mark.asyncio
async def test_an_async_generator_keeps_its_protocol(sink: MemorySink) -> None:
    @traceable
    async def echo() -> Any:
        sent = yield "first"
        try:
            yield sent
        except KeyError:
            yield "caught"

    stream = echo()
    assert await anext(stream) == "first"
    assert await stream.asend("second") == "second"
    assert await stream.athrow(KeyError("x")) == "caught"
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert sink.run("echo").outputs == {"output": ["first", "second", "caught"]}


def test_generators_work_where_tracing_is_off() -> None:
    @traceable
    def numbers() -> Generator[int, None, str]:
        yield 1
        return "end"

    stream = numbers()
    assert next(stream) == 1
    with pytest.raises(StopIteration, match="end"):
        next(stream)


@pytest.mark.asyncio
async def test_async_generators_work_where_tracing_is_off() -> None:
    @traceable
    async def numbers() -> AsyncIterator[int]:
        yield 1

    assert [number async for number in numbers()] == [1]


class Stream:
    """What SDKs return: an iterator with more to it."""

    request_id = "req_1"

    def __init__(self) -> None:
        self._left = iter(["a", "b"])

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> str:
        return next(self._left)


def test_an_iterator_object_keeps_its_attributes(sink: MemorySink) -> None:
    stream = traceable(reduce_fn="".join, name="ask")(Stream)()
    assert stream.request_id == "req_1"
    assert sink.runs == []
    assert list(stream) == ["a", "b"]
    assert sink.run("ask").outputs == {"output": "ab"}


def test_an_iterator_that_is_dropped_is_abandoned(sink: MemorySink) -> None:
    stream = traceable(reduce_fn="".join, name="ask")(Stream)()
    assert next(stream) == "a"
    del stream
    assert (sink.run("ask").status, sink.run("ask").outputs) == ("abandoned", {"output": "a"})


@pytest.mark.asyncio
async def test_an_async_iterator_object(sink: MemorySink) -> None:
    class Later:
        def __init__(self) -> None:
            self._left = iter(["a", "b"])

        def __aiter__(self) -> Later:
            return self

        async def __anext__(self) -> str:
            try:
                return next(self._left)
            except StopIteration:
                raise StopAsyncIteration from None

    assert [chunk async for chunk in traceable(reduce_fn="".join, name="ask")(Later)()] == ["a", "b"]
    assert sink.run("ask").outputs == {"output": "ab"}


def test_a_generator_given_as_an_argument_or_returned_is_not_consumed(sink: MemorySink) -> None:
    @traceable
    def count(numbers: Iterator[int], nested: dict[str, Any]) -> tuple[int, Iterator[int]]:
        return len(list(numbers)), nested["more"]

    length, more = count((n for n in range(3)), {"more": (n for n in range(2))})
    assert (length, list(more)) == (3, [0, 1])
    run = sink.run("count")
    assert run.inputs == {"numbers": "<generator object>", "nested": {"more": "<generator object>"}}
    assert run.outputs == {"output": [3, "<generator object>"]}
