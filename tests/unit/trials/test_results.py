"""A target runs to its end, whatever it returns: what yields is read, and what is to be awaited is awaited."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import anthropic
import openai
import pytest
from pydantic import BaseModel

from pytest_llmobs.errors import TargetError
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.tracing import traceable
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.deadline import TargetTimeout
from pytest_llmobs.trials.runner import Attempt, Job, Runner
from pytest_llmobs.trials.targets import bind_target
from pytest_llmobs.trials.workers import Workers
from tests import anthropic_server, openai_server
from tests.unit.tracing.memory import MemorySink

EXAMPLE = Example("e1", {"q": "x"})
Take = Callable[[Any], Attempt]


def letters(q: str) -> Iterator[str]:
    yield "a"
    yield "b"


async def letters_async(q: str) -> AsyncIterator[str]:
    yield "a"
    await asyncio.sleep(0)
    yield "b"


class Letters:
    """An iterator that is no generator."""

    def __init__(self) -> None:
        self._left = ["b", "a"]

    def __iter__(self) -> Letters:
        return self

    def __next__(self) -> str:
        if not self._left:
            raise StopIteration
        return self._left.pop()


class LettersAsync:
    """The same for ``async for``."""

    def __init__(self) -> None:
        self._letters = Letters()

    def __aiter__(self) -> LettersAsync:
        return self

    async def __anext__(self) -> str:
        for letter in self._letters:
            return letter
        raise StopAsyncIteration


class OnlyIterable:
    """What ``async for`` takes and ``anext`` doesn't."""

    def __aiter__(self) -> AsyncIterator[str]:
        return letters_async("x")


class Agent:
    def __call__(self, q: str) -> Iterator[str]:
        return letters(q)

    def method(self, q: str) -> Iterator[str]:
        yield from letters(q)

    async def async_method(self, q: str) -> AsyncIterator[str]:
        async for letter in letters_async(q):
            yield letter


class AsyncAgent:
    async def __call__(self, q: str) -> AsyncIterator[str]:
        async for letter in letters_async(q):
            yield letter


async def answer(q: str) -> str:
    await asyncio.sleep(0)
    return "ab"


async def returns_generator(q: str) -> Any:
    return letters(q)


async def returns_async_generator(q: str) -> Any:
    return letters_async(q)


async def returns_concurrent_future(q: str) -> Any:
    return finished_future(q)


async def returns_task(q: str) -> Any:
    return asyncio.create_task(answer(q))


def finished_future(q: str) -> Future[str]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: "ab")


