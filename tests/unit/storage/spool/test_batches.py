from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_llmobs.storage.parquet.schema import arrow_schema
from pytest_llmobs.storage.spool.batches import to_table
from pytest_llmobs.storage.spool.lines import read_records


@pytest.fixture
def rows(line: Callable[..., bytes]) -> Callable[..., tuple[list[dict[str, Any]], list[bytes]]]:
    """Convert lines; return the rows and what was rejected."""

    def rows(*lines: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
        rejected: list[bytes] = []
        records = read_records(lines, None, rejected.append)
        table = to_table(records, rejected.append)
        assert table.schema.equals(arrow_schema())
        return table.to_pylist(), rejected

    return rows


def test_derived_columns(rows, line) -> None:
    (row,), _ = rows(line(1, input_tokens=3, output_tokens=4))
    assert row["latency"] == 0.25
    assert row["total_tokens"] == 7


def test_unknown_tokens_stay_unknown(rows, line) -> None:
    (none, one), _ = rows(line(1), line(2, output_tokens=4))
    assert none["total_tokens"] is None
    assert one["total_tokens"] == 4
    (alone,), _ = rows(line(1))
    assert alone["total_tokens"] is None


def test_a_run_without_an_end_has_no_latency(rows, line) -> None:
    (row,), _ = rows(line(1, end_time=None))
    assert (row["end_time"], row["latency"]) == (None, None)


def test_objects_become_json_text_and_lists_stay_lists(rows, line) -> None:
    (row,), _ = rows(
        line(1, metadata={"tier": "gold", "ü": [1]}, params={}, tags=["a", "b"], scores={"tone": 1, "x": 0.5})
    )
    assert row["metadata"] == '{"tier":"gold","ü":[1]}'
    assert row["params"] is None
    assert row["tags"] == ["a", "b"]
    assert row["scores"] == [("tone", 1.0), ("x", 0.5)]


def test_unknown_header_keys_are_no_columns(rows, line) -> None:
    (row,), rejected = rows(line(1, later_invention=3))
    assert "later_invention" not in row
    assert rejected == []


@pytest.mark.parametrize(
    "wrong",
    [{"input_tokens": "many"}, {"tags": 5}, {"scores": {"tone": "high"}}, {"retries": 2**70}, {"name": 5}],
)
def test_a_value_of_a_wrong_type_costs_only_itself(rows, line, wrong: dict[str, Any]) -> None:
    bad = line(2, **wrong, model="m")
    (first, second, third), rejected = rows(line(1, input_tokens=1), bad, line(3, input_tokens=3))
    assert (first["input_tokens"], third["input_tokens"]) == (1, 3)
    assert second["model"] == "m"
    assert second[next(iter(wrong))] is None
    assert rejected == [bad]


@pytest.mark.parametrize("bad", [{"start_time": "noon"}, {"trace_id": 5}, {"inputs": b"\xff"}])
def test_what_can_not_be_a_row_is_rejected_and_the_others_stay(rows, line, bad: dict[str, Any]) -> None:
    broken = line(2, **bad)
    kept, rejected = rows(line(1), broken, line(3))
    assert len(kept) == 2
    assert rejected == [broken]


def test_a_batch_of_nothing_but_rejects_is_empty(rows, line) -> None:
    kept, rejected = rows(line(1, inputs=b"\xff"))
    assert (kept, len(rejected)) == ([], 1)
