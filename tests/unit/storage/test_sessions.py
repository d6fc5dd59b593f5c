"""Markers of sessions that are under way, and of those that were killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.sessions import MarkedSession, begin, ended_early
from pytest_llmobs.storage.store import Store

SESSION = MarkedSession("nightly", "5e55", "2026-01-01T00:00:00+00:00", 7)
KILLED = """
import os
from pytest_llmobs.storage.store import Store
store = Store(".llmobs")
marker = store.begin_session("nightly", "5e55", "2026-01-01T00:00:00+00:00")
spool = store.spool("5e55")
for line in {lines!r}:
    spool.append(line)
os._exit(3)
"""


def test_two_of_one_name_are_never_under_way_at_once(layout: Layout) -> None:
    waits: list[float] = []
    first = begin(layout, SESSION)
    assert first is not None
    assert begin(layout, SESSION, sleep=waits.append) is None
    assert sum(waits) == pytest.approx(1)
    assert ended_early(layout) == []
    first.end()
    again = begin(layout, SESSION)
    assert again is not None
    again.end()
    assert ended_early(layout) == []


def test_a_killed_session_is_told_once_with_what_was_recovered(
    tmp_path: Path, python: Callable[..., object], line: Callable[..., bytes], told: list[str]
) -> None:
    python(KILLED.format(lines=[line(1), line(2)]))
    store = Store(tmp_path / ".llmobs", warn=told.append)
    assert store.seal() == 2
    (message,) = told
    assert message.startswith(
        "The session of 'nightly', started 2026-01-01T00:00:00+00:00, ended without a verdict"
    )
    assert message.endswith("2 runs of it were recovered. Run it again.")
    assert [marked.name for marked in store.ended_early] == ["nightly"]
    Store(tmp_path / ".llmobs", warn=told.append).seal()
    assert len(told) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": "x"}', b"\xff"])
def test_a_damaged_marker_says_nothing_and_stops_nobody(layout: Layout, content: bytes) -> None:
    begun = begin(layout, SESSION)
    assert begun is not None
    begun.end()
    path = layout.root / "unfinished" / "nightly.json"
    path.write_bytes(content)
    assert ended_early(layout) == []
    marker = begin(layout, SESSION)
    assert marker is not None
    assert json.loads(path.read_bytes())["name"] == "nightly"
    marker.end()
    assert not path.exists()