def plain(function: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a plain function, which doesn't show what the one that it calls is."""

    def calls(q: str) -> Any:
        return function(q)

    return calls


class OwnLoop:
    """An app with an event loop of its own, at rest or running in a thread."""

    def __init__(self, *, runs: bool) -> None:
        self._runs = runs

    def __call__(self, q: str) -> Any:
        loop = asyncio.new_event_loop()
        if not self._runs:
            return loop.create_task(self._close_after(loop, q))
        threading.Thread(target=loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(self._task(loop, q), loop).result()

    async def _task(self, loop: asyncio.AbstractEventLoop, q: str) -> asyncio.Task[str]:
        return loop.create_task(self._close_after(loop, q))

    async def _close_after(self, loop: asyncio.AbstractEventLoop, q: str) -> str:
        LOOPS.append(loop)
        return await answer(q)


LOOPS: list[asyncio.AbstractEventLoop] = []


def twice_wrapped(q: str) -> Any:
    return returns_async_generator(q)


KINDS: list[Any] = [
    letters,
    letters_async,
    plain(letters),
    plain(letters_async),
    lambda q: Letters(),
    lambda q: LettersAsync(),
    lambda q: OnlyIterable(),
    lambda q: map(str.lower, "AB"),
    Agent(),
    AsyncAgent(),
    Agent().method,
    Agent().async_method,
    partial(letters, q="x"),
    partial(letters_async),
    plain(answer),
    partial(lambda q, extra: answer(q), extra=1),
    returns_generator,
    returns_async_generator,
    returns_concurrent_future,
    returns_task,
    finished_future,
    OwnLoop(runs=False),
    OwnLoop(runs=True),
    twice_wrapped,
]


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def runner(sink: MemorySink) -> Iterator[Runner]:
    made = Runner(Tracer(project="unit", sink=sink), Workers(2), timeout=60.0, window=8)
    yield made
    made.close()
    while LOOPS:
        loop = LOOPS.pop()
        if loop.is_running():
            loop.call_soon_threadsafe(loop.stop)
        while loop.is_running():
            threading.Event().wait(0.001)
        loop.close()


def job(function: Any) -> Job:
    target = bind_target(function, Dataset("golden", (EXAMPLE,)))
    return Job(key="t1", suite="suite", name="t1", example=EXAMPLE, target=target)


@pytest.fixture(params=["ahead", "inline"])
def take(request: pytest.FixtureRequest, runner: Runner) -> Take:
    run = runner.take if request.param == "ahead" else runner.run_inline
    return lambda function: run(job(function))


@pytest.mark.parametrize("function", KINDS, ids=lambda kind: getattr(kind, "__name__", type(kind).__name__))
def test_it_runs_to_its_end(take: Take, function: Any) -> None:
    attempt = take(function)
    assert attempt.error is None
    assert attempt.outputs == {"output": "ab"}


def test_the_root_run_holds_the_text_and_the_time_to_the_first_chunk(take: Take, sink: MemorySink) -> None:
    take(letters)
    run = sink.run("t1")
    assert run.outputs == {"output": "ab"}
    assert run.time_to_first_token is not None
    assert run.latency is not None
    assert 0 < run.time_to_first_token <= run.latency


def test_chunks_that_are_no_text_are_a_list_each_as_it_was(take: Take) -> None:
    def grows(q: str) -> Iterator[Any]:
        seen: list[str] = []
        for letter in "ab":
            seen.append(letter)
            yield seen

    assert take(grows).outputs == {"output": [["a"], ["a", "b"]]}


def test_nothing_yielded_is_an_empty_text(take: Take) -> None:
    assert take(lambda q: iter(())).outputs == {"output": ""}


def test_a_stream_in_a_dict_is_read_as_well(take: Take) -> None:
    attempt = take(lambda q: {"answer": letters(q), "later": letters_async(q), "sources": ["s"]})
    assert attempt.outputs == {"answer": "ab", "later": "ab", "sources": ["s"]}


class Pair(NamedTuple):
    answer: Any
    count: int


@dataclass(frozen=True)
class Reply:
    answer: Any


class Model(BaseModel):
    answer: Any


@pytest.mark.parametrize(
    "build, expected",
    [
        (lambda part: (part, 1), {"output": ("ab", 1)}),
        (lambda part: {"deep": {"rows": [{"text": part}]}}, {"deep": {"rows": [{"text": "ab"}]}}),
        (lambda part: Pair(part, 1), {"output": Pair("ab", 1)}),
        (Reply, {"output": Reply("ab")}),
        (lambda part: Model(answer=[part]), {"answer": ["ab"]}),
        (lambda part: OrderedDict(answer=part), {"answer": "ab"}),
    ],
    ids=["tuple", "deep", "named tuple", "dataclass", "model", "ordered dict"],
)
@pytest.mark.parametrize("stream", [letters, letters_async])
def test_a_stream_is_read_wherever_the_result_holds_it(
    take: Take, stream: Any, build: Callable[[Any], Any], expected: Any
) -> None:
    kept: list[Any] = []

    def app(q: str) -> Any:
        kept.append(build(stream(q)))
        return kept[0]

    attempt = take(app)
    assert (attempt.error, attempt.outputs) == (None, expected)
    assert "generator object" in repr(kept[0])  # the app's own object is as it was


def test_a_result_that_holds_itself_is_read(take: Take) -> None:
    def app(q: str) -> dict[str, Any]:
        state: dict[str, Any] = {"answer": letters(q)}
        state["self"] = state
        return state

    outputs = take(app).outputs
    assert outputs is not None
    assert outputs["answer"] == "ab"


def test_a_manager_that_nobody_enters_is_refused(take: Take) -> None:
    with pytest.raises(TargetError, match="does nothing before a `with` enters it"):
        raise take(contextmanager(letters)).error or AssertionError("no error")


@pytest.mark.parametrize("value", [[1, 2], {"rows": [1]}, (1,), range(3), "ab", None, {1}], ids=repr)
def test_what_can_be_read_again_and_again_is_left_alone(take: Take, value: Any) -> None:
    outputs = take(lambda q: value).outputs
    assert outputs == (value if isinstance(value, dict) else {"output": value})


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_stream_that_breaks_is_an_error_and_what_came_is_kept(
    take: Take, sink: MemorySink, asynchronous: bool
) -> None:
    closed = []

    def breaks(q: str) -> Iterator[str]:
        try:
            yield "a"
            raise ConnectionError("gone")
        finally:
            closed.append(q)

    async def breaks_async(q: str) -> AsyncIterator[str]:
        for letter in breaks(q):
            yield letter

    attempt = take(breaks_async if asynchronous else breaks)
    assert isinstance(attempt.error, ConnectionError)
    assert (sink.run("t1").status, sink.run("t1").outputs) == ("error", {"output": "a"})
    assert closed == ["x"]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_stream_without_an_end_is_given_up_and_closed(
    runner: Runner, sink: MemorySink, asynchronous: bool
) -> None:
    begun, closed = threading.Event(), threading.Event()

    def endless(q: str) -> Iterator[str]:
        try:
            while True:
                yield "a"
                begun.set()
                threading.Event().wait(0.001)
        finally:
            closed.set()

    async def endless_async(q: str) -> AsyncIterator[str]:
        try:
            while True:
                yield "a"
                begun.set()
                await asyncio.sleep(0.001)
        finally:
            closed.set()

    endless_job = job(plain(endless_async) if asynchronous else endless)
    runner.offer([endless_job])
    assert begun.wait(60)
    runner.timeout = 0.001
    attempt = runner.take(endless_job)
    assert isinstance(attempt.error, TargetTimeout)
    assert closed.wait(60)
    assert set(sink.run("t1").outputs["output"]) == {"a"}  # type: ignore[index]


def messages(client: Any, **more: Any) -> Any:
    return client.messages.create(
        model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}], **more
    )


