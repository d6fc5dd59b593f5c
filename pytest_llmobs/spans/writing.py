"""A stored run as an OpenTelemetry span. Everything in it was redacted before it was stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
from pydantic_core import from_json

from pytest_llmobs.spans.messages import input_messages, output_messages
from pytest_llmobs.spans.names import OPERATIONS, OTEL
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.headers import w3c_ids

if TYPE_CHECKING:
    from pytest_llmobs.storage.spool.lines import Record

_SCOPE = InstrumentationScope("pytest_llmobs", version("pytest-llmobs"))
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SHAPED = {"id", "trace_id", "parent_id", "name", "start_time", "end_time", "error", "params", "stop_reason"}
_SHAPED |= {"scores", "metadata"}
"""Columns that aren't one attribute of their value."""
_LIMIT = 1 << 63
"""Integers of an attribute have 64 bits."""
_RAISED = re.compile(r"^(?P<type>[\w.]+)(?:: (?P<message>.*))?", re.DOTALL)


def describe_process() -> Resource:
    """Return what the process is: ``OTEL_SERVICE_NAME`` and ``OTEL_RESOURCE_ATTRIBUTES``."""
    # Resource.create() would start threads, which an interpreter on its way out no longer does.
    return Resource({"service.name": "pytest-llmobs"}).merge(OTELResourceDetector().detect())


def to_span(record: Record, resource: Resource) -> ReadableSpan:
    """Return the span of a run.

    Args:
        record: Its header, inputs and outputs, as they were stored.
        resource: What the process is, by OpenTelemetry's variables.
    """
    header, inputs, outputs = record
    start, end = header["start_time"], header.get("end_time") or header["start_time"]
    error = header.get("error")
    parent = header.get("parent_id")
    failed = None if error is None else _exception(error)
    events = [] if failed is None else [Event("exception", failed, end * 1000)]
    events += [_evaluation(key, score, end * 1000) for key, score in (header.get("scores") or {}).items()]
    attributes = _attributes(header) | _payloads(header, inputs, outputs)
    if failed is not None:
        attributes["error.type"] = failed.get("exception.type", "_OTHER")
    return ReadableSpan(
        header.get("name") or "",
        context=_context(header["trace_id"], header["id"]),
        parent=None if parent is None else _context(header["trace_id"], parent),
        resource=resource,
        attributes=attributes,
        events=events,
        kind=SpanKind.CLIENT if "provider" in header else SpanKind.INTERNAL,
        status=_status(header.get("status"), failed),
        start_time=start * 1000,
        end_time=end * 1000,
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: str, run_id: str) -> SpanContext:
    trace, span = w3c_ids(trace_id, run_id)
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=_SAMPLED)


def _attributes(header: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {
        OTEL.get(name) or f"llmobs.{name}": _plain(value)
        for name, value in header.items()
        if value is not None and name not in _SHAPED
    }
    run_type = header.get("run_type", "chain")
    attributes["openinference.span.kind"] = run_type.upper()
    if run_type in OPERATIONS:
        attributes.setdefault(OTEL["operation"], OPERATIONS[run_type])
    if header.get("stop_reason") is not None:
        attributes[OTEL["stop_reason"]] = [header["stop_reason"]]
    for prefix, values in (
        (OTEL["params"][:-1], header.get("params")),
        ("llmobs.metadata.", header.get("metadata")),
    ):
        attributes |= {
            f"{prefix}{key}": _plain(value) for key, value in (values or {}).items() if value is not None
        }
    return attributes


def _payloads(header: Mapping[str, Any], inputs: bytes, outputs: bytes) -> dict[str, Any]:
    if header.get("run_type") == "tool":
        told = {"gen_ai.tool.call.arguments": inputs.decode(), "gen_ai.tool.call.result": outputs.decode()}
        return {"gen_ai.tool.name": header.get("name") or ""} | {
            name: text for name, text in told.items() if text
        }
    attributes: dict[str, Any] = {}
    for side, payload, read in (("input", inputs, input_messages), ("output", outputs, output_messages)):
        told = read(from_json(payload)) if payload and header.get("run_type") == "llm" else {}
        if told:
            attributes |= {name: capture.encode(value).decode() for name, value in told.items()}
        elif payload:
            attributes |= {f"{side}.value": payload.decode(), f"{side}.mime_type": "application/json"}
    return attributes


def _plain(value: Any) -> Any:
    """Return a value that an attribute may have: a scalar, a list of texts, or JSON."""
    if isinstance(value, float | str) or (isinstance(value, int) and -_LIMIT <= value < _LIMIT):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return capture.encode(value).decode()


def _exception(error: str) -> dict[str, str]:
    """Return the attributes of an exception event: from a traceback, type and message too."""
    told = {OTEL["error"]: error}
    _, traced, tail = error.rpartition("Traceback (most recent call last):\n")
    raised = next((line for line in tail.splitlines(keepends=True) if line[:1].strip()), "") if traced else ""
    found = _RAISED.match(tail[tail.index(raised) :]) if raised else None
    if found is None:
        return told | {"exception.message": error}
    return told | {"exception.type": found["type"], "exception.message": found["message"] or ""}


def _evaluation(key: str, score: float, when: int) -> Event:
    return Event("gen_ai.evaluation.result", {"gen_ai.evaluation.name": key, OTEL["scores"]: score}, when)


def _status(status: str | None, failed: Mapping[str, str] | None) -> Status:
    if failed is not None:
        return Status(StatusCode.ERROR, failed["exception.message"])
    return Status(StatusCode.OK if status == "success" else StatusCode.UNSET)
