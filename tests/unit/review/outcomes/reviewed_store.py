"""A real store with five runs in a queue, and what two reviewers said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import AnnotationQueue, Decision
from pytest_llmobs.storage.store import Store
from pytest_llmobs.workspace import Workspace
from tests.unit.storage.filtering.plain import PlainRun
from tests.unit.storage.filtering.stored import plain_run, run_id, store_of

QUEUE = "refunds"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
OLD, NEW = "0123456789abcdef", "fedcba9876543210"
SHOES = "Can I send the brown shoes back after four weeks if I never wore them outside?"
PARCEL = "Where is the parcel that your courier should have brought to my door on Monday?"
CARD = "Why was my card charged twice for one blue bicycle in the order of last week?"
LAMP = "Does the brass lamp come with a bulb, or do I have to buy one in a shop?"
COAT = "Which size of the red winter coat should I order when I am two metres tall?"
BETTER = "It left Hamburg this morning, and the courier rings at your door tomorrow."


def asked(number: int, question: str, answer: str, prompt: str) -> PlainRun:
    metadata = {"prompt.support": prompt, "tier": "gold" if number < 3 else "free"}
    outputs = {"output": answer}
    given = {"inputs": {"question": question}, "outputs": outputs, "metadata": metadata}
    return plain_run(number, project="production", **given)


def build(folder: Path) -> Store:
    """Fill a folder, which is the current one: accepted, corrected, contested, accepted, rejected."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    store = store_of(
        folder,
        [
            asked(1, SHOES, "Yes, you have 30 days.", OLD),
            asked(2, PARCEL, "We have no parcels.", OLD),
            asked(3, CARD, "It was charged once.", OLD),
            asked(4, LAMP, "Yes, it comes with one.", NEW),
            asked(5, COAT, "Read our terms.", NEW),
        ],
    )
    queues = Workspace.find(folder, {}).open_queues()
    tone = {"feedback_key": "tone", "scale": [1, 5]}
    kind = {"feedback_key": "is_kind"}
    queue = queues.create(QUEUE, rubric_items=[tone, kind])
    queues.items(queue).add([{"run_id": run_id(number)} for number in range(1, 6)])
    say(queues, queue, 1, "ada", "accept", answers={"tone": 5, "is_kind": 1})
    say(queues, queue, 1, "ben", "accept", answers={"tone": 4, "is_kind": 1})
    say(queues, queue, 2, "ada", "reject", mode="wrong fact", correction={"output": BETTER}, comment="We do.")
    say(queues, queue, 2, "ben", "reject", mode="wrong fact", answers={"is_kind": 0})
    say(queues, queue, 3, "ada", "accept", comment="It says so.")
    say(queues, queue, 3, "ben", "reject", mode="wrong fact", comment="It was twice.")
    say(queues, queue, 4, "ada", "accept")
    say(queues, queue, 5, "ben", "reject", mode="wrong tone")
    return store


def say(
    queues: Queues, queue: AnnotationQueue, number: int, reviewer: str, verdict: Any, **given: Any
) -> None:
    """Let a reviewer decide a run."""
    at = NOON + timedelta(minutes=number)
    said = Decision(
        id=f"{number}-{reviewer}-{given.get('role', 'review')}",
        run_id=run_id(number),
        reviewer=reviewer,
        at=at,
        rubric="0123456789ab",
        verdict=verdict,
        **given,
    )
    queues.decisions(queue).decide(said)


def adjudicate(folder: Path, number: int, verdict: Any, **given: Any) -> None:
    """Let an adjudicator settle a run."""
    queues = Workspace.find(folder, {}).open_queues()
    say(queues, queues.find(QUEUE), number, "zoe", verdict, role="adjudication", **given)
