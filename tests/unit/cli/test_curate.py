"""``llmobs curate`` over real stores and real files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client import Client
from pytest_llmobs.reports.text import cells
from pytest_llmobs.storage.store import Store
from tests.unit.storage.filtering.stored import START, plain_run, run_id, store_of

Run = Callable[..., Any]

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
NEARLY = LATE.replace("three", "four")
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"
LOGIN = "The reset mail for my password does not arrive although I asked for it twice today"
CURATE = ("curate", "--project", "production", "--dataset", "regressions", "--no-embed")


def asked(number: int, question: str, **given: Any) -> Any:
    return plain_run(number, inputs={"question": question}, **{"project": "production", **given})


def failed(number: int, question: str, **given: Any) -> Any:
    return asked(number, question, status="error", error="Traceback\nValueError: no order", **given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a store with five failures, two of them nearly the same, and an answer that nobody minded."""
    (tmp_path / "pytest.ini").touch()
    store = store_of(
        tmp_path,
        [
            failed(1, LATE, metadata={"user_id": "ana"}),
            failed(2, NEARLY, metadata={"user_id": "ben"}, start_time=START + timedelta(days=2)),
            asked(3, REFUND, outputs={"output": "No."}, feedback=[{"key": "user_rating", "score": False}]),
            asked(
                4,
                LOGIN,
                outputs={"output": "Wait."},
                feedback=[{"key": "correction", "correction": "Use the app."}],
            ),
            failed(5, ""),
            asked(6, "Thanks!", outputs={"output": "You're welcome."}),
        ],
    )
    store.feedback.close()
    return tmp_path


