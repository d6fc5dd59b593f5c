"""Recorded replies as responses and errors of the HTTP library that an SDK's client uses: httpx, or its successor."""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReplayedReply

NO_RETRY = ("x-should-retry", "false")
"""The header by which an API tells these SDKs that to try again is of no use."""


def library_of(http_client: Any) -> ModuleType | None:
    """Return the httpx-like library of an SDK's HTTP client, whose classes the user may have derived; else None."""
    for kind in type(http_client).__mro__:
        library = sys.modules.get(kind.__module__.partition(".")[0])
        if library is not None and kind in (
            getattr(library, "Client", None),
            getattr(library, "AsyncClient", None),
        ):
            return library
    return None


def recordable_error(http: ModuleType, error: BaseException) -> str | None:
    """Return the name of what a connection's error is in an HTTP library; None where it is no such error."""
    for kind in type(error).__mro__:
        name = kind.__name__
        if getattr(http, name, None) is kind and issubclass(kind, http.RequestError):
            return name
    return None


def raise_error(http: ModuleType, request: Any, reply: ReplayedReply) -> None:
    """Raise the connection's error that a reply ended with."""
    kind = getattr(http, reply.error, http.ReadError)
    raise kind(reply.message, request=request)


def response_of(
    http: ModuleType,
    request: Any,
    reply: ReplayedReply,
    read_beyond: Callable[[], CassetteError],
    *,
    is_async: bool,
) -> Any:
    """Return a recorded reply as a response whose body isn't read yet.

    Args:
        http: The library.
        request: Of the same library.
        reply: The recorded one.
        read_beyond: Called where more is read than was recorded; returns what is raised.
        is_async: Whether the client is.
    """
    headers = dict(reply.headers)
    if reply.status >= 400:
        headers.update([NO_RETRY])
    stream_class = _stream_classes(http)[is_async]
    response = http.Response(
        reply.status,
        headers=headers,
        stream=stream_class(http, reply, read_beyond),
        request=request,
        extensions={"http_version": b"HTTP/1.1"},
    )
    # a client sets it once a body is closed; before that, to ask for it is an error
    response.elapsed = timedelta(0)
    return response


class _Replayed:
    """The body of a recorded reply: ends as it ended when it was recorded."""

    def __init__(
        self, http: ModuleType, reply: ReplayedReply, read_beyond: Callable[[], CassetteError]
    ) -> None:
        self._http = http
        self._reply, self._read_beyond = reply, read_beyond

    def _end(self) -> None:
        if self._reply.end == "failed":
            raise_error(self._http, None, self._reply)
        if self._reply.end == "closed":
            raise self._read_beyond()


class _Sync(_Replayed):
    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.chunks
        self._end()


class _Async(_Replayed):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._reply.chunks:
            yield chunk
        self._end()


@functools.cache  # to make a class takes longer than all else here
def _stream_classes(http: Any) -> tuple[type, type]:
    """Return the classes of a sync client's stream and an async one's: the library insists on its own base classes."""
    sync = type("ReplayedStream", (_Sync, http.SyncByteStream), {})
    return sync, type("AsyncReplayedStream", (_Async, http.AsyncByteStream), {})
