from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool import sealing
from pytest_llmobs.storage.spool.sealing import seal
from pytest_llmobs.storage.spool.segment import Segment

Line = Callable[..., bytes]
SECRET = "sk-ant-secret-0123456789"


@pytest.fixture
def segment(layout: Layout) -> Segment:
    return Segment.create(layout.spool, "t")


def files(layout: Layout) -> list[str]:
    return sorted(
        str(p.relative_to(layout.root)) for p in layout.root.rglob("*") if p.is_file() and p.name[0] != "."
    )


def read(path: Path) -> list[dict[str, Any]]:
    return pq.ParquetFile(path).read().to_pylist()


def test_a_spool_becomes_one_file_a_project_named_after_it(
    layout: Layout, segment: Segment, line: Line
) -> None:
    segment.file.write(
        line(1) + line(2, project="a b") + line(3) + line(4, project=None) + line(5, project="")
    )
    sealed = seal(segment, layout)
    assert (sealed.rows, sealed.rejected, sealed.corrupt) == (5, 0, None)
    name = segment.stem + ".parquet"
    assert files(layout) == [f"runs/project={project}/{name}" for project in ("a%20b", "default", "demo")]
    assert len(read(layout.partition("demo") / name)) == 2


def test_unreadable_lines_are_kept_aside_and_told_once(
    layout: Layout, segment: Segment, line: Line, patch: Line, told: list[str]
) -> None:
    broken = line(3, retries="x")
    segment.file.write(
        line(1) + b"garbage\n" + broken + patch(9, attempt="consumed") + line(2) + line(4)[:-5]
    )
    sealed = seal(segment, layout, warn=told.append)
    assert (sealed.rows, sealed.rejected) == (3, 3)
    assert sealed.corrupt is not None
    kept = sealed.corrupt.read_bytes()
    assert kept.startswith(b"garbage\n" + b'{"patch":') or b"garbage\n" in kept
    assert broken in kept
    assert b'"patch":' in kept
    assert told == [
        f"3 lines of the spool {segment.path.name!r} could not be read, or not whole. They are kept in "
        f"{str(sealed.corrupt)!r}: look at them, then delete that file."
    ]


def test_a_spool_of_garbage_makes_no_parquet(layout: Layout, segment: Segment, told: list[str]) -> None:
    segment.file.write(b"garbage\n")
    sealed = seal(segment, layout, warn=told.append)
    assert (sealed.rows, sealed.files) == (0, [])
    assert files(layout) == [f"spool/{segment.stem}.corrupt"]


def test_sealing_again_after_a_crash_makes_no_duplicates(
    layout: Layout, segment: Segment, line: Line, tmp_path: Path
) -> None:
    segment.file.write(line(1) + line(2, project="other") + b"garbage\n")
    copy = tmp_path / "copy"
    shutil.copy(segment.path, copy)
    seal(segment, layout, warn=lambda message: None)
    before = files(layout)
    # What a crash before the deletion leaves: Parquet in place, the spool file still there, half-written files.
    shutil.copy(copy, segment.path)
    (layout.spool / f"{segment.stem}.0.tmp").write_bytes(b"PAR1 half")
    again = Segment.claim(segment.path)
    assert again is not None
    assert seal(again, layout, warn=lambda message: None).rows == 2
    assert files(layout) == before
    assert sum(len(read(path)) for path in layout.runs.rglob("*.parquet")) == 2


def test_a_patch_far_behind_its_run_is_applied(
    layout: Layout, segment: Segment, line: Line, patch: Line
) -> None:
    segment.file.write(
        b"".join(line(number, attempt="unused") for number in range(2500)) + patch(3, attempt="consumed")
    )
    (path,) = seal(segment, layout).files
    rows = read(path)
    assert len(rows) == 2500
    assert [row["attempt"] for row in rows[2:5]] == ["unused", "consumed", "unused"]


def test_a_line_that_lands_while_sealing_is_not_lost(
    layout: Layout, segment: Segment, line: Line, monkeypatch
) -> None:
    write = segment.file.write
    write(line(1))
    publish = sealing._Sealing._publish

    def late(self: Any) -> None:
        monkeypatch.undo()
        write(line(2))
        publish(self)

    monkeypatch.setattr(sealing._Sealing, "_publish", late)
    assert seal(segment, layout).rows == 2


def test_a_failure_keeps_the_spool_and_cleans_up(layout: Layout, segment: Segment, line: Line) -> None:
    segment.file.write(line(1) + line(2, project="other"))
    (layout.partition("other")).write_text("in the way")
    with pytest.raises(OSError):
        seal(segment, layout)
    assert segment.path.exists()
    assert list(layout.spool.glob("*.tmp")) == []
    (layout.partition("other")).unlink()
    assert seal(segment, layout).rows == 2


def test_row_groups_are_bounded_by_rows_and_bytes(layout: Layout, segment: Segment, line: Line) -> None:
    segment.file.write(b"".join(line(number) for number in range(4100)))
    (path,) = seal(segment, layout).files
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [2000, 2000, 100]
    segment = Segment.create(layout.spool, "t")
    segment.file.write(b"".join(line(number, inputs="x" * 3_000_000) for number in range(4)))
    (path,) = seal(segment, layout).files
    assert pq.read_metadata(path).num_row_groups == 2


def test_footers_hold_no_text(layout: Layout, segment: Segment, line: Line) -> None:
    secret = {"text": SECRET}
    columns: dict[str, Any] = dict.fromkeys(
        ("error", "name", "model", "nodeid", "example_id", "suite"), SECRET
    )
    segment.file.write(
        line(1, inputs=secret, outputs=secret, metadata=secret, params=secret, tags=[SECRET], **columns)
    )
    (path,) = seal(segment, layout).files
    content = path.read_bytes()
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") :]
    assert b"start_time" in footer
    assert SECRET.encode() not in footer
    metadata = pq.read_metadata(path)
    group = metadata.row_group(0)
    with_statistics = {
        group.column(i).path_in_schema for i in range(group.num_columns) if group.column(i).is_stats_set
    }
    assert "start_time" in with_statistics
    assert with_statistics.isdisjoint({"inputs", "outputs", "error", "metadata", "params", "name", "nodeid"})
    assert group.column(0).compression == "ZSTD"


def test_payload_bytes_survive_untouched(layout: Layout, segment: Segment, line: Line) -> None:
    payload = '{"ü":1.0e2,  "emoji":"\\ud83d\\ude00", "nested":{"id":"x"}}'.encode()
    segment.file.write(line(1, inputs=payload, outputs=payload))
    (path,) = seal(segment, layout).files
    (row,) = read(path)
    assert row["inputs"].encode() == payload
    assert row["outputs"].encode() == payload


def test_files_are_readable_for_the_owner_alone_when_the_umask_says_so(
    layout: Layout, segment: Segment, line: Line
) -> None:
    before = os.umask(0o077)
    try:
        segment.file.write(line(1))
        (path,) = seal(segment, layout).files
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o077 == 0
