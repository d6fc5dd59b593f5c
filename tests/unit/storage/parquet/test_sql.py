"""The Parquet files as they are, in DuckDB: what the documentation promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]


@pytest.fixture
def query(keep, line: Line, run_id) -> Callable[[str], list[Any]]:
    store: Store = keep(
        line(
            1,
            project="nightly/1",
            trial_status="failed",
            nodeid="t.py::t[a]",
            scores={"tone": 0.25, "pass": 0},
        ),
        line(
            2,
            project="nightly/1",
            trace_id=run_id(1),
            parent_id=run_id(1),
            model="m1",
            input_tokens=10,
            output_tokens=5,
        ),
        line(
            3,
            project="nightly/1",
            trace_id=run_id(1),
            parent_id=run_id(1),
            model="m2",
            input_tokens=1,
            output_tokens=1,
        ),
        line(
            4,
            project="nightly/2",
            trial_status="passed",
            nodeid="t.py::t[b]",
            scores={"tone": 1.0},
            tags=["x", "y"],
        ),
        line(
            5,
            project="nightly/2",
            trace_id=run_id(4),
            model="m1",
            input_tokens=7,
            inputs={"messages": [{"content": "hi"}]},
        ),
    )
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"create view runs as select * from '{store.root}/runs/**/*.parquet'")
    return lambda sql: connection.execute(sql).fetchall()


def test_tokens_by_model(query) -> None:
    assert query(
        "select project, model, sum(total_tokens)::int from runs where model is not null group by all order by all"
    ) == [("nightly/1", "m1", 15), ("nightly/1", "m2", 2), ("nightly/2", "m1", 7)]


def test_the_full_trace_of_a_failed_test(query, run_id) -> None:
    assert query(
        "select id from runs where trace_id in (select id from runs where trial_status = 'failed') order by start_time"
    ) == [(run_id(1),), (run_id(2),), (run_id(3),)]


def test_scores_by_metric(query) -> None:
    assert query("select nodeid, scores['tone'] from runs where scores is not null order by nodeid") == [
        ("t.py::t[a]", 0.25),
        ("t.py::t[b]", 1.0),
    ]


def test_json_times_and_tags(query) -> None:
    assert query("select inputs->>'$.messages[0].content' from runs where inputs is not null") == [("hi",)]
    assert query("select latency, epoch_us(end_time) - epoch_us(start_time) from runs limit 1") == [
        (0.25, 250_000)
    ]
    assert query("select count(*) from runs where list_contains(tags, 'y')") == [(1,)]


def test_projects_are_partitions(query) -> None:
    assert query("select distinct project from runs order by 1") == [("nightly/1",), ("nightly/2",)]
