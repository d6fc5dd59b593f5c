"""Spool files of feedback become Parquet, whatever is wrong with them, and no event shows twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.storage.feedback.lines import write_event
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.feedback.merging import merge_parts
from pytest_llmobs.storage.feedback.sealing import part_of
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool.segment import TORN

Event = Callable[..., dict[str, Any]]
Abandoned = Callable[..., Path]


def numbers(log: FeedbackLog) -> list[int]:
    return sorted(int(id[-12:], 16) for id in log.current()["id"].to_pylist())


def test_duckdb_reads_what_was_sealed(layout: Layout, sealed: Abandoned, event: Event) -> None:
    sealed(event(1, score=0.25), event(2, score=0.75), event(3, key="tone", value="rude"))
    rows = duckdb.sql(
        f"select key, avg(score), count(*) from read_parquet('{layout.feedback}/*.parquet') group by key order by key"
    ).fetchall()
    assert rows == [("tone", None, 1), ("user_rating", 0.5, 2)]


def test_the_line_that_a_kill_tore_is_left_out(log: FeedbackLog, abandoned: Abandoned, event: Event) -> None:
    path = abandoned(event(1), write_event(event(2))[:-20])
    assert numbers(log) == [1]
    assert log.recover() == 1
    assert not path.exists()
    assert numbers(log) == [1]


def test_a_line_that_the_disk_cut_short_follows_whole(
    log: FeedbackLog, abandoned: Abandoned, event: Event, told: list[str]
) -> None:
    abandoned(write_event(event(1))[:30] + TORN, event(1))
    log.recover()
    assert numbers(log) == [1]
    assert told == []


def test_an_empty_spool_file_is_removed(log: FeedbackLog, abandoned: Abandoned, layout: Layout) -> None:
    path = abandoned()
    assert len(log.current()) == 0
    assert log.recover() == 0
    assert not path.exists()
    assert list(layout.feedback.glob("*")) == []


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xff\xfe\n",
        b"{}\n",
        b"[1]\n",
        b"null\n",
        b'{"event":"create"}\n',
        b'{"event":"invent","time":1,"id":"x","key":"k"}\n',
        b'{"event":"create","time":"now","id":"x","key":"k"}\n',
        b'{"event":"update","time":1,"id":"x","key":"k","changes":["colour"]}\n',
        b'{"event":"create","time":1,"id":"x","key":"k","score":"high"}\n',
        b'{"event":"create","time":99999999999999999999999,"id":"x","key":"k"}\n',
        b'{"event":"create","time":1,"id":"x","key":"k","comment":"' + b"\xed\xa0\x80" + b'"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_line_is_put_aside_and_the_rest_is_kept(
    log: FeedbackLog, abandoned: Abandoned, event: Event, told: list[str], layout: Layout, damaged: bytes
) -> None:
    abandoned(event(1), damaged, event(2))
    assert numbers(log) == [1, 2]
    assert log.recover() == 2
    assert numbers(log) == [1, 2]
    (corrupt,) = layout.feedback_spool.glob("*.corrupt")
    assert corrupt.stat().st_mode & 0o777 == 0o600
    assert told == [
        f"1 line of the feedback spool '{corrupt.stem}.jsonl' could not be read. "
        f"They are kept in '{corrupt}': look at them, then delete that file."
    ]


def test_a_crash_after_the_rename_doubles_nothing(
    log: FeedbackLog, abandoned: Abandoned, event: Event, layout: Layout
) -> None:
    path = abandoned(event(1), event(2))
    content = path.read_bytes()
    log.recover()
    path.write_bytes(content)  # as if the process had died before deleting it
    assert numbers(log) == [1, 2]
    log.recover()
    assert numbers(log) == [1, 2]
    assert list(layout.feedback.iterdir()) == [part_of(path, layout)]


def test_a_line_that_was_added_after_sealing_counts(
    log: FeedbackLog, abandoned: Abandoned, event: Event
) -> None:
    """A thread may be in the middle of its write when its file is put aside and sealed."""
    path = abandoned(event(1))
    content = path.read_bytes()
    log.recover()
    path.write_bytes(content + write_event(event(2)))
    assert numbers(log) == [1, 2]
    log.recover()
    assert numbers(log) == [1, 2]


def test_a_spool_that_a_merged_file_has_taken_in_counts_once(
    log: FeedbackLog, abandoned: Abandoned, event: Event, layout: Layout
) -> None:
    first = abandoned(event(1))
    content = first.read_bytes()
    abandoned(event(2))
    log.recover()
    assert merge_parts(layout, many=2) == 2
    first.write_bytes(content)  # a power failure brought it back
    assert numbers(log) == [1, 2]
    log.recover()
    assert numbers(log) == [1, 2]
    merge_parts(layout, many=2)
    assert len(list(layout.feedback.iterdir())) == 1


def test_many_small_files_become_one(
    log: FeedbackLog, sealed: Abandoned, event: Event, layout: Layout
) -> None:
    for number in range(1, 6):
        sealed(event(number))
    sealed(event(9, "delete", of=3))
    assert merge_parts(layout, many=7) == 0
    assert merge_parts(layout, many=6) == 6
    (merged,) = layout.feedback.iterdir()
    assert pq.read_metadata(merged).num_rows == 6
    assert numbers(log) == [1, 2, 4, 5]
    sealed(event(10))
    assert merge_parts(layout, many=2) == 2  # a merged one is merged again
    assert numbers(log) == [1, 2, 4, 5, 10]


def test_a_crash_while_replaced_files_are_deleted_doubles_nothing(
    log: FeedbackLog, sealed: Abandoned, event: Event, layout: Layout
) -> None:
    first = sealed(event(1))
    content = first.read_bytes()
    sealed(event(2))
    merge_parts(layout, many=2)
    first.write_bytes(content)
    assert numbers(log) == [1, 2]
    assert merge_parts(layout, many=9) == 1
    assert not first.exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 400 + b"PAR1"])
def test_a_damaged_parquet_file_is_left_out_and_told_once(
    log: FeedbackLog, sealed: Abandoned, event: Event, told: list[str], layout: Layout, content: bytes
) -> None:
    sealed(event(1))
    damaged = layout.feedback / "20260101T000000-1-abcdef.parquet"
    damaged.write_bytes(content)
    assert numbers(log) == [1]
    assert len(log.events()) == 1
    assert len(told) == 1
    assert told[0].startswith(f"{str(damaged)!r} can't be read: ")
    assert told[0].endswith("no other file needs it. It is left out.")
    assert merge_parts(layout, many=2) == 0
    assert damaged.exists()


def test_a_file_of_a_newer_version_is_left_out_and_says_so(
    log: FeedbackLog, sealed: Abandoned, event: Event, told: list[str]
) -> None:
    path = sealed(event(1))
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({"llmobs.schema": "99"}), path)
    assert len(log.current()) == 0
    assert "was written by a newer version (schema 99, this one reads up to 1)" in told[0]


def test_parquet_of_runs_in_its_place_is_refused(
    log: FeedbackLog, layout: Layout, sealed: Abandoned, event: Event, told: list[str]
) -> None:
    path = sealed(event(1))
    pq.write_table(pq.read_table(path, columns=["id", "time"]), path)
    assert len(log.current()) == 0
    assert "it lacks the columns event, key" in told[0]


def test_a_failing_disk_leaves_the_spool_for_the_next_attempt(
    log: FeedbackLog, abandoned: Abandoned, event: Event, layout: Layout, told: list[str]
) -> None:
    path = abandoned(event(1))
    layout.feedback.write_text("a file where the folder should be")
    assert log.recover() == 0
    assert path.exists()
    assert told[0].startswith(f"Can't seal the feedback in {str(path)!r}: ")
    layout.feedback.unlink()
    assert numbers(log) == [1]
    assert log.recover() == 1


SEALER = """
import sys
from pytest_llmobs.storage.store import Store
print(Store(sys.argv[1]).feedback.recover())
"""


def test_processes_that_seal_at_once_share_the_work(
    log: FeedbackLog, abandoned: Abandoned, event: Event, layout: Layout
) -> None:
    for number in range(30):
        abandoned(event(number))
    command = [sys.executable, "-c", SEALER, str(layout.root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    seen: list[int] = []
    while any(process.poll() is None for process in processes):
        seen.append(len(numbers(log)))  # and whoever reads meanwhile misses nothing
    sealed = [int(process.communicate()[0]) for process in processes]
    assert sum(sealed) == 30
    assert set(seen) <= {30}
    assert numbers(log) == list(range(30))


def test_a_reader_misses_nothing_while_files_are_sealed_and_merged(
    log: FeedbackLog, abandoned: Abandoned, event: Event, layout: Layout
) -> None:
    for number in range(40):
        abandoned(event(number))
    script = SEALER + (
        "from pytest_llmobs.storage.feedback.merging import merge_parts\n"
        "print(merge_parts(Store(sys.argv[1]).layout, many=2))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(layout.root)], stdout=subprocess.PIPE)
    seen = {len(numbers(log))}
    while process.poll() is None:
        seen.add(len(numbers(log)))
    assert process.communicate()[0].split() == [b"40", b"40"]
    assert seen == {40}
