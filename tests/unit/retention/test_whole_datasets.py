"""Datasets that are written anew without a person's examples: JSON lists, loose objects, Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.retention.places.datasets import DatasetExamples
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory
from tests.unit.retention.conftest import OTHER_RUN, RUN

ROWS = [
    {"id": "a", "inputs": {"n": 1.50, "big": 2**63}, "source_run_id": OTHER_RUN},
    {"id": "b", "inputs": {"n": 2}, "source_run_id": RUN},
    {"id": "c", "inputs": {"text": "Zoë"}, "source_run_id": OTHER_RUN},
]


@pytest.mark.parametrize(
    "before, after",
    [
        (json.dumps(ROWS), json.dumps([ROWS[0], ROWS[2]], ensure_ascii=False) + "\n"),
        (json.dumps(ROWS, indent=4), json.dumps([ROWS[0], ROWS[2]], ensure_ascii=False, indent=4) + "\n"),
        (
            "\n".join(map(json.dumps, ROWS)),
            "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in (ROWS[0], ROWS[2])),
        ),
    ],
)
def test_json_loses_the_persons_examples_alone(
    territory: Territory, sought: Sought, before: str, after: str
) -> None:
    path = written(territory, "golden.json", before.encode())

    (found,) = DatasetExamples().find(sought, territory)
    DatasetExamples().erase(sought, territory)

    assert (found.number, found.problem) == (1, "")
    assert path.read_text(encoding="utf-8") == after
    assert list(DatasetExamples().find(sought, territory)) == []


def test_parquet_keeps_its_types_and_its_metadata(territory: Territory, sought: Sought) -> None:
    schema = pa.schema(
        [("id", pa.string()), ("inputs.n", pa.int16()), ("source_run_id", pa.string())], {b"made": b"by hand"}
    )
    columns = [["a", "b"], [1, 2], [OTHER_RUN, RUN]]
    path = territory.catalog.folder / "golden.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table(columns, schema=schema), path)

    DatasetExamples().erase(sought, territory)

    left = pq.read_table(path)
    assert left.to_pylist() == [{"id": "a", "inputs.n": 1, "source_run_id": OTHER_RUN}]
    assert left.schema.equals(schema, check_metadata=True)


def written(territory: Territory, name: str, content: bytes) -> Path:
    path = territory.catalog.folder / name
    path.parent.mkdir()
    path.write_bytes(content)
    return path
