"""Replies that are recorded, between an SDK's retries and the socket: its HTTP client's ``send`` is where both meet.

Above it the SDK does what it always does: it builds the request, reads the response, streams it. What must reach the
user as it is, such as a missing recording, is raised as an ``Interrupted``, which no SDK takes for a failed connection.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from datetime import timedelta
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers import bodies
from pytest_llmobs.providers.base import Engine
from pytest_llmobs.records.http_calls import BodyEnd, ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.parent import Parent
from pytest_llmobs.tracing.recordings import Turn


class Interrupted(BaseException):
    """Carries an error past the SDK's own handling, which would take it for a failed connection, and try again."""

    def __init__(self, error: Exception) -> None:
        """Take what is to be raised in its place."""
        super().__init__(str(error))
        self.error = error


class Sending:
    """One call of the SDK while recordings are in use: what it sends is replayed, or recorded."""

    def __init__(
        self, place: Parent, http_client: Any, provider: str, operation: str, run: OpenRun | None
    ) -> None:
        """Prepare; nothing is looked up before something is sent.

        Args:
            place: Where the call belongs; its tracer has the recordings.
            http_client: What the SDK sends with. Whatever else sends meanwhile, for a token say, is left alone.
            provider: Who serves the SDK's client.
            operation: What is called.
            run: The call's; None where it isn't logged.
        """
        assert place.tracer.recordings is not None
        self._recordings = place.tracer.recordings
        self._root = place.run.root if place.run is not None else None
        self.http_client = http_client
        self._provider, self._operation = provider, operation
        self._turn: Turn | None = None
        self._request: SentRequest | None = None
        self._run = run
        self._token: Token[Sending | None] | None = None

    def __enter__(self) -> None:
        self._token = _current.set(self)

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        assert self._token is not None
        _current.reset(self._token)
        if isinstance(error, Interrupted):
            raise error.error from None

    def ask(self, request: Any) -> ReplayedReply | None:
        """Return the recorded reply to an httpx-like request; None where it must be sent.

        Raises:
            Interrupted: Nothing may be sent, and nothing is recorded.
        """
        sent = SentRequest(
            provider=self._provider,
            operation=self._operation,
            method=request.method,
            url=str(request.url),
            headers=_lowered(request.headers),
            content=_content(request),
        )
        try:
            if self._turn is None or not _are_alike(sent, self._request):
                self._turn, self._request = self._recordings.take(sent, self._root), sent
        except CassetteError as error:
            if self._root is not None:
                self._root.broken = self._root.broken or error
            raise Interrupted(error) from None
        reply = self._turn.reply
        if reply is not None:
            self._mark_replayed(reply)
        return reply

    def received(self, response: Any) -> None:
        """Keep a response that came, or is still to be read. Holds nothing of it: a dropped one is closed at once."""
        status, headers = response.status_code, response.headers
        if not bodies.unread(response):
            self._keep(_reply(status, headers, response.content))
            return
        response_class = type(response)

        def read(raw: bytes, end: BodyEnd, error: BaseException | None) -> None:
            content = bodies.decompressed(response_class, headers, raw) if raw else b""
            self._keep(_reply(status, headers, content, end, error))

        bodies.follow(response, _unheard, read)

    def failed(self, error: Exception) -> None:
        """Keep that no response came."""
        self._keep(_reply(0, {}, b"", "failed", error))

    def _keep(self, reply: ReceivedReply) -> None:
        if self._turn is None:
            return
        recording = self._turn.keep(reply)
        if recording and self._run is not None:
            self._run.columns["recording"] = recording

    def _mark_replayed(self, reply: ReplayedReply) -> None:
        """Note on the call's run, and on those around it, that its time and money are not this session's."""
        run = self._run
        if run is not None:
            run.columns["recording"] = reply.recording
        while run is not None:
            run.columns["replayed"] = True
            run = run.parent


_current: ContextVar[Sending | None] = ContextVar("llmobs_sending", default=None)
"""Whose request an HTTP client sends: the SDK hands it to a method that knows of no call."""


def sending(
    place: Parent, client: Any, provider: str, operation: str, run: OpenRun | None = None
) -> AbstractContextManager[Any]:
    """Return the ``with`` block in which an SDK's client makes a call; does nothing where nothing is recorded.

    Args:
        place: Where the call belongs.
        client: The SDK's.
        provider: Who serves it.
        operation: What is called.
        run: The call's; None where it isn't logged.
    """
    if place.tracer.recordings is None:
        return nullcontext()
    return Sending(place, client._client, provider, operation, run)


def intercept(engine: Engine, http: ModuleType) -> None:
    """Have the clients of an httpx-like library ask for recordings before they send."""
    streams = _replayed_stream_class(http)
    engine.patch_once(http.Client, "send", functools.partial(_wrap_send, http, streams))
    engine.patch_once(http.AsyncClient, "send", functools.partial(_wrap_send_async, http, streams))


def _wrap_send(http: Any, stream_class: type, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        sending = _current.get()
        if sending is None or sending.http_client is not self:
            return original(self, request, *args, **kwargs)
        reply = sending.ask(request)
        if reply is not None:
            response = _response(http, stream_class, request, reply)
            if not kwargs.get("stream"):
                response.read()
            return response
        try:
            response = original(self, request, *args, **kwargs)
        except Exception as error:
            sending.failed(error)
            raise
        sending.received(response)
        return response

    return send


def _wrap_send_async(http: Any, stream_class: type, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        sending = _current.get()
        if sending is None or sending.http_client is not self:
            return await original(self, request, *args, **kwargs)
        reply = sending.ask(request)
        if reply is not None:
            response = _response(http, stream_class, request, reply)
            if not kwargs.get("stream"):
                await response.aread()
            return response
        try:
            response = await original(self, request, *args, **kwargs)
        except Exception as error:
            sending.failed(error)
            raise
        sending.received(response)
        return response

    return send


def _response(http: Any, stream_class: type, request: Any, reply: ReplayedReply) -> Any:
    response = http.Response(
        reply.status,
        headers=dict(reply.headers),
        stream=stream_class(reply),
        request=request,
        extensions={"http_version": b"HTTP/1.1"},
    )
    response.elapsed = timedelta(0)
    return response


def _replayed_stream_class(http: Any) -> type:
    class ReplayedStream(http.SyncByteStream, http.AsyncByteStream):  # type: ignore[misc]
        """The body of a recorded reply: ends as it ended when it was recorded."""

        def __init__(self, reply: ReplayedReply) -> None:
            self._reply = reply

        def __iter__(self) -> Iterator[bytes]:
            yield from self._reply.chunks
            self._end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._reply.chunks:
                yield chunk
            self._end()

        def _end(self) -> None:
            if self._reply.end == "failed":
                raise getattr(http, self._reply.error, http.ReadError)(self._reply.message)

    return ReplayedStream


def _are_alike(sent: SentRequest, before: SentRequest | None) -> bool:
    """Tell whether a request is the one before, tried again."""
    return before is not None and (sent.method, sent.url, sent.content) == (
        before.method,
        before.url,
        before.content,
    )


def _content(request: Any) -> bytes | None:
    try:
        content: bytes = request.content
    except Exception:  # a generator's: to read it would take it from the socket
        return None
    return content


def _reply(
    status: int, headers: Any, content: bytes, end: BodyEnd = "read", error: BaseException | None = None
) -> ReceivedReply:
    named = {} if error is None else {"error": type(error).__name__, "message": str(error)}
    return ReceivedReply(status=status, headers=_lowered(headers), content=content, end=end, **named)


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _unheard() -> None:
    """Nobody waits for the first chunk."""
