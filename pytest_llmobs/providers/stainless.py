"""SDKs that the Stainless generator wrote (anthropic, openai): every call goes through ``request`` of two classes.

Each such SDK has a module ``_base_client`` with ``SyncAPIClient`` and ``AsyncAPIClient``. A provider says which urls
are model calls and how what they send back is read; the rest is the same for all of them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers import bodies, replies
from pytest_llmobs.providers.base import Engine, Exchange, Provider
from pytest_llmobs.providers.calls import Reply, Request
from pytest_llmobs.providers.other_endpoints import described_files, unknown_endpoint
from pytest_llmobs.providers.replaying import intercept, sending
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.records.conversation import TEXTS
from pytest_llmobs.records.runs import PAID
from pytest_llmobs.tracing.parent import Parent


class Expected(NamedTuple):
    """A request that is about to be made."""

    endpoint: Endpoint | None
    """None where it isn't logged."""
    place: Parent
    path: str


class StainlessProvider(Provider):
    """A provider whose SDK is generated. Subclass it: a table of endpoints, and who serves a client."""

    endpoints: ClassVar[Mapping[str, Endpoint]]
    """How the path of a POST ends -> what it is. The longest that fits counts."""
    management: ClassVar[frozenset[str]]
    """Where the paths begin that call no model: files, settings, keys. Their calls are not logged."""

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return what a request is, or None where it isn't logged.

        A POST that no table knows is logged as a tool: it may be a model of tomorrow, or of somebody else who speaks
        the API.

        Args:
            method: In lower case.
            path: Of the url, without the query.
        """
        if method != "post":
            return None
        path = path.rstrip("/")
        end = max(filter(path.endswith, self.endpoints), key=len, default=None)
        if end is not None:
            return self.endpoints[end]
        parts = _parts(path)
        if not parts or parts[0] in self.management:
            return None
        return unknown_endpoint(".".join(parts))

    def served_by(self, client: Any) -> str:
        """Return OpenTelemetry's name of whoever serves the SDK's ``client``."""
        return self.name

    def surcharge(self, client: Any, request: Mapping[str, Any]) -> str | None:
        """Return why a request costs more than the price list says and its reply tells; None where nothing says so."""
        return None

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap ``request``, and what turns a response into a result, of both base clients."""
        for owner, wrap in ((module.SyncAPIClient, _wrap), (module.AsyncAPIClient, _wrap_async)):
            for holder in _holders(owner):
                engine.patch(holder, "request", functools.partial(_rewrap, wrap, self, engine, holder))
            engine.patch(owner, "_process_response", _wrap_process_response)
        intercept(engine, getattr(module, "httpx2", None) or module.httpx)

    def expects(self, engine: Engine, options: Any) -> Expected | None:
        """Return what a request is and where it belongs, or None where it is neither logged nor recorded."""
        place = engine.place()
        if place is None:  # asked first: with tracing off, this is all
            return None
        path = f"/{urlsplit(str(options.url)).path}"
        endpoint = self.endpoint(options.method.lower(), path)
        if endpoint is None and place.tracer.recordings is None:
            return None
        return Expected(endpoint, place, path)

    def begin(
        self, engine: Engine, expected: Expected, client: Any, options: Any
    ) -> ClientCall | UnloggedCall:
        """Start logging the request that a client is about to make, and recording it where that is wanted."""
        endpoint, place = expected.endpoint, expected.place
        served_by = self.served_by(client)
        if endpoint is None:
            operation = ".".join(_parts(expected.path))
            return UnloggedCall(sending(place, client, served_by, operation))
        body = _body(options)
        params = {}
        if endpoint.run_type in PAID:  # of other requests, the body says it all
            params = {key: value for key, value in body.items() if key not in TEXTS}
        request = Request(
            name=f"{self.name}.{endpoint.name}",
            inputs=body,
            run_type=endpoint.run_type,
            provider=served_by,
            operation=endpoint.operation,
            model=body.get("model"),
            params=params,
        )
        exchange = engine.begin(place, request)
        reader_of = functools.partial(
            replies.ResponseReader,
            client=client,
            run=exchange.run,
            endpoint=endpoint,
            sent=endpoint.sent(body) if endpoint.sent else {},
            surcharge=self.surcharge(client, body),
        )
        return ClientCall(exchange, reader_of, sending(place, client, served_by, endpoint.name, exchange.run))


def _body(options: Any) -> dict[str, Any]:
    """Return what a request sends; of one without a JSON body its url. Files are neither read nor opened."""
    files = described_files(getattr(options, "files", None))
    if isinstance(options.json_data, dict):
        return {**options.json_data, **(getattr(options, "extra_json", None) or {}), **files}
    if files:
        return files
    return {"url": str(options.url)}


def _parts(path: str) -> list[str]:
    """Return the parts of a path behind the API's own beginning."""
    parts = list(filter(None, path.split("/")))
    while parts and parts[0] in ("v1", "openai"):
        del parts[0]
    return parts


