"""The anthropic SDK: every client and every surface makes its calls through ``request`` of two classes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from pytest_llmobs.providers import bodies, messages, replies
from pytest_llmobs.providers.base import Engine, Exchange, Provider, Reply, Request
from pytest_llmobs.providers.prices import PRICE_LISTS
from pytest_llmobs.records.runs import RunType

_CLOUDS = {"Bedrock": "aws.bedrock", "Vertex": "gcp.vertex_ai", "GoogleCloud": "gcp.vertex_ai"}
_OPERATIONS: dict[str, tuple[str, str, RunType]] = {
    "/v1/messages": ("chat", "messages", "llm"),
    "/v1/complete": ("text_completion", "completions", "llm"),
    "/v1/messages/count_tokens": ("count_tokens", "messages.count_tokens", "tool"),
    "/v1/messages/batches": ("batch_create", "messages.batches.create", "tool"),
}
_RESULTS: tuple[str, str, RunType] = ("batch_results", "messages.batches.results", "tool")


class Anthropic(Provider):
    """The ``anthropic`` package: Anthropic, Bedrock, Vertex, Foundry and their async twins."""

    name = "anthropic"
    module = "anthropic._base_client"
    scopes = (
        "com.anthropic.sdk.python",  # the SDK's own spans
        "openinference.instrumentation.anthropic",
        "opentelemetry.instrumentation.anthropic",
    )

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap ``request``, and what turns a response into a result, of both base clients."""
        for owner, wrap in (
            (module.SyncAPIClient, _wrap_request),
            (module.AsyncAPIClient, _wrap_async_request),
        ):
            engine.patch(owner, "request", functools.partial(wrap, engine))
            engine.patch(owner, "_process_response", _wrap_process_response)


def _wrap_request(engine: Engine, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def request(self: Any, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        operation = _operation(options)
        place = None if operation is None else engine.place()
        if operation is None or place is None:
            return original(self, cast_to, options, *args, **kwargs)
        # A generator passed as messages can be read once: by the SDK's own preparation, whose result is sent.
        if hasattr(self, "_copy_and_prepare"):
            options = self._copy_and_prepare(options)
        call = _Call(engine.begin(place, _describe(self, options, *operation)), self)
        with call:
            result = original(self, cast_to, options, *args, **kwargs)
        call.settle(result)
        return result

    return request


def _wrap_async_request(engine: Engine, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def request(self: Any, cast_to: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        operation = _operation(options)
        place = None if operation is None else engine.place()
        if operation is None or place is None:
            return await original(self, cast_to, options, *args, **kwargs)
        if hasattr(self, "_copy_and_prepare"):
            options = await self._copy_and_prepare(options)
        call = _Call(engine.begin(place, _describe(self, options, *operation)), self)
        with call:
            result = await original(self, cast_to, options, *args, **kwargs)
        call.settle(result)
        return result

    return request


def _wrap_process_response(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def process(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _going_on.get()
        if call is not None:
            call.response = kwargs.get("response")
        return original(self, *args, **kwargs)

    return process


class _Call:
    """One call of ``request``: its exchange, and the response that was seen last."""

    def __init__(self, exchange: Exchange, client: Any) -> None:
        self._exchange = exchange
        self._client = client
        self.response: Any = None

    def __enter__(self) -> None:
        self._activation = self._exchange.run.activate()
        self._activation.__enter__()
        self._token = _going_on.set(self)

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        _going_on.reset(self._token)
        self._activation.__exit__(None, None, None)
        if error is not None:
            self.response = None
            self._exchange.end_with(lambda: replies.failed(error))

    def settle(self, result: Any) -> None:
        """End the exchange with a result that is there, or follow the body that isn't read yet."""
        # Nothing kept here may hold the response: that would be a cycle, and a dropped stream stay open.
        response, self.response = self.response or getattr(result, "http_response", None), None
        if response is None:  # a middleware answered in place of the API
            self._exchange.end_with(lambda: Reply(outputs=result))
            return
        source = replies.Source(response, self._client, self._exchange.run)
        if bodies.unread(response):
            self._exchange.follow(response, source.read)
        else:
            self._exchange.end_with(lambda: source.read_decoded(response.content))


_going_on: ContextVar[_Call | None] = ContextVar("llmobs_anthropic_call", default=None)


def _operation(options: Any) -> tuple[str, str, RunType] | None:
    path = urlsplit(str(options.url)).path
    if options.method.lower() == "post":
        return _OPERATIONS.get(path)
    return _RESULTS if path.endswith("/results") and "/messages/batches/" in path else None


def _describe(client: Any, options: Any, operation: str, name: str, run_type: RunType) -> Request:
    body = options.json_data if isinstance(options.json_data, dict) else {"url": str(options.url)}
    return Request(
        name=f"anthropic.{name}",
        inputs=messages.without_bytes(body),
        run_type=run_type,
        provider=_provider(client),
        operation=operation,
        model=body.get("model"),
        params=messages.request_params(body) if run_type == "llm" else {},
    )


def _provider(client: Any) -> str:
    said = getattr(client, "_gen_ai_provider_name", None)
    if said in PRICE_LISTS:
        return str(said)
    names = " ".join(kind.__name__ for kind in type(client).__mro__)
    return next((cloud for word, cloud in _CLOUDS.items() if word in names), "anthropic")
