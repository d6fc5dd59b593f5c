"""Records as scripts written for LangSmith use them: dumped, copied, made with its keywords."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.feedback import Feedback, FeedbackStats
from pytest_llmobs.records.projects import Project
from pytest_llmobs.records.run_stats import RunStats
from pytest_llmobs.records.runs import Run, Usage

NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)
ID = UUID("019a0000-0000-7000-8000-0000000000aa")
CHILD = Run(
    id="c",
    trace_id="r",
    parent_id="r",
    name="call",
    run_type="llm",
    project="shop",
    start_time=NOW,
    end_time=NOW + timedelta(seconds=2),
    usage=Usage(input_tokens=3, total_cost=0.1),
)
RUN = replace(
    CHILD,
    id="r",
    parent_id=None,
    inputs={"question": "?"},
    tags=("vip",),
    child_runs=(CHILD,),
    feedback_stats={"user_rating": FeedbackStats(n=1, avg=1.0)},
)


def test_a_run_is_dumped_under_both_names() -> None:
    dumped = RUN.model_dump()
    assert dumped == RUN.dict()
    assert (dumped["inputs"], dumped["tags"], dumped["start_time"]) == ({"question": "?"}, ["vip"], NOW)
    assert (dumped["session_id"], dumped["total_tokens"], dumped["latency"]) == ("shop", 3, 2.0)
    (child,) = dumped["child_runs"]
    assert (child["parent_run_id"], child["usage"]["input_tokens"]) == ("r", 3)
    assert dumped["feedback_stats"]["user_rating"]["avg"] == 1.0


def test_as_json_it_holds_texts_and_numbers() -> None:
    read = json.loads(RUN.model_dump_json())
    assert read == RUN.model_dump(mode="json") == json.loads(RUN.json(indent=2))
    assert (read["start_time"], read["total_cost"]) == ("2026-09-30T12:00:00+00:00", "0.1")


def test_a_part_of_it_is_dumped() -> None:
    assert RUN.model_dump(include={"id", "error"}) == {"id": "r", "error": None}
    assert RUN.dict(include={"id", "error"}, exclude_none=True) == {"id": "r"}
    assert "inputs" not in RUN.model_dump(exclude={"inputs"}, by_alias=True)
    with pytest.raises(ArgumentError, match=r"model_dump\(mode='yaml'\) is unknown\."):
        RUN.model_dump(mode="yaml")


def test_what_is_read_when_it_is_asked_for_is_not_dumped() -> None:
    dumped = Dataset("golden", (Example("a", {"q": 1}),)).model_dump()
    assert (dumped["id"], dumped["example_count"]) == ("golden", 1)
    assert "examples" not in dumped


def test_figures_of_a_project_are_dumped() -> None:
    dumped = Project(name="shop", stats=RunStats(run_count=2, latency_p50=0.5)).model_dump(mode="json")
    assert (dumped["run_count"], dumped["latency_p50"], dumped["stats"]["run_count"]) == (2, 0.5, 2)


def test_it_is_copied() -> None:
    twin = RUN.model_copy(update={"name": "renamed"}, deep=True)
    assert (twin.name, twin.inputs, RUN.name) == ("renamed", {"question": "?"}, "call")
    assert twin.inputs is not RUN.inputs
    assert RUN.copy() == RUN == copy.copy(RUN) == pickle.loads(pickle.dumps(RUN))
    with pytest.raises(ArgumentError, match=r"Run has no 'nam'. Did you mean 'name'"):
        RUN.model_copy(update={"nam": "x"})


def test_an_example_is_made_with_langsmiths_keywords() -> None:
    made: Any = Example
    example = made(id=ID, inputs={"q": 1}, reference_outputs={"a": 2}, dataset_id="golden", attachments=None)
    assert (example.id, example.outputs, example.dataset_id) == (str(ID), {"a": 2}, "golden")
    assert made(ID, {}).id == str(ID)
    assert made("a", {}, dataset_id="golden").dataset_name == "golden"
    assert Dataset(name="golden").examples == ()  # type: ignore[call-arg]


def test_a_run_is_made_with_langsmiths_keywords() -> None:
    made: Any = Run
    run = made(
        id=ID,
        trace_id=ID,
        name="app",
        run_type="chain",
        start_time=NOW.replace(tzinfo=None),
        inputs={},
        session_id="shop",
        reference_example_id=ID,
        extra={"metadata": {"plan": "pro"}},
        serialized={},
    )
    assert (run.id, run.trace_id, run.parent_run_id, run.project) == (str(ID), str(ID), None, "shop")
    assert run.start_time == NOW
    assert (run.metadata, run.reference_example_id) == ({"plan": "pro"}, str(ID))
    with pytest.raises(ArgumentError, match=r"Run\(total_tokens=…\): Give usage=Usage\("):
        made(id="r", trace_id="r", name="app", run_type="chain", start_time=NOW, total_tokens=3)


def test_feedback_is_made_with_langsmiths_keywords() -> None:
    made: Any = Feedback
    feedback = made(
        id=ID, run_id=ID, key="user_rating", session_id="shop", created_at=NOW, modified_at=NOW, score=1
    )
    assert (feedback.run_id, feedback.project, feedback.score) == (str(ID), "shop", 1)


@pytest.mark.parametrize(
    ("kind", "message"),
    [(Example, "Example has no 'otputs'. Did you mean 'outputs'"), (Feedback, "Feedback has no")],
)
def test_a_keyword_that_nobody_has_is_refused(kind: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        kind(id="a", otputs={})


def test_what_is_needed_is_needed() -> None:
    made: Any = Example
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'id'"):
        made(inputs={})
