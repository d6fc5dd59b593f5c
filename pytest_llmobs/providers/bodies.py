"""Streamed bodies: a copy is kept of what the user reads, and the call ends when the reading does.

The wrapper takes the place of ``response.stream``, below every way of reading a response (``Stream``,
``iter_lines``, ``read``) and refers to nothing above it: a dropped response is still closed at once by its
reference count, as without us.
"""

from __future__ import annotations

import functools
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from pytest_llmobs.records.http_calls import BodyEnd

MAX_KEPT = 64 << 20
"""Bytes of a reply that are kept while it is read; what follows is passed on unseen."""


class Body:
    """A reply's body while it is read."""

    def __init__(
        self, inner: Any, heard: Callable[[], None], ended: Callable[[bytes, BodyEnd, Any], None]
    ) -> None:
        """Wrap a byte stream.

        Args:
            inner: The stream of an httpx-like response.
            heard: Called at the first chunk.
            ended: Called once with the raw bytes read, how it ended, and the exception if it failed.
        """
        self._inner = inner
        self._heard = heard
        self._ended: Callable[[bytes, BodyEnd, Any], None] | None = ended
        self._kept: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def keep(self, chunk: bytes) -> None:
        """Remember one chunk."""
        if not self._kept:
            self._heard()
        if self._size <= MAX_KEPT:
            self._kept.append(chunk)
            self._size += len(chunk)

    def end(self, how: BodyEnd, error: BaseException | None = None) -> None:
        """Say once how reading ended; what was put around the stream before this was, first."""
        if isinstance(self._inner, Body):
            self._inner.end(how, error)
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(b"".join(self._kept), how, error)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self.end("closed")


def unread(response: Any) -> bool:
    """Return True where the body of an httpx-like response is still to be read."""
    try:
        response.content  # noqa: B018 - raises where there is none yet
    except Exception:
        return not response.is_closed
    return False


def follow(response: Any, heard: Callable[[], None], ended: Callable[[bytes, BodyEnd, Any], None]) -> Body:
    """Put a ``Body`` in the place of ``response.stream`` and return it.

    Args:
        response: An httpx-like response whose body hasn't been read.
        heard: See ``Body``.
        ended: See ``Body``.
    """
    body: Body = _class_for(type(response.stream))(response.stream, heard, ended)
    response.stream = body
    return body


def _class_for(kind: type) -> type[Body]:
    if hasattr(kind, "__aiter__") and not hasattr(kind, "__iter__"):
        return _subclass(_AsyncBody, _stream_base(kind))
    return _subclass(_SyncBody, _stream_base(kind))


def decompressed(response_class: Any, headers: Any, raw: bytes) -> bytes:
    """Return a body as its sender wrote it.

    Args:
        response_class: Of an httpx-like library: it knows how bodies are compressed.
        headers: The response's.
        raw: The body as it came over the wire, perhaps broken off.
    """
    if not headers.get("content-encoding"):
        return raw
    try:
        content: bytes = response_class(200, headers=headers, content=raw).content
    except Exception:  # a body that broke off: what is there of it
        content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw)
    return content


class _SyncBody(Body):
    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._inner:
                self.keep(chunk)
                yield chunk
        except GeneratorExit:  # the user stops reading, which close() tells
            raise
        except BaseException as error:
            self.end("failed", error)
            raise
        self.end("read")

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self.end("closed")


class _AsyncBody(Body):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                self.keep(chunk)
                yield chunk
        except GeneratorExit:  # the user stops reading, which close() tells
            raise
        except BaseException as error:
            self.end("failed", error)
            raise
        self.end("read")

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self.end("closed")


def _stream_base(kind: type) -> type:
    """Return httpx's base class of a stream, which ``response.iter_raw`` insists on."""
    for base in kind.__mro__:
        if base.__name__ in ("SyncByteStream", "AsyncByteStream"):
            return base
    return object


@functools.cache  # to make a class takes longer than all else here
def _subclass(ours: type[Body], base: type) -> type[Body]:
    return type(ours.__name__, (ours, base), {})
