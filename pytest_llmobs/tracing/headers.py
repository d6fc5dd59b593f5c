"""Runs across processes: the HTTP headers that carry a run to a service, written and read.

Written are W3C ``traceparent`` (https://www.w3.org/TR/trace-context/), for whoever else traces the request,
and ``llmobs-run``, which holds the whole path: ``<trace id>/<run id>;project=<name>``. Metadata and tags, redacted, go
along as W3C ``baggage`` (https://www.w3.org/TR/baggage/).

In a fleet of which a part is still on LangSmith, its headers are written and read as well: ``langsmith-trace``, which
holds the start time and the id of every run of the path, and its own entries in ``baggage``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from pytest_llmobs.records.runs import order_key
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.ids import is_id
from pytest_llmobs.tracing.open_run import OpenRun

OWN = "llmobs-run"
"""Our own header."""
BAGGAGE = "llmobs"
"""Our entry in ``baggage``: percent-encoded JSON of metadata and tags."""
LANGSMITHS = "langsmith-trace"
"""LangSmith's header."""
_LANGSMITHS_BAGGAGE = ("langsmith-metadata", "langsmith-tags", "langsmith-project")
_OUR_RUN = "llmobs_run"
"""Key of the metadata for LangSmith: its services hand them on, and so the next one of ours knows our run."""
LONGEST = 4096
"""Characters of a header that is written, or read; servers refuse requests whose headers are longer than a few KB."""
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f](?P<flags>[0-9a-f])(-.*)?"
)


_STEP = r"\d{8}T\d{12}Z([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*")


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
    path: str | None = None
    """LangSmith's header, where it came along."""


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


def write_langsmiths(run: OpenRun) -> dict[str, str]:
    """Return LangSmith's header of a run; none where the path is too long."""
    path = dotted_order(run)
    if len(path) > LONGEST:
        return {}
    return {LANGSMITHS: path}


def dotted_order(run: OpenRun) -> str:
    """Return LangSmith's name of a run: start time and id of every run of the path from the trace's root on."""
    steps: list[str] = []
    above: OpenRun | None = run
    while above is not None and above.remote_path is None:
        if above.id:
            steps.append(order_key(above))
        top, above = above, above.parent
    if above is not None:
        steps.append(str(above.remote_path))
    elif top.id != top.trace_id:  # of another process that didn't say when the trace began
        steps.append(order_key(top, top.trace_id))
    return ".".join(reversed(steps))


def write_baggage(described: Any, run_id: str, project: str) -> dict[str, str]:
    """Return the header that carries a run's metadata and tags, for us and for LangSmith, without what is too long.

    Args:
        described: ``metadata`` and ``tags``, already redacted.
        run_id: The run's.
        project: The trace's.
    """
    entries = [f"langsmith-project={quote(project, safe='', errors='replace')}"]
    metadata = capture.encode({**described["metadata"], _OUR_RUN: run_id})
    entries.append(f"langsmith-metadata={quote(metadata, safe='')}")
    if described["tags"]:
        entries.append(f"langsmith-tags={quote(','.join(described['tags']), safe='', errors='replace')}")
    if described["metadata"] or described["tags"]:
        entries.insert(0, f"{BAGGAGE}={quote(capture.encode(described), safe='')}")
    packed = ""
    for entry in entries:
        longer = f"{packed},{entry}".removeprefix(",")
        if len(longer) <= LONGEST:
            packed = longer
    return {"baggage": packed}


def read(carried: Mapping[str, str]) -> RemoteRun | None:
    """Return the run that ``carried`` names, or None where no header can be understood.

    A stranger's header never raises: a broken one is as good as none.
    """
    lowered = {_text(name).lower(): _text(value) for name, value in carried.items()}
    traceparent = _TRACEPARENT.fullmatch(lowered.get("traceparent", "").strip())
    metadata, tags = _unpacked(lowered.get("baggage", ""))
    path = _own(lowered.get(OWN, ""))
    langsmiths = lowered.get(LANGSMITHS, "").strip()
    if path is not None:
        trace_id, run_id, project = path
        same = langsmiths if langsmiths.endswith(run_id) and is_dotted_order(langsmiths) else None
        return RemoteRun(trace_id, run_id, project, _sampled(trace_id, traceparent), metadata, tags, same)
    if is_dotted_order(langsmiths):
        return _of_langsmiths(langsmiths, lowered.get("baggage", ""))
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


def is_dotted_order(text: str) -> bool:
    """Return True for what ``dotted_order`` returns, and LangSmith's attribute of that name holds."""
    return len(text) <= LONGEST and _PATH.fullmatch(text) is not None


def _of_langsmiths(path: str, baggage: str) -> RemoteRun:
    """Return the run that a service on LangSmith has called from.

    Its runs aren't here: as with any stranger's trace, ours takes part in it without a parent, unless a run of ours had
    called that service.
    """
    entries = dict(entry.strip().partition("=")[::2] for entry in baggage.split(","))
    told = [unquote(entries.get(name, "")) for name in _LANGSMITHS_BAGGAGE]
    metadata: dict[str, Any] = {}
    with suppress(ValueError, TypeError, RecursionError):  # broken baggage is left behind
        metadata = dict(capture.decode(told[0].encode() or b"{}"))
    ours = str(metadata.pop(_OUR_RUN, ""))
    tags = tuple(filter(None, told[1].split(",")))
    run_id = ours if is_id(ours) else ""
    return RemoteRun(path[22:58], run_id, told[2] or None, None, metadata, tags, path)


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
