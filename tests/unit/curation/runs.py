"""Runs and what was said of them, made without a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_llmobs.records.feedback import Feedback, FeedbackSource
from pytest_llmobs.records.runs import Run

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_run(number: int, question: str = "", *, hours: float = 0, **given: Any) -> Run:
    """Make run number n, which starts n seconds and some hours after the first."""
    start = START + timedelta(hours=hours, seconds=number)
    inputs = {"question": question} if question else {}
    fields: dict[str, Any] = {
        "id": f"run-{number}",
        "trace_id": f"run-{number}",
        "parent_id": None,
        "name": "answer",
        "run_type": "chain",
        "project": "production",
        "start_time": start,
        "end_time": start + timedelta(seconds=1),
        "inputs": inputs,
        "outputs": {"output": f"Answer {number}."},
    }
    return Run(**{**fields, **given})


def failed(number: int, question: str, error: str = "ValueError: no order", **given: Any) -> Run:
    """Make a run that raised."""
    return make_run(number, question, status="error", error=f"Traceback\n{error}", outputs=None, **given)


def say(key: str = "user_rating", *, source: Any = "api", minute: int = 0, **given: Any) -> Feedback:
    """Make a feedback."""
    at = START + timedelta(minutes=minute)
    return Feedback(
        id=f"{key}-{minute}",
        key=key,
        created_at=at,
        modified_at=at,
        source=FeedbackSource(type=source),
        **given,
    )
