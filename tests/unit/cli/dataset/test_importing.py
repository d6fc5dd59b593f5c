"""``llmobs dataset import``, as users run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Outcome
from tests.unit.cli.dataset.conftest import FIRST, Write

Run = Callable[..., Outcome]


@pytest.fixture
def hub(write: Write) -> None:
    write('{"question": "a?", "answer": "yes"}\n{"question": "b?", "answer": "no"}\n', "hub/train.jsonl")
    write('{"question": "c?", "answer": "no"}\n', "hub/test.jsonl")


NAMED = ("--name", "faq", "--input-keys", "question", "--output-keys", "answer")


@pytest.mark.usefixtures("hub")
def test_a_folder_becomes_a_dataset(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("dataset", "import", "hub", *NAMED)

    assert (done.returncode, done.stdout) == (
        0,
        "✓ hub/test.jsonl: 1 example\n✓ hub/train.jsonl: 2 examples\n",
    )
    assert done.stderr.split("; ") == [
        "3 examples added to the new dataset 'faq'",
        "read as a Hugging Face folder",
        "by split: test 1, train 2\n",
    ]
    rows = [json.loads(line) for line in (tmp_path / "datasets" / "faq.jsonl").read_text().splitlines()]
    assert [(row["inputs"], row["outputs"], row["split"]) for row in rows] == [
        ({"question": "c?"}, {"answer": "no"}, "test"),
        ({"question": "a?"}, {"answer": "yes"}, "train"),
        ({"question": "b?"}, {"answer": "no"}, "train"),
    ]


@pytest.mark.usefixtures("hub")
def test_a_dry_run_writes_nothing(llmobs: Run, tmp_path: Path) -> None:
    done = llmobs("dataset", "import", "hub", *NAMED, "--dry-run", "--json")

    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "name": "faq",
        "is_new": True,
        "is_dry_run": True,
        "form": "hf",
        "files": {"hub/test.jsonl": 1, "hub/train.jsonl": 2},
        "added": 3,
        "left_out": 0,
        "splits": {"test": 1, "train": 2},
    }
    assert not (tmp_path / "datasets").exists()


@pytest.mark.usefixtures("support")
def test_taken_ids_are_named_and_nothing_is_added(llmobs: Run, write: Write) -> None:
    file = write(FIRST)
    write(FIRST.replace("double-charge", "new-one"), "more.jsonl")

    done = llmobs("dataset", "import", "more.jsonl", "--name", "support")

    assert done.returncode == 2
    assert "has 2 examples of these already: add-seats, cancel." in done.stderr.replace("\n", " ")
    assert file.read_text() == FIRST


@pytest.mark.usefixtures("support")
def test_only_new_ones_are_added_where_that_is_said(llmobs: Run, write: Write) -> None:
    file = write(FIRST)
    write(FIRST.replace("double-charge", "new-one"), "more.jsonl")

    done = llmobs("dataset", "import", "more.jsonl", "--name", "support", "--new-only")

    assert done.returncode == 0
    assert "2 left out, as they are there already" in done.stderr.replace("\n", " ")
    assert file.read_text().startswith(FIRST)
    assert len(file.read_text().splitlines()) == 4


@pytest.mark.usefixtures("hub")
def test_a_second_import_of_examples_without_ids_adds_nothing(llmobs: Run, tmp_path: Path) -> None:
    assert llmobs("dataset", "import", "hub", *NAMED).returncode == 0
    once = (tmp_path / "datasets" / "faq.jsonl").read_text()

    done = llmobs("dataset", "import", "hub", *NAMED)
    again = llmobs("dataset", "import", "hub", *NAMED, "--new-only")

    assert (done.returncode, again.returncode) == (2, 0)
    assert "has 3 examples of these already: c-" in done.stderr
    assert (tmp_path / "datasets" / "faq.jsonl").read_text() == once


def test_columns_that_nobody_explains_are_listed(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write("question,answer\na?,yes\n", "faq.csv")

    done = llmobs("dataset", "import", "faq.csv", "--name", "faq")

    assert done.returncode == 2
    assert "Name them: --input-keys question --output-keys answer." in done.stderr.replace("\n", " ")
    assert not (tmp_path / "datasets").exists()


def test_both_lines_of_an_id_are_named(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write('{"id": "a", "inputs": {"q": "x"}}\n{"id": "a", "inputs": {"q": "y"}}\n', "twice.jsonl")

    done = llmobs("dataset", "import", "twice.jsonl", "--name", "faq")

    assert done.returncode == 2
    assert "twice.jsonl:2: the id 'a' is taken already, by twice.jsonl:1." in done.stderr.replace("\n", " ")
    assert not (tmp_path / "datasets").exists()


TICKET = "I was charged twice for my order of last Tuesday and would like to have my money back"


def test_leaks_between_splits_are_refused_or_moved(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write(f'{{"id": "a", "inputs": {{"query": "{TICKET}"}}, "split": "train"}}\n', "datasets/faq.jsonl")
    write(f'{{"id": "b", "inputs": {{"query": "{TICKET}!"}}, "split": "test"}}\n', "more.jsonl")
    file = tmp_path / "datasets" / "faq.jsonl"
    before = file.read_text()

    done = llmobs("dataset", "import", "more.jsonl", "--name", "faq", "--on-leak", "refuse")
    assert done.returncode != 0
    assert "'b' (split 'test') asks nearly what 'a' (split 'train') asks" in done.stderr
    assert file.read_text() == before

    done = llmobs("dataset", "import", "more.jsonl", "--name", "faq", "--on-leak", "move")
    assert done.returncode == 0
    assert "by split: train 1" in done.stderr
    assert [json.loads(line)["split"] for line in file.read_text().splitlines()] == ["train", "train"]
