"""Damaged runs: what can't be decoded is named and left out, and every other run is read as it was written."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet import compaction, file
from pytest_llmobs.storage.store import Store
from tests.unit.damage import WHOLE, damaged

Line = Callable[..., bytes]
RUNS = 60


@pytest.fixture
def whole(keep: Callable[..., Store], line: Line, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, bytes]:
    """A sealed file of three row groups, and its content."""
    monkeypatch.setattr(file, "GROUP_ROWS", RUNS // 3)
    chance = random.Random(7)
    lines = []
    for number in range(RUNS):
        words = "".join(chance.choices("abcdefg é", k=300))
        lines.append(line(number, inputs={"text": words}, outputs=[words[:9]], scores={"tone": number / 7}))
    (path,) = keep(*lines).layout.runs.rglob("*.parquet")
    assert pq.read_metadata(path).num_row_groups == 3
    return path, path.read_bytes()


def test_no_flipped_bit_goes_unseen_or_stops_the_rest(
    whole: tuple[Path, bytes], store: Store, keep: Callable[..., Store], line: Line
) -> None:
    path, content = whole
    keep(line(1000))
    written = {run.id: run for run in store.runs()}
    for seed in range(60):
        chance = random.Random(seed)
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        told: list[str] = []
        runs = list(Store(store.root, warn=told.append).runs())
        assert all(written[run.id] == run for run in runs)
        assert len(runs) in (1, RUNS // 3 + 1, RUNS // 3 * 2 + 1, RUNS + 1)
        if len(runs) <= RUNS:
            assert all(str(path) in message for message in told)
            assert told


def test_no_damage_stops_the_other_files(
    whole: tuple[Path, bytes],
    store: Store,
    keep: Callable[..., Store],
    line: Line,
    run_id: Callable[[int], str],
) -> None:
    path, content = whole
    keep(line(1000))
    for seed in range(40):
        path.write_bytes(damaged(content, seed))
        told: list[str] = []
        damaged_store = Store(store.root, warn=told.append)
        assert run_id(1000) in {run.id for run in damaged_store.runs("demo")}
        assert damaged_store.read_run(run_id(1000)).id == run_id(1000)
        assert sum(map(len, damaged_store.tables(["name"], limit=1, newest_first=True))) == 1
        assert sum(str(path) in message for message in told) <= 3


def test_a_few_bytes_that_claim_gigabytes_are_refused(
    store: Store, keep: Callable[..., Store], line: Line, told: list[str]
) -> None:
    (path,) = keep(line(1)).layout.runs.rglob("*.parquet")
    ones = pa.chunked_array([pa.nulls(1 << 20, pa.int64())] * 20)
    claiming = path.with_name("claiming.parquet")
    names = ["id", "trace_id", "start_time"]
    pq.write_table(pa.table([ones, ones, ones], names=names), claiming, row_group_size=1 << 28)
    assert claiming.stat().st_size < 200_000
    assert len(list(store.runs())) == 1
    (message,) = told
    assert f"{str(claiming)!r} can't be read: it claims 20,971,520 runs in " in message


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pa.table({"id": ["a"]}), "it lacks the columns trace_id, start_time"),
        (pa.table({"id": [1], "trace_id": [{"a": 1}], "start_time": ["x"]}), "can't be read"),
        (pa.table({"id": ["a"], "trace_id": ["a"], "start_time": ["no time"]}), "can't be read"),
    ],
)
def test_other_columns_and_types_are_named(
    store: Store, keep: Callable[..., Store], line: Line, told: list[str], table: pa.Table, reason: str
) -> None:
    (path,) = keep(line(1)).layout.runs.rglob("*.parquet")
    pq.write_table(table, path.with_name("other.parquet"))
    assert len(list(store.runs())) == 1
    assert [reason in message for message in told] == [True] * len(told)
    assert told


def test_a_date_that_python_has_no_form_for_costs_one_run(
    store: Store, keep: Callable[..., Store], line: Line, told: list[str], run_id: Callable[[int], str]
) -> None:
    keep(line(1), line(2, start_time=1 << 60, end_time=None), line(3))
    assert [run.id for run in store.runs()] == [run_id(1), run_id(3)]
    (message,) = told
    assert message.startswith(f"Run {run_id(2)!r} can't be read: ")


def test_text_that_is_no_utf_8_costs_its_rows_alone(
    whole: tuple[Path, bytes], store: Store, told: list[str]
) -> None:
    path, _ = whole
    table = pq.ParquetFile(path).read()
    names = table["name"].cast(pa.binary()).to_pylist()
    names[3] = b"\xff\xfe"
    broken = pa.array(names, pa.binary()).view(pa.string())
    pq.write_table(
        table.set_column(table.schema.get_field_index("name"), table.schema.field("name"), broken), path
    )
    assert len(list(store.runs())) == RUNS - 1
    assert any("1 run in row group 0" in message and "no UTF-8" in message for message in told)


@pytest.mark.parametrize("content", WHOLE, ids=range(len(WHOLE)))
def test_no_spool_stops_the_store(
    store: Store, layout: Layout, keep: Callable[..., Store], line: Line, content: bytes
) -> None:
    (layout.spool / "dead.jsonl").write_bytes(content)
    assert len(list(keep(line(1)).runs())) == 1


def test_damaged_lines_cost_themselves_alone(tmp_path: Path, line: Line) -> None:
    content = b"".join(line(number, inputs={"n": number}) for number in range(20))
    for seed in range(60):
        told: list[str] = []
        layout = Layout(tmp_path / str(seed))
        layout.create()
        flipped = bytearray(content)
        chance = random.Random(seed)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (layout.spool / "dead.jsonl").write_bytes(flipped)
        assert len(list(Store(layout.root, warn=told.append).runs())) >= 18


def test_merging_leaves_a_damaged_file_as_it_is(
    store: Store, keep: Callable[..., Store], line: Line, run_id: Callable[[int], str]
) -> None:
    for number in range(6):
        keep(line(number, inputs={"text": "x" * 500}))
    damaged_file = sorted(store.layout.runs.rglob("*.parquet"))[2]
    (lost,) = pq.ParquetFile(damaged_file).read(["id"])["id"].to_pylist()
    content = bytearray(damaged_file.read_bytes())
    content[len(content) // 8] ^= 1
    damaged_file.write_bytes(content)
    assert compaction.compact(store.layout, many=6) == 5
    assert damaged_file.read_bytes() == content
    ids = {run.id for run in Store(store.root, warn=lambda message: None).runs()}
    assert ids | {lost} == {run_id(number) for number in range(6)}
