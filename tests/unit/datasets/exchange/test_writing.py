"""Where exports go, what they replace, and what a table looks like to the people who open it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pytest_llmobs.datasets.exchange import write_foreign
from pytest_llmobs.datasets.exchange.card import NAME
from pytest_llmobs.errors import ArgumentError, ConflictError, StoreError
from pytest_llmobs.records.examples import Dataset, Example

SUPPORT = Dataset(
    "support",
    (
        Example(
            "double-charge",
            {"query": "I was charged twice."},
            {"required_keywords": ["refund"]},
            split="base",
        ),
        Example(
            "add-seats", {"query": "Seats, please?"}, {"min_length": 20}, {"tier": "standard"}, split="hard"
        ),
    ),
)


def test_a_table_has_a_column_for_each_key(tmp_path: Path) -> None:
    write_foreign(SUPPORT, tmp_path / "support.csv")

    assert (tmp_path / "support.csv").read_text().splitlines() == [
        "id,inputs.query,outputs.required_keywords,outputs.min_length,metadata.tier,split",
        'double-charge,I was charged twice.,"[""refund""]",,,base',
        'add-seats,"Seats, please?",,20,standard,hard',
    ]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@cmd"])
def test_no_text_becomes_a_spreadsheets_formula(text: str, tmp_path: Path) -> None:
    write_foreign(Dataset("support", (Example("a", {"query": text}),)), tmp_path / "support.csv")

    assert (tmp_path / "support.csv").read_text() == f'id,inputs.query\na,"""{text}"""\n'


def test_a_null_makes_a_part_one_column_of_json(tmp_path: Path) -> None:
    write_foreign(
        Dataset("support", (Example("a", {"query": "x", "context": None}),)), tmp_path / "support.csv"
    )

    assert (tmp_path / "support.csv").read_text() == 'id,inputs\na,"{""query"": ""x"", ""context"": null}"\n'


def test_a_folder_has_a_card_and_a_file_for_each_split(tmp_path: Path) -> None:
    exported = write_foreign(SUPPORT, tmp_path / "hub")

    names = [file.relative_to(tmp_path).as_posix() for file in exported.files]
    assert names == [
        "hub/README.md",
        "hub/data/base-00000-of-00001.parquet",
        "hub/data/hard-00000-of-00001.parquet",
    ]
    assert 'path: "data/hard-*"' in (tmp_path / "hub" / NAME).read_text()


def test_every_file_of_a_folder_has_the_same_columns(tmp_path: Path) -> None:
    # or Hugging Face's library can't read them as one dataset
    write_foreign(SUPPORT, tmp_path / "hub")

    base, hard = (pq.read_table(file) for file in sorted((tmp_path / "hub" / "data").iterdir()))
    assert base.schema == hard.schema
    assert hard.to_pylist() == [
        {
            "id": "add-seats",
            "inputs.query": "Seats, please?",
            "outputs.required_keywords": None,
            "outputs.min_length": 20,
            "metadata.tier": "standard",
        }
    ]


def test_what_is_there_is_replaced_only_where_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "support.jsonl"
    path.write_text("mine")

    with pytest.raises(ConflictError, match=r"support\.jsonl' is there already\. --overwrite replaces it\."):
        write_foreign(SUPPORT, path)
    assert path.read_text() == "mine"

    write_foreign(SUPPORT, path, overwrite=True)
    assert len(path.read_text().splitlines()) == 2


def test_a_folder_with_something_of_the_users_is_never_replaced(tmp_path: Path) -> None:
    write_foreign(SUPPORT, tmp_path / "hub")
    write_foreign(SUPPORT, tmp_path / "hub", overwrite=True)
    (tmp_path / "hub" / "notes.txt").write_text("mine")

    with pytest.raises(ConflictError, match=r"holds 'notes.txt', which no export has left there"):
        write_foreign(SUPPORT, tmp_path / "hub", overwrite=True)
    assert (tmp_path / "hub" / "notes.txt").read_text() == "mine"


def test_nothing_is_left_behind_beside_an_export(tmp_path: Path) -> None:
    write_foreign(SUPPORT, tmp_path / "hub")
    write_foreign(SUPPORT, tmp_path / "hub", overwrite=True)
    write_foreign(SUPPORT, tmp_path / "support.csv")

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["hub", "support.csv"]


def test_a_files_mode_is_the_one_asked_for(tmp_path: Path) -> None:
    write_foreign(SUPPORT, tmp_path / "support.jsonl", mode=0o600)

    assert stat.S_IMODE((tmp_path / "support.jsonl").stat().st_mode) == 0o600


def test_a_suffix_that_names_no_form_has_to_be_helped(tmp_path: Path) -> None:
    with pytest.raises(
        ArgumentError, match=r"Did you mean '\.jsonl'\?.* Or say which one: --as\. Known: chat, csv"
    ):
        write_foreign(SUPPORT, tmp_path / "support.jsnl")
    with pytest.raises(ArgumentError, match=r"Unknown form 'parquett'. Did you mean 'parquet'\\?"):
        write_foreign(SUPPORT, tmp_path / "support", "parquett")


def test_langsmith_gets_uuids_and_splits_where_it_looks_for_them(tmp_path: Path) -> None:
    write_foreign(SUPPORT, tmp_path / "support.json", "langsmith")

    first, second = json.loads((tmp_path / "support.json").read_text())
    assert first["metadata"] == {"dataset_split": ["base"], "llmobs_id": "double-charge"}
    assert second["metadata"]["tier"] == "standard"
    assert len(first["id"]) == 36
    assert first["dataset_id"] == second["dataset_id"]


def test_a_folder_of_runs_is_its_owners_alone(tmp_path: Path) -> None:
    exported = write_foreign(SUPPORT, tmp_path / "hub", mode=0o600)

    assert {stat.S_IMODE(file.stat().st_mode) for file in exported.files if file.suffix == ".parquet"} == {
        0o600
    }


def test_a_folder_stays_where_the_new_one_cant_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_foreign(SUPPORT, tmp_path / "hub")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match=r"hub' can't be written: Permission denied\."):
        write_foreign(Dataset("support", ()), tmp_path / "hub", overwrite=True)

    assert len(list((tmp_path / "hub" / "data").iterdir())) == 2
