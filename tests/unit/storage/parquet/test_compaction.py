from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pytest_llmobs.storage.parquet import compaction
from pytest_llmobs.storage.parquet.compaction import compact
from pytest_llmobs.storage.spool.rotation import Rotation
from pytest_llmobs.storage.store import Store

Line = Callable[..., bytes]


@pytest.fixture
def scattered(store: Store, line: Line) -> Store:
    """Eight files of three runs in one project, two in another."""
    for part in range(10):
        spool = store.spool()
        for number in range(3):
            project = "demo" if part < 8 else "other"
            spool.append(
                line(part * 3 + number, inputs={"n": part * 3 + number}, project=project, scores={"a": 1.0})
            )
        spool.close()
    return store


def files(store: Store) -> list[Path]:
    return sorted(store.layout.runs.rglob("*.parquet"))


def test_small_files_become_one_with_the_same_runs(scattered: Store) -> None:
    before = list(scattered.runs())
    assert compact(scattered.layout, many=8) == 8
    assert list(scattered.runs()) == before
    merged, *others = files(scattered)
    assert "+" in merged.name
    assert len(others) == 2
    assert pq.read_metadata(merged).num_row_groups == 1
    assert list(scattered.layout.spool.glob("*.tmp")) == []


def test_few_files_and_large_ones_stay(scattered: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(scattered)
    assert compact(scattered.layout, many=9) == 0
    monkeypatch.setattr("pytest_llmobs.storage.parquet.files.merging.SMALL", 100)
    assert compact(scattered.layout, many=2) == 0
    assert files(scattered) == before


def test_merged_files_are_merged_again(scattered: Store, line: Line, run_id: Callable[[int], str]) -> None:
    compact(scattered.layout, many=8)
    spool = scattered.spool()
    spool.append(line(99))
    spool.close()
    compact(scattered.layout, many=2)
    assert len(files(scattered)) == 2
    assert len({run.id for run in scattered.runs("demo")}) == 25
    assert scattered.read_run(run_id(99)).id == run_id(99)


@pytest.mark.parametrize("again", [False, True])
def test_a_crash_before_the_old_files_are_deleted_doubles_nothing(
    scattered: Store, tmp_path: Path, again: bool
) -> None:
    before = list(scattered.runs())
    old = tmp_path / "old"
    shutil.copytree(scattered.layout.partition("demo"), old)
    compact(scattered.layout, many=8)
    if again:
        compact(scattered.layout, many=1)
    for path in old.iterdir():
        shutil.copy(path, scattered.layout.partition("demo") / path.name)
    assert list(scattered.runs()) == before
    assert scattered.read_run(before[0].id, load_children=False) == before[0]
    assert compact(scattered.layout, many=100) == 8
    assert len(files(scattered)) == (2 if again else 3)
    assert list(scattered.runs()) == before


def test_half_written_files_are_cleaned_up(scattered: Store) -> None:
    leftover = scattered.layout.spool / "merge-abc.tmp"
    leftover.write_bytes(b"PAR1 half")
    compact(scattered.layout)
    assert not leftover.exists()


def test_a_file_whose_spool_is_still_there_is_left_alone(scattered: Store) -> None:
    first = files(scattered)[0]
    (scattered.layout.spool / f"{first.stem}.jsonl").write_bytes(b"")
    compact(scattered.layout, many=2)
    assert first.exists()


def test_damaged_files_are_left_alone(scattered: Store) -> None:
    first = files(scattered)[0]
    first.write_bytes(b"no parquet")
    compact(scattered.layout, many=2)
    assert first.read_bytes() == b"no parquet"
    first.unlink()
    assert len(list(scattered.runs())) == 27


def test_a_disk_that_refuses_leaves_everything_as_it_was(
    scattered: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(scattered)

    def refuse(paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pytest_llmobs.storage.parquet.files.writer.sync", refuse)
    with pytest.raises(OSError, match="No space"):
        compact(scattered.layout, many=2)
    assert files(scattered) == before
    assert list(scattered.layout.spool.glob("*.tmp")) == []


def test_reading_while_files_are_sealed_and_merged_sees_every_run_once(store: Store, line: Line) -> None:
    sealed = 0
    failures: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            least = sealed
            found = [run.id for run in Store(store.root).runs(payloads=False)]
            if len(found) < least or len(set(found)) != len(found):
                failures.append((least, found))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        spool = store.spool()
        spool.append(line(number))
        spool.close()
        sealed = number + 1
        compact(store.layout, many=2)
    done.set()
    reader.join()
    assert failures == []
    assert len(files(store)) == 1


def test_a_long_lived_process_merges_what_it_has_sealed(store: Store, line: Line, monkeypatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 3)
    spool = store.spool(rotation=Rotation(max_bytes=1, interval=0.001))
    for number in range(12):
        spool.append(line(number))
        path = spool.path
        while spool.path == path:
            spool.rotate()
    spool.close()
    assert len(files(store)) < 4
    assert len(list(store.runs())) == 12


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_reading_that_is_under_way_goes_on_in_the_merged_file(
    scattered: Store, run_id: Callable[[int], str], monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    monkeypatch.setattr("pytest_llmobs.storage.parquet.parts.WINDOW_BYTES", 1)
    reading = scattered.runs("demo", newest_first=newest_first, limit=20)
    found = [next(reading).id for _ in range(5)]
    compact(scattered.layout, many=2)
    found += [run.id for run in reading]
    assert found == sorted((run_id(number) for number in range(24)), reverse=newest_first)[:20]
