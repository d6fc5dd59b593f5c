"""The traces of trials: the runs of each as a list in which parents come before their children."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from pydantic_core import from_json

from pytest_llmobs.reports.html.safe_numbers import safe_number
from pytest_llmobs.reports.traced_run import TracedRun

_MICROSECONDS = 1000
"""In a millisecond, which is what a page reckons in."""
_MILLISECONDS = 1000
"""In a second."""
_BY_START = attrgetter("start_time", "id")


class Traces:
    """Runs by trace."""

    def __init__(self, runs: Iterable[TracedRun]) -> None:
        """Take all runs, in any order."""
        self._runs: dict[str, list[TracedRun]] = defaultdict(list)
        for run in runs:
            self._runs[run.trace_id].append(run)

    def root(self, run_id: str | None) -> TracedRun | None:
        """Return the root run of a trace; None where it isn't stored."""
        for run in self._runs.get(run_id or "", ()):
            if run.id == run_id:
                return run
        return None

    def runs(self, run_id: str | None) -> list[dict[str, Any]] | None:
        """Return a trace as a page has it; None where its root run isn't stored."""
        root = self.root(run_id)
        if root is None:
            return None
        places: dict[str, int] = {}
        lines: list[dict[str, Any]] = []
        for run, parent_id in depth_first(root, self._runs[root.id]):
            places[run.id] = len(lines)
            parent = -1 if parent_id is None else places[parent_id]
            lines.append(_line(run, parent, root.start_time))
        return lines


def depth_first(root: TracedRun, runs: Sequence[TracedRun]) -> list[tuple[TracedRun, str | None]]:
    """Return each run once with the id of the one that it hangs from, children in the order of their start.

    What hangs from no run of the trace hangs from the root: parents were lost with a process that was killed.
    """
    by_id = {run.id: run for run in runs}
    children = _children(root, by_id)
    ordered: list[tuple[TracedRun, str | None]] = []
    # a stack of our own: a trace may be deeper than Python's
    waiting: list[tuple[TracedRun, str | None]] = [(root, None)]
    while waiting or by_id:
        if not waiting:
            # they hang from one another in a circle, as only damage can make them
            stray = min(by_id.values(), key=_BY_START)
            waiting.append((stray, root.id))
        run, parent_id = waiting.pop()
        if by_id.pop(run.id, None) is None:
            continue
        ordered.append((run, parent_id))
        for child in sorted(children.pop(run.id, ()), key=_BY_START, reverse=True):
            waiting.append((child, run.id))
    return ordered


def _children(root: TracedRun, by_id: dict[str, TracedRun]) -> dict[str, list[TracedRun]]:
    children: dict[str, list[TracedRun]] = defaultdict(list)
    for run in by_id.values():
        if run.id != root.id:
            parent_id = run.parent_id if run.parent_id in by_id else root.id
            children[parent_id or root.id].append(run)
    return children


def _line(run: TracedRun, parent: int, began: int) -> dict[str, Any]:
    took = first_token = None
    if run.end_time is not None:
        # a clock may be set back meanwhile
        took = max(0, run.end_time - run.start_time) / _MICROSECONDS
    if run.time_to_first_token is not None:
        first_token = run.time_to_first_token * _MILLISECONDS
    return {
        "id": run.id,
        "parent": parent,
        "name": run.name or "",
        "type": run.run_type or "chain",
        "status": run.status or "success",
        "start": (run.start_time - began) / _MICROSECONDS,
        "took": took,
        "inputs": parsed(run.inputs),
        "outputs": parsed(run.outputs),
        "error": run.error,
        "model": run.model,
        "provider": run.provider,
        "input_tokens": safe_number(run.input_tokens),
        "output_tokens": safe_number(run.output_tokens),
        "cached_tokens": safe_number(run.cache_read_tokens),
        "cost": run.total_cost,
        "stop_reason": run.stop_reason,
        "first_token": first_token,
        "replayed": bool(run.replayed),
        "metadata": parsed(run.metadata),
        "tags": run.tags or [],
    }


def parsed(stored: bytes | None) -> Any:
    """Return what a stored payload holds, as far as JSON can hold it: one that is damaged becomes a text."""
    if stored is None:
        return None
    try:
        return from_json(stored, allow_inf_nan=False)
    except ValueError:
        pass
    # not a number, or half of a character: Python's own parser takes them
    text = stored.decode("utf-8", "backslashreplace")
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
