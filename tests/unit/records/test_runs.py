"""What scripts read of a run, under LangSmith's names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from pytest_llmobs.records.runs import Run, Usage, order_key

START = datetime(2026, 9, 30, 12, 0, 0, 5, tzinfo=UTC)
USAGE = Usage(input_tokens=3, output_tokens=4, total_cost=0.1, input_cost=0.04, output_cost=0.06)
CHILD = Run(
    id="c",
    trace_id="r",
    parent_id="r",
    name="call",
    run_type="llm",
    project="production",
    start_time=START,
    end_time=START + timedelta(seconds=2),
    usage=USAGE,
    time_to_first_token=0.5,
    columns={"example_id": "e1", "session": "pytest's own"},
)
ROOT = replace(CHILD, id="r", parent_id=None, child_runs=(CHILD,), columns={}, usage=Usage())


def test_costs_add_up_without_rounding() -> None:
    assert (CHILD.total_cost, CHILD.input_cost, CHILD.output_cost) == (
        Decimal("0.1"),
        Decimal("0.04"),
        Decimal("0.06"),
    )
    assert CHILD.input_cost is not None
    assert CHILD.input_cost * 3 == Decimal("0.12")
    assert (CHILD.prompt_cost, CHILD.completion_cost) == (CHILD.input_cost, CHILD.output_cost)


def test_an_unknown_cost_is_none() -> None:
    assert (ROOT.total_cost, ROOT.input_cost, ROOT.output_cost) == (None, None, None)


def test_tokens_have_both_their_names() -> None:
    assert (CHILD.input_tokens, CHILD.output_tokens, CHILD.total_tokens) == (3, 4, 7)
    assert (CHILD.prompt_tokens, CHILD.completion_tokens) == (3, 4)


def test_where_a_run_belongs() -> None:
    assert (CHILD.parent_run_id, CHILD.session_id, CHILD.reference_example_id) == ("r", "production", "e1")
    assert (ROOT.parent_run_id, ROOT.reference_example_id, ROOT.child_run_ids) == (None, None, ["c"])
    assert (ROOT.is_root, CHILD.is_root) == (True, False)


@pytest.mark.parametrize("key", ["session_id", "thread_id", "conversation_id"])
def test_the_metadata_name_the_thread(key: str) -> None:
    run = replace(ROOT, metadata={key: 42})
    assert run.thread_id == "42"
    assert run.extra == {"metadata": {key: 42}}
    assert ROOT.thread_id is None


def test_the_first_token_has_a_time() -> None:
    assert CHILD.first_token_time == START + timedelta(seconds=0.5)
    assert replace(CHILD, time_to_first_token=None).first_token_time is None


def test_the_order_key_is_in_utc() -> None:
    elsewhere = replace(CHILD, start_time=START.astimezone(timezone(timedelta(hours=2))))
    assert order_key(elsewhere) == order_key(CHILD) == "20260930T120000000005Zc"


def test_the_url_is_the_command_that_shows_the_run() -> None:
    assert ROOT.url == "llmobs show r"
