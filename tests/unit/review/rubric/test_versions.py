"""An answer keeps the rubric that it was given under."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.review.rubric.questions import questions_of
from pytest_llmobs.review.rubric.versions import keep_rubric, read_rubric, rubric_version

NOW = datetime(2026, 3, 1, tzinfo=UTC)
QUEUE = AnnotationQueue(
    id="1",
    name="support",
    rubric_instructions="Be fair.",
    rubric_items=({"feedback_key": "tone", "scale": [1, 5]},),
    created_at=NOW,
    updated_at=NOW,
)


def test_a_version_follows_what_reviewers_are_asked_and_nothing_else() -> None:
    version = rubric_version(QUEUE)
    assert len(version) == 12
    assert rubric_version(replace(QUEUE, name="x", overlap=0.5, updated_at=NOW.replace(day=2))) == version
    others = {
        version,
        rubric_version(replace(QUEUE, rubric_instructions="Be strict.")),
        rubric_version(replace(QUEUE, rubric_items=({"feedback_key": "tone", "scale": [1, 4]},))),
        rubric_version(replace(QUEUE, failure_modes=("wrong fact",))),
        rubric_version(replace(QUEUE, failure_modes=())),
        rubric_version(replace(QUEUE, rubric_instructions="half \ud83d of a character")),
    }
    assert len(others) == 6


def test_a_kept_rubric_outlives_the_edit(tmp_path: Path) -> None:
    version = keep_rubric(tmp_path, QUEUE)
    edited = replace(QUEUE, rubric_items=({"feedback_key": "tone"},), failure_modes=())
    assert keep_rubric(tmp_path, edited) != version
    kept = read_rubric(tmp_path, version)
    assert [choice.value for choice in questions_of(kept)[0].choices] == [1, 2, 3, 4, 5]
    assert kept.failure_modes == QUEUE.failure_modes
    assert read_rubric(tmp_path, rubric_version(edited)).failure_modes == ()


def test_what_was_not_kept_or_is_damaged_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="No rubric of version '0123456789ab'"):
        read_rubric(tmp_path, "0123456789ab")
    version = keep_rubric(tmp_path, QUEUE)
    file = tmp_path / "rubrics" / f"{version}.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="can't be read"):
        read_rubric(tmp_path, version)
