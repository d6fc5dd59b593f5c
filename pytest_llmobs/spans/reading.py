"""What a span of another instrumentation says, as the parts of a run: OpenInference, ``gen_ai`` old and new, any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import StatusCode

from pytest_llmobs.providers.prices import price
from pytest_llmobs.spans.names import ALIASES, OTEL, run_type_of
from pytest_llmobs.spans.payloads import as_list, decode, read_payload, take
from pytest_llmobs.storage.parquet.schema import COLUMNS
from pytest_llmobs.tracing import capture

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Event, ReadableSpan

    from pytest_llmobs.tracing.run_tree import RunTree

_TYPES: Mapping[str, type] = {"integer": int, "number": float, "word": str, "text": str}
_USAGE = frozenset(column.name for column in COLUMNS if column.name.endswith("_tokens"))
_PRICED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_LIMIT = 1 << 63
"""Numbers of a column have 64 bits."""
_SHAPED = frozenset({"error", "params", "scores", "stop_reason"})
_PLAIN = [
    (
        column.name,
        _TYPES[column.kind],
        (*([column.otel] if column.otel else []), *ALIASES.get(column.name, ())),
    )
    for column in COLUMNS
    if (column.otel or column.name in ALIASES) and column.name not in _SHAPED
]
_PARAMS = OTEL["params"].removesuffix("*")
_FIRST_TOKEN = "First Token Stream Event"
"""OpenInference's event."""


def describe(run: RunTree, span: ReadableSpan) -> None:
    """Fill ``run`` with what ``span``, which has ended, says."""
    rest = dict(span.attributes or {})
    run.name = span.name
    run.run_type = run_type_of(rest)
    run.inputs_json = capture.encode_mapping(read_payload(rest, "input"), run.tracer.max_payload)
    outputs = read_payload(rest, "output")
    if outputs:
        run.add_outputs(outputs)
    events = list(span.events)
    run.error = _error(span, events) or run.error
    columns = _columns(rest, run)
    first = next((event for event in events if event.name == _FIRST_TOKEN), None)
    if first is not None and span.start_time is not None:
        columns.setdefault("time_to_first_token", (first.timestamp - span.start_time) / 1e9)
        events.remove(first)
    run.columns.update(columns)
    run.add_tags([str(tag) for tag in as_list(rest.pop("tag.tags", ()))])
    run.metadata.update(_metadata(rest, span, events))
    _settle_usage(run)


def forget_usage(run: RunTree) -> None:
    """Make ``run`` a chain without tokens and cost: a provider has logged the model call that it tells of."""
    run.run_type = "chain"
    for name in (*_USAGE, "total_cost", "prices_version"):
        run.columns.pop(name, None)


def _columns(rest: dict[str, Any], run: RunTree) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for column, kind, names in _PLAIN:
        if column in _USAGE and run.run_type not in ("llm", "embedding"):
            continue  # an agent's span sums up the calls below it
        for name in [name for name in names if name in rest]:
            value = _converted(rest[name], kind)
            if value is not None and columns.setdefault(column, value) == value:
                del rest[name]
    reasons = [str(reason) for reason in as_list(take(rest, OTEL["stop_reason"]) or ())]
    reasons += [str(rest.pop(name)) for name in ALIASES["stop_reason"] if name in rest]
    if reasons:
        columns["stop_reason"] = ",".join(dict.fromkeys(reasons))
    if "provider" in columns:
        columns["provider"] = columns["provider"].lower()
    params = {key.removeprefix(_PARAMS): decode(rest.pop(key)) for key in [*rest] if key.startswith(_PARAMS)}
    invocation = decode(rest.get("llm.invocation_parameters"))
    if isinstance(invocation, dict):
        del rest["llm.invocation_parameters"]
        params = {**invocation, **params}
    if params:
        columns["params"] = params
    return columns


def _converted(value: Any, kind: type) -> Any:
    try:
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if kind is str or -_LIMIT <= converted < _LIMIT:
        return converted
    return None


def _settle_usage(run: RunTree) -> None:
    """Complete the tokens, cached ones included in the input, and price them."""
    columns = run.columns
    if columns.get("input_tokens") is None and columns.get("output_tokens") is None:
        return
    cached = (columns.get("cache_read_tokens") or 0) + (columns.get("cache_write_tokens") or 0)
    if columns.get("input_tokens") is not None:
        if columns["input_tokens"] < cached:  # a whole can't be smaller than its parts: they were left out
            columns["input_tokens"] += cached
        columns["uncached_input_tokens"] = columns["input_tokens"] - cached
    answered = run.metadata.get("gen_ai.response.model") or run.metadata.get("llm.response.model_name")
    models = [str(model) for model in (answered, columns.get("model")) if model]
    if not models:
        return
    units = {name: columns.get(name) for name in _PRICED}
    cost, version = price(columns.get("provider", ""), models, units, when=run.start_time)
    columns["prices_version"] = version
    if cost is None:
        run.metadata["unpriced_model"] = models[-1]
    else:
        columns["total_cost"] = cost


def _error(span: ReadableSpan, events: list[Event]) -> str | None:
    """Return the error of a span that failed, and take its exception out of ``events``."""
    if span.status.status_code is not StatusCode.ERROR:
        return None
    raised = next((event for event in reversed(events) if event.name == "exception"), None)
    if raised is None:
        return span.status.description or "error"
    events.remove(raised)
    told = raised.attributes or {}
    trace = told.get(OTEL["error"])
    return str(
        trace or f"{told.get('exception.type', 'error')}: {told.get('exception.message', '')}"
    ).rstrip()


def _metadata(rest: dict[str, Any], span: ReadableSpan, events: Sequence[Event]) -> dict[str, Any]:
    own = decode(rest.pop("metadata", None))
    metadata = dict(own) if isinstance(own, dict) else {} if own is None else {"metadata": own}
    metadata |= {key: list(value) if isinstance(value, tuple) else value for key, value in rest.items()}
    if span.instrumentation_scope is not None:
        metadata["otel.scope"] = span.instrumentation_scope.name
    if events:
        metadata["events"] = [
            {"name": event.name, "time": event.timestamp // 1000, **(event.attributes or {})}
            for event in events
        ]
    return metadata
