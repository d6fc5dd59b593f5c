"""Runs across processes: the HTTP headers that carry a run to a service.

Written are W3C ``traceparent`` (https://www.w3.org/TR/trace-context/), for whoever else traces the request,
and ``llmobs-run``, which holds the whole path: ``<trace id>/<run id>;project=<name>``. Metadata and tags, redacted, go
along as W3C ``baggage`` (https://www.w3.org/TR/baggage/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from uuid import UUID

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.ids import is_id
from pytest_llmobs.tracing.sampling import is_sampled

if TYPE_CHECKING:
    from pytest_llmobs.tracing.run_tree import RunTree

OWN = "llmobs-run"
"""Our own header."""
BAGGAGE = "llmobs"
"""Our entry in ``baggage``: percent-encoded JSON of metadata and tags."""
LONGEST = 4096
"""Characters of a header that is written, or read; servers refuse requests whose headers are longer than a few KB."""
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f](?P<flags>[0-9a-f])(-.*)?"
)


def w3c_ids(trace_id: str, run_id: str) -> tuple[str, str]:
    """Return a run's ids as W3C and OpenTelemetry have them: 32 and 16 hex digits, the latter the id's random half."""
    return trace_id.replace("-", ""), run_id.replace("-", "")[16:]


def write(run: RunTree) -> dict[str, str]:
    """Return the headers that carry ``run``; none where it isn't traced, so that a service decides for itself."""
    if not run.id or not (run.recording or run.tracer.enabled):
        return {}
    # A held trace may still be dropped; the other process could not know, so it keeps nothing of it.
    held = run.root.held
    flags = "01" if run.recording and (held is None or held.kept) else "00"
    trace, span = w3c_ids(run.trace_id, run.id)
    headers = {
        "traceparent": f"00-{trace}-{span}-{flags}",
        OWN: f"{run.trace_id}/{run.id};project={quote(run.project, safe='')}",
    }
    if run.own_metadata or run.tags:
        carried = {"metadata": run.own_metadata or {}, "tags": list(run.tags)}
        cleaned = run.tracer.redaction.clean_value(capture.decode(capture.encode(carried)))
        packed = f"{BAGGAGE}={quote(capture.encode(cleaned), safe='')}"
        if len(packed) <= LONGEST:
            headers["baggage"] = packed
    return headers


def read(carried: Mapping[str, str]) -> RunTree | None:
    """Return a stand-in for the run that ``carried`` names, or None where no header can be understood.

    A stranger's header never raises: a broken one is as good as none.
    """
    lowered = {_text(key).lower(): _text(value) for key, value in carried.items()}
    traceparent = _TRACEPARENT.fullmatch(lowered.get("traceparent", "").strip())
    found = _own(lowered.get(OWN, "")) or _adopted(traceparent)
    if found is None:
        return None
    from pytest_llmobs.tracing.run_tree import RunTree
    from pytest_llmobs.tracing.tracer import OFF, find

    stand_in = RunTree(find(None) or OFF, "remote", "chain", None, found[2])
    stand_in.trace_id, stand_in.id = found[:2]
    stand_in.line = b""  # the other process writes it
    metadata, tags = _unpacked(lowered.get("baggage", ""))
    stand_in.describe(None, metadata, tags)
    if not found[1]:  # a stranger's sampling isn't ours
        stand_in.recording = is_sampled(found[0], stand_in.tracer.sample_rate)
    elif traceparent is not None and str(UUID(traceparent["trace"])) == found[0]:
        # Somebody on the way may have put a traceparent of their own in the place of ours: it says nothing of us.
        stand_in.recording = bool(int(traceparent["flags"], 16) & 1)
    return stand_in


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


def _adopted(foreign: re.Match[str] | None) -> tuple[str, str, str | None] | None:
    """Take part in a stranger's trace: its id is ours too; its spans aren't here, so there is no parent."""
    if foreign is None:
        return None
    return (str(UUID(foreign["trace"])), "", None)


def _unpacked(baggage: str) -> tuple[dict[str, Any], list[str]]:
    for entry in baggage.split(","):
        name, _, value = entry.partition("=")
        if name.strip() == BAGGAGE and len(entry) <= LONGEST:
            try:
                carried = capture.decode(unquote(value.strip()).encode())
                return dict(carried["metadata"]), [str(tag) for tag in carried["tags"]]
            except (ValueError, TypeError, LookupError, RecursionError):
                break
    return {}, []
