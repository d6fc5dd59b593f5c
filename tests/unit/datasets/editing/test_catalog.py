"""Which datasets there are, how they are named, and what is known about each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import ArgumentError, ConflictError, DatasetError, NotFoundError, StoreError
from tests.unit.datasets.editing.conftest import START

ONE = '{"inputs": {"query": "Hello"}}\n'


def test_a_dataset_is_an_empty_file_and_what_is_known_about_it_a_small_one(catalog: Catalog) -> None:
    schema = {"type": "object"}
    dataset = catalog.create(
        "support/golden", {"description": "Real tickets", "inputs_schema": schema, "metadata": {"team": "a"}}
    )

    assert (catalog.folder / "support" / "golden.jsonl").read_bytes() == b""
    about = json.loads((catalog.folder / ".about" / "support" / "golden.json").read_text())
    assert about == {
        "created_at": START.isoformat(),
        "data_type": "kv",
        "description": "Real tickets",
        "inputs_schema": schema,
        "metadata": {"team": "a"},
    }
    assert (dataset.id, dataset.name, dataset.description) == (
        "support/golden",
        "support/golden",
        "Real tickets",
    )
    assert (dataset.created_at, dataset.inputs_schema, dataset.metadata) == (START, schema, {"team": "a"})
    assert dataset.example_count == 0
    assert dataset.url == (catalog.folder / "support" / "golden.jsonl").as_uri()


def test_a_file_that_somebody_wrote_is_a_dataset(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("golden.jsonl", ONE)
    write("people/names.csv", "inputs.query\nHello\n")
    write("golden.csv", "inputs.query\nHello\n")
    write(".hidden/x.jsonl", ONE)

    assert list(catalog.files()) == ["golden", "golden.csv", "people/names"]
    assert [example.inputs for example in catalog.dataset("people/names")] == [{"query": "Hello"}]
    assert catalog.dataset("golden.csv").name == "golden.csv"
    assert catalog.dataset("golden.jsonl").name == "golden"
    assert isinstance(catalog.dataset("golden").created_at, datetime)


def test_a_dataset_of_another_format_is_read_and_not_edited(
    catalog: Catalog, write: Callable[..., Path]
) -> None:
    file = write("names.json", '[{"inputs": {"query": "Hello"}}]')
    with pytest.raises(
        DatasetError, match=r"datasets/names\.json is read and evaluated, but not edited"
    ) as caught:
        catalog.delete("names")
    assert "create_examples(dataset_name=NEW" in str(caught.value)
    assert file.exists()


def test_listing_reads_no_example(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("broken.jsonl", "{")
    dataset = catalog.dataset("broken")
    assert repr(dataset.examples) == "<examples, not read yet>"
    with pytest.raises(DatasetError, match=r"broken\.jsonl:1"):
        list(dataset)


def test_an_unknown_name_is_answered_with_a_near_one(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("support_golden.jsonl", ONE)
    with pytest.raises(NotFoundError) as caught:
        catalog.file("support_goldn")
    assert str(caught.value) == (
        "No dataset 'support_goldn' in 'datasets'. Did you mean 'support_golden'? Known: support_golden. "
        "create_dataset('support_goldn') makes one."
    )
    assert catalog.has("support_golden")
    assert not catalog.has("support_goldn")
    assert not catalog.has("..")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "name is empty"),
        ("  ", "name is empty"),
        (3, "is 3, of type int"),
        ("../x", "'..' leads to another folder"),
        ("a//b", "it has an empty part"),
        ("/etc/passwd", "it has an empty part"),
        (".tags/x", "'.tags' begins with a dot"),
        ("a:b", "it holds ':'"),
        ("a@b", "it holds '@'"),
        ("a\nb", r"it holds '\n'"),
        ("a\\b", r"it holds '\\'"),
        ("a ", "'a ' begins or ends with a blank"),
        ("con", "'con' is a device on Windows"),
        ("golden/Aux.v2", "'Aux.v2' is a device on Windows"),
        ("ä" * 100, "is longer than 180 bytes"),
    ],
)
def test_a_name_that_can_be_no_file_is_refused(catalog: Catalog, name: object, reason: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(reason)):
        catalog.create(name, {})  # type: ignore[arg-type]
    assert not catalog.folder.exists()


def test_a_name_is_taken_once_also_in_other_capitals(catalog: Catalog) -> None:
    catalog.create("Golden", {})
    with pytest.raises(ConflictError, match="'Golden' is there already"):
        catalog.create("Golden", {})
    with pytest.raises(ConflictError, match="'golden' differs from 'Golden' in capitals alone"):
        catalog.create("golden", {})


def test_a_name_is_taken_once_however_its_accents_are_encoded(catalog: Catalog) -> None:
    catalog.create("caf\u00e9", {})
    with pytest.raises(ConflictError, match="in how its accents are encoded alone"):
        catalog.create("cafe\u0301", {})


def test_an_unknown_data_type_is_refused(catalog: Catalog) -> None:
    with pytest.raises(
        ArgumentError, match=r"data_type is 'chatt'\. Did you mean 'chat'\? Known: chat, kv, llm\."
    ):
        catalog.create("golden", {"data_type": "chatt"})


def test_deleting_leaves_nothing_beside(catalog: Catalog) -> None:
    catalog.create("support/golden", {"description": "x"})
    catalog.beside.set_tag("support/golden", "v1", "0123")
    catalog.delete("support/golden")

    assert [path for path in catalog.folder.rglob("*") if path.is_file()] == []
    assert not (catalog.folder / "support").exists()
    with pytest.raises(NotFoundError):
        catalog.delete("support/golden")


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1, "a": 2}', b"\xff"])
def test_what_is_known_and_damaged_is_said_with_its_place(
    catalog: Catalog, write: Callable[..., Path], content: str | bytes
) -> None:
    catalog.create("golden", {})
    write(".about/golden.json", content)
    with pytest.raises(StoreError, match=r"\.about/golden\.json"):
        catalog.dataset("golden")


@pytest.mark.parametrize("tag", ["latest", "a/b", "0123abcd", "..", ""])
def test_a_tag_that_would_mean_something_else_is_refused(catalog: Catalog, tag: str) -> None:
    with pytest.raises(ArgumentError):
        catalog.beside.set_tag("golden", tag, "0123")