def helper(client: Any) -> Any:
    return client.messages.stream(
        model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
    )


@pytest.mark.parametrize("kind", ["Anthropic", "AsyncAnthropic"])
@pytest.mark.parametrize("call", [partial(messages, stream=True), helper], ids=["stream", "manager"])
def test_streams_of_anthropic_are_read(take: Take, runner: Runner, kind: str, call: Any) -> None:
    with (
        anthropic_server.serve("Hello there") as server,
        client_of(getattr(anthropic, kind), server, runner) as client,
    ):
        attempt = take(lambda q: call(client))
    assert attempt.error is None
    assert attempt.outputs == {"output": "Hello there"}


def test_a_stream_that_calls_a_tool_is_the_list_of_its_events(take: Take, runner: Runner) -> None:
    with (
        anthropic_server.serve(anthropic_server.tool_use("search", {"q": "x"})) as server,
        client_of(anthropic.Anthropic, server, runner) as client,
    ):
        attempt = take(lambda q: messages(client, stream=True))
    assert attempt.outputs is not None
    assert isinstance(attempt.outputs["output"], list)
    assert attempt.outputs["output"][0].type == "message_start"


@pytest.mark.parametrize("api", ["chat", "completions", "responses"])
@pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
def test_streams_of_openai_are_read(take: Take, runner: Runner, kind: str, api: str) -> None:
    with (
        openai_server.serve("Hello there") as server,
        client_of(getattr(openai, kind), server, runner) as client,
    ):

        def streams(q: str) -> Any:
            if api == "chat":
                asked = [{"role": "user", "content": q}]
                return client.chat.completions.create(model="gpt-5", messages=asked, stream=True)
            if api == "completions":
                return client.completions.create(model="gpt-3.5-turbo-instruct", prompt=q, stream=True)
            return client.responses.create(model="gpt-5", input=q, stream=True)

        attempt = take(streams)
    assert attempt.error is None
    assert attempt.outputs == {"output": "Hello there"}


def test_the_helper_of_openai_is_read(take: Take, runner: Runner) -> None:
    with (
        openai_server.serve("Hello there") as server,
        client_of(openai.OpenAI, server, runner) as client,
    ):
        asked = [{"role": "user", "content": "Hi"}]
        attempt = take(lambda q: client.chat.completions.stream(model="gpt-5", messages=asked))
    assert (attempt.error, attempt.outputs) == (None, {"output": "Hello there"})


@pytest.mark.parametrize("function", [letters, letters_async])
def test_a_traced_generator_is_read_and_traced(take: Take, sink: MemorySink, function: Any) -> None:
    assert take(traceable(function)).outputs == {"output": "ab"}
    assert [(run.name, run.outputs) for run in sink.runs] == [(function.__name__, {"output": "ab"})]


def test_a_traced_generator_with_a_reduction_keeps_its_run(take: Take, sink: MemorySink) -> None:
    assert take(traceable(reduce_fn=len)(letters)).outputs == {"output": "ab"}
    assert (sink.run("letters").outputs, sink.run("letters").parent_id) == (
        {"output": 2},
        sink.run("t1").id,
    )


@contextmanager
def client_of(make: Any, server: Any, runner: Runner) -> Iterator[Any]:
    client = make(base_url=server.url, api_key="test")
    try:
        yield client
    finally:
        closing = client.close()
        if closing is not None:  # its connections belong to the event loop that it ran on
            runner.workers.wait_for(closing)
