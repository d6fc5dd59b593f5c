"""What an erasure writes down: a note while it is under way, and a receipt that says nothing of anybody."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.retention import unfinished
from pytest_llmobs.retention.receipts import FileChange, Receipt, write_receipt
from pytest_llmobs.retention.subjects import Age, Person, Sought
from tests.unit.retention.conftest import ANN, QUESTION, RUN, noon

SALT = "5a17" * 8


def test_a_second_run_knows_what_the_first_one_knew(tmp_path: Path, sought: Sought) -> None:
    path = unfinished.keep(tmp_path / "purges", sought, SALT)
    more = replace(sought, run_ids=frozenset(["other"]), examples=frozenset())
    second = unfinished.keep(tmp_path / "purges", more, "0" * 32)

    known, files = unfinished.read(tmp_path / "purges", sought.subject)

    assert known == replace(sought, run_ids=frozenset([RUN, "other"]))
    assert set(files) == {path, second}
    assert ANN not in path.read_text()
    assert QUESTION not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_others_left_unfinished_is_theirs(tmp_path: Path, sought: Sought) -> None:
    unfinished.keep(tmp_path, sought, SALT)
    (tmp_path / "unfinished-torn.json").write_text("{")

    for subject in (Person("bob", ("user_id",)), Age(noon()), Age(noon(), ("production",))):
        assert unfinished.read(tmp_path, subject) == (None, [])


def test_nothing_is_erased_where_it_cant_be_noted(tmp_path: Path, sought: Sought) -> None:
    (tmp_path / "purges").write_text("a file")

    with pytest.raises(StoreError, match=r"Nothing was erased"):
        unfinished.keep(tmp_path / "purges", sought, SALT)


def test_a_receipt_has_counts_and_hashes_and_nobodys_data(tmp_path: Path, sought: Sought) -> None:
    changes = [
        FileChange("datasets/golden.jsonl", "a" * 64, "b" * 64),
        FileChange(f".llmobs/reports/{ANN}.html", "c" * 64, None),
        FileChange(".llmobs/runs/project=Ann-4711/0.parquet", "d" * 64, "e" * 64),
    ]
    receipt = Receipt(
        started=noon(),
        finished=noon(),
        sought=sought,
        erased={"runs": 3, "datasets": 1},
        files=changes,
        remaining={"id": 1},
        complete=False,
    )

    path = write_receipt(tmp_path / "purges", receipt, SALT)

    text = path.read_text()
    for secret in (ANN, "Ann", QUESTION, RUN, "bicycle"):
        assert secret not in text
    wire = json.loads(text)
    assert wire["erased"] == {"runs": 3, "datasets": 1}
    assert wire["subject"]["person"] == unfinished.salted(ANN, SALT)
    assert [file["path"] for file in wire["files"]] == [
        ".llmobs/reports/(hidden)",
        ".llmobs/runs/(hidden)/0.parquet",
        "datasets/golden.jsonl",
    ]
    assert not wire["complete"]


def test_a_receipt_of_old_data_says_how_old(tmp_path: Path) -> None:
    sought = Sought(Age(noon(), ("production",)))
    receipt = Receipt(started=noon(), finished=noon(), sought=sought, erased={}, files=())

    wire = json.loads(write_receipt(tmp_path, receipt, SALT).read_text())

    assert wire["subject"] == {"before": "2026-11-30T12:00:00+00:00", "projects": ["production"]}
