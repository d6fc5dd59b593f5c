"""The page of a plan, without a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_llmobs.curation.options import Options
from pytest_llmobs.curation.plans import (
    Completion,
    CurationPlan,
    Duplicate,
    FailureMode,
    LeakingRun,
    Recurrence,
    Text,
)
from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.reports.pages.curation import curation_page
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = "Where is my parcel, " * 20
RUN = Text("019a0000-0000-7000-8000-000000119414", LONG)


def planned(**given: Any) -> CurationPlan:
    known = {"dataset": "support", "is_new": False, "splits": (), "options": Options(), "found": 0}
    return CurationPlan(**{**known, **given})


def mode(**given: Any) -> FailureMode:
    known: dict[str, Any] = {
        "name": "parcel, late, courier",
        "terms": ("parcel", "late", "courier", "door"),
        "members": ["a", "b"],
        "runs": 3,
        "typical": [RUN],
        "odd": None,
        "feedback": {"stars": FeedbackStats(n=3, avg=0.25, values={}, comments=0)},
        "errors": {"TimeoutError: no answer": 2},
        "recurrence": Recurrence(FIRST, FIRST + timedelta(days=3), 3, 2, 2, None),
        "taken": 1,
        "there": 0,
        "dismissed": 0,
        "leaking": 0,
        "over_cap": 0,
    }
    return FailureMode(**{**known, **given})


def page_of(plan: CurationPlan, width: int = 80) -> list[str]:
    return curation_page(plan, Page(width=width))


def test_only_what_was_found_and_what_comes_of_it_is_shown_as_zero() -> None:
    assert page_of(planned()) == ["found   0", "to add  0"]


def test_every_run_that_was_found_is_accounted_for() -> None:
    like = Duplicate(RUN, Text("late", "Late?"), 0.9, in_dataset=True)
    plan = planned(
        found=9,
        without_inputs=["1"],
        already_there=["2", "3"],
        dismissed=["4"],
        duplicates=[like],
        leaks=[LeakingRun(RUN, Text("late", "Late?"), ("test", "hard"), 0.7)],
        modes=[mode(over_cap=1)],
        drafts=[{"outputs": {}}, {"outputs": {"output": "At noon."}}],
        corrected=1,
        completions=[Completion("late", "2", {"output": "At noon."})],
    )
    lines = page_of(plan)
    assert lines[:9] == [
        "found            9",
        "without inputs   1  no examples",
        "in the dataset   2  examples were made of them before",
        "dismissed        1  left out, as is what is like them",
        "near duplicates  1  1 of them of examples",
        "leaks            1  left out: their near-duplicate is in another split",
        "over the cap     1  20 of a cluster at most",
        "to complete      1  examples whose run a user has corrected since",
        "to add           2  1 with a user's correction, 1 for a person to complete",
    ]
    assert "     ≈  split test, hard, example late  Late?" in lines


def test_a_cluster_says_what_it_is_whether_it_comes_back_and_what_becomes_of_it() -> None:
    lines = page_of(planned(modes=[mode(dismissed=1, typical=[Text("a", "Late?")])]))
    assert lines[lines.index("parcel, late, courier, door") :] == [
        "parcel, late, courier, door",
        "  3 runs · 2 distinct · 1 to add · 1 dismissed",
        "  recurring: 2026-03-01 12:00 to 2026-03-04 12:00 UTC · 2 days · 2 users",
        "  stars 0.250 (3)",
        "  error, 2 of 3: TimeoutError: no answer",
        "  · Late?",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    plan = planned(
        found=1_000_000,
        reasons={f"key {LONG}": 3, "error": 4},
        duplicates=[Duplicate(RUN, RUN, 0.61, in_dataset=False)] * 5,
        leaks=[LeakingRun(RUN, Text(LONG, LONG), LONG, 0.7)],
        modes=[mode(terms=(LONG,), errors={LONG: 3}, odd=RUN)],
        drafts=[{"outputs": {}}] * 3,
    )
    assert max(map(cells.width, page_of(plan, width))) <= width
