from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

START = 1_763_900_000
"""Seconds; each event happens one second after the one before it."""
RUN = "019a0000-0000-7000-8000-0000000000aa"
OTHER = "019a0000-0000-7000-8000-0000000000bb"


@pytest.fixture
def told() -> list[str]:
    """Collect what the user is told."""
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Iterator[Store]:
    store = Store(tmp_path / ".llmobs", warn=told.append)
    yield store
    store.feedback.close()


@pytest.fixture
def writer(store: Store) -> FeedbackWriter:
    seconds = itertools.count(START)
    return FeedbackWriter(store.feedback, Redaction(), time_ns=lambda: next(seconds) * 1_000_000_000)


@pytest.fixture
def trace(store: Store) -> Callable[..., str]:
    """Store a finished run, and return its id."""

    def trace(project: str = "production", **columns: Any) -> str:
        spool = store.spool()
        run = start_root(
            Tracer(project=project, sink=spool), "answer", inputs={"question": "?"}, columns=columns
        )
        run.end({"output": "!"})
        spool.close()
        return run.id

    return trace
