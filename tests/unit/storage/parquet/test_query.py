"""Scans: in order of time over parts that overlap, bounded, lazy, and told of afterwards."""

from __future__ import annotations

import random
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pytest_llmobs.records.conditions import RunFilter
from pytest_llmobs.records.run_stats import RunStats
from pytest_llmobs.storage import stored_runs
from pytest_llmobs.storage.parquet import file, runs_file, unordered
from pytest_llmobs.storage.parquet.report import ScanReport
from pytest_llmobs.storage.parquet.runs_file import RunsFile
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]
Id = Callable[[int], str]
START = 1_763_900_000_000_000
ERRORS = RunFilter(run='eq(status, "error")')


def moment(number: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START + number * 1_000_000)


@pytest.fixture
def overlapping(
    store: Store, line: Line, monkeypatch: pytest.MonkeyPatch
) -> tuple[Store, list[tuple[int, str]]]:
    """Six files of several row groups whose times overlap at random, many starts the same; and a living spool."""
    monkeypatch.setattr(file, "GROUP_ROWS", 7)
    chance = random.Random(5)
    written: list[tuple[int, str]] = []
    for number in range(7):
        spool = store.spool(str(number))
        for place in range(chance.randrange(1, 16)):
            key = number * 100 + place
            start = START + chance.randrange(30) * 1_000_000
            status = "error" if chance.random() < 0.3 else "success"
            one = line(key, start_time=start, end_time=start + 1, status=status, inputs={"n": key})
            written.append((start, one.decode()[7:43]))
            spool.append(one)
        if number < 6:
            spool.close()
    return store, written


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("window", [1, 2000, 1 << 23])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("payloads", [False, True])
def test_overlapping_files_come_in_order_each_run_once(
    overlapping: tuple[Store, list[tuple[int, str]]],
    monkeypatch: pytest.MonkeyPatch,
    window: int,
    newest_first: bool,
    payloads: bool,
) -> None:
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", window)
    store, written = overlapping
    expected = [id for _, id in sorted(written, reverse=newest_first)]
    runs = list(store.runs(newest_first=newest_first, payloads=payloads))
    assert [run.id for run in runs] == expected
    assert all(run.inputs == ({"n": int(run.id[-12:], 16)} if payloads else {}) for run in runs)
    errors = [run.id for run in runs if run.status == "error"]
    for limit in (1, 30):
        limited = store.runs(newest_first=newest_first, payloads=payloads, limit=limit)
        assert [run.id for run in limited] == expected[:limit]
        found = store.runs(filter=ERRORS, newest_first=newest_first, payloads=payloads, limit=limit)
        assert [run.id for run in found] == errors[:limit]
    assert [run.id for run in store.runs(filter=ERRORS, newest_first=newest_first)] == errors


def test_tables_without_order_hold_the_same_rows(overlapping: tuple[Store, list[tuple[int, str]]]) -> None:
    store, written = overlapping
    tables = list(store.tables(["id", "project", "inputs"], ordered=False))
    assert {name for table in tables for name in table.column_names} == {"id", "project", "inputs"}
    ids = pa.concat_tables(tables)["id"].to_pylist()
    assert sorted(ids) == sorted(id for _, id in written)
    errors = [run.id for run in store.runs(filter=ERRORS)]
    found = pa.concat_tables(store.tables(["id", "outputs"], ordered=False, filter=ERRORS))["id"].to_pylist()
    assert sorted(found) == sorted(errors)
    assert sum(map(len, store.tables(["id"], ordered=False, limit=11))) == 11


def test_only_what_is_asked_for_is_read(keep: Callable[..., Store], line: Line, run_id: Id) -> None:
    for number in range(10):
        keep(*(line(number * 100 + k, inputs={"n": k}) for k in range(20)))
    store = keep()
    report = ScanReport()
    first = next(store.runs(newest_first=True, report=report))
    assert first.id == run_id(919)
    assert report.files == 10
    assert report.read_files == report.read_groups <= 3
    assert report.scanned_rows <= 60


def test_a_scan_tells_what_the_statistics_saved(keep: Callable[..., Store], line: Line) -> None:
    for number in range(10):
        keep(*(line(number * 100 + k) for k in range(20)))
    store = keep()
    report = ScanReport()
    found = list(store.runs(start_time=moment(800), before=moment(810), report=report))
    assert len(found) == report.rows == 10
    assert (report.files, report.skipped_files, report.read_files) == (10, 9, 1)
    assert (report.groups, report.skipped_groups, report.read_groups) == (10, 9, 1)
    assert "start_time >= " in report.pushdown
    report = ScanReport()
    spool = store.spool()
    spool.append(line(805, id="f" * 36))
    assert (
        sum(map(len, store.tables(["id"], ordered=False, start_time=moment(800), report=report))) == 121 - 80
    )
    assert (report.unsealed, report.skipped_groups) == (1, 8)


