"""What surrounds a call of the anthropic SDK: middleware, keys, warnings, mistakes."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import anthropic
import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from pytest_llmobs.tracing import traceable
from tests.anthropic_server import failure, serve, text
from tests.unit.providers.calls import ASK, MODEL, create, in_sync
from tests.unit.tracing.memory import MemorySink

_needs_middleware = pytest.mark.skipif(
    "middleware" not in inspect.signature(anthropic.Anthropic).parameters, reason="an SDK without middleware"
)


@_needs_middleware
def test_a_middleware_that_answers_itself(sink: MemorySink) -> None:
    reply = anthropic.types.Message.model_validate({**text("cached").body, "model": MODEL})

    def cached(request: Any, call_next: Any) -> Any:
        traceable(name="cache")(lambda: None)()
        return reply

    with serve("never") as server:
        assert in_sync(server, create, middleware=[cached]).content[0].text == "cached"
    assert server.requests == []
    assert sink.parent_of("cache") == "anthropic.messages"
    assert sink.run("anthropic.messages").outputs["content"][0]["text"] == "cached"  # type: ignore[index]


@_needs_middleware
def test_a_middleware_that_passes_on(sink: MemorySink) -> None:
    def passing(request: Any, call_next: Any) -> Any:
        return call_next(request)

    with serve("ok") as server:
        assert in_sync(server, create, middleware=[passing]).content[0].text == "ok"
    assert (sink.runs[0].request_id, sink.runs[0].usage.output_tokens) == ("req_scripted", 10)


def test_no_key_is_ever_logged(sink: MemorySink) -> None:
    headers = {"x-proxy-token": "Bearer abcdefgh12345678"}
    with (
        serve(failure(401, "authentication_error", "invalid x-api-key")) as server,
        pytest.raises(anthropic.AuthenticationError),
    ):
        in_sync(server, lambda client: client.messages.create(**ASK, extra_headers=headers))
    assert "sk-ant-secret-key" in str(server.requests[0].headers)
    written = b"".join(sink.lines)
    assert b"sk-ant-secret-key" not in written
    assert b"abcdefgh12345678" not in written


def test_warnings_point_to_the_users_line(sink: MemorySink) -> None:
    outdated = next(iter(DEPRECATED_MODELS))  # which ones are changes with each release of the SDK
    with (
        serve("ok") as server,
        anthropic.Anthropic(base_url=server.url, api_key="k") as client,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        client.messages.create(**{**ASK, "model": outdated})
    assert [warning.filename for warning in caught if "deprecated" in str(warning.message)] == [__file__]


def test_a_mistaken_call_raises_the_sdks_own_error(sink: MemorySink) -> None:
    with serve("ok") as server, pytest.raises(TypeError, match="Missing required arguments"):
        in_sync(server, lambda client: client.messages.create(model=MODEL))
    assert sink.runs == []
