r"""The spool line: how a run is written, and read back.

``HEADER \t INPUTS \t OUTPUTS \n``, each compact UTF-8 JSON, which never holds a raw tab or newline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.open_run import OpenRun

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USAGE = frozenset(field.name for field in fields(Usage))
_FIELDS = frozenset(field.name for field in fields(Run)) | _USAGE
_CONVERTED = {"parent_id", "start_time", "end_time", "inputs", "outputs", "metadata", "retries", "usage"}
_COPIED = frozenset(field.name for field in fields(Run)) - _CONVERTED - {"child_runs", "columns"}


def write_payload(run: OpenRun) -> bytes:
    r"""Return what a user's data can reach: ``extras \\t inputs \\t outputs``, the extras without braces."""
    if run.own_metadata or run.own_columns or run.tags or run.error is not None or run.captured_for:
        return b"%b\t%b\t%b" % (_extras(run), run.inputs_json, run.outputs_json or b"")
    return b"\t%b\t%b" % (run.inputs_json, run.outputs_json or b"")


def write_line(run: OpenRun, named: str, payload: bytes) -> bytes:
    """Return the line of a run.

    Args:
        run: It may still be going on.
        named: The columns that all runs of this name share, as JSON without braces.
        payload: See ``write_payload``.
    """
    parent = "null" if run.parent_id is None else f'"{run.parent_id}"'
    status = run.status or ("success" if run.error is None else "error")
    end = "null" if run.finished is None else run.finished
    header = (
        f'{{"id":"{run.id}","trace_id":"{run.trace_id}","parent_id":{parent},{named},"status":"{status}",'
        f'"start_time":{run.started},"end_time":{end}'
    )
    # The header is open to the right: the extras close it.
    if payload[:1] == b"\t":
        return b"%b}%b\n" % (header.encode(), payload)
    extras, rest = payload.split(b"\t", 1)
    return b"%b,%b}\t%b\n" % (header.encode(), extras, rest)


def _extras(run: OpenRun) -> bytes:
    extras: dict[str, Any] = dict(run.own_columns or ())
    if run.error is not None:
        extras["error"] = run.error
    if run.captured_for:  # announced at the end, or the runs below would inherit it
        run.metadata["capture_ms"] = run.captured_for / 1e6
    if run.own_metadata:
        extras["metadata"] = run.own_metadata
    if run.tags:
        extras["tags"] = list(run.tags)
    return capture.encode_mapping(extras)[1:-1]


def read_line(line: bytes) -> Run:
    """Return the run that ``line`` holds, without children.

    Raises:
        ValueError: The line is torn or not a run.
    """
    head, inputs, outputs = line.rstrip(b"\n").split(b"\t")
    header = capture.decode(head)
    return Run(
        **{key: value for key, value in header.items() if key in _COPIED and value is not None},
        parent_id=header.get("parent_id"),
        start_time=_time(header["start_time"]),
        end_time=None if header.get("end_time") is None else _time(header["end_time"]),
        inputs=capture.decode(inputs) if inputs else {},
        outputs=capture.decode(outputs) if outputs else None,
        metadata=header.get("metadata") or {},
        retries=header.get("retries") or 0,
        usage=Usage(**{key: header[key] for key in _USAGE if key in header}),
        columns={key: value for key, value in header.items() if key not in _FIELDS and value is not None},
    )


def nest(root: Run, descendants: Sequence[Run]) -> Run:
    """Return ``root`` with ``descendants`` (in start order) as nested ``child_runs``."""
    below: dict[str | None, list[Run]] = {}
    for run in descendants:
        below.setdefault(run.parent_id, []).append(run)
    known = {run.id for run in descendants} | {root.id}
    lost = [run for run in descendants if run.parent_id not in known]
    return _with_children(root, below, lost)


def _with_children(run: Run, below: Mapping[str | None, Sequence[Run]], lost: Sequence[Run] = ()) -> Run:
    children = sorted([*below.get(run.id, ()), *lost], key=lambda child: child.id)
    return replace(run, child_runs=tuple(_with_children(child, below) for child in children))


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
