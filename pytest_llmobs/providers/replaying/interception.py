"""Where an SDK's HTTP client is met: its ``send``, and what the SDK does before and after it that a replay spares."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any, NoReturn

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers.base import Engine
from pytest_llmobs.providers.replaying import transport
from pytest_llmobs.providers.replaying.sending import Sending, current
from pytest_llmobs.records.http_calls import ReplayedReply


def intercept(engine: Engine, sdk: ModuleType, client: Any, signers: Collection[str]) -> ModuleType:
    """Have an SDK's client ask for recordings before it sends; return the HTTP library that it uses.

    Args:
        engine: Undoes it.
        sdk: The SDK's ``_base_client``.
        client: The SDK's.
        signers: The packages whose clients prepare a request by signing it.

    Raises:
        CassetteError: Its HTTP client is of no known library.
    """
    http_client = client._client
    http = transport.library_of(http_client)
    if http is None:
        raise CassetteError(
            f"What {type(http_client).__qualname__!r} sends can be neither recorded nor replayed: it is no client of "
            "httpx. Pass an http_client that is one, or run with --llm-cassettes=off."
        )
    wrap = _wrap_send_async if isinstance(http_client, http.AsyncClient) else _wrap_send
    engine.patch_once(_holder(type(http_client), "send"), "send", wrap)
    for owner in (sdk.SyncAPIClient, sdk.AsyncAPIClient):
        if "_sleep_for_retry" in vars(owner):
            engine.patch_once(owner, "_sleep_for_retry", functools.partial(_wrap_sleep, sdk))
    for kind in type(client).__mro__:
        if "_prepare_request" in vars(kind) and kind.__module__.startswith(tuple(signers)):
            engine.patch_once(kind, "_prepare_request", _wrap_prepare)
    return http


def _holder(kind: type, method: str) -> type:
    """Return the class that ``kind`` has a method from: one that the user derived may have its own."""
    return next(holder for holder in kind.__mro__ if method in vars(holder))


def _wrap_send(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        sending = current.get()
        # a closed client raises its own error, with a recording or without
        if sending is None or sending.http_client is not self or self.is_closed:
            return original(self, request, *args, **kwargs)
        attempt = sending.attempt(request, request.read())
        if attempt.reply is not None:
            return _replay(sending, request, attempt.reply, is_streamed=kwargs.get("stream", False))
        # What is sent on the way, by a class above this one or for a token, is no call of the SDK's.
        token = current.set(None)
        try:
            response = original(self, request, *args, **kwargs)
        except BaseException as error:
            attempt.failed(error)
            raise
        finally:
            current.reset(token)
        attempt.received(response)
        return response

    return send


def _wrap_send_async(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        sending = current.get()
        if sending is None or sending.http_client is not self or self.is_closed:
            return await original(self, request, *args, **kwargs)
        attempt = sending.attempt(request, await request.aread())
        if attempt.reply is not None:
            return await _replay_async(
                sending, request, attempt.reply, is_streamed=kwargs.get("stream", False)
            )
        token = current.set(None)
        try:
            response = await original(self, request, *args, **kwargs)
        except BaseException as error:
            attempt.failed(error)
            raise
        finally:
            current.reset(token)
        attempt.received(response)
        return response

    return send


def _replay(sending: Sending, request: Any, reply: ReplayedReply, *, is_streamed: bool) -> Any:
    response = _begin_replay(sending, request, reply)
    try:
        for hook in sending.http_client.event_hooks["response"]:
            hook(response)
        if not is_streamed:
            response.read()
    except CassetteError as error:
        raise sending.interrupted(error) from None
    except BaseException:
        response.close()
        raise
    return response


async def _replay_async(sending: Sending, request: Any, reply: ReplayedReply, *, is_streamed: bool) -> Any:
    response = _begin_replay(sending, request, reply)
    try:
        for hook in sending.http_client.event_hooks["response"]:
            await hook(response)
        if not is_streamed:
            await response.aread()
    except CassetteError as error:
        raise sending.interrupted(error) from None
    except BaseException:
        await response.aclose()
        raise
    return response


def _begin_replay(sending: Sending, request: Any, reply: ReplayedReply) -> Any:
    """Return the response that a recording begins with, or raise what came in its place.

    The client's hooks for responses are called, since one comes; those for requests aren't, since none is sent.
    """
    if reply.status == 0:
        transport.raise_error(sending.http, request, reply)
    return transport.response_of(
        sending.http,
        request,
        reply,
        functools.partial(_read_beyond, sending),
        is_async=isinstance(sending.http_client, sending.http.AsyncClient),
    )


def _read_beyond(sending: Sending) -> CassetteError:
    error = CassetteError(
        f"The recording of {sending.asked.operation} ends here: whoever recorded it read no further. Record it again "
        "with --llm-cassettes=refresh."
    )
    sending.note(error)
    return error


def _wrap_sleep(sdk: ModuleType, original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a recorded failure be final: nothing is tried again, and nobody waits for a server."""
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def sleep_async(self: Any, *args: Any, **kwargs: Any) -> None:
            if not _skips_sleep(sdk):
                await original(self, *args, **kwargs)

        return sleep_async

    @functools.wraps(original)
    def sleep(self: Any, *args: Any, **kwargs: Any) -> None:
        if not _skips_sleep(sdk):
            original(self, *args, **kwargs)

    return sleep


def _skips_sleep(sdk: ModuleType) -> bool:
    """Return True where the last reply was replayed.

    Raises:
        Exception: It was a failed connection; the SDK's own error, as it would raise it after its last attempt.
    """
    sending = current.get()
    if sending is None or sending.replayed is None:
        return False
    failure = sys.exception()
    if failure is not None and sending.replayed.end == "failed":
        _raise_as_last_attempt(sdk, sending, failure)
    return True


def _raise_as_last_attempt(sdk: ModuleType, sending: Sending, failure: BaseException) -> NoReturn:
    if not isinstance(failure, sending.http.RequestError):  # the SDK has made its own error of it already
        raise failure
    kind = sdk.APIConnectionError
    if isinstance(failure, sending.http.TimeoutException):
        kind = sdk.APITimeoutError
    raise kind(request=failure.request) from failure


def _wrap_prepare(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let nothing be signed that isn't sent: to sign needs credentials, and perhaps a token from the network."""
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def prepare_async(self: Any, request: Any) -> None:
            if not _is_offline():
                await original(self, request)

        return prepare_async

    @functools.wraps(original)
    def prepare(self: Any, request: Any) -> None:
        if not _is_offline():
            original(self, request)

    return prepare


def _is_offline() -> bool:
    sending = current.get()
    return sending is not None and sending.offline
