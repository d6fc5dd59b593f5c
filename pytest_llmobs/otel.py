"""OpenTelemetry: the span processor that stores other instrumentations' spans as runs. Needs the extra ``otel``."""

from __future__ import annotations

from pytest_llmobs.production import connect
from pytest_llmobs.spans import INSTALL

try:
    from pytest_llmobs.spans.processor import SpanProcessor
except ImportError as error:
    raise ImportError(f"pytest_llmobs.otel needs the OpenTelemetry SDK ({error}). {INSTALL}") from error

__all__ = ["SpanProcessor"]

connect()