def examples(folder: Path, name: str = "regressions") -> dict[str, dict[str, Any]]:
    lines = (folder / "datasets" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {example["source_run_id"]: example for example in map(json.loads, lines)}


def test_a_dry_run_shows_everything_and_writes_nothing(folder: Path, llmobs: Run) -> None:
    done = llmobs(*CURATE, "--dry-run")
    assert done.returncode == 0
    assert "user_rating" in done.stderr  # what is looked for where no filter says so
    assert "The dataset 'regressions' is new." in done.stderr
    figures = [line.split()[:3] for line in done.stdout.splitlines()[:4]]
    assert figures == [
        ["found", "5", "error"],
        ["near", "duplicates", "1"],
        ["to", "add", "4"],
        [],
    ]
    assert "1 with a user's correction, 3 for a person to complete" in done.stdout
    assert f"run {run_id(1)[:13]}" in done.stdout
    assert not (folder / "datasets").exists()


def test_the_command_that_it_prints_writes_what_it_showed(folder: Path, llmobs: Run) -> None:
    shown = llmobs(
        *CURATE, "--dry-run", "--filter", 'eq(status, "error")', "--split", "a b", "--cap", "5"
    ).stdout
    command = shlex.split(shown.splitlines()[-1])
    assert command[0] == "llmobs"
    done = llmobs(*command[1:])
    assert done.returncode == 0
    assert "Added 2 examples to 'regressions'" in done.stdout
    assert {example["split"] for example in examples(folder).values()} == {"a b"}


def test_a_bad_answer_is_never_learnt(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--yes")
    written = examples(folder)
    assert written.keys() == {run_id(2), run_id(3), run_id(4), run_id(5)}
    assert not written[run_id(3)].get("outputs")
    assert written[run_id(3)]["metadata"]["rejected_output"] == {"output": "No."}
    assert written[run_id(3)]["metadata"]["reason"] == "feedback: user_rating 0"
    assert written[run_id(4)]["outputs"] == {"output": "Use the app."}


def test_a_second_run_adds_nothing(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--yes")
    before = (folder / "datasets" / "regressions.jsonl").read_bytes()
    done = llmobs(*CURATE, "--yes")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "Nothing to add."
    assert "in the dataset" in done.stdout
    assert (folder / "datasets" / "regressions.jsonl").read_bytes() == before


def test_not_on_a_terminal_somebody_has_to_say_whether_to_write(folder: Path, llmobs: Run) -> None:
    done = llmobs(*CURATE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--dry-run" in done.stderr
    assert "--yes" in done.stderr


def test_on_a_terminal_it_is_a_dry_run(
    folder: Path, llmobs: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setattr(type(sys.stdout), "isatty", lambda stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "Dry run" in llmobs(*CURATE).stdout
    assert not (folder / "datasets").exists()


def test_json_holds_the_plan_and_what_was_added(folder: Path, llmobs: Run) -> None:
    planned = json.loads(llmobs(*CURATE, "--dry-run", "--json").stdout)
    assert (planned["found"], len(planned["drafts"]), planned["added"]) == (5, 4, None)
    assert planned["command"].endswith("--yes")
    mode = next(mode for mode in planned["modes"] if run_id(2) in mode["members"])
    assert mode["recurrence"]["kind"] in ("recurring", "one incident")
    assert len(json.loads(llmobs(*CURATE, "--yes", "--json").stdout)["added"]) == 4


def test_an_unknown_project_names_the_near_one(folder: Path, llmobs: Run) -> None:
    done = llmobs("curate", "--project", "prodution", "--dataset", "x", "--dry-run")
    assert done.returncode == 1
    assert "Did you mean 'production'?" in done.stderr


def test_a_filter_cut_in_the_middle_is_shown_with_its_place(folder: Path, llmobs: Run) -> None:
    done = llmobs(*CURATE, "--dry-run", "--filter", 'and(eq(status, "error"), gt(late')
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].strip() == "^"


def test_a_dataset_that_is_nearly_called_so_is_named(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--yes")
    done = llmobs("curate", "--project", "production", "--dataset", "regresions", "--dry-run")
    assert "Did you mean 'regressions'?" in done.stderr.replace("\n", " ")


def test_a_split_that_nobody_knows_is_told(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--filter", 'eq(status, "error")', "--split", "train", "--yes")
    done = llmobs(*CURATE, "--split", "trian", "--dry-run")
    assert "is in a split 'trian' yet. Did you mean 'train'? Known: train." in done.stderr.replace("\n", " ")
    assert "trian" not in llmobs(*CURATE, "--split", "train", "--dry-run").stderr


def test_a_file_that_cant_be_edited_is_refused_before_anything_is_read(folder: Path, llmobs: Run) -> None:
    (folder / "datasets").mkdir()
    (folder / "datasets" / "regressions.json").write_text('[{"inputs": {"q": "a"}}]', encoding="utf-8")
    done = llmobs(*CURATE, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "regressions.json" in done.stderr


def test_an_impossible_name_is_refused_in_a_dry_run(folder: Path, llmobs: Run) -> None:
    done = llmobs("curate", "--project", "production", "--dataset", "../x", "--dry-run")
    assert done.returncode == 2


def test_a_cap_of_zero_takes_all(folder: Path, llmobs: Run) -> None:
    one = json.loads(llmobs(*CURATE, "--cap", "1", "--dry-run", "--json").stdout)
    assert sum(mode["taken"] for mode in one["modes"]) == len(one["modes"])
    everything = json.loads(llmobs(*CURATE, "--cap", "0", "--dry-run", "--json").stdout)
    assert len(everything["drafts"]) == 4


def test_a_limit_says_that_there_are_more(folder: Path, llmobs: Run) -> None:
    assert "the newest 2; --limit 0" in llmobs(*CURATE, "--limit", "2", "--dry-run").stderr.replace("\n", " ")


def test_where_nothing_matches_it_says_so(folder: Path, llmobs: Run) -> None:
    done = llmobs(*CURATE, "--filter", 'eq(name, "nobody")', "--dry-run")
    assert (done.returncode, done.stdout) == (0, "")
    assert "No run matches." in done.stderr


def test_leaks_are_named_and_left_out_or_moved(folder: Path, llmobs: Run) -> None:
    (folder / "datasets").mkdir()
    line = json.dumps({"id": "late", "inputs": {"question": f"{LATE} again"}, "split": "test"})
    (folder / "datasets" / "regressions.jsonl").write_text(f"{line}\n", encoding="utf-8")
    refused = llmobs(*CURATE, "--split", "train", "--dry-run").stdout
    assert "split test, example late" in refused
    assert "left out" in refused
    assert llmobs(*CURATE, "--split", "train", "--on-leak", "move", "--yes").returncode == 0
    lines = (folder / "datasets" / "regressions.jsonl").read_text(encoding="utf-8").splitlines()
    splits = {row.get("source_run_id"): row["split"] for row in map(json.loads, lines)}
    assert splits[run_id(2)] == "test"
    assert splits[run_id(3)] == "train"


def test_unsealed_runs_are_found_as_well(tmp_path: Path, llmobs: Run) -> None:
    from pytest_llmobs.tracing.run_tree import start_root
    from pytest_llmobs.tracing.tracer import Tracer

    store = Store(tmp_path / ".llmobs")
    spool = store.spool("app")
    root = start_root(Tracer(project="production", sink=spool), "answer", inputs={"question": LATE})
    root.end(error=ValueError("no order"))
    done = llmobs(*CURATE, "--dry-run")
    assert "found   1" in done.stdout
    spool.close()


@pytest.mark.parametrize("width", [80, 120])
def test_whatever_the_texts_hold_lines_fit_and_act_on_nothing(
    tmp_path: Path, llmobs: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    hostile = "\x1b[31mred\x07 ::error::x ##[group]y \u202e東京👩‍👩‍👧‍👦 "
    runs = []
    for number in range(12):
        runs.append(
            failed(
                number,
                f"{hostile} {'wort' * number} {number * 7919} " * 3,
                metadata={"user_id": hostile},
                feedback=[{"key": f"k{hostile}" * 9, "score": 0, "value": hostile, "comment": hostile}],
            )
        )
    runs.append(asked(20, "::error::x", status="error", error=f"{hostile}\n::error file=a::b"))
    store_of(tmp_path, runs).feedback.close()
    monkeypatch.setenv("COLUMNS", str(width))
    done = llmobs(*CURATE, "--dry-run", "--filter", 'search("wort")')
    assert done.returncode == 0
    printed = done.stdout + done.stderr
    lines = printed.splitlines()
    # the command is to be pasted and stays one line
    assert max(cells.width(line) for line in lines if "llmobs curate" not in line) <= width
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_what_a_user_says_later_completes_the_example(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--yes")
    store = Store(folder / ".llmobs")
    Client(store=store.root).create_feedback(run_id(3), "correction", correction="It is on its way.")
    shown = llmobs(*CURATE, "--dry-run").stdout
    assert "to complete      1  examples whose run a user has corrected since" in shown
    assert "Dry run" in shown
    assert "outputs" not in examples(folder)[run_id(3)]
    done = json.loads(llmobs(*CURATE, "--yes", "--json").stdout)
    assert (done["added"], done["completed"]) == ([], [done["completions"][0]["example_id"]])
    assert examples(folder)[run_id(3)]["outputs"] == {"output": "It is on its way."}
    assert llmobs(*CURATE, "--yes").stdout.splitlines()[-1] == "Nothing to add."


def test_a_deleted_example_stays_away_once_its_run_is_dismissed(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, "--yes")
    others = [example for id, example in examples(folder).items() if id != run_id(3)]
    file = folder / "datasets" / "regressions.jsonl"
    file.write_text("".join(json.dumps(example) + "\n" for example in others), encoding="utf-8")
    assert "to add           1" in llmobs(*CURATE, "--dry-run").stdout
    Client(store=folder / ".llmobs").create_feedback(run_id(3), "dismissed", score=False)
    done = llmobs(*CURATE, "--yes")
    assert "dismissed        1" in done.stdout
    assert examples(folder).keys() == {run_id(2), run_id(4), run_id(5)}


def test_users_are_told_by_the_keys_of_the_setting(folder: Path, llmobs: Run) -> None:
    (folder / "pytest.ini").write_text("[pytest]\nllm_user_keys = name\n", encoding="utf-8")
    plan = json.loads(llmobs(*CURATE, "--dry-run", "--json").stdout)
    assert {mode["recurrence"]["users"] for mode in plan["modes"]} == {None}
