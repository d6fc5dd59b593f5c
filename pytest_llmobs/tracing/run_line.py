r"""The spool line: how a run is written, and read back.

``HEADER \t INPUTS \t OUTPUTS \n``, each compact UTF-8 JSON, which never holds a raw tab or newline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from pytest_llmobs.clocks import moment
from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.open_run import FinishedRun, OpenRun

_USAGE = frozenset(field.name for field in fields(Usage))
_CONVERTED = frozenset(
    {"parent_id", "start_time", "end_time", "inputs", "outputs", "usage", "child_runs", "columns"}
)
_READ_ELSEWHERE = frozenset({"feedback_stats", "dotted_order"})
_COPIED = frozenset(field.name for field in fields(Run)) - _CONVERTED - _READ_ELSEWHERE


def write_payload(run: OpenRun) -> bytes:
    r"""Return what a user's data can reach: ``extras \\t inputs \\t outputs``, the extras without braces."""
    # no function of its own: every run pays for it
    has_more = run.error is not None or run.captured_for or run.own_stamps
    if has_more or run.own_metadata or run.own_columns or run.own_tags:
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
    if run.own_metadata or run.own_stamps:
        extras["metadata"] = run.all_metadata
    if run.own_tags:
        extras["tags"] = capture.as_tags(run.own_tags)
    return capture.encode_mapping(extras)[1:-1]


def read_line(line: bytes) -> Run:
    """Return the run that ``line`` holds, without children.

    Raises:
        ValueError: The line is torn or not a run.
    """
    head, inputs, outputs = line.rstrip(b"\n").split(b"\t")
    header = capture.decode(head)
    own: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for key, value in header.items():
        if value is None:
            continue
        if key in _COPIED:
            own[key] = value
        elif key in _USAGE:
            usage[key] = value
        elif key not in _CONVERTED:
            columns[key] = value
    end = header.get("end_time")
    if inputs:
        own["inputs"] = capture.decode(inputs)
    if outputs:
        own["outputs"] = capture.decode(outputs)
    if usage:
        own["usage"] = Usage(**usage)
    return Run(
        **own,
        parent_id=header.get("parent_id"),
        start_time=moment(header["start_time"]),
        end_time=None if end is None else moment(end),
        columns=columns,
    )


def record_of(finished: FinishedRun) -> Run:
    """Return the record of a run that its root kept, read back once: that costs more than to write it."""
    if finished.record is None:
        finished.record = read_line(finished.line)
    return finished.record


def nest(root: Run, descendants: Sequence[Run]) -> Run:
    """Return ``root`` with ``descendants`` (in start order) as nested ``child_runs``."""
    below: dict[str | None, list[Run]] = {}
    for run in descendants:
        below.setdefault(run.parent_id, []).append(run)
    known_ids = {root.id, *(run.id for run in descendants)}
    for run in descendants:
        if run.parent_id not in known_ids:  # its parent was lost: the root takes it in
            below.setdefault(root.id, []).append(run)
    return _with_children(root, below)


def _with_children(run: Run, below: Mapping[str | None, Sequence[Run]]) -> Run:
    if run.id not in below:
        return run
    children: list[Run] = []
    for child in sorted(below[run.id], key=attrgetter("id")):
        children.append(_with_children(child, below))
    return replace(run, child_runs=tuple(children))
