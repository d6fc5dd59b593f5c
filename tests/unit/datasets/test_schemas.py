"""Examples keep to the JSON Schemas of their dataset, when they are written and when they are collected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.datasets import load_dataset
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.editing.schemas import set_schemas
from pytest_llmobs.errors import DatasetError
from tests.unit.datasets.conftest import FORMATS
from tests.unit.datasets.editing.conftest import catalog, draft, write  # noqa: F401 (fixtures)

SCHEMA = {
    "type": "object",
    "required": ["query"],
    "properties": {"query": {"type": "string", "maxLength": 5}},
}


def test_what_breaks_the_schema_is_not_written(catalog: Catalog, write: Callable[..., Path]) -> None:  # noqa: F811
    file = write("golden.jsonl", '{"id": "a", "inputs": {"query": "Hello"}}\n')
    assert set_schemas(catalog, "golden", SCHEMA) == []
    before = file.read_bytes()
    with pytest.raises(DatasetError, match=r"'b': /inputs/query is 'too long', against maxLength: 5"):
        changes.add(catalog, "golden", [draft("fine"), draft("too long", id="b")], "examples")
    with pytest.raises(
        DatasetError, match=r"golden\.jsonl:1: 'a': /inputs is \{\}, against required: \"query\" missing"
    ):
        changes.update(catalog, "golden", [{"id": "a", "inputs": {}}])
    assert file.read_bytes() == before


def test_a_dataset_that_breaks_its_schema_is_not_collected(
    catalog: Catalog,  # noqa: F811
    write: Callable[..., Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    write("deep/golden.jsonl", "".join(f'{{"id": "{n}", "inputs": {{"query": {n}}}}}\n' for n in range(12)))
    (first, *_) = found = set_schemas(catalog, "deep/golden", SCHEMA)
    assert len(found) == 12
    assert (first.pointer, first.value, first.rule) == ("/inputs/query", 0, 'type: "string"')
    with pytest.raises(DatasetError) as caught:
        load_dataset("datasets/deep/golden.jsonl", base_dirs=[tmp_path], formats=FORMATS, rootdir=tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("breaks its JSON Schema in 12 places:")
    assert "datasets/deep/golden.jsonl:10: '9'" in lines[10]
    assert lines[11] == "  and 2 more"


@pytest.mark.parametrize(
    "schema, reason",
    [
        ({"type": "strin"}, "is 'strin'"),
        ({"$ref": "https://example.com/a.json"}, "lies elsewhere"),
        ([], "no object"),
    ],
)
def test_a_wrong_schema_is_refused_when_it_is_set(catalog: Catalog, schema: object, reason: str) -> None:  # noqa: F811
    catalog.create("golden", {})
    with pytest.raises(DatasetError, match=reason):
        set_schemas(catalog, "golden", schema)  # type: ignore[arg-type]
    with pytest.raises(DatasetError, match=reason):
        catalog.create("other", {"inputs_schema": schema})