def test_several_projects_are_read_as_one(store: Store, line: Line, run_id: Id) -> None:
    for number in range(6):
        spool = store.spool()
        spool.append(line(number, project=f"p{number % 3}"))
        if number != 4:
            spool.close()
    assert [run.id for run in store.runs(["p0", "p1"])] == [run_id(number) for number in (0, 1, 3, 4)]
    assert [run.id for run in store.runs(("p1", "nobody", "p1"))] == [run_id(1), run_id(4)]
    assert list(store.runs([])) == []


def test_some_columns_alone_can_be_read(keep: Callable[..., Store], line: Line) -> None:
    store = keep(line(1, inputs={"q": 1}, model="m", metadata={"a": 1}))
    (run,) = store.runs(columns=["model"])
    assert (run.model, run.inputs, run.metadata, run.project) == ("m", {}, {}, "demo")
    (run,) = store.runs(columns=["inputs"])
    assert (run.model, run.inputs) == (None, {"q": 1})


@pytest.mark.parametrize("ordered", [False, True])
def test_a_file_that_is_removed_meanwhile_is_gone_by_intent(
    keep: Callable[..., Store],
    line: Line,
    run_id: Id,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    ordered: bool,
) -> None:
    monkeypatch.setattr(stored_runs, "SMALL", 0)
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", 1)
    for number in range(8):
        keep(line(number))
    store = keep()
    reading = iter(store.tables(["id"], ordered=ordered))
    ids = next(reading)["id"].to_pylist()
    removed = 7 if run_id(7) not in ids else 6
    (path,) = (
        path for path in store.layout.runs.rglob("*.parquet") if run_id(removed).encode() in path.read_bytes()
    )
    path.unlink()
    for table in reading:
        ids += table["id"].to_pylist()
    # In no order, a few files are read ahead of what is asked for.
    assert len(set(ids)) == len(ids)
    assert {run_id(number) for number in range(8) if number != removed} <= set(ids)
    assert not ordered or run_id(removed) not in ids
    assert told == []


def rewrite(path: Path, row_group_size: int, rows: int) -> None:
    """Put a file with the first rows of another in its place, in one step."""
    import pyarrow.parquet as pq

    temporary = path.with_suffix(".tmp")
    pq.write_table(pq.ParquetFile(path).read()[:rows], temporary, row_group_size=row_group_size)
    temporary.replace(path)


def test_counting_takes_a_large_file_as_it_is_once_its_turn_comes(
    keep: Callable[..., Store], line: Line, run_id: Id, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_runs, "SMALL", 0)
    monkeypatch.setattr(unordered, "_AHEAD_BYTES", 1)
    monkeypatch.setattr(unordered, "thread_count", lambda: 1)
    for number in range(0, 16, 2):
        keep(line(number), line(number + 1))
    store = keep()
    reading = store.tables(["id"], ordered=False)
    ids = next(reading)["id"].to_pylist()
    last = max(store.layout.runs.rglob("*.parquet"))
    (gone,) = (number for number in range(1, 16, 2) if run_id(number).encode() in last.read_bytes())
    rewrite(last, 100, rows=1)
    for table in reading:
        ids += table["id"].to_pylist()
    assert sorted(ids) == [run_id(number) for number in range(16) if number != gone]
    assert told == []


def test_counting_reads_a_large_file_from_beginning_to_end_though_it_is_rewritten(
    keep: Callable[..., Store], line: Line, run_id: Id, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_runs, "SMALL", 0)
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", 1)
    monkeypatch.setattr(unordered, "_AHEAD_BYTES", 1)
    monkeypatch.setattr(unordered, "thread_count", lambda: 1)
    store = keep(*map(line, range(8)))
    (path,) = store.layout.runs.rglob("*.parquet")
    rewrite(path, 1, rows=8)
    reading = store.tables(["id"], ordered=False)
    ids = next(reading)["id"].to_pylist()
    assert len(ids) == 1
    rewrite(path, 1, rows=4)
    for table in reading:
        ids += table["id"].to_pylist()
    assert sorted(ids) == [run_id(number) for number in range(8)]
    assert told == []


def test_counting_in_many_large_files_holds_few_of_them_open(
    keep: Callable[..., Store], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_runs, "SMALL", 0)
    for number in range(60):
        keep(line(number))
    store = keep()
    pinned = RunsFile.pinned
    held: weakref.WeakValueDictionary[int, RunsFile] = weakref.WeakValueDictionary()
    most = 0

    def counting(file: RunsFile) -> RunsFile:
        nonlocal most
        opened = pinned(file)
        held[id(opened)] = opened
        most = max(most, len(held))
        return opened

    monkeypatch.setattr(RunsFile, "pinned", counting)
    assert sum(map(len, store.tables(["id"], ordered=False))) == 60
    assert 0 < most < 30


