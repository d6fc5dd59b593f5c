from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.parquet.schema import VERSION_KEY
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]


def moment(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=1_763_900_000_000_000 + number * 1_000_000
    )


def test_naming_a_store_makes_no_folder(store: Store) -> None:
    assert list(store.runs()) == []
    assert store.projects() == []
    assert store.seal() == 0
    assert not store.root.exists()


def test_writing_imports_nothing_heavy(python) -> None:
    done = python(
        "import sys\n"
        "from pytest_llmobs.storage.store import Store\n"
        "store = Store('.llmobs')\n"
        "spool = store.spool('s')\n"
        "spool.append(b'x\\n')\n"
        "heavy = {'pyarrow', 'filelock', 'anthropic', 'pydantic_core', 'pytest_llmobs.storage.feedback.log'}\n"
        "heavy |= {'pytest_llmobs.storage.filtering', 'pytest_llmobs.records.conditions'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_run_comes_back_whole(keep, line: Line, run_id: Id) -> None:
    store = keep(
        line(
            1,
            inputs={"q": "ü"},
            outputs={"a": [1, None]},
            run_type="llm",
            status="error",
            error="ValueError: no",
            metadata={"tier": "gold"},
            tags=["a"],
            model="m",
            provider="p",
            stop_reason="end_turn",
            request_id="r",
            retries=2,
            time_to_first_token=0.1,
            input_tokens=3,
            output_tokens=4,
            cache_read_tokens=2,
            total_cost=0.5,
            input_cost=0.125,
            output_cost=0.375,
            params={"max_tokens": 5},
            suite="t.py::t",
            example_id="e",
            repeat=1,
            scores={"tone": 0.5},
            attempt="consumed",
        )
    )
    (run,) = store.runs()
    assert (run.id, run.trace_id, run.parent_id, run.project) == (run_id(1), run_id(1), None, "demo")
    assert (run.start_time, run.latency) == (moment(1), 0.25)
    assert (run.inputs, run.outputs) == ({"q": "ü"}, {"a": [1, None]})
    assert (run.status, run.error, run.run_type) == ("error", "ValueError: no", "llm")
    assert (run.metadata, run.tags) == ({"tier": "gold"}, ("a",))
    assert (run.model, run.provider, run.stop_reason, run.request_id) == ("m", "p", "end_turn", "r")
    assert (run.retries, run.time_to_first_token) == (2, 0.1)
    assert (run.usage.input_tokens, run.usage.cache_read_tokens, run.total_tokens) == (3, 2, 7)
    assert (run.usage.total_cost, run.usage.input_cost, run.usage.output_cost) == (0.5, 0.125, 0.375)
    assert run.columns == {
        "params": {"max_tokens": 5},
        "suite": "t.py::t",
        "example_id": "e",
        "repeat": 1,
        "scores": {"tone": 0.5},
        "attempt": "consumed",
    }


def test_runs_with_nothing_but_the_necessary_have_defaults(keep) -> None:
    store = keep(b'{"id":"a","trace_id":"a","start_time":1}\t[1]\t"x"\n')
    (run,) = store.runs()
    assert (run.name, run.run_type, run.status, run.project) == ("", "chain", "success", "default")
    assert (run.inputs, run.outputs) == ({"input": [1]}, {"output": "x"})
    assert (run.end_time, run.latency, run.columns) == (None, None, {})


def test_runs_come_in_order_of_their_start_over_files_and_projects(
    store: Store, line: Line, run_id: Id
) -> None:
    spools = [store.spool(str(k)) for k in range(3)]
    for number in (5, 1, 4, 2, 3, 0):
        spools[number % 3].append(line(number, project=f"p{number % 2}"))
    for spool in spools:
        spool.close()
    assert [run.id for run in store.runs()] == [run_id(n) for n in range(6)]
    assert [run.project for run in store.runs()] == ["p0", "p1"] * 3
    assert [run.id for run in store.runs(newest_first=True)] == [run_id(n) for n in (5, 4, 3, 2, 1, 0)]
    assert [run.id for run in store.runs(limit=2)] == [run_id(0), run_id(1)]
    assert [run.id for run in store.runs(newest_first=True, limit=2)] == [run_id(5), run_id(4)]
    assert [run.id for run in store.runs("p1")] == [run_id(n) for n in (1, 3, 5)]
    assert list(store.runs("nobody")) == []
    assert list(store.runs(limit=0)) == []
    assert store.projects() == ["p0", "p1"]


def test_many_windows_give_every_run_once(keep, line: Line, run_id: Id, monkeypatch) -> None:
    from pytest_llmobs.storage.parquet import parts

    monkeypatch.setattr(parts, "WINDOW_BYTES", 1)
    # Every five runs start at the same moment, so windows meet within equal starts.
    store = keep(*(line(n, start_time=1_763_900_000_000_000 + n // 5) for n in range(203)))
    for newest_first in (False, True):
        found = [run.id for run in store.runs(newest_first=newest_first)]
        assert found == sorted((run_id(n) for n in range(203)), reverse=newest_first)
        assert [run.id for run in store.runs(newest_first=newest_first, limit=77)] == found[:77]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {1, 2, 3, 4}),
        ({"run_type": "llm"}, {2}),
        ({"run_type": ["llm", "tool"]}, {2, 3}),
        ({"is_root": True}, {1, 4}),
        ({"is_root": False}, {2, 3}),
        ({"error": True}, {4}),
        ({"error": False}, {1, 2, 3}),
        ({"status": "error"}, {4}),
        ({"suite": "t.py::t", "example_id": "e1"}, {1}),
        ({"example_id": ["e1", "e2"]}, {1, 4}),
        ({"example_id": []}, set()),
        ({"start_time": moment(3)}, {3, 4}),
        ({"before": moment(3)}, {1, 2}),
        ({"start_time": moment(2), "before": moment(3)}, {2}),
        ({"name": "nobody"}, set()),
    ],
)
def test_filters(keep, line: Line, run_id: Id, filters, expected: set[int]) -> None:
    store = keep(
        line(1, suite="t.py::t", example_id="e1"),
        line(2, trace_id=run_id(1), parent_id=run_id(1), run_type="llm"),
        line(3, trace_id=run_id(1), parent_id=run_id(2), run_type="tool"),
        line(4, suite="t.py::t", example_id="e2", status="error", error="no"),
    )
    assert {run.id for run in store.runs(**filters)} == {run_id(n) for n in expected}


def test_payloads_can_be_left_out(keep, line: Line) -> None:
    (run,) = keep(line(1, inputs={"q": 1}, outputs={"a": 1}, model="m")).runs(payloads=False)
    assert (run.inputs, run.outputs, run.model) == ({}, None, "m")


def test_tables_hold_the_columns_asked_for(keep, line: Line) -> None:
    (table,) = keep(line(1, input_tokens=3)).tables(["model", "total_tokens"])
    assert table.select(["project", "model", "total_tokens"]).to_pylist() == [
        {"project": "demo", "model": None, "total_tokens": 3}
    ]
    with pytest.raises(StoreError, match=r"Unknown column 'tokens'\.|Unknown column 'tokens' .*"):
        next(keep(line(2)).tables(["tokens"]))


def test_a_damaged_file_is_named_and_the_others_are_read(
    keep, line: Line, run_id: Id, told: list[str]
) -> None:
    store = keep(line(1))
    (path,) = store.root.rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    keep(line(2))
    for _ in range(2):
        assert [run.id for run in store.runs()] == [run_id(2)]
        assert store.read_run(run_id(2)).id == run_id(2)
    (message,) = told
    assert message.startswith(f"{str(path)!r} can't be read: ")
    assert message.endswith("move it out of the store; no other file needs it. It is left out.")


def test_a_newer_schema_asks_for_an_upgrade(keep, line: Line, told: list[str]) -> None:
    store = keep(line(1))
    (path,) = store.root.rglob("*.parquet")
    table = pq.ParquetFile(path).read()
    pq.write_table(table.replace_schema_metadata({VERSION_KEY: b"2"}), path)
    assert list(store.runs()) == []
    (message,) = told
    assert "was written by a newer version (schema 2, this one reads up to 1). Upgrade" in message


def test_a_file_of_an_older_schema_reads_with_nulls(keep, line: Line) -> None:
    store = keep(line(1, inputs={"q": 1}, model="m"))
    (path,) = store.root.rglob("*.parquet")
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["model", "scores", "tags"]), path)
    (run,) = store.runs()
    assert (run.model, run.tags, run.inputs) == (None, (), {"q": 1})


def test_a_column_that_holds_no_json_is_named(keep, line: Line, run_id: Id, told: list[str]) -> None:
    store = keep(line(1, inputs=b"{broken"), line(2))
    assert [run.id for run in store.runs()] == [run_id(2)]
    (message,) = told
    assert message.startswith(f"Run '{run_id(1)}': its column 'inputs' holds no JSON")


def test_the_store_works_below_a_folder_with_strange_names(tmp_path: Path, line: Line) -> None:
    store = Store(tmp_path / "a b=c%20ü" / ".llmobs")
    spool = store.spool("a/b")
    spool.append(line(1, project="proj/é=1 %"))
    spool.close()
    assert store.projects() == ["proj/é=1 %"]
    assert [run.project for run in store.runs("proj/é=1 %")] == ["proj/é=1 %"]


def test_reading_takes_time_in_proportion_to_what_is_asked_for(keep, line: Line) -> None:
    store = keep(*(line(n, inputs={"text": "x" * 200}) for n in range(6000)))
    started = time.process_time()
    assert sum(1 for _ in store.runs()) == 6000
    everything = time.process_time() - started
    started = time.process_time()
    assert sum(1 for _ in store.runs(limit=10)) == 10
    assert time.process_time() - started < everything / 2
