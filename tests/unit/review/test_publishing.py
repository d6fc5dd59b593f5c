"""What reviewers say becomes feedback on the run, and goes with the decision that said it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.review.publishing import Publisher
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.storage.feedback.rows import feedback_of
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction

TIME = datetime(2026, 11, 30, 9, tzinfo=UTC)
QUEUE = AnnotationQueue(id="q", name="refunds", created_at=TIME, updated_at=TIME)
DECISION = Decision(
    id="6f1c2a8e-0000-4000-8000-000000000001",
    run_id="019a0000-0000-7000-8000-000000000001",
    reviewer="ada",
    at=TIME,
    rubric="0123456789ab",
    verdict="reject",
    mode="wrong tone",
    answers={"polite": True, "tone": 4.0, "topic": "refund"},
    correction={"answer": "Yes, of course."},
    comment="Too short.",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".llmobs")


@pytest.fixture
def publish(store: Store) -> Publisher:
    return Publisher(FeedbackWriter(store.feedback, Redaction()), QUEUE)


def kept(store: Store) -> dict[str, Any]:
    return {feedback.key: feedback for feedback in feedback_of(store.feedback.current())}


def test_each_answer_and_the_whole_are_feedback(store: Store, publish: Publisher) -> None:
    publish(DECISION, False)
    feedback = kept(store)
    assert {key: (said.score, said.value) for key, said in feedback.items()} == {
        "review": (0, "wrong tone"),
        "polite": (True, None),
        "tone": (4.0, None),
        "topic": (None, "refund"),
    }
    whole = feedback["review"]
    assert (whole.comment, whole.correction) == ("Too short.", {"answer": "Yes, of course."})
    assert whole.source.type == "app"
    assert whole.source.metadata == {"reviewer": "ada", "queue": "refunds", "decision": DECISION.id}
    assert {said.run_id for said in feedback.values()} == {DECISION.run_id}


def test_what_is_published_twice_counts_once(store: Store, publish: Publisher) -> None:
    publish(DECISION, False)
    publish(DECISION, False)
    assert len(store.feedback.current()) == 4


def test_a_decision_that_is_withdrawn_takes_its_feedback_along(store: Store, publish: Publisher) -> None:
    other = replace(DECISION, id="6f1c2a8e-0000-4000-8000-000000000002", reviewer="bob", answers={})
    publish(DECISION, False)
    publish(other, False)
    publish(DECISION, True)
    (left,) = feedback_of(store.feedback.current())
    assert left.source.metadata["reviewer"] == "bob"


def test_an_item_of_the_rubric_may_be_called_review(store: Store, publish: Publisher) -> None:
    publish(replace(DECISION, verdict=None, mode=None, correction=None, answers={"review": 3.0}), False)
    assert kept(store)["review"].comment == "Too short."


def test_an_adjudicators_word_says_so(store: Store, publish: Publisher) -> None:
    publish(replace(DECISION, role="adjudication", verdict="accept", mode=None), False)
    whole = kept(store)["review"]
    assert (whole.score, whole.source.metadata["role"]) == (1, "adjudication")
