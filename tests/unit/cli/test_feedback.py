from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.reports.text import cells
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

START = 1_763_900_000
MISSING = "019a0000-0000-7000-8000-0000000000aa"


def trace(store: Store, project: str, columns: dict[str, Any], **metadata: Any) -> str:
    spool = store.spool()
    run = start_root(
        Tracer(project=project, sink=spool), "answer", inputs={}, metadata=metadata, columns=columns
    )
    run.end({})
    spool.close()
    return run.id


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / ".llmobs").mkdir()
    return tmp_path


@pytest.fixture
def runs(folder: Path) -> list[str]:
    """Feedback on three runs of two plans, on one that isn't stored, and a trial's score; return the three ids."""
    store = Store(folder / ".llmobs")
    ids = [
        trace(store, "production", {}, plan=plan, user={"country": "DE"}) for plan in ("free", "free", "pro")
    ]
    trace(store, "nightly", {"suite": "s", "scores": {"tone": 0.5}})
    seconds = itertools.count(START)
    writer = FeedbackWriter(store.feedback, Redaction(), time_ns=lambda: next(seconds) * 10**9)
    writer.create("rating", run_id=ids[0], score=False, comment="It names the wrong deadline, and " * 4)
    writer.create("rating", run_id=ids[1], score=True)
    writer.create("rating", run_id=ids[2], score=True)
    writer.create("category", run_id=ids[0], value="billing")
    writer.create("category", run_id=ids[2], value="returns")
    writer.create("rating", run_id=MISSING, score="high")
    store.feedback.close()
    return ids


