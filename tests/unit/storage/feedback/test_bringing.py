"""The feedback of another store, brought along: each event once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_llmobs.storage.feedback.bringing import bring
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.feedback.merging import merge_parts
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.store import Store
from tests.unit.storage.feedback.conftest import feedback_id, left_behind

Event = Callable[..., dict[str, Any]]


def scores(log: FeedbackLog) -> dict[str, float]:
    table = log.current(columns=["id", "score"])
    return dict(zip(table["id"].to_pylist(), table["score"].to_pylist(), strict=True))


def test_what_was_said_changed_and_deleted_comes_once(
    event: Event, log: FeedbackLog, layout: Layout, tmp_path: Path
) -> None:
    other = Store(tmp_path / "other")
    other.layout.create()
    left_behind(layout, event(1, score=1.0))
    for number in (1, 2, 3):  # the first one is here, too; each lies in a file of its own
        left_behind(other.layout, event(number, score=1.0))
        other.feedback.recover()
    left_behind(
        other.layout, event(4, "update", of=2, changes=["score"], score=0.0), event(5, "delete", of=3)
    )

    assert bring(other.feedback, log, layout) == 4
    assert scores(log) == {feedback_id(1): 1.0, feedback_id(2): 0.0}
    assert len(log.events([feedback_id(3)])) == 2  # the history is kept

    # Both merge their files: which ones they came in says nothing any more.
    log.recover()
    assert merge_parts(layout, many=2)
    other.feedback.recover()
    assert merge_parts(other.layout, many=2)
    left_behind(other.layout, event(6, score=0.5))
    assert bring(other.feedback, log, layout) == 1
    assert bring(other.feedback, log, layout) == 0
    assert scores(log) == {feedback_id(1): 1.0, feedback_id(2): 0.0, feedback_id(6): 0.5}


def test_a_store_without_feedback_brings_none_and_makes_nothing(
    log: FeedbackLog, layout: Layout, tmp_path: Path
) -> None:
    assert bring(Store(tmp_path / "other").feedback, log, layout) == 0
    assert not list(layout.feedback.glob("*"))
