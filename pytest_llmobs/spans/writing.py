"""A stored run as an OpenTelemetry span. Everything in it was redacted before it was stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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

_STATUS_CODES: Mapping[str | None, StatusCode] = {"success": StatusCode.OK}
"""A run's status -> its span's; without an error, the others are left unset."""
_SCOPE = InstrumentationScope("pytest_llmobs", version("pytest-llmobs"))
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SHAPED = {"id", "trace_id", "parent_id", "name", "start_time", "end_time", "error", "params", "stop_reason"}
_SHAPED |= {"scores", "metadata"}
"""Columns that aren't one attribute of their value."""
_LIMIT = 1 << 63
"""Integers of an attribute have 64 bits."""
# The frames above it are indented.
_RAISED = re.compile(r"^(?P<type>[\w.]+)(?:: (?P<message>.*))?", re.DOTALL | re.MULTILINE)


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
    attributes = _attributes(header) | _payload_attributes(header, inputs, outputs)
    exception = None
    if header.get("error") is not None:
        exception = _exception(header["error"])
        attributes["error.type"] = exception.get("exception.type", "_OTHER")
    kind = SpanKind.INTERNAL
    if "provider" in header:
        kind = SpanKind.CLIENT
    return ReadableSpan(
        header.get("name", ""),
        context=_context(header["trace_id"], header["id"]),
        parent=_context(header["trace_id"], header.get("parent_id")),
        resource=resource,
        attributes=attributes,
        events=_events(header, exception, end * 1000),
        kind=kind,
        status=_status(header.get("status"), exception),
        start_time=start * 1000,
        end_time=end * 1000,
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: str, run_id: str | None) -> SpanContext | None:
    if run_id is None:
        return None
    trace, span = w3c_ids(trace_id, run_id)
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=_SAMPLED)


def _events(header: Mapping[str, Any], exception: Mapping[str, str] | None, when: int) -> list[Event]:
    """Return the exception and the scores of a run as events.

    Args:
        header: The run's columns.
        exception: Its exception's attributes.
        when: Nanoseconds since the epoch.
    """
    events = []
    if exception is not None:
        events.append(Event("exception", exception, when))
    for key, score in (header.get("scores") or {}).items():
        attributes = {"gen_ai.evaluation.name": key, OTEL["scores"]: score}
        events.append(Event("gen_ai.evaluation.result", attributes, when))
    return events


def _attributes(header: Mapping[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for name, value in header.items():
        if value is not None and name not in _SHAPED:
            attributes[OTEL.get(name, f"llmobs.{name}")] = _plain(value)
    run_type = header.get("run_type", "chain")
    attributes["openinference.span.kind"] = run_type.upper()
    if run_type in OPERATIONS:
        attributes.setdefault(OTEL["operation"], OPERATIONS[run_type])
    if header.get("stop_reason") is not None:
        attributes[OTEL["stop_reason"]] = [header["stop_reason"]]
    attributes |= _attributes_below(OTEL["params"].removesuffix("*"), header.get("params") or {})
    attributes |= _attributes_below("llmobs.metadata.", header.get("metadata") or {})
    return attributes


def _attributes_below(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {}
    for key, value in values.items():
        if value is not None:
            attributes[f"{prefix}{key}"] = _plain(value)
    return attributes


def _payload_attributes(header: Mapping[str, Any], inputs: bytes, outputs: bytes) -> dict[str, Any]:
    run_type = header.get("run_type")
    if run_type == "tool":
        return _tool_attributes(header, inputs, outputs)
    if run_type == "llm":
        sent = _conversation("input", inputs, input_messages)
        return sent | _conversation("output", outputs, output_messages)
    return _whole("input", inputs) | _whole("output", outputs)


def _conversation(side: str, payload: bytes, read: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """Return a payload as messages; one that holds none as it is.

    Args:
        side: ``input`` or ``output``.
        payload: JSON, or nothing.
        read: Finds the messages.
    """
    if not payload:
        return {}
    messages = read(from_json(payload))
    if not messages:
        return _whole(side, payload)
    return {name: capture.encode(value).decode() for name, value in messages.items()}


def _whole(side: str, payload: bytes) -> dict[str, Any]:
    if not payload:
        return {}
    return {f"{side}.value": payload.decode(), f"{side}.mime_type": "application/json"}


def _tool_attributes(header: Mapping[str, Any], inputs: bytes, outputs: bytes) -> dict[str, Any]:
    attributes = {"gen_ai.tool.name": header.get("name", "")}
    if inputs:
        attributes["gen_ai.tool.call.arguments"] = inputs.decode()
    if outputs:
        attributes["gen_ai.tool.call.result"] = outputs.decode()
    return attributes


def _plain(value: Any) -> Any:
    """Return a value that an attribute may have: a scalar, a list of texts, or JSON."""
    if isinstance(value, int):
        is_plain = -_LIMIT <= value < _LIMIT
    elif isinstance(value, list):
        is_plain = all(isinstance(item, str) for item in value)
    else:
        is_plain = isinstance(value, float | str)
    if is_plain:
        return value
    return capture.encode(value).decode()


def _exception(error: str) -> dict[str, str]:
    """Return the attributes of an exception event: from a traceback, type and message too."""
    _, is_traceback, tail = error.rpartition("Traceback (most recent call last):\n")
    raised = None
    if is_traceback:
        raised = _RAISED.search(tail)
    if raised is None:
        return {OTEL["error"]: error, "exception.message": error}
    return {
        OTEL["error"]: error,
        "exception.type": raised["type"],
        "exception.message": raised["message"] or "",
    }


def _status(status: str | None, exception: Mapping[str, str] | None) -> Status:
    if exception is not None:
        return Status(StatusCode.ERROR, exception["exception.message"])
    return Status(_STATUS_CODES.get(status, StatusCode.UNSET))