def test_sums_come_first_then_the_newest(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--limit", "2", "--project", "production"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "key       n   mean  labels                comments",
        "──────────────────────────────────────────────────",
        "category  2         billing 1, returns 1",
        "rating    3  0.667                               1",
        "",
        "when (UTC)      key       value    source  project     run",
        "─" * 68,
        f"11-23 12:13:24  category  returns  api     production  {runs[2][:13]}",
        f"11-23 12:13:23  category  billing  api     production  {runs[0][:13]}",
    ]
    assert printed.err == "3 older: llmobs feedback --limit 0\n"


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_it_fits_the_page(
    runs: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["feedback"]) == 0
    assert main(["feedback", "--by", "metadata.plan"]) == 0
    printed = capsys.readouterr().out
    assert max(map(cells.width, printed.splitlines())) <= max(width, 66)


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_usual_widths_whatever_was_written(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    store = Store(folder / ".llmobs")
    writer = FeedbackWriter(store.feedback, Redaction())
    writer.create(
        "k" * 90,
        run_id=MISSING,
        score=1e200,
        value="東京" * 50,
        comment="\x1b[31mred\n" * 40,
        run_project="p" * 90,
    )
    writer.create("a", run_id=MISSING, value={"deep": ["x" * 200]}, correction={"output": "y" * 200})
    store.feedback.close()
    monkeypatch.setenv("COLUMNS", str(width))
    for arguments in ([], ["--by", "value"], ["--by", "project"]):
        assert main(["feedback", *arguments]) == 0
    printed = capsys.readouterr().out
    assert max(map(cells.width, printed.splitlines())) <= width
    assert "\x1b" not in printed


def test_sums_by_another_key(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--key", "rating", "--by", "category"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "billing   rating  1  0.000         1",
        "returns   rating  1  1.000",
        "(none)    rating  2  1.000",
    ]


@pytest.mark.parametrize(
    "by, expected",
    [
        ("metadata.plan", [("free", 2, 0.5), ("pro", 1, 1.0), (None, 1, None)]),
        ("metadata.user.country", [("DE", 3, 2 / 3), (None, 1, None)]),
        ("metadata.nothing", [(None, 4, 2 / 3)]),
        ("comment", [("with comment", 1, 0.0), ("without", 3, 1.0)]),
        ("project", [("production", 3, 2 / 3), (None, 1, None)]),
        ("name", [("answer", 3, 2 / 3), (None, 1, None)]),
        ("source", [("api", 4, 2 / 3)]),
        ("day", [("2025-11-23", 4, 2 / 3)]),
        ("value", [(None, 4, 2 / 3)]),
    ],
)
def test_slices_for_machines(
    runs: list[str], capsys: pytest.CaptureFixture[str], by: str, expected: list[Any]
) -> None:
    assert main(["feedback", "--key", "rating", "--by", by, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["by"] == by
    assert [(row["slice"], row["n"], row["avg"]) for row in document["sums"]] == [
        (name, n, avg if avg is None else pytest.approx(avg)) for name, n, avg in expected
    ]


def test_trials_scores_are_summed_and_listed(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--project", "nightly", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sums"]["tone"]["avg"] == 0.5
    assert [(one["key"], one["source"]["type"]) for one in document["feedback"]] == [("tone", "model")]


def test_json_and_csv_hold_every_field(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--run", MISSING, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["feedback"]
    assert (one["run_id"], one["score"]) == (MISSING, None)
    assert one["unscored"] == "the score was 'high', which is no number; a label is given as value="
    assert main(["feedback", "--run", MISSING, "--csv"]) == 0
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert (row["key"], row["run_id"], row["created_at"]) == ("rating", MISSING, "2025-11-23T12:13:25+00:00")
    assert main(["feedback", "--key", "rating", "--by", "category", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "category,key,n,avg,comments,values"


def test_the_project_of_a_rating_is_its_runs(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--key", "rating", "--json"]) == 0
    projects = {one["run_id"]: one["project"] for one in json.loads(capsys.readouterr().out)["feedback"]}
    assert projects == {**dict.fromkeys(runs, "production"), MISSING: None}


def test_a_runs_id_may_be_cut(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--run", runs[0][:30], "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["feedback"]) == 2
    assert main(["feedback", "--run", "ffffffff"]) == 1


def test_since(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--since", "2025-11-23T12:13:24+00:00", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {key: sums["n"] for key, sums in document["sums"].items()} == {
        "category": 1,
        "rating": 1,
        "tone": 1,
    }
    assert main(["feedback", "--since", "1h", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["sums"]) == ["tone"]


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (
            ["--key", "ratin"],
            1,
            "Unknown key 'ratin'. Did you mean 'rating'? Known: category, rating, tone.\n",
        ),
        (
            ["--project", "nightly", "--key", "rating"],
            0,
            "No feedback is meant by all of these options. Known: ",
        ),
        (
            ["--by", "categry"],
            1,
            "Nothing can be sliced by 'categry'. Did you mean 'category'? Known: category, ",
        ),
        (
            ["--since", "yesterday"],
            2,
            "llmobs: --since 'yesterday' is no time. Write how long ago (90m, 2h, 3d",
        ),
    ],
)
def test_what_is_unknown_says_what_is_known(
    runs: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    assert main(["feedback", *arguments]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)


def test_an_unknown_project_says_what_is_known(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--project", "productoin"]) == 1
    assert "Did you mean 'production'? Known: nightly, production." in capsys.readouterr().err


def test_an_empty_store_says_how_feedback_comes_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feedback"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"No feedback in '{folder}/.llmobs' yet. `Client().create_feedback(run_id, \"user_rating\", score=1)` in the "
        "app writes it: docs/feedback.md.\n"
    )
    assert main(["feedback", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"sums": {}, "feedback": []}


def test_times_count_back_from_now() -> None:
    from datetime import UTC, datetime

    from pytest_llmobs.cli.moments import read_moment

    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert read_moment("--since", "90m", now) == datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
    assert read_moment("--since", "2w", now) == datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert read_moment("--since", "2026-11-30T09:00:00+09:00", now) == datetime(2026, 11, 30, tzinfo=UTC)
    assert read_moment("--since", None) is None
    for wrong in ("", "1y", "999999w", "2026-13-01"):
        with pytest.raises(ArgumentError, match="is no time"):
            read_moment("--since", wrong, now)


def test_a_slice_that_nothing_has_is_told(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--by", "metadata.pln"]) == 0
    told = capsys.readouterr()
    assert "(none)" in told.out
    assert told.err == "nothing is told apart by 'metadata.pln': neither feedback nor its runs have any\n"
