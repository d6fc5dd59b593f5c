"""``TracingMiddleware``: a service's runs below those of its callers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_llmobs.middleware import TracingMiddleware
from pytest_llmobs.tracing import trace, traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


@pytest.fixture
def sink() -> Any:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept))
    yield kept
    uninstall()


@traceable
async def answer(scope: Any, receive: Any, send: Any) -> None: ...


def serve(headers: dict[str, str], kind: str = "http") -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(TracingMiddleware(answer)({"type": kind, "headers": raw}, None, None))


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_request_is_nested_in_the_run_of_its_headers(sink: MemorySink, kind: str) -> None:
    with trace("caller") as caller:
        headers = caller.to_headers()
    serve(headers, kind)
    assert sink.run("answer").parent_id == caller.id


def test_a_request_without_headers_starts_a_trace(sink: MemorySink) -> None:
    serve({"host": "localhost"})
    assert sink.run("answer").parent_id is None


def test_what_is_no_request_is_handed_on(sink: MemorySink) -> None:
    asyncio.run(TracingMiddleware(answer)({"type": "lifespan"}, None, None))
    assert sink.run("answer").parent_id is None
