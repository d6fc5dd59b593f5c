"""What a span of another instrumentation says, as the parts of a run: OpenInference, ``gen_ai`` old and new, any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.trace import StatusCode

from pytest_llmobs.providers.prices import COSTS, COUNTED, price
from pytest_llmobs.records.runs import COST_UNKNOWN, PAID, UNPRICED_MODEL
from pytest_llmobs.spans.names import ALIASES, OTEL, run_type_of
from pytest_llmobs.spans.payloads import as_list, decode, present, read_payload, take
from pytest_llmobs.storage.parquet.schema import COLUMNS
from pytest_llmobs.tracing import capture

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Event, ReadableSpan

    from pytest_llmobs.tracing.run_tree import RunTree

_TYPES: Mapping[str, type] = {"integer": int, "number": float, "word": str, "text": str}
_DEARER = re.compile(r"(gen_ai\.usage|llm\.token_count|llm\.usage)\..*(audio|image|video|search)")
"""Attributes of what isn't billed as plain tokens are."""
_USAGE = frozenset(column.name for column in COLUMNS if column.name.endswith("_tokens"))
_LIMIT = 1 << 63
"""Numbers of a column have 64 bits."""
_SHAPED = frozenset({"error", "params", "scores", "stop_reason"})
"""Columns that are made of several attributes, or of other parts of a span."""


class _Plain(NamedTuple):
    """A column that is the value of one attribute."""

    column: str
    kind: type
    attributes: tuple[str, ...]
    """Names of the attribute, its own first."""


def _plain_columns() -> Iterator[_Plain]:
    for column in COLUMNS:
        names = (column.otel or "", *ALIASES.get(column.name, ()))
        if any(names) and column.name not in _SHAPED:
            yield _Plain(column.name, _TYPES[column.kind], tuple(filter(None, names)))


# Made once: an app may end thousands of spans.
_PLAIN = tuple(_plain_columns())
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
    columns = _take_columns(rest, run)
    first_token = _take_first_token(span, events)
    if first_token is not None:
        columns.setdefault("time_to_first_token", first_token)
    run.columns.update(columns)
    run.add_tags(list(map(str, as_list(rest.pop("tag.tags", ())))))
    run.metadata.update(_metadata(rest, span, events))
    _count_tokens(run)
    _price(run)


def forget_usage(run: RunTree) -> None:
    """Make ``run`` a chain without tokens and cost: a provider has logged the model call that it tells of."""
    run.run_type = "chain"
    for name in (*_USAGE, *COSTS, "prices_version"):
        run.columns.pop(name, None)


def _take_first_token(span: ReadableSpan, events: list[Event]) -> float | None:
    """Return the seconds to the first token, and take its event out of ``events``."""
    event = _named(events, _FIRST_TOKEN)
    if event is None or span.start_time is None:
        return None
    events.remove(event)
    return (event.timestamp - span.start_time) / 1e9


def _take_columns(rest: dict[str, Any], run: RunTree) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for plain in _PLAIN:
        # An agent's span sums up the calls below it.
        if plain.column not in _USAGE or run.run_type in PAID:
            _take_plain(rest, plain, columns)
    reasons = _take_stop_reasons(rest)
    if reasons:
        columns["stop_reason"] = ",".join(reasons)
    if "provider" in columns:
        columns["provider"] = columns["provider"].lower()
    params = _take_params(rest)
    if params:
        columns["params"] = params
    return columns


def _take_plain(rest: dict[str, Any], plain: _Plain, columns: dict[str, Any]) -> None:
    """Fill a column with the first of its attributes; one that says something else stays for the metadata."""
    for name in present(plain.attributes, rest):
        value = _converted(rest[name], plain.kind)
        if value is not None and columns.setdefault(plain.column, value) == value:
            del rest[name]


def _take_stop_reasons(rest: dict[str, Any]) -> dict[str, None]:
    """Return each reason once, in their order."""
    reasons = list(as_list(take(rest, OTEL["stop_reason"]) or ()))
    for name in present(ALIASES["stop_reason"], rest):
        reasons.append(rest.pop(name))
    return dict.fromkeys(map(str, reasons))


def _take_params(rest: dict[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    invocation = decode(rest.get("llm.invocation_parameters"))
    if isinstance(invocation, dict):
        del rest["llm.invocation_parameters"]
        params.update(invocation)
    for key in list(rest):
        if key.startswith(_PARAMS):
            params[key.removeprefix(_PARAMS)] = decode(rest.pop(key))
    return params


def _converted(value: Any, kind: type) -> Any:
    try:
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if kind is str or -_LIMIT <= converted < _LIMIT:
        return converted
    return None


def _count_tokens(run: RunTree) -> None:
    """Complete the tokens: cached ones are part of the input."""
    columns = run.columns
    if "input_tokens" not in columns:
        return
    cached = columns.get("cache_read_tokens", 0) + columns.get("cache_write_tokens", 0)
    if columns["input_tokens"] < cached:  # a whole can't be smaller than its parts: they were left out
        columns["input_tokens"] += cached
    columns["uncached_input_tokens"] = columns["input_tokens"] - cached


def _price(run: RunTree) -> None:
    """Price the tokens, if there are any."""
    columns, metadata = run.columns, run.metadata
    answered = metadata.get("gen_ai.response.model") or metadata.get("llm.response.model_name")
    models = list(map(str, filter(None, (answered, columns.get("model")))))
    if not models or not columns.keys() & {"input_tokens", "output_tokens"}:
        return
    tokens = {name: columns.get(name) for name in COUNTED}
    found = price(columns.get("provider", ""), models, tokens, when=run.start_time)
    columns["prices_version"] = found.version
    dearer = [name for name, value in metadata.items() if _DEARER.match(name) and value]
    if dearer:
        metadata[COST_UNKNOWN] = f"{', '.join(sorted(dearer))}: not priced"
    elif found.cost is not None:
        columns.update(found.columns())
    elif found.unknown is not None:
        metadata[COST_UNKNOWN] = found.unknown
    else:
        metadata[UNPRICED_MODEL] = models[-1]


def _error(span: ReadableSpan, events: list[Event]) -> str | None:
    """Return the error of a span that failed, and take its exception out of ``events``."""
    if span.status.status_code is not StatusCode.ERROR:
        return None
    raised = _named(reversed(events), "exception")
    if raised is None:
        return span.status.description or "error"
    events.remove(raised)
    attributes = raised.attributes or {}
    error = attributes.get(OTEL["error"])
    if not error:
        error = f"{attributes.get('exception.type', 'error')}: {attributes.get('exception.message', '')}"
    return str(error).rstrip()


def _named(events: Iterable[Event], name: str) -> Event | None:
    """Return the first event of that name."""
    for event in events:
        if event.name == name:
            return event
    return None


def _metadata(rest: dict[str, Any], span: ReadableSpan, events: Sequence[Event]) -> dict[str, Any]:
    """Return what a run has no place of its own for: the attributes that are left, and the events."""
    metadata: dict[str, Any] = {}
    own = decode(rest.pop("metadata", {}))
    if isinstance(own, dict):
        metadata.update(own)
    else:
        metadata["metadata"] = own
    metadata.update(rest)
    if span.instrumentation_scope is not None:
        metadata["otel.scope"] = span.instrumentation_scope.name
    if events:
        metadata["events"] = list(map(_describe_event, events))
    return metadata


def _describe_event(event: Event) -> dict[str, Any]:
    return {"name": event.name, "time": event.timestamp // 1000, **(event.attributes or {})}
