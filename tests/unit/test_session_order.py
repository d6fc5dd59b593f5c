"""The newest of two sessions is the one that began last, also within a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_llmobs.records.identity import new_identity


def test_two_sessions_of_one_second_keep_their_order() -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    first, second = new_identity("z", now), new_identity("a", now + timedelta(milliseconds=400))
    assert first.started < second.started
