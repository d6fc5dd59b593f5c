from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer

from pytest_llmobs.spans.processor import SpanProcessor
from tests.unit.providers.conftest import sink  # noqa: F401 - a fixture


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    """A user's own provider, with our processor."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanProcessor())
    yield provider
    provider.shutdown()


@pytest.fixture
def spans(provider: TracerProvider) -> Tracer:
    """Starts spans of an instrumentation we have never heard of."""
    return provider.get_tracer("acme.instrumentation")
