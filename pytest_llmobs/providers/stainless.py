"""SDKs that the Stainless generator wrote (anthropic, openai): every call goes through ``request`` of two classes.

Each such SDK has a module ``_base_client`` with ``SyncAPIClient`` and ``AsyncAPIClient``. A provider says which urls
are model calls and how what they send back is read; the rest is the same for all of them.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, cast
from urllib.parse import urlsplit

from pytest_llmobs.providers import replies
from pytest_llmobs.providers.base import Engine, Provider
from pytest_llmobs.providers.calls import BETA_FLAGS, Request
from pytest_llmobs.providers.client_calls import ClientCall, UnloggedCall, current_call
from pytest_llmobs.providers.other_endpoints import described_files, unknown_endpoint
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.records.conversation import TEXTS
from pytest_llmobs.records.runs import PAID
from pytest_llmobs.tracing.calls.rewriting import Rewriting
from pytest_llmobs.tracing.model_calls.recordings import Recordings
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.parent import Parent


class Expected(NamedTuple):
    """A request that is about to be made."""

    endpoint: Endpoint | None
    """None where it isn't logged."""
    place: Parent | None
    """Where its run belongs; None where nothing is logged."""
    path: str
    recordings: Recordings | None
    """None where none are in use."""
    root: OpenRun | None
    """Of the trace that asks; None outside any."""


class StainlessProvider(Provider):
    """A provider whose SDK is generated. Subclass it: a table of endpoints, and who serves a client."""

    endpoints: ClassVar[Mapping[str, Endpoint]]
    """How the path of a POST ends -> what it is. The longest that fits counts."""
    management: ClassVar[frozenset[str]]
    """Where the paths begin that call no model: files, settings, keys. Their calls are not logged."""
    signers: ClassVar[tuple[str, ...]] = ()
    """The packages of clients that sign a request just before it is sent, and do nothing else to it then."""

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

    def without_credentials(self, client: Any, options: Any) -> Any:
        """Return the options of a request that will not be sent, so that a client without a key may make it."""
        return options

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap ``request``, and what turns a response into a result, of both base clients."""
        for owner, wrap in ((module.SyncAPIClient, _wrap), (module.AsyncAPIClient, _wrap_async)):
            for holder in _holders(owner):
                engine.patch(holder, "request", functools.partial(_rewrap, wrap, self, engine, holder))
            engine.patch(owner, "_process_response", _wrap_process_response)

    def expects(self, engine: Engine, options: Any) -> Expected | None:
        """Return what a request is and where it belongs, or None where it is neither logged nor recorded."""
        place = engine.place()
        recordings, root = engine.recordings(place)
        if place is None and recordings is None:  # with tracing off, this is all
            return None
        path = f"/{urlsplit(str(options.url)).path}"
        endpoint = self.endpoint(options.method.lower(), path)
        if endpoint is None and recordings is None:
            return None
        return Expected(endpoint, place, path, recordings, root)

    def prepared(self, expected: Expected, client: Any, options: Any) -> Any:
        """Return the options of a request as it is made: where its reply comes from a recording, and where its trace
        changes what it sends.
        """
        _rewrite(expected, options)
        if expected.recordings is not None and expected.recordings.offline:
            return self.without_credentials(client, options)
        return options

    def begin(
        self, engine: Engine, expected: Expected, client: Any, options: Any
    ) -> ClientCall | UnloggedCall:
        """Start logging the request that a client is about to make, and recording it where that is wanted.

        Raises:
            CassetteError: Recordings are in use, and what the client sends can't be met.
        """
        endpoint, place = expected.endpoint, expected.place
        sending_of = self._sending_of(engine, expected, client)
        if endpoint is None or place is None:
            return UnloggedCall(sending_of(None))
        body = _body(options)
        params = {}
        if endpoint.run_type in PAID:  # of other requests, the body says it all
            params = {key: value for key, value in body.items() if key not in TEXTS}
            params |= _beta_flags(options)
        request = Request(
            name=f"{self.name}.{endpoint.name}",
            inputs=body,
            run_type=endpoint.run_type,
            provider=self.served_by(client),
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
        return ClientCall(exchange, reader_of, sending_of(exchange.run))

    def _sending_of(
        self, engine: Engine, expected: Expected, client: Any
    ) -> Callable[[OpenRun | None], AbstractContextManager[Any]]:
        """Return what makes, of the run of a call, the ``with`` block in which it is replayed or recorded."""
        if expected.recordings is None:
            return nullcontext
        # What only recordings need is imported with them.
        from pytest_llmobs.providers.replaying.failures import mark_failure
        from pytest_llmobs.providers.replaying.interception import intercept
        from pytest_llmobs.providers.replaying.sending import Asked, Sending

        endpoint = expected.endpoint
        http = intercept(engine, sys.modules[self.module], client, self.signers)
        asked = Asked(
            provider=self.served_by(client),
            operation=endpoint.name if endpoint is not None else ".".join(_parts(expected.path)),
            root=expected.root,
            mark_failure=functools.partial(mark_failure, endpoint=endpoint, client=client),
        )
        return functools.partial(Sending, expected.recordings, client._client, http, asked)


def _rewrite(expected: Expected, options: Any) -> None:
    """Change what a model call sends, where its trace says so: it is made again with another model."""
    run = expected.place.run if expected.place is not None else None
    endpoint = expected.endpoint
    if run is None or run.root.rewriting is None or endpoint is None or endpoint.run_type != "llm":
        return
    if isinstance(options.json_data, dict):
        rewriting = cast("Rewriting", run.root.rewriting)
        options.json_data = rewriting.rewrite(endpoint.name, options.json_data)


def _body(options: Any) -> dict[str, Any]:
    """Return what a request sends; of one without a JSON body its url. Files are neither read nor opened."""
    files = described_files(getattr(options, "files", None))
    if isinstance(options.json_data, dict):
        return {**options.json_data, **(getattr(options, "extra_json", None) or {}), **files}
    if files:
        return files
    return {"url": str(options.url)}


def _beta_flags(options: Any) -> dict[str, Any]:
    """Return the beta flags of a request: they stand in a header, and decide what the model may do."""
    headers = options.headers if isinstance(options.headers, Mapping) else {}
    for name, value in headers.items():
        if str(name).lower() == BETA_FLAGS and isinstance(value, str):
            return {BETA_FLAGS: value}
    return {}


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
        options = provider.prepared(expected, self, options)
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
        options = provider.prepared(expected, self, options)
        call = provider.begin(engine, expected, self, options)
        with call:
            result = await original(self, cast_to, options, *args, **kwargs)
        call.settle(result)
        return result

    return request


def _wrap_process_response(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def process(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = current_call.get()
        if call is not None:
            call.response = kwargs.get("response")
        return original(self, *args, **kwargs)

    return process
