"""A client over a store with a few runs, written as apps write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.storage.spool.segment import Segment

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""Run number n starts n seconds later and takes a quarter of a second."""


def run_id(number: int) -> str:
    """Return the id of run number n; the ids sort like the numbers."""
    return f"019a0000-0000-7000-8000-{number:012x}"


Write = Callable[..., str]
"""Writes run number n, with columns of its own; returns its id."""


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
