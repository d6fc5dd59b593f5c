from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.reports.text import cells
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import Outcome
from tests.unit.storage.filtering.stored import plain_run, run_id, store_of

Command = Callable[..., Outcome]
IDS = {number: f"019ca9{number:02x}-1000-7c1e-9d02-{number:012x}" for number in range(10)}

RAISED = """Traceback (most recent call last):
  File "app.py", line 1, in answer
Timeout: no answer
"""


def run(number: int, **given: Any) -> Any:
    made = plain_run(number, **given)
    made.columns |= {"id": IDS[number], "trace_id": made.columns.get("trace") or IDS[number]}
    made.columns.pop("trace", None)
    return made


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Store]:
    usage = {"input_tokens": 1320, "output_tokens": 124, "total_cost": 0.0123}
    rated = [{"key": "user_rating", "score": 0.2}, {"key": "kind", "value": "refund"}]
    runs = [
        run(
            1,
            name="support_agent",
            latency=2.1,
            inputs={"question": "=1+1, twice?"},
            feedback=rated,
            metadata={"user": {"plan": "pro"}},
            **usage,
        ),
        run(2, name="messages.create", run_type="llm", trace=IDS[1], parent_id=IDS[1], latency=0.7),
        run(
            3,
            name="support_agent",
            latency=7,
            status="error",
            error=RAISED,
        ),
        run(4, name="tone", evaluates=IDS[1]),
    ]
    store = store_of(tmp_path, runs)
    yield store
    store.feedback.close()


def test_runs_are_listed_the_newest_first(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "time (UTC)      name            status   latency  feedback        id",
        "─" * 79,
        "03-01 12:00:03  support_agent   error     7.00 s                  019ca903-1000",
        "03-01 12:00:02  message…create  success   700 ms                  019ca902-1000",
        "03-01 12:00:01  support_agent   success   2.10 s  kind refund, …  019ca901-1000",
        "no room for total_tokens, total_cost: widen the terminal, or use --json",
    ]


