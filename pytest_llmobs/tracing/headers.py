"""Runs across processes: the HTTP headers that carry a run to a service, written and read.

Written are W3C ``traceparent`` (https://www.w3.org/TR/trace-context/), for whoever else traces the request,
and ``llmobs-run``, which holds the whole path: ``<trace id>/<run id>;project=<name>``. Metadata and tags, redacted, go
along as W3C ``baggage`` (https://www.w3.org/TR/baggage/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.ids import is_id

OWN = "llmobs-run"
"""Our own header."""
BAGGAGE = "llmobs"
"""Our entry in ``baggage``: percent-encoded JSON of metadata and tags."""
LONGEST = 4096
"""Characters of a header that is written, or read; servers refuse requests whose headers are longer than a few KB."""
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f](?P<flags>[0-9a-f])(-.*)?"
)


@dataclass(frozen=True)
class RemoteRun:
    """A run of another process, as a request's headers tell of it."""

    trace_id: str
    run_id: str
    """Empty where a stranger started the trace: its spans aren't here, so there is no parent."""
    project: str | None = None
    sampled: bool | None = None
    """Whether the other process keeps the trace; None where the headers don't say so in our name."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


def w3c_ids(trace_id: str, run_id: str) -> tuple[str, str]:
    """Return a run's ids as W3C and OpenTelemetry have them: 32 and 16 hex digits, the latter the id's random half."""
    return trace_id.replace("-", ""), run_id.replace("-", "")[16:]


def write(trace_id: str, run_id: str, project: str, *, sampled: bool) -> dict[str, str]:
    """Return the headers that name a run.

    Args:
        trace_id: A UUID.
        run_id: A UUID.
        project: The trace's project.
        sampled: False where the other process should keep nothing of the trace.
    """
    trace, span = w3c_ids(trace_id, run_id)
    return {
        "traceparent": f"00-{trace}-{span}-{sampled:02x}",
        OWN: f"{trace_id}/{run_id};project={quote(project, safe='', errors='replace')}",
    }


def write_baggage(described: Any) -> dict[str, str]:
    """Return the header that carries a run's metadata and tags, already redacted; none where that is too long."""
    packed = f"{BAGGAGE}={quote(capture.encode(described), safe='')}"
    if len(packed) > LONGEST:
        return {}
    return {"baggage": packed}


def read(carried: Mapping[str, str]) -> RemoteRun | None:
    """Return the run that ``carried`` names, or None where no header can be understood.

    A stranger's header never raises: a broken one is as good as none.
    """
    lowered = {_text(name).lower(): _text(value) for name, value in carried.items()}
    traceparent = _TRACEPARENT.fullmatch(lowered.get("traceparent", "").strip())
    metadata, tags = _unpacked(lowered.get("baggage", ""))
    path = _own(lowered.get(OWN, ""))
    if path is not None:
        trace_id, run_id, project = path
        return RemoteRun(trace_id, run_id, project, _sampled(trace_id, traceparent), metadata, tags)
    if traceparent is not None:  # take part in a stranger's trace: its id is ours too
        return RemoteRun(str(UUID(traceparent["trace"])), "", None, None, metadata, tags)
    return None


def _text(value: object) -> str:
    """Return a header's name or value; ASGI has bytes."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value)


def _own(text: str) -> tuple[str, str, str | None] | None:
    path, _, rest = text.partition(";")
    trace, _, run = path.partition("/")
    if not (is_id(trace) and is_id(run)) or len(text) > LONGEST:
        return None
    return trace, run, unquote(rest.removeprefix("project=")) or None


def _sampled(trace_id: str, traceparent: re.Match[str] | None) -> bool | None:
    # Somebody on the way may have put a traceparent of their own in the place of ours: it says nothing of us.
    if traceparent is None or str(UUID(traceparent["trace"])) != trace_id:
        return None
    return bool(int(traceparent["flags"], 16) & 1)


def _unpacked(baggage: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    for entry in baggage.split(","):
        name, _, value = entry.partition("=")
        if name.strip() == BAGGAGE and len(entry) <= LONGEST:
            try:
                carried = capture.decode(unquote(value.strip()).encode())
                return dict(carried["metadata"]), tuple(map(str, carried["tags"]))
            except (ValueError, TypeError, LookupError, RecursionError):
                break
    return {}, ()
