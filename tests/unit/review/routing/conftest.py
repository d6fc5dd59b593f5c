"""A store with a few runs and feedback, and queues with rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.files import write_whole
from pytest_llmobs.records.wire import to_wire
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.storage.layout import escape
from pytest_llmobs.storage.spool.segment import Segment

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Run number n starts n seconds later."""

Write = Callable[..., str]
"""Writes run number n, with inputs, outputs and columns; returns its id."""
MakeQueue = Callable[..., AnnotationQueue]
"""Makes a queue of a name, with rules."""


def run_id(number: int) -> str:
    """Return the id of run number n; the ids sort like the numbers."""
    return f"019a0000-0000-7000-8000-{number:012x}"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLMOBS_STORE", raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    client = Client()
    yield client
    client.store.feedback.close()


@pytest.fixture
def write(client: Client) -> Write:
    layout = client.store.layout

    def write(number: int, inputs: Any = None, outputs: Any = None, **columns: Any) -> str:
        layout.create()
        start = int((START + timedelta(seconds=number)).timestamp() * 1_000_000)
        own = run_id(number)
        known = {"id": own, "trace_id": own, "project": "production", "name": "answer", "run_type": "chain"}
        known |= {"status": "success", "start_time": start, "end_time": start + 250_000} | columns
        payloads = [b"" if value is None else json.dumps(value).encode() for value in (inputs, outputs)]
        segment = Segment.create(layout.spool, "dead")
        segment.file.write(b"\t".join((json.dumps(known).encode(), *payloads)) + b"\n")
        segment.close()
        client.store.seal()
        return own

    return write


@pytest.fixture
def queues(client: Client) -> Queues:
    return client._queues


@pytest.fixture
def make_queue(queues: Queues, tmp_path: Path) -> MakeQueue:
    def make(name: str, *rules: Mapping[str, Any]) -> AnnotationQueue:
        queue = replace(queues.create(name), rules=rules)
        write_whole(tmp_path / ".llmobs" / "queues" / escape(name) / "queue.json", json.dumps(to_wire(queue)))
        return queue

    return make
