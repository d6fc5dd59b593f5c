"""One measurement of ``tracing.py``: one tool, one way of calling, in a process of its own.

``python tracing_worker.py TOOL VARIANT TRACES`` prints a line of JSON, microseconds a run. It runs in the peers'
environments too, so it imports nothing but the standard library at the top.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEPTH = 3
THREADS = 8
WARM_UP = 50
TEXTS = 512
BATCH = 2000
"""Runs the floor gathers before it writes."""
SPIN = 20
"""Times as many traces for what takes next to no time, lest the clock's noise be measured."""


def texts(count: int, size: int, seed: int) -> list[str]:
    """Return texts that compress about as well as English prose: words drawn by Zipf's law."""
    chance = random.Random(seed)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(4000)]
    weights = [1 / (rank + 2.7) for rank in range(4000)]
    return [
        " ".join(chance.choices(words, weights, k=size // 5))[:size].ljust(size, ".") for _ in range(count)
    ]


SYSTEM, ASKED, ANSWERED = texts(TEXTS, 420, 1), texts(TEXTS, 1420, 2), texts(TEXTS, 880, 3)
MESSAGES = [
    [{"role": "system", "content": system}, {"role": "user", "content": asked}]
    for system, asked in zip(SYSTEM, ASKED, strict=True)
]


def reply(number: int) -> dict[str, Any]:
    """Return what a model call gives back: 1 KB."""
    return {
        "role": "assistant",
        "content": [{"type": "text", "text": ANSWERED[number % TEXTS]}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 512, "output_tokens": 256},
    }


Wrap = Callable[[Callable[..., Any], str], Callable[..., Any]]


def nested(wrap: Wrap) -> Callable[..., Any]:
    """Return three functions, one calling the next, each wrapped."""

    def leaf(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return reply(number)

    call_model = wrap(leaf, "llm")

    def middle(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return call_model(
            messages, model=model, temperature=temperature, max_tokens=max_tokens, number=number
        )

    step = wrap(middle, "chain")

    def root(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return step(messages, model=model, temperature=temperature, max_tokens=max_tokens, number=number)

    return wrap(root, "chain")


def nested_async(wrap: Wrap) -> Callable[..., Any]:
    """Return the same as coroutines."""

    async def leaf(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return reply(number)

    call_model = wrap(leaf, "llm")

    async def middle(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return await call_model(
            messages, model=model, temperature=temperature, max_tokens=max_tokens, number=number
        )

    step = wrap(middle, "chain")

    async def root(messages: Any, model: str, temperature: float, max_tokens: int, number: int) -> Any:
        return await step(
            messages, model=model, temperature=temperature, max_tokens=max_tokens, number=number
        )

    return wrap(root, "chain")


class Plain:
    """No tracing at all."""

    spin = SPIN
    """How many times as many traces are measured."""
    kept: int | None = None
    """Runs that arrived, where the tool lets one count them."""

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        return function

    def flush(self) -> None:
        return


class Floor(Plain):
    """The least that keeps a run: a parent link, two clock reads, an id, orjson on the spot, Parquet in a thread."""

    spin = 1

    def __init__(self) -> None:
        import orjson
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.kept = 0
        self._dumps, self._pa = orjson.dumps, pa
        text, number = pa.string(), pa.int64()
        names = {
            "id": pa.binary(16),
            "parent": pa.binary(16),
            "trace": pa.binary(16),
            "name": text,
            "kind": text,
        }
        names |= {"start": number, "end": number, "inputs": text, "outputs": text, "error": text}
        self._schema = pa.schema(list(names.items()))
        self._path = Path(tempfile.mkdtemp()) / "floor.parquet"
        self._writer = pq.ParquetWriter(
            self._path, self._schema, compression="zstd", use_dictionary=["name", "kind"]
        )
        self._current: contextvars.ContextVar[Any] = contextvars.ContextVar("current", default=None)
        self._rows: list[tuple[Any, ...]] = []
        self._start()

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        names = tuple(inspect.signature(function).parameters)
        current, dumps, now = self._current, self._dumps, time.time_ns

        def start(given: Any, named: Any) -> tuple[Any, ...]:
            parent, own = current.get(), os.urandom(16)
            token = current.set((own, parent[1] if parent else own))
            return parent, own, token, dumps(dict(zip(names, given, strict=False), **named)), now()

        def end(started: tuple[Any, ...], result: Any) -> None:
            parent, own, token, inputs, begun = started
            current.reset(token)
            trace = parent[1] if parent else own
            row = (
                own,
                parent and parent[0],
                trace,
                function.__name__,
                kind,
                begun,
                now(),
                inputs,
                dumps(result),
                None,
            )
            self._rows.append(row)

        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            started = start(given, named)
            result = function(*given, **named)
            end(started, result)
            return result

        @functools.wraps(function)
        async def acall(*given: Any, **named: Any) -> Any:
            started = start(given, named)
            result = await function(*given, **named)
            end(started, result)
            return result

        return acall if inspect.iscoroutinefunction(function) else call

    def flush(self) -> None:
        self._stop.set()
        self._thread.join()
        self._drain(1)
        self._start()

    def _start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self._drain(BATCH)

    def _drain(self, least: int) -> None:
        if len(self._rows) < least:
            return
        rows, self._rows = self._rows, []
        columns = zip(*rows, strict=True)
        arrays = [
            self._pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._pa.table(arrays, schema=self._schema))
        self.kept = (self.kept or 0) + len(rows)


class OpenTelemetry(Plain):
    """The SDK with its batch processor, inputs and outputs as JSON attributes, an exporter that drops them."""

    spin = 1

    def __init__(self) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

        class Dropping:
            def export(self, spans: Any) -> Any:
                return SpanExportResult.SUCCESS

            def shutdown(self) -> None:
                return

            def force_flush(self, timeout_millis: int = 30_000) -> bool:
                return True

        self._provider = TracerProvider()
        self._provider.add_span_processor(BatchSpanProcessor(Dropping()))  # type: ignore[arg-type]
        self._tracer = self._provider.get_tracer("benchmark")

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        names, name, tracer = tuple(inspect.signature(function).parameters), function.__name__, self._tracer

        def log(span: Any, given: Any, named: Any) -> None:
            span.set_attribute("kind", kind)
            span.set_attribute("input", json.dumps(dict(zip(names, given, strict=False), **named)))

        def call(*given: Any, **named: Any) -> Any:
            with tracer.start_as_current_span(name) as span:
                log(span, given, named)
                result = function(*given, **named)
                span.set_attribute("output", json.dumps(result))
                return result

        async def acall(*given: Any, **named: Any) -> Any:
            with tracer.start_as_current_span(name) as span:
                log(span, given, named)
                result = await function(*given, **named)
                span.set_attribute("output", json.dumps(result))
                return result

        return acall if inspect.iscoroutinefunction(function) else call

    def flush(self) -> None:
        self._provider.force_flush()


class LangSmith(Plain):
    """The client sending to the loopback collector named by ``COLLECTOR``."""

    spin = 1

    def __init__(self) -> None:
        os.environ.update(
            LANGSMITH_TRACING="true", LANGSMITH_API_KEY="k", LANGSMITH_ENDPOINT=os.environ["COLLECTOR"]
        )
        import langsmith
        from langsmith.run_trees import get_cached_client

        self._traceable = langsmith.traceable
        self._client = get_cached_client()
        assert self._client.info is not None

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        return self._traceable(run_type=kind)(function)  # type: ignore[no-any-return, call-overload]

    def flush(self) -> None:
        self._client.flush()


class Llmobs(Plain):
    """pytest_llmobs as a session uses it: secrets redacted, spooled at once, sealed to Parquet at the end."""

    spin = 1

    def __init__(self) -> None:
        from pytest_llmobs import traceable
        from pytest_llmobs.storage.store import Store

        self._traceable = traceable
        self._store = Store(tempfile.mkdtemp())
        self._open()

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        return self._traceable(run_type=kind)(function)  # type: ignore[no-any-return, call-overload]

    def flush(self) -> None:
        self._spool.close()
        self._open()

    def _open(self) -> None:
        from pytest_llmobs.tracing.active import install
        from pytest_llmobs.tracing.tracer import Tracer

        self._spool = self._store.spool("benchmark")
        install(Tracer(project="benchmark", sink=self._spool))

    @property
    def kept(self) -> int:  # type: ignore[override]
        return sum(len(table) for table in self._store.tables(["id"]))


class Off(Plain):
    """pytest_llmobs's decorator where tracing is off."""

    def wrap(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        from pytest_llmobs import traceable

        return traceable(run_type=kind)(function)  # type: ignore[no-any-return, call-overload]


TOOLS: dict[str, Callable[[], Plain]] = {
    "plain": Plain,
    "floor": Floor,
    "opentelemetry": OpenTelemetry,
    "langsmith": LangSmith,
    "llmobs": Llmobs,
    "llmobs-off": Off,
}
VARIANTS = ("sync", "async", "threads")


def measure(tool: Plain, variant: str, traces: int) -> dict[str, float]:
    """Return microseconds a run: the caller's wall time, and the whole process's CPU time with all flushed."""
    root = (nested_async if variant == "async" else nested)(tool.wrap)

    def loop(first: int, end: int) -> None:
        for number in range(first, end):
            root(MESSAGES[number % TEXTS], model="m", temperature=0.2, max_tokens=1024, number=number)

    async def aloop(first: int, end: int) -> None:
        for number in range(first, end):
            await root(MESSAGES[number % TEXTS], model="m", temperature=0.2, max_tokens=1024, number=number)

    def run(first: int, count: int) -> None:
        if variant == "async":
            asyncio.run(aloop(first, first + count))
        elif variant == "threads":
            share = count // THREADS
            parts = [(first + k * share, first + (k + 1) * share) for k in range(THREADS)]
            threads = [threading.Thread(target=loop, args=part) for part in parts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            loop(first, first + count)

    run(0, WARM_UP // THREADS * THREADS)
    tool.flush()
    before = tool.kept
    cpu, wall = time.process_time(), time.perf_counter()
    run(WARM_UP, traces)
    caller = time.perf_counter() - wall
    tool.flush()
    total = time.process_time() - cpu
    runs = traces * DEPTH
    if before is not None and tool.kept is not None and tool.kept - before != runs:
        raise SystemExit(f"{tool.kept - before} of {runs} runs arrived")
    return {"caller": caller / runs * 1e6, "total": total / runs * 1e6}


def main() -> None:
    name, variant, traces = sys.argv[1:]
    tool = TOOLS[name]()
    result = measure(tool, variant, int(traces) * tool.spin // THREADS * THREADS)
    print(json.dumps(result), flush=True)
    # What was to be measured has been flushed; the peers' exit handlers would only take time.
    os._exit(0)


if __name__ == "__main__":
    main()
