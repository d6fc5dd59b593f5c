"""A store with runs, a queue of them, and reviewers whose clock the test sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.review.sessions import ReviewSession
from pytest_llmobs.storage.store import Store

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def run_id(number: int) -> str:
    return f"019a0000-0000-7000-8000-{number:012x}"


class Office:
    """A queue and those who review it; time passes when the test says so."""

    def __init__(self, root: Path) -> None:
        self.time = MONDAY
        self.store = Store(root)
        self.store.layout.create()
        self.queues = Queues(root / "queues", now=self.now)
        self.published: list[tuple[Decision, bool]] = []

    def now(self) -> datetime:
        return self.time

    def wait(self, **how_long: float) -> None:
        self.time += timedelta(**how_long)

    def write(self, numbers: range, **run: Any) -> list[str]:
        """Store runs that have ended, and return their ids."""
        lines = b""
        for number in numbers:
            lines += _line(number, run)
        part = self.store.layout.spool / f"runs-{numbers.start}.jsonl"
        part.write_bytes(lines)
        self.store.seal()
        return [run_id(number) for number in numbers]

    def queue(self, items: int = 3, name: str = "refunds", **settings: Any) -> AnnotationQueue:
        """Make a queue with so many runs."""
        queue = self.queues.create(name, **settings)
        ids = self.write(range(1, items + 1))
        self.queues.items(queue).add([{"run_id": id} for id in ids])
        return queue

    def review(self, queue: AnnotationQueue | str, reviewer: str = "ada", **how: Any) -> ReviewSession:
        """Begin a session, which ends with the test."""
        found = self.queues.find(queue if isinstance(queue, str) else queue.id)
        how = {"publish": self._publish, "now": self.now, **how}
        return ReviewSession.open(self.queues, found, reviewer, self.store, **how)

    def _publish(self, decision: Decision, withdrawn: bool) -> None:
        self.published.append((decision, withdrawn))

    def standing(self, queue: AnnotationQueue) -> list[Decision]:
        return list(self.queues.decisions(queue).standing())


def _line(number: int, run: Mapping[str, Any]) -> bytes:
    start = 1_763_900_000_000_000 + number * 1_000_000
    header = {"id": run_id(number), "trace_id": run_id(number), "project": "demo", "name": "answer"}
    header |= {"run_type": "chain", "status": "success", "start_time": start, "end_time": start + 250_000}
    inputs = run.get("inputs", {"question": f"Question {number}?"})
    outputs = run.get("outputs", {"answer": f"Answer {number}."})
    return b"\t".join(json.dumps(part).encode() for part in (header, inputs, outputs)) + b"\n"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / ".llmobs")