@pytest.mark.parametrize("width", ["60", "80", "120", "200"])
def test_a_table_fits_the_page(
    llmobs: Command, filled: Store, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = llmobs(
        "runs", 'eq(name, "support_agent")', "--select", "start_time,name,status,error,inputs,feedback,id"
    )
    assert max(map(cells.width, lines.stdout.splitlines())) <= int(width)
    assert "support" in lines.stdout


def test_at_120_columns_nothing_is_left_out(
    llmobs: Command, filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (*_, oldest) = llmobs("runs", "--root").stdout.splitlines()
    assert oldest.split() == [
        "2026-03-01", "12:00:01", "support_agent", "success", "2.10", "s", "1.4k", "$0.0123",
        "kind", "refund,", "user_rating", "0.2", IDS[1][:13],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (['and(eq(status, "error"), gt(latency, 2))'], [3]),
        (['and(eq(feedback_key, "user_rating"), lt(feedback_score, 0.4))'], [1]),
        (["--root"], [3, 1]),
        (["--root", "--oldest-first"], [1, 3]),
        (["--judges"], [4, 3, 2, 1]),
        ([f'eq(evaluates, "{IDS[1]}")'], [4]),
        (["--trace-filter", 'eq(feedback_key, "user_rating")'], [2, 1]),
        (["--root", "--tree-filter", 'eq(run_type, "llm")'], [1]),
        (["--project", "demo", "--limit", "2"], [3, 2]),
    ],
)
def test_options_narrow_the_runs_down(
    llmobs: Command, filled: Store, words: list[str], numbers: list[int]
) -> None:
    done = llmobs("runs", *words, "--json", "--select", "id")
    assert done.returncode == 0
    assert json.loads(done.stdout) == [{"id": IDS[number]} for number in numbers]


def test_what_the_limit_cuts_off_is_told(llmobs: Command, filled: Store) -> None:
    assert llmobs("runs", "--limit", "2").stderr == "More runs match: --limit 0 prints them all.\n"
    assert llmobs("runs", "--limit", "3").stderr == ""
    assert len(llmobs("runs", "--limit", "0").stdout.splitlines()) == 2 + 3 + 1


def test_machines_get_all_columns(llmobs: Command, filled: Store) -> None:
    (found,) = json.loads(llmobs("runs", 'eq(feedback_value, "refund")', "--json").stdout)
    assert found["inputs"] == {"question": "=1+1, twice?"}
    assert found["start_time"] == "2026-03-01T12:00:01+00:00"
    assert found["project"] == "demo"
    assert found["total_tokens"] == 1444
    assert found["feedback"]["user_rating"]["avg"] == 0.2
    assert found["feedback"]["kind"]["values"] == {"refund": 1}


def test_spreadsheets_get_a_header_and_json_for_what_has_parts(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", "--root", "--csv", "--select", "id,latency,inputs,prompt_tokens")
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert header == ["id", "latency", "inputs", "prompt_tokens"]
    assert rows == [[IDS[3], "7.0", "", ""], [IDS[1], "2.1", '{"question": "=1+1, twice?"}', "1320"]]
    assert next(csv.reader(io.StringIO(llmobs("runs", "--csv").stdout)))[:2] == ["start_time", "name"]


def test_a_part_of_a_payload_may_be_a_column(llmobs: Command, filled: Store) -> None:
    select = "id,inputs.question,outputs.answer,metadata.user.plan"
    done = llmobs("runs", "--root", "--json", "--select", select)
    assert json.loads(done.stdout) == [
        {"id": IDS[3], "inputs.question": None, "outputs.answer": None, "metadata.user.plan": None},
        {
            "id": IDS[1],
            "inputs.question": "=1+1, twice?",
            "outputs.answer": None,
            "metadata.user.plan": "pro",
        },
    ]
    assert "Unknown column 'tags.0'" in llmobs("runs", "--select", "tags.0").stderr


def test_of_an_error_the_list_shows_what_was_raised(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", 'eq(status, "error")', "--select", "name,error")
    assert done.stdout.splitlines()[2:] == ["support_agent  Timeout: no answer"]


def test_a_column_that_no_run_has_is_told(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", "--select", "metadata.usr")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No metadata.usr in 3 runs.\n")
    done = llmobs("runs", "--select", "name,metadata.usr", "--limit", "1")
    assert done.stdout.splitlines()[-1] == "support_agent"
    assert done.stderr.startswith("No metadata.usr in 1 run.\n")
    done = llmobs("runs", "--select", " ,")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--select ' ,' names no column. Write names, such as id,name,metadata.plan." in done.stderr


def test_an_explanation_says_what_was_pushed_down_and_read(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", 'and(gt(latency, 2), eq(metadata_key, "env"))', "--explain")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "asked for",
        "  gt(latency, 2)",
        '  eq(metadata_key, "env")',
        "  eq(evaluates, null)",
    ]
    assert "  ((((latency > 2) and is_valid(latency)) and (is_valid(metadata) and" in lines
    assert lines[lines.index("checked row by row") + 1] == '  eq(metadata_key, "env")'
    assert "  1 file of 1; 0 skipped by their statistics" in lines
    assert any(line.startswith("  4 rows, of which 0 are the answer, in ") for line in lines)


def test_an_explanation_for_machines_counts_what_was_skipped(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", 'gt(start_time, "2027-01-01")', "--explain", "--json")
    told = json.loads(done.stdout)
    assert (told["files"], told["files_skipped"], told["rows_read"]) == (1, 1, 0)
    assert told["row_by_row"] == []


def test_a_mistake_in_a_filter_is_exit_status_2(llmobs: Command, filled: Store) -> None:
    for option in ([], ["--trace-filter"], ["--tree-filter"]):
        done = llmobs("runs", *option, "gt(latncy, 2)")
        assert (done.returncode, done.stdout) == (2, "")
        assert "llmobs: Unknown field 'latncy'. Did you mean 'latency'?" in done.stderr
        assert done.stderr.endswith("  gt(latncy, 2)\n     ^\n")
    done = llmobs("runs", "--select", "id,laten")
    assert done.returncode == 2
    assert "Unknown column 'laten' in --select. Did you mean 'latency'?" in done.stderr


def test_an_unknown_project_is_exit_status_1(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", "--project", "dmo")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Unknown project 'dmo'" in done.stderr
    assert "Did you mean 'demo'? Known: demo." in done.stderr


def test_no_match_is_no_failure(llmobs: Command, filled: Store) -> None:
    done = llmobs("runs", f'eq(id, "{run_id(99)}")')
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No run matches.\n")
    assert json.loads(llmobs("runs", f'eq(id, "{run_id(99)}")', "--json").stdout) == []


@pytest.mark.parametrize("command", ["runs", "feedback", "experiments"])
def test_a_limit_below_zero_is_not_taken_for_all(llmobs: Command, filled: Store, command: str) -> None:
    done = llmobs(command, "--limit", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "argument --limit: '-1' is below 0; 0 shows all" in done.stderr
