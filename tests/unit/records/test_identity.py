"""What a session is called that nobody has named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_llmobs.records.identity import new_identity


def test_two_of_one_second_have_two_names() -> None:
    second = datetime(2026, 11, 30, 12, tzinfo=UTC)
    names = {new_identity("", second + timedelta(milliseconds=10 * number)).name for number in range(100)}
    assert len(names) == 100
    assert min(names) == "amber-acorn-20261130-120000"
