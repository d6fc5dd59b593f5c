"""examples/production_loop goes once around, in one command, and prints what its README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.workspace import Workspace
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.test_readme import blocks

EXAMPLE = ROOT / "examples" / "production_loop"
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")


class Round(NamedTuple):
    """One time around the loop: where, and what it printed."""

    folder: Path
    output: str

    @property
    def client(self) -> Client:
        return Client(workspace=Workspace.find(self.folder, {}))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Round:
    """Run it as users do, in an empty folder."""
    folder = tmp_path_factory.mktemp("empty")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "loop.py"), "round"],
        cwd=folder,
        env=plain_environment() | {"COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return Round(folder / "round", done.stdout)


def without_times(text: str) -> str:
    return re.sub(r"in [\d.]+ ?m?s\b", "in N s", text)


@pytest.mark.parametrize("number", range(README.count("<!-- printed -->")))
def test_the_readme_shows_what_is_printed(once: Round, number: int):
    printed = [block for block in blocks(README) if block.note == "printed"]
    assert without_times(printed[number].text) in without_times(once.output)


def test_runs_are_sampled_and_redacted_in_every_worker(once: Round):
    stored = list(once.client.list_runs(project_name="production", is_root=True))
    assert 16 <= len(stored) < 48
    assert all(run.inputs["question"].endswith("Please write to [redacted: email].") for run in stored)
    for file in (once.folder / ".llmobs").rglob("*"):
        assert not file.is_file() or b"@example.com" not in file.read_bytes()


def test_what_was_reviewed_is_in_the_dataset_with_its_origin(once: Round):
    lines = (once.folder / "datasets" / "bookshop.jsonl").read_text(encoding="utf-8").splitlines()
    examples = list(map(json.loads, lines))
    assert len(examples) == 9
    corrected, accepted = [], []
    for example in examples[3:]:
        metadata = example["metadata"]
        assert metadata["queue"] == "doubtful"
        assert metadata["reviewer"] in ("ada", "ada, ben", "ben")
        (corrected if "rejected_output" in metadata else accepted).append(example)
    assert {example["outputs"]["answer"] for example in corrected} == {
        "You can return a book within 30 days.",
        "Gift cards are valid for three years.",
    }
    assert {example["outputs"]["answer"] for example in accepted} == {"Books arrive within 4 working days."}


def test_the_build_is_red_before_the_fix_and_green_after_it(once: Round):
    red, green = once.output.split("== Somebody corrects the prompt")
    assert "RED: 4 new examples fail" in red
    assert "GREEN" not in red
    assert "GREEN: nothing regressed" in green
    assert "RED" not in green


def test_nothing_is_left_to_review_and_each_item_says_why_it_came(once: Round):
    runs = list(once.client.list_runs_from_annotation_queue("doubtful"))
    assert {run.item.reason for run in runs} == {"feedback user_rating below 0.4; project production"}
    assert len(list(once.client.list_runs_from_annotation_queue("doubtful", status="completed"))) == len(runs)


def test_the_repository_is_as_before(once: Round):
    assert not (EXAMPLE / ".llmobs").exists()
    assert "within 14 days" in (EXAMPLE / "prompts" / "bookshop.md").read_text(encoding="utf-8")
