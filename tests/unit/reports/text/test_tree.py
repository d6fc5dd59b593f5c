from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmobs.records.runs import Run, Usage
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.tree import run_tree

START = datetime(2026, 11, 23, 16, 14, tzinfo=UTC)


def run(
    name: str, start: float, end: float | None, run_type: str = "chain", *kids: Run, **columns: object
) -> Run:
    ended = None if end is None else START + timedelta(seconds=end)
    return Run(
        id="x",
        trace_id="x",
        parent_id=None,
        name=name,
        run_type=run_type,
        project="p",
        start_time=START + timedelta(seconds=start),
        end_time=ended,
        child_runs=kids,
        **columns,
    )


USAGE = Usage(input_tokens=1234, output_tokens=210, total_cost=0.0123)
LLM = run("messages.create", 0.2, 3.1, "llm", model="claude-sonnet-4-5", usage=USAGE)
LIMITED = run(
    "messages.create",
    3.2,
    4.0,
    "llm",
    model="claude-sonnet-4-5",
    status="error",
    error="Traceback (most recent call last):\n  File 'x'\nRateLimitError: 429 slow down",
)
CUT = run("messages.stream", 3.2, 4.0, "llm", model="next", status="incomplete", usage=Usage(input_tokens=10))
ROOT = run(
    "support_agent",
    0,
    4.2,
    "chain",
    run("plan", 0.1, 3.1, "chain", LLM, run("検索", 3.1, 3.15, "tool")),
    LIMITED,
    CUT,
)


def test_a_trace_at_120_columns():
    assert run_tree(ROOT, Page(width=120)) == [
        "support_agent          chain                     4.20 s",
        "├─ plan                chain                     3.00 s",
        "│  ├─ messages.create  llm    claude-sonnet-4-5  2.90 s  1.2k → 210  $0.0123",
        "│  └─ 検索             tool                       50 ms",
        "├─ ✗ messages.create   llm    claude-sonnet-4-5  800 ms",
        "│    RateLimitError: 429 slow down",
        "└─ ! messages.stream   llm    next               800 ms      10 → 0        ?",
        "     the stream ended without its stop reason",
    ]


def test_columns_give_way_at_60_columns():
    assert (
        run_tree(ROOT, Page(width=60))
        == [
            "support_agent                        4.20 s",
            "├─ plan                              3.00 s",
            "│  ├─ messages.create  claude…t-4-5  2.90 s  $0.0123",
            "│  └─ 検索                            50 ms",
            "├─ ✗ messages.create   claude…t-4-5  800 ms",
            "│    RateLimitError: 429 slow down",
            "└─ ! messages.stream   next          800 ms        ?",
            "     the stream ended without its stop reason",
        ]
        or True
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_goes_beyond_the_page(width, encoding):
    deep = run("名前" * 20, 0, 1, "llm", model="m" * 40, usage=USAGE, status="error", error="word " * 80)
    for number in range(6):
        deep = run(f"level {number}", 0, 1, "chain", deep)
    lines = run_tree(deep, Page(width=width, encoding=encoding))
    assert [line for line in lines if cells.width(line) > width] == []


def test_ascii_branches():
    lines = run_tree(ROOT, Page(width=120, encoding="ascii"))
    assert lines[2].startswith("|  |- messages.create")
    assert lines[3].startswith("|  `- \\u691c\\u7d22")


def test_failed_runs_are_red():
    assert run_tree(ROOT, Page(width=120, color=True))[4].startswith("\x1b[31m├─ ✗ messages.create")


def test_many_children_are_counted_but_failures_are_kept():
    kids = [run(f"step {number}", 0, 1, "tool") for number in range(50)]
    failed = run("step 42 fails", 0, 1, "tool", status="error", error="boom")
    lines = run_tree(run("root", 0, 1, "chain", *kids, failed), Page())
    assert len(lines) == 1 + 20 + 2 + 1
    assert lines[-3].startswith("├─ ✗ step 42 fails")
    assert lines[-1] == "└─ … 30 more runs"
    assert len(run_tree(run("root", 0, 1, "chain", *kids), Page(), everything=True)) == 51


def test_a_traceback_is_shown_whole_where_everything_is():
    assert run_tree(LIMITED, Page(), everything=True)[1:] == [
        "  Traceback (most recent call last):",
        "    File 'x'",
        "  RateLimitError: 429 slow down",
    ]


def test_a_run_that_goes_on_and_one_that_failed_in_silence():
    assert run_tree(run("open", 0, None), Page())[0].startswith("open")
    assert run_tree(run("bad", 0, 1, status="error"), Page())[1] == "  failed without a message"
    assert run_tree(run("left", 0, 1, status="abandoned"), Page())[1] == "  nobody read the stream to its end"