def _holders(owner: type) -> list[type]:
    """Return the classes that hold ``request`` of ``owner``: itself, and those below it that keep a copy.

    An instrumentation that was there first left its wrapper, or the original, in ``openai.OpenAI``: calls would pass by
    ours. A ``request`` that somebody wrote calls its ``super()``, and is left alone.
    """
    original: Any = vars(owner)["request"]
    holders: list[type] = []
    kinds: list[Any] = [owner]
    for kind in kinds:  # grows meanwhile
        if inspect.unwrap(vars(kind).get("request", kind)) is original:
            holders.append(kind)
        for below in kind.__subclasses__():
            if below not in kinds:  # a class may inherit from two of them
                kinds.append(below)
    return holders


def _rewrap(
    wrap: Callable[..., Any], provider: StainlessProvider, engine: Engine, holder: Any, _: Any
) -> Any:
    # Asked for as an attribute: another's wrapper then sees the client as its instance.
    return wrap(provider, engine, holder.request)


def _wrap(provider: StainlessProvider, engine: Engine, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def request(self: Any, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        expected = provider.expects(engine, options)
        if expected is None:
            return original(self, cast_to, options, *args, **kwargs)
        # A generator passed as messages can be read once: by the SDK's own preparation, whose result is sent.
        # An SDK without this method prepares the body before it gets here.
        if hasattr(self, "_copy_and_prepare"):
            options = self._copy_and_prepare(options)
        call = provider.begin(engine, expected, self, options)
        with call:
            result = original(self, cast_to, options, *args, **kwargs)
        call.settle(result)
        return result

    return request


def _wrap_async(
    provider: StainlessProvider, engine: Engine, original: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(original)
    async def request(self: Any, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        expected = provider.expects(engine, options)
        if expected is None:
            return await original(self, cast_to, options, *args, **kwargs)
        if hasattr(self, "_copy_and_prepare"):
            options = await self._copy_and_prepare(options)
        call = provider.begin(engine, expected, self, options)
        with call:
            result = await original(self, cast_to, options, *args, **kwargs)
        call.settle(result)
        return result

    return request


def _wrap_process_response(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def process(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _current_call.get()
        if call is not None:
            call.response = kwargs.get("response")
        return original(self, *args, **kwargs)

    return process


class ClientCall:
    """One call of ``request``: its exchange, and the response that was seen last."""

    def __init__(
        self,
        exchange: Exchange,
        reader_of: Callable[[Any], replies.ResponseReader],
        sending: AbstractContextManager[Any],
    ) -> None:
        """Follow a call.

        Args:
            exchange: Logs it.
            reader_of: Returns what reads a response's body.
            sending: Replays or records what is sent.
        """
        self._exchange, self._sending = exchange, sending
        self._reader_of = reader_of
        self.response: Any = None

    def __enter__(self) -> None:
        self._activation = self._exchange.run.activate()
        self._activation.__enter__()
        self._token = _current_call.set(self)
        self._sending.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        try:
            self._sending.__exit__(kind, error, where)
        except CassetteError as missing:
            error = missing
            raise
        finally:
            _current_call.reset(self._token)
            self._activation.__exit__(None, None, None)
            if error is not None:
                self._end_failed(error)

    def _end_failed(self, error: BaseException) -> None:
        response, self.response = self.response, None
        self._exchange.end_with(lambda: self._failed(response, error))

    def _failed(self, response: Any, error: BaseException) -> Reply:
        """Return what is logged of a call that raised: with the reply, where the SDK couldn't make sense of one."""
        try:
            content = response.content
        except Exception:  # no reply came, or nobody has read it
            return replies.failed(error)
        reader = self._reader_of(response)
        return replace(reader.read_decoded(content), error=error, status=None)

    def settle(self, result: Any) -> None:
        """End the exchange with a result that is there, or follow the body that isn't read yet."""
        # Nothing kept here may hold the response: that would be a cycle, and a dropped stream stay open.
        response, self.response = self.response or getattr(result, "http_response", None), None
        if response is None:  # a middleware answered in place of the API
            self._exchange.end_with(lambda: Reply(outputs=result))
            return
        reader = self._reader_of(response)
        if bodies.unread(response):
            self._exchange.follow(response, reader.read)
        else:
            self._exchange.end_with(lambda: reader.read_decoded(response.content))


class UnloggedCall:
    """One call of ``request`` that no run is made of: a list of models, a file."""

    def __init__(self, sending: AbstractContextManager[Any]) -> None:
        """Take what replays or records what is sent."""
        self._sending = sending

    def __enter__(self) -> None:
        self._sending.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        self._sending.__exit__(kind, error, where)

    def settle(self, result: Any) -> None:
        """Do nothing: no run waits for the result."""


_current_call: ContextVar[ClientCall | None] = ContextVar("llmobs_sdk_call", default=None)
"""In whose ``request`` a response is processed: the SDK hands it to a method that knows of no call."""
