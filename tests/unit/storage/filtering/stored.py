"""Real stores for filters to be asked of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from pytest_llmobs.records.conditions import RunFilter
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.feedback.rows import create_row
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.store import Store
from tests.unit.storage.filtering.plain import PlainRun

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PAYLOADS = ("inputs", "outputs", "feedback")


def run_id(number: int) -> str:
    return f"019a0000-0000-7000-8000-{number:012x}"


def feedback_id(run: int, number: int) -> str:
    return f"019b0000-0000-7000-8000-{run:06x}{number:06x}"


def plain_run(number: int, **given: Any) -> PlainRun:
    """Make run number n, which starts n seconds after the first and takes as long as is said."""
    start = START + timedelta(seconds=number)
    latency = given.pop("latency", 0.25)
    payloads = {name: given.pop(name) for name in _PAYLOADS if name in given}
    columns = {"id": run_id(number), "trace_id": run_id(number), "name": "answer", "run_type": "chain"}
    columns |= {"status": "success", "start_time": start, "end_time": None} | given
    if latency is not None:
        columns["end_time"] = start + timedelta(seconds=latency)
    return PlainRun(columns, **payloads)


def store_of(root: Path, *files: Sequence[PlainRun]) -> Store:
    """Write runs as real Parquet, a file for each sequence, and their feedback to the log."""
    store = Store(root / ".llmobs", warn=_refuse)
    store.layout.create()
    for runs in files:
        segment = Segment.create(store.layout.spool, "dead")
        segment.file.write(b"".join(map(_line, runs)))
        segment.close()
        store.seal()
    for runs in files:
        for run in runs:
            _log_feedback(store, run)
    return store


def matching(store: Store, run: str | None = None, **parts: Any) -> list[int]:
    """Return the numbers of the runs that a filter chooses."""
    chosen = store.runs(filter=RunFilter(run, **parts))
    return [int(found.id[-12:], 16) for found in chosen]


def _log_feedback(store: Store, run: PlainRun) -> None:
    number = int(run.columns["id"][-12:], 16)
    for place, given in enumerate(run.feedback):
        own = feedback_id(number, place)
        subject: dict[str, Any] = {"run_id": run.columns["id"], "key": "unnamed"}
        feedback = Feedback(id=own, created_at=START, modified_at=START, **{**subject, **given})
        store.feedback.append(create_row(feedback, own))


def _line(run: PlainRun) -> bytes:
    header: dict[str, Any] = {"project": "demo"}
    for name, value in run.columns.items():
        if isinstance(value, datetime):
            header[name] = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        elif value is not None:
            header[name] = value
    payloads = [b"" if value is None else to_json(value) for value in (run.inputs, run.outputs)]
    return b"\t".join((to_json(header), *payloads)) + b"\n"


def _refuse(message: str) -> None:
    raise AssertionError(message)
