"""Generators and other iterators: their chunks are logged while the caller sees them untouched."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.binding import process_safely
from pytest_llmobs.tracing.calls.decorated import Decorated
from pytest_llmobs.tracing.context import Scope, current, leave
from pytest_llmobs.tracing.redaction.pieces import MOST, cleaned_together
from pytest_llmobs.tracing.run_tree import RunTree


class Chunks:
    """What has been yielded so far, and the end of the run."""

    def __init__(self, run: RunTree | Scope, decorated: Decorated) -> None:
        self._run: RunTree | None = None
        if isinstance(run, RunTree):
            self._run = run
        self._decorated = decorated
        self._raw: list[Any] = []
        self._chunks: list[bytes] = []
        self._size = 0
        self._more = 0

    def add(self, chunk: Any) -> None:
        """Log one chunk, as it is now."""
        if self._run is None:
            return
        if self._run.run_type == "llm":
            self._run.columns.setdefault("time_to_first_token", round(self._run.elapsed, 6))
        if self._decorated.options.process_chunk is not None:
            chunk = process_safely(self._decorated.options.process_chunk, chunk)
        if self._decorated.reduce_fn is not None:
            self._raw.append(chunk)
        elif self._size > self._run.tracer.max_payload:
            self._more += 1
        else:
            self._chunks.append(self._run.captured(chunk, capture.encode))
            self._size += len(self._chunks[-1]) + 1

    def end(self, error: BaseException | None = None, *, abandoned: bool = False) -> None:
        """End the run with the chunks there were."""
        run = self._run
        if run is None or run.written:
            return
        run.stop()
        if abandoned:
            run.status = "abandoned"
        run.finish(self._outputs(run), error)

    def _outputs(self, run: RunTree) -> bytes:
        process = self._decorated.options.process_outputs
        if self._decorated.reduce_fn is not None:
            outputs = process_safely(self._decorated.reduce_fn, self._raw)
            if process is not None:
                outputs = process_safely(process, outputs)
            return run.captured(outputs, capture.encode_outputs)
        if self._more:
            self._chunks.append(capture.encode(f"<cut: {self._more:,} more chunks>"))
        chunks = b"[%b]" % b",".join(self._joined(run))
        if process is None:
            return b'{"output":%b}' % chunks
        return run.captured(process_safely(process, capture.decode(chunks)), capture.encode_outputs)

    def _joined(self, run: RunTree) -> list[bytes]:
        """Return the chunks; cleaned, where only together they hold what must not be kept, and texts as one."""
        pieces: list[bytes] = []
        for chunk in self._chunks:
            if not chunk.startswith(b'"'):
                return self._cleaned_apart(run)
            pieces.append(chunk[1:-1])
        redaction, together = run.tracer.redaction, b'"%b"' % b"".join(pieces)
        if len(pieces) < 2 or not redaction.suspects(together):
            return self._chunks
        text = capture.decode(together)
        cleaned = redaction.clean_value(text)
        if cleaned == text:
            return self._chunks
        return [capture.encode(cleaned)]

    def _cleaned_apart(self, run: RunTree) -> list[bytes]:
        if len(self._chunks) < 2 or self._size > MOST:
            return self._chunks
        cleaned = cleaned_together(list(map(capture.decode, self._chunks)), run.tracer.redaction)
        if cleaned is None:
            return self._chunks
        return list(map(capture.encode, cleaned))


def wrap_generator(
    function: Callable[..., Generator[Any, Any, Any]], decorated: Decorated
) -> Callable[..., Any]:
    """Return a generator function that logs what ``function`` yields."""

    def traced(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run = decorated.start(args, kwargs)
        if run is None:
            return (yield from function(*args, **kwargs))
        return (yield from _driven(function(*args, **kwargs), run, Chunks(run, decorated)))

    return traced


def wrap_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], decorated: Decorated
) -> Callable[..., Any]:
    """Return an async generator function that logs what ``function`` yields."""

    async def traced(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run = decorated.start(args, kwargs)
        inner = function(*args, **kwargs)
        chunks = Chunks(run or Scope(None, False), decorated)
        resume, value = inner.asend, None
        try:
            while True:
                token = current.set(run) if run is not None else None
                try:
                    chunk = await resume(value)
                finally:
                    if token is not None:
                        leave(token)
                chunks.add(chunk)
                try:
                    value = yield chunk
                    resume = inner.asend
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:
                    resume, value = inner.athrow, error
        except StopAsyncIteration:
            chunks.end()
        except GeneratorExit:
            chunks.end(abandoned=True)
            raise
        except BaseException as error:
            chunks.end(error)
            raise

    return traced


def wrap_iterator(result: Any, run: RunTree | Scope, decorated: Decorated) -> Any:
    """Return what logs the chunks of an iterator that a plain function returned; else end the run."""
    chunks = Chunks(run, decorated)
    if isinstance(result, Generator):
        return _driven(result, run, chunks)
    if isinstance(result, Iterator):
        return TracedIterator(result, chunks)
    if isinstance(result, AsyncIterator):
        return TracedAsyncIterator(result, chunks)
    return decorated.succeed(run, result)


def _driven(
    inner: Generator[Any, Any, Any], run: RunTree | Scope, chunks: Chunks
) -> Generator[Any, Any, Any]:
    resume: Callable[[Any], Any] = inner.send
    value: Any = None
    while True:
        token = current.set(run)
        try:
            chunk = resume(value)
        except StopIteration as stop:
            leave(token)
            chunks.end()
            return stop.value
        except BaseException as error:
            leave(token)
            chunks.end(error)
            raise
        leave(token)
        chunks.add(chunk)
        try:
            value = yield chunk
            resume = inner.send
        except GeneratorExit:
            try:
                inner.close()
            finally:
                chunks.end(abandoned=True)
            raise
        except BaseException as error:
            resume, value = inner.throw, error


class _Traced:
    """Looks like the iterator it wraps."""

    def __init__(self, inner: Any, chunks: Chunks) -> None:
        self._llmobs_inner = inner
        self._llmobs_chunks = chunks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llmobs_inner, name)

    def __del__(self) -> None:
        self._llmobs_chunks.end(abandoned=True)


class TracedIterator(_Traced):
    """An iterator whose chunks are logged."""

    def __iter__(self) -> TracedIterator:
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._llmobs_inner)
        except StopIteration:
            self._llmobs_chunks.end()
            raise
        except BaseException as error:
            self._llmobs_chunks.end(error)
            raise
        self._llmobs_chunks.add(chunk)
        return chunk


class TracedAsyncIterator(_Traced):
    """An async iterator whose chunks are logged."""

    def __aiter__(self) -> TracedAsyncIterator:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await anext(self._llmobs_inner)
        except StopAsyncIteration:
            self._llmobs_chunks.end()
            raise
        except BaseException as error:
            self._llmobs_chunks.end(error)
            raise
        self._llmobs_chunks.add(chunk)
        return chunk
