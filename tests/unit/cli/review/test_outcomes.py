"""What a queue gives: examples, pairs, labels and failure modes, by the commands as users run them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.reports.text import cells
from tests.unit.cli.conftest import Outcome
from tests.unit.review.outcomes.reviewed_store import BETTER, NEW, OLD, adjudicate, build
from tests.unit.storage.filtering.stored import run_id

Run = Callable[..., Outcome]
CURATE = ("curate", "--from-queue", "refunds", "--dataset", "golden", "--no-embed")
LOW = ("--least-agreement", "0.2")
JUDGES = """
from pytest_llmobs.evaluators import Judge

def model(prompt):
    with open("asked.txt", "a") as file:
        file.write("x")
    return '{"reason": "it says so", "score": %s}' % ("true" if "30 days" in prompt else "false")

helpful = Judge("helpful", rubric="Does it help?", scale="boolean", model=model)
is_kind = Judge("is_kind", rubric="Is it kind?", scale="boolean", model=model)
tone = Judge("tone", rubric="Is it kind?", scale="1-5", model=lambda prompt: '{"reason": "so", "score": 4}')
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    build(tmp_path)
    (tmp_path / "judges.py").write_text(JUDGES)
    return tmp_path


def examples(folder: Path) -> dict[str, dict[str, Any]]:
    lines = (folder / "datasets" / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    return {example["source_run_id"]: example for example in map(json.loads, lines)}


# examples


def test_accepted_and_corrected_items_become_golden_examples(folder: Path, llmobs: Run) -> None:
    done = llmobs(*CURATE, *LOW, "--yes")

    assert done.returncode == 0
    written = examples(folder)
    assert written.keys() == {run_id(1), run_id(2), run_id(4)}
    assert written[run_id(1)]["outputs"] == {"output": "Yes, you have 30 days."}
    assert "rejected_output" not in written[run_id(1)]["metadata"]
    assert written[run_id(2)]["outputs"] == {"output": BETTER}
    assert (
        written[run_id(2)]["metadata"].items()
        >= {
            "source_run_id": run_id(2),
            "reason": "review: corrected in refunds",
            "reviewer": "ada, ben",
            "agreement": 1.0,
            "queue": "refunds",
            "failure_mode": "wrong fact",
            "rejected_output": {"output": "We have no parcels."},
        }.items()
    )
    assert "agreement" not in written[run_id(4)]["metadata"], "there was one reviewer alone"
    assert "left out  2  contested 1, rejected 1" in done.stdout
    assert "to add    3  1 with a reviewer's correction, 2 with the accepted answer" in done.stdout


def test_an_accepted_item_is_no_failure_any_more(folder: Path, llmobs: Run) -> None:
    Client().create_feedback(run_id=run_id(1), key="user_rating", score=0.1)
    assert llmobs("curate", "--project", "production", *CURATE[3:], "--cap", "0", "--yes").returncode == 0
    failure = examples(folder)[run_id(1)]
    assert "outputs" not in failure
    assert failure["metadata"]["rejected_output"] == {"output": "Yes, you have 30 days."}

    assert llmobs(*CURATE, *LOW, "--yes").returncode == 0

    completed = examples(folder)[run_id(1)]
    assert completed["outputs"] == {"output": "Yes, you have 30 days."}
    assert "rejected_output" not in completed["metadata"]
    assert completed["metadata"]["reviewer"] == "ada, ben"
    assert llmobs("export", "--pairs", "--to", "pairs.jsonl").stderr.count("nearly the same") == 0


def test_a_second_time_adds_nothing_and_an_adjudicator_one_more(folder: Path, llmobs: Run) -> None:
    llmobs(*CURATE, *LOW, "--yes")
    again = llmobs(*CURATE, *LOW, "--yes")
    assert again.stdout.splitlines()[-1] == "Nothing to add."

    adjudicate(folder, 3, "reject", correction={"output": "Twice; the second charge is on its way back."})
    assert "Added 1 example" in llmobs(*CURATE, *LOW, "--yes").stdout
    assert examples(folder)[run_id(3)]["metadata"]["reviewer"] == "ben, zoe"


def test_the_command_that_a_dry_run_prints_writes_what_it_showed(folder: Path, llmobs: Run) -> None:
    shown = llmobs(*CURATE, *LOW, "--split", "regression", "--dry-run")
    assert not (folder / "datasets").exists()
    command = shlex.split(shown.stdout.splitlines()[-1])
    assert llmobs(*command[1:]).returncode == 0
    assert len(examples(folder)) == 3


def test_below_the_bar_nothing_is_written_and_the_sentence_says_why(folder: Path, llmobs: Run) -> None:
    for command in (
        (*CURATE, "--yes"),
        (*CURATE, "--dry-run"),
        ("export", "--pairs", "--from-queue", "refunds", "--to", "pairs.jsonl"),
        ("judge", "calibrate", "judges.py::helpful", "--from-queue", "refunds"),
    ):
        done = llmobs(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert "--least-agreement" in done.stderr
    assert not (folder / "datasets").exists()
    assert not (folder / "pairs.jsonl").exists()
    assert not (folder / "asked.txt").exists()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (("--project", "production"), "--project says nothing about --from-queue"),
        (("--filter", 'eq(status, "error")'), "--filter says nothing about --from-queue"),
        (("--keep-outputs",), "--keep-outputs says nothing about --from-queue"),
        (("--least-agreement", "7"), "argument --least-agreement: '7' isn't between -1 and 1"),
    ],
)
def test_options_that_say_nothing_about_a_queue_are_refused(
    folder: Path, llmobs: Run, more: tuple[str, ...], expected: str
) -> None:
    done = llmobs(*CURATE, "--dry-run", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr


def test_without_a_queue_the_bar_says_nothing_and_runs_must_be_named(folder: Path, llmobs: Run) -> None:
    done = llmobs("curate", "--dataset", "golden", "--dry-run")
    assert done.returncode == 2
    assert "--project P, or --from-queue QUEUE" in done.stderr
    done = llmobs("curate", "--project", "production", "--dataset", "golden", "--dry-run", *LOW)
    assert done.returncode == 2
    assert "--least-agreement says nothing about --project" in done.stderr


def test_an_unknown_queue_names_the_nearest(folder: Path, llmobs: Run) -> None:
    done = llmobs("curate", "--from-queue", "refnds", "--dataset", "golden", "--dry-run")
    assert done.returncode == 1
    assert "Did you mean 'refunds'?" in done.stderr


def test_a_queue_that_nobody_has_reviewed_is_named(folder: Path, llmobs: Run) -> None:
    llmobs("review", "create", "fresh")
    done = llmobs("curate", "--from-queue", "fresh", "--dataset", "golden", "--dry-run")
    assert "Nobody has reviewed anything in 'fresh' yet. `llmobs review fresh` opens it." in done.stderr


def test_machines_are_told_the_queue_the_agreement_and_what_was_left_out(folder: Path, llmobs: Run) -> None:
    told = json.loads(llmobs(*CURATE, *LOW, "--dry-run", "--json").stdout)
    assert told["queue"] == "refunds"
    assert told["left_out"] == {"contested": 1, "rejected": 1}
    assert told["agreement"]
    assert told["filter"] is None


# pairs


def test_corrections_become_pairs_with_reviewer_and_agreement(folder: Path, llmobs: Run) -> None:
    done = llmobs("export", "--pairs", "--from-queue", "refunds", *LOW, "--to", "pairs.jsonl")

    assert done.returncode == 0
    (pair,) = map(json.loads, (folder / "pairs.jsonl").read_text().splitlines())
    assert (pair["chosen"], pair["rejected"]) == (BETTER, "We have no parcels.")
    assert (pair["source_run_id"], pair["reviewer"], pair["agreement"]) == (run_id(2), "ada", 1.0)
    assert "1 item contested: left out." in done.stderr
    assert "wrong fact" in done.stdout


@pytest.mark.parametrize("option", ["--project", "--filter", "--dir"])
def test_pairs_of_a_queue_take_no_other_source(folder: Path, llmobs: Run, option: str) -> None:
    done = llmobs("export", "--pairs", "--from-queue", "refunds", "--to", "p.jsonl", option, "x")
    assert done.returncode == 2
    assert f"{option} says nothing about --from-queue" in done.stderr


def test_a_queue_says_nothing_about_a_dataset(folder: Path, llmobs: Run) -> None:
    done = llmobs("export", "--dataset", "golden", "--from-queue", "refunds", "--to", "x.jsonl")
    assert done.returncode == 2
    assert "--from-queue says nothing about --dataset" in done.stderr


# labels


def test_verdicts_are_a_judges_labels(folder: Path, llmobs: Run) -> None:
    done = llmobs("judge", "calibrate", "judges.py::helpful", "--from-queue", "refunds", *LOW)

    assert done.returncode == 0
    assert "Labels are the verdicts in 'refunds': 4 cases; left out: 1 contested." in done.stderr
    assert "helpful: 4 cases" in done.stdout
    assert (folder / "llm-baselines" / "judges" / "helpful.json").is_file()


@pytest.mark.parametrize(("judge", "cases"), [("is_kind", 2), ("tone", 1)])
def test_the_item_of_the_rubric_with_the_judges_name_is_its_label(
    folder: Path, llmobs: Run, judge: str, cases: int
) -> None:
    done = llmobs("judge", "calibrate", f"judges.py::{judge}", "--from-queue", "refunds", *LOW)

    assert done.returncode == 0
    assert f"Labels are the answers to '{judge}' in 'refunds'" in done.stderr
    assert f"{judge}: {cases} case" in done.stdout


def test_labels_come_from_one_place(folder: Path, llmobs: Run) -> None:
    for given in ((), ("--labels", "labels.jsonl", "--from-queue", "refunds")):
        done = llmobs("judge", "calibrate", "judges.py::helpful", *given)
        assert done.returncode == 2
        assert "--labels FILE or from --from-queue QUEUE, one of the two" in done.stderr


# failure modes


def test_failure_modes_are_counted_by_the_commit_of_the_prompt(folder: Path, llmobs: Run) -> None:
    done = llmobs("review", "modes", "refunds")

    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()[2:4]]
    assert [row[:5] for row in rows] == [
        [f"support@{OLD[:12]}", "2", "wrong", "fact", "1"],
        [f"support@{NEW[:12]}", "2", "wrong", "tone", "1"],
    ]
    assert "1 run left out: their reviewers differ" in done.stdout


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("week", {"2026-W09"}),
        ("metadata.tier", {"gold", "free"}),
        ("model", {None}),
    ],
)
def test_failure_modes_are_counted_by_other_things(
    folder: Path, llmobs: Run, by: str, names: set[str | None]
) -> None:
    told = json.loads(llmobs("review", "modes", "refunds", "--by", by, "--json").stdout)
    assert {group["name"] for group in told["groups"]} == names
    assert told["reviewed"] == 4


def test_metadata_that_no_run_has_is_named_with_the_nearest(folder: Path, llmobs: Run) -> None:
    done = llmobs("review", "modes", "refunds", "--by", "metadata.teir")
    assert done.returncode == 1
    assert "No reviewed run has metadata 'teir'. Did you mean 'tier'? Known: " in done.stderr


def test_nothing_else_can_be_counted_by(folder: Path, llmobs: Run) -> None:
    done = llmobs("review", "modes", "refunds", "--by", "promt")
    assert done.returncode == 2
    assert "Did you mean 'prompt'?" in done.stderr


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_every_page_fits(folder: Path, llmobs: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for command in (("review", "modes", "refunds"), (*CURATE, *LOW, "--dry-run")):
        done = llmobs(*command)
        page = [line for line in done.stdout.splitlines() if not line.startswith("  llmobs curate")]
        assert max(map(cells.width, page)) <= int(columns)
