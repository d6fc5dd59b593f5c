from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.feedback.lines import write_event
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.store import Store

START = 1_763_900_000_000_000
"""Microseconds; event number n happens n seconds later."""
RUN = "019a0000-0000-7000-8000-0000000000aa"


def feedback_id(number: int) -> str:
    return f"019a0000-0000-7000-9000-{number:012x}"


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Return event number n: the creation of feedback n, unless more is said."""

    def event(number: int = 1, kind: str = "create", of: int | None = None, **columns: Any) -> dict[str, Any]:
        about = {"id": feedback_id(number if of is None else of), "key": "user_rating", "run_id": RUN}
        row = {"event": kind, "time": START + number * 1_000_000, **about}
        if kind != "create":
            row["event_id"] = f"019a0000-0000-7000-a000-{number:012x}"
        return row | columns

    return event


@pytest.fixture
def log(store: Store) -> Iterator[FeedbackLog]:
    yield store.feedback
    store.feedback.close()


@pytest.fixture
def sealed(store: Store, layout: Layout) -> Callable[..., Path]:
    """Seal events into a Parquet file of their own; return its path."""

    def sealed(*events: dict[str, Any]) -> Path:
        before = set(layout.feedback.glob("*.parquet"))
        left_behind(layout, *events)
        store.feedback.recover()
        (path,) = set(layout.feedback.glob("*.parquet")) - before
        return path

    return sealed


@pytest.fixture
def abandoned(layout: Layout) -> Callable[..., Path]:
    """Leave a spool file behind, as a killed process does; return its path."""
    return lambda *events: left_behind(layout, *events)


def left_behind(layout: Layout, *events: dict[str, Any] | bytes) -> Path:
    layout.feedback_spool.mkdir(exist_ok=True)
    segment = Segment.create(layout.feedback_spool, "dead")
    for one in events:
        segment.file.write(one if isinstance(one, bytes) else write_event(one))
    segment.close()
    return segment.path
