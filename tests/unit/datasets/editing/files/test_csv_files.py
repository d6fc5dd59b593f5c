"""CSV as spreadsheets write it: an edit touches the cells of its record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import DatasetError
from tests.unit.datasets.editing.conftest import draft

EXCEL = (
    '\ufeffid;split;inputs.query;inputs.price;;\r\n1;base;"Wo ist; mein ""Paket""?";1,5;;\r\n'
    '2;;"Zeile 1\nZeile 2";2,5;;\r\n'
)


def test_a_spreadsheets_file_keeps_its_marks(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.csv", EXCEL)
    second = catalog.examples("golden")[1]
    changes.update(catalog, "golden", [{"id": "2", "inputs": {**second.inputs, "price": "3,5"}}])
    changes.add(catalog, "golden", [draft("Neu; oder?", id="3", split="hard")], "x")
    changes.remove(catalog, "golden", ["1"])
    assert file.read_bytes().decode() == (
        '\ufeffid;split;inputs.query;inputs.price;;\r\n2;;"Zeile 1\nZeile 2";3,5;;\r\n3;hard;"Neu; oder?";;;\r\n'
    )


def test_a_cell_under_no_name_is_named(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("golden.csv", "id,inputs.query,,\na,Hello,,\nb,Bye,,what\n")
    with pytest.raises(
        DatasetError, match=r"golden\.csv:3: the cell 'what' stands in a column without a name"
    ):
        catalog.examples("golden")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_as_they_did(catalog: Catalog, write: Callable[..., Path], end: str) -> None:
    file = write("golden.csv", end.join(["id,inputs.query", "a,Hello", "b,Bye", ""]))
    changes.update(catalog, "golden", [{"id": "a", "inputs": {"query": "Well, hello"}}])
    changes.add(catalog, "golden", [draft("Who", id="c")], "x")
    assert file.read_bytes().decode() == end.join(
        ["id,inputs.query", 'a,"Well, hello"', "b,Bye", "c,Who", ""]
    )


def test_a_refusal_says_what_to_do(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.csv", "inputs.query,inputs.n\nHello,1\nBye,2\n")
    hello = catalog.examples("golden")[0]
    with pytest.raises(DatasetError, match=r"Put a column 'id' into the header first, with an empty cell"):
        changes.update(catalog, "golden", [{"id": hello.id, "inputs": {"query": "Hey", "n": 1}}])
    with pytest.raises(DatasetError, match=r"no column 'split'.*Add it to the header"):
        changes.put_into_split(catalog, "golden", "hard", [hello.id])
    with pytest.raises(
        DatasetError, match=r"inputs\.n of 'hello-.*', 1, would read as '1'\. All cells of a col"
    ):
        changes.add(catalog, "golden", [draft("Who", id="x", inputs={"query": "Who", "n": "many"})], "x")
    assert file.read_text() == "inputs.query,inputs.n\nHello,1\nBye,2\n"
    # an empty column is enough
    write("golden.csv", "id,inputs.query,inputs.n\n,Hello,1\n,Bye,2\n")
    changes.update(catalog, "golden", [{"id": hello.id, "inputs": {"query": "Hey", "n": 1}}])
    assert file.read_text() == f"id,inputs.query,inputs.n\n{hello.id},Hey,1\n,Bye,2\n"