@pytest.mark.parametrize("pinned", [0, 200])
def test_counting_goes_on_though_all_files_are_merged_meanwhile(
    keep: Callable[..., Store], line: Line, monkeypatch: pytest.MonkeyPatch, pinned: int
) -> None:
    from pytest_llmobs.storage.parquet.compaction import compact

    monkeypatch.setattr("pytest_llmobs.storage.stored_runs._MOST_PINNED", pinned)
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", 1)
    for number in range(12):
        keep(line(number))
    store = keep()
    reading = store.tables(["id"], ordered=False)
    ids = next(reading)["id"].to_pylist()
    assert compact(store.layout, many=2) == 12
    for table in reading:
        ids += table["id"].to_pylist()
    assert len(ids) == len(set(ids)) == 12


def test_a_file_without_statistics_is_read_all_the_same(
    keep: Callable[..., Store], line: Line, run_id: Id, told: list[str]
) -> None:
    import pyarrow.parquet as pq

    store = keep(*(line(number) for number in range(5)))
    (path,) = store.layout.runs.rglob("*.parquet")
    pq.write_table(pq.ParquetFile(path).read(), path, write_statistics=False)
    assert [run.id for run in store.runs(newest_first=True)] == [run_id(number) for number in (4, 3, 2, 1, 0)]
    assert store.read_run(run_id(3)).id == run_id(3)
    assert told == []


def test_footers_are_read_once_while_files_stay(
    keep: Callable[..., Store], line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = keep(line(1))
    opened: list[Path] = []
    open_file = RunsFile.open

    def counting(path: Path, *arguments: object, **options: object) -> RunsFile:
        opened.append(path)
        return open_file(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(RunsFile, "open", counting)
    for _ in range(3):
        assert len(list(store.runs())) == 1
    assert len(opened) == 1
    keep(line(2))
    assert len(list(store.runs())) == 2
    assert len(opened) == 2


@pytest.mark.parametrize(("small", "most"), [(0, 200), (1 << 40, 200), (1 << 40, 0)])
def test_further_scans_with_a_condition_read_no_footer(
    keep: Callable[..., Store], line: Line, monkeypatch: pytest.MonkeyPatch, small: int, most: int
) -> None:
    # Held open at its turn, held open from the beginning, or read in order.
    monkeypatch.setattr(stored_runs, "SMALL", small)
    monkeypatch.setattr(stored_runs, "_MOST_PINNED", most)
    read: list[Path] = []
    make_fragment = runs_file._make_fragment

    def counting(path: Path, *arguments: object) -> object:
        read.append(path)
        return make_fragment(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(runs_file, "_make_fragment", counting)
    store = keep(line(1), line(2, status="error"))
    for _ in range(3):
        assert store.run_stats(filter=ERRORS).run_count == 1
    assert len(read) == 1


def test_statistics_of_runs(keep: Callable[..., Store], line: Line, store: Store) -> None:
    assert store.run_stats() == RunStats()
    runs = []
    for number in range(101):
        start = START + number * 1_000_000
        tokens = {"input_tokens": 10, "output_tokens": 5, "total_cost": 0.25} if number % 2 else {}
        if number in (1, 3):  # two streams
            tokens["time_to_first_token"] = number / 2
        status = "error" if number < 2 else "success"
        runs.append(line(number, end_time=start + number * 10_000, status=status, **tokens))
    store = keep(*runs, line(200, end_time=None, project="other"))
    stats = store.run_stats("demo")
    assert (stats.run_count, stats.error_rate) == (101, 2 / 101)
    assert (stats.latency_p50, stats.latency_p99) == (pytest.approx(0.5), pytest.approx(0.99))
    assert (stats.first_token_p50, stats.first_token_p99) == (1.0, pytest.approx(1.49))
    assert (stats.cost_p50, stats.cost_p99) == (0.25, 0.25)
    assert store.run_stats("demo", traces=True).cost_p50 is None
    assert (stats.first_start_time, stats.last_start_time) == (moment(0), moment(100))
    assert (stats.total_tokens, stats.input_tokens, stats.output_tokens) == (750, 500, 250)
    assert (stats.total_cost, stats.input_cost) == (12.5, None)
    assert store.run_stats("demo", filter=ERRORS).run_count == 2
    assert store.run_stats(status="error", before=moment(1)).run_count == 1
    other = store.run_stats("other")
    assert (other.run_count, other.latency_p50, other.total_tokens) == (1, None, None)
    assert {name: store.run_stats(name) for name in store.projects()} == {"demo": stats, "other": other}
    assert store.run_stats("nobody") == RunStats()


def test_a_percentile_lies_between_two_latencies_in_proportion(
    keep: Callable[..., Store], line: Line
) -> None:
    store = keep(
        *(line(number, end_time=START + number * 1_000_000 + number * 1_000_000) for number in (1, 2))
    )
    assert store.run_stats().latency_p50 == pytest.approx(1.5)
    assert store.run_stats().latency_p99 == pytest.approx(1.99)
