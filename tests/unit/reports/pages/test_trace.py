from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.pages.trace import trace_text
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

START = datetime(2026, 11, 23, 16, 14, tzinfo=UTC)
ROOT = Run(
    id="0193ab12-3456-7abc-8def-0123456789ab",
    trace_id="0193ab12-3456-7abc-8def-0123456789ab",
    parent_id=None,
    name="support_agent",
    run_type="chain",
    project="brave-otter",
    start_time=START,
    end_time=START + timedelta(seconds=3.1),
    inputs={"question": "Charged twice!"},
    outputs={"output": "We look into it."},
    metadata={"tier": "gold"},
    tags=("beta", "eu"),
)
CALL = replace(
    ROOT,
    id="c",
    name="messages.create",
    run_type="llm",
    model="claude-sonnet-4-5",
    usage=Usage(input_tokens=1234, output_tokens=210, total_cost=0.0123),
    stop_reason="end_turn",
    retries=1,
    inputs={"messages": [{"role": "user", "content": "Charged twice!"}]},
    outputs={"role": "assistant", "content": [{"type": "text", "text": "We look into it."}]},
)
TRIAL = Trial(
    suite="tests/test_support.py::test_support_agent",
    example_id="double-charge",
    example_hash="h",
    repeat=1,
    nodeid="tests/test_support.py::test_support_agent[double-charge]",
    status="failed",
    message="assert 0.31 >= 0.7",
    scores={
        "tone": TrialScore(score=0.31, comment="Cold."),
        "intent": TrialScore(value="refund"),
        "json": TrialScore(error="ValueError: no JSON"),
        "length": TrialScore(exempt=True),
    },
)


def test_a_trial_of_an_evaluation_is_named_by_its_example():
    evaluated = replace(TRIAL, suite="evaluate::prices.jsonl::app.answer", nodeid="")
    assert "failed  evaluate::prices.jsonl::app.answer[double-charge]" in trace_text(
        ROOT, Page(), trial=evaluated
    )


def test_a_trace_with_its_trial():
    text = trace_text(replace(ROOT, child_runs=(CALL,)), Page(), trial=TRIAL)
    assert text.split("\n") == [
        "support_agent · chain · success · 2026-11-23 16:14 UTC · 3.10 s · 1 model call",
        "  1.4k tokens · $0.0123",
        "project brave-otter · run 0193ab12-3456-7abc-8def-0123456789ab · tags beta, eu",
        'metadata   {"tier": "gold"}',
        "",
        "failed  tests/test_support.py::test_support_agent[double-charge]",
        "· tone 0.31: Cold.",
        "· intent refund",
        "· json unscored: ValueError: no JSON",
        "· length unscored: does not apply",
        "failure    assert 0.31 >= 0.7",
        "",
        "support_agent       chain                     3.10 s",
        "└─ messages.create  llm    claude-sonnet-4-5  3.10 s  1.2k → 210  $0.0123",
        "",
        "inputs     question: Charged twice!",
        "output     We look into it.",
        "",
        "messages.create · llm · claude-sonnet-4-5 · 3.10 s · stopped by end_turn · 1 re…",
        "inputs     messages:",
        "             user: Charged twice!",
        "output     We look into it.",
    ]


def test_the_first_model_calls_are_shown_and_the_rest_on_request():
    tool = replace(CALL, run_type="tool", name="find_order", inputs={"id": 7})
    root = replace(ROOT, child_runs=(*([CALL] * 7), tool))
    text = trace_text(root, Page())
    assert text.count("messages.create · llm") == 5
    assert "find_order · tool" not in text
    assert text.endswith("--all shows the payloads of every run, uncut")
    whole = trace_text(root, Page(), everything=True)
    assert whole.count("messages.create · llm") == 7
    assert "find_order · tool" in whole


def test_long_payloads_are_cut_and_say_so():
    root = replace(ROOT, outputs={"output": "\n".join(str(number) for number in range(40))})
    assert "           … 29 more lines, --all shows them" in trace_text(root, Page())
    assert "more lines" not in trace_text(root, Page(), everything=True)


def test_a_failed_run_shows_its_traceback():
    text = trace_text(replace(ROOT, status="error", error="Traceback\nValueError: no", outputs=None), Page())
    assert "error      Traceback\n           ValueError: no" in text
    assert "output" not in text


@pytest.mark.parametrize("width", [50, 80, 120])
def test_no_line_goes_beyond_the_page(width):
    call = replace(CALL, name="名前" * 20, model="m" * 50, inputs={"x": ["y" * 200]})
    trial = replace(TRIAL, nodeid="t" * 150, message="word " * 60)
    text = trace_text(replace(ROOT, child_runs=(call,), tags=("t" * 60,)), Page(width=width), trial=trial)
    assert [line for line in text.split("\n") if cells.width(line) > width] == []
