"""Decisions and questions, made without a queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_llmobs.review.records import Decision
from pytest_llmobs.review.rubric.questions import Choice, Question

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)

TONE = Question(
    "tone", "Is it kind?", "choice", tuple(Choice(float(step), "") for step in range(1, 6)), is_ordered=True
)
TOPIC = Question("topic", "What is it about?", "choice", (Choice("refund", ""), Choice("delivery", "")))
LENGTH = Question("length", "How long should it be?", "number", low=0, high=100)
REMARK = Question("remark", "What else?", "text")
QUESTIONS = (TONE, TOPIC, LENGTH, REMARK)


def decided(
    run_id: str, reviewer: str, verdict: Any = None, mode: str | None = None, *, minute: int = 0, **given: Any
) -> Decision:
    """Make a decision, some minutes after noon."""
    return Decision(
        id=f"{run_id}-{reviewer}-{minute}",
        run_id=run_id,
        reviewer=reviewer,
        at=NOON + timedelta(minutes=minute),
        rubric="0123456789ab",
        verdict=verdict,
        mode=mode,
        **given,
    )


def adjudicated(run_id: str, verdict: Any = None, mode: str | None = None, **given: Any) -> Decision:
    """Make an adjudicator's decision, an hour after noon."""
    return decided(run_id, "zoe", verdict, mode, minute=60, role="adjudication", **given)
