"""A target's result, run to its end: what is to be awaited is awaited, and what yields is read, chunk by chunk.

A dict, a list, a model may hold such things, see ``result_parts``. A target that streams has as its outputs the text of
all chunks where every one is text, else their list.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from pytest_llmobs.errors import TargetError
from pytest_llmobs.records.copies import copied
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.trials.result_parts import unfinished_parts, with_part
from pytest_llmobs.trials.stream_texts import join

_FINISHED = frozenset({str, int, float, bool, type(None), bytes, dict, list, tuple, set})
"""Types of nearly all results: they are what they are."""
_SDKS = frozenset({"anthropic", "openai"})
_UNENTERED = frozenset(
    {"_GeneratorContextManager", "_AsyncGeneratorContextManager"}
    | {"ResponseContextManager", "AsyncResponseContextManager"}
)
"""What functions under ``@contextmanager`` and ``with_streaming_response`` return."""

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine on an event loop, while the calling thread waits for its result."""


class GivenUp(Exception):
    """A target went on yielding after its trial was given up."""


class Streamed:
    """What the target of one trial has yielded so far."""

    def __init__(self, root: RunTree) -> None:
        """Begin with nothing.

        Args:
            root: The trial's root run, which learns when the first chunk came.
        """
        self._root = root
        self._chunks: list[Any] = []

    def begin(self) -> None:
        """Say that another stream begins."""
        self._chunks = []

    def add(self, chunk: Any) -> None:
        """Keep one chunk as it is now: some apps yield one list that grows.

        Raises:
            GivenUp: Nobody waits for it any more.
        """
        if self._root.ended:
            raise GivenUp
        self._root.columns.setdefault("time_to_first_token", self._root.elapsed)
        self._chunks.append(copied(chunk))

    @property
    def started(self) -> bool:
        """True where a chunk has come."""
        return bool(self._chunks)

    @property
    def whole(self) -> Any:
        """The text of all chunks where every one is text, else their list."""
        return join(self._chunks)


def finish(result: Any, streamed: Streamed, wait: Wait) -> Any:
    """Return what a result is once it was run to its end, in this thread.

    Args:
        result: What a target returned.
        streamed: Takes the chunks.
        wait: Runs what is asynchronous.
    """
    while _is_unfinished(result):
        if _is_concurrent_future(result):
            result = result.result()
        elif _is_asyncio_future(result):
            result = _wait_for_future(result)
        elif hasattr(type(result), "__next__"):
            result = _read(result, streamed)
        elif _is_manager(result) and hasattr(type(result), "__enter__"):
            with result as stream:
                result = _read(stream, streamed)
        else:
            result = wait(finish_async(result, streamed))
    for path, part in unfinished_parts(result, _is_unfinished):
        result = with_part(result, path, finish(part, streamed, wait))
    return _entered(result)


async def finish_async(result: Any, streamed: Streamed) -> Any:
    """Return the same on an event loop."""
    import asyncio

    while _is_unfinished(result):
        if _is_concurrent_future(result):
            result = await asyncio.wrap_future(result)
        elif inspect.isawaitable(result):
            result = await result
        elif hasattr(type(result), "__aiter__"):
            result = await _read_async(result, streamed)
        elif hasattr(type(result), "__aenter__"):
            async with result as stream:
                result = await _read_async(stream, streamed)
        else:  # a plain iterator would hold up the loop
            result = await asyncio.to_thread(finish, result, streamed, asyncio.run)
    for path, part in unfinished_parts(result, _is_unfinished):
        result = with_part(result, path, await finish_async(part, streamed))
    return _entered(result)


def _entered(result: Any) -> Any:
    """Refuse what does nothing before a ``with``: nobody can tell what the app would read of it."""
    kind = type(result)
    if kind.__name__ in _UNENTERED and kind.__module__.partition(".")[0] in {*_SDKS, "contextlib"}:
        raise TargetError(
            f"The target returned {kind.__name__}, which does nothing before a `with` enters it. "
            "Enter it in the target, and return what is read there."
        )
    return result


def _is_unfinished(result: Any) -> bool:
    kind = type(result)
    if kind in _FINISHED:
        return False
    is_iterator = hasattr(kind, "__next__") and hasattr(kind, "__iter__")
    return (
        is_iterator
        or hasattr(kind, "__aiter__")
        or inspect.isawaitable(result)
        or _is_concurrent_future(result)
        or _is_manager(result)
    )


def _is_manager(result: Any) -> bool:
    """Return True for what ``messages.stream()`` of an SDK returns: entering it gives the stream."""
    for kind in type(result).__mro__:
        if kind.__module__.partition(".")[0] in _SDKS and kind.__name__.endswith("StreamManager"):
            return True
    return False


def _is_concurrent_future(result: Any) -> bool:
    futures = sys.modules.get("concurrent.futures")  # where nobody has imported it, nobody has made one
    return futures is not None and isinstance(result, futures.Future)


def _is_asyncio_future(result: Any) -> bool:
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(result, asyncio.Future)


def _wait_for_future(future: Any) -> Any:
    """Wait in a thread for a future or a task of an event loop, which is the app's own."""
    import asyncio

    loop = future.get_loop()
    if loop.is_running():
        return asyncio.run_coroutine_threadsafe(_awaited(future), loop).result()
    return loop.run_until_complete(future)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _read(chunks: Iterator[Any], streamed: Streamed) -> Any:
    streamed.begin()
    try:
        for chunk in chunks:
            streamed.add(chunk)
    except BaseException:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        raise
    return streamed.whole


async def _read_async(chunks: Any, streamed: Streamed) -> Any:
    streamed.begin()
    try:
        async for chunk in chunks:
            streamed.add(chunk)
    except BaseException:
        close = getattr(chunks, "aclose", None) or getattr(chunks, "close", None)
        if close is not None and inspect.isawaitable(closing := close()):
            await closing
        raise
    return streamed.whole
