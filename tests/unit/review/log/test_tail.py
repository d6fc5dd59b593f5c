"""Logs are read as they grow: only whole lines, whatever was torn, taken out, or written by others."""

from __future__ import annotations

import json
import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.review.log.decisions import Decisions
from pytest_llmobs.review.log.items import ITEMS, Items
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.records import Decision

START = datetime(2026, 11, 30, 9, tzinfo=UTC)


def run_id(number: int) -> str:
    return f"019a0000-0000-7000-8000-{number:012x}"


def line(do: str, number: int, second: float, **others: object) -> str:
    at = (START + timedelta(seconds=second)).isoformat()
    return json.dumps({"do": do, "at": at, "run_id": run_id(number), **others}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ITEMS).mkdir()
    return tmp_path


def items(folder: Path) -> Items:
    return Items(folder, "q", LogPart(), lambda: START)


def ids(read: Items) -> list[str]:
    return [item.run_id for item in read.all()]


def write(folder: Path, name: str, text: str) -> None:
    with (folder / ITEMS / f"{name}.jsonl").open("a", newline="") as part:
        part.write(text)


def test_a_line_counts_once_it_is_whole(folder: Path) -> None:
    read = items(folder)
    whole = line("add", 1, 0)
    write(folder, "a", whole[:40])
    assert ids(read) == []
    write(folder, "a", whole[40:-1])
    assert ids(read) == []
    write(folder, "a", "\n" + line("add", 2, 1))
    assert ids(read) == [run_id(1), run_id(2)]


def test_events_count_in_their_order_whenever_they_are_read(folder: Path) -> None:
    read = items(folder)
    write(folder, "b", line("add", 1, 5))
    assert ids(read) == [run_id(1)]
    # another machine's line, older than what was read
    write(folder, "a", line("remove", 1, 3) + line("add", 2, 4))
    assert ids(read) == [run_id(2), run_id(1)] == ids(items(folder))
    write(folder, "c", line("remove", 1, 6))
    assert ids(read) == [run_id(2)] == ids(items(folder))


def test_times_without_fractions_and_other_spellings_are_understood(folder: Path) -> None:
    other = json.dumps({"run_id": run_id(1), "do": "add", "at": "2026-11-30T11:00:00+02:00", "reason": "ä"})
    write(folder, "a", other + "\n" + line("add", 2, 0.5) + line("add", 3, 0))
    assert ids(items(folder)) == [run_id(1), run_id(3), run_id(2)]
    assert items(folder).all()[0].reason == "ä"


@pytest.mark.parametrize(
    "bad", ["", "   ", "{", "null", "[]", '{"do": 1}', '{"do": "add", "at": "x", "run_id": "y"}', "\x00\xff"]
)
def test_damaged_lines_are_left_out(folder: Path, bad: str) -> None:
    write(folder, "a", line("add", 1, 0) + bad + "\n" + line("add", 2, 1))
    assert ids(items(folder)) == [run_id(1), run_id(2)]


def test_items_are_found_among_others_events_and_torn_lines(folder: Path) -> None:
    added = "".join(line("add", number, number, reason="ä }") for number in range(50))
    torn = line("add", 60, 60, reason="sample")[:-8]
    write(folder, "a", added)
    write(folder, "b", torn + "\n" + line("status", 3, 70, status="completed") + line("add", 61, 61))
    read = items(folder)
    assert read.item(run_id(7), "q").reason == "ä }"
    assert read.item(run_id(3), "q").status == "completed"
    assert ids(read) == [*map(run_id, range(50)), run_id(61)]
    assert read.item(run_id(49), "q").reason == "ä }"


def test_a_part_whose_lines_are_overwritten_is_read_anew(folder: Path) -> None:
    write(folder, "a", line("add", 1, 0) + line("add", 2, 1))
    read = items(folder)
    assert len(ids(read)) == 2
    part = folder / ITEMS / "a.jsonl"
    status = part.stat()
    part.write_text(" " * (len(line("add", 1, 0)) - 1) + "\n" + line("add", 2, 1))
    os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns + 1000))
    assert ids(read) == [run_id(2)]
    assert read.is_purged(run_id(1))


def test_a_rule_adds_what_never_was_there(folder: Path) -> None:
    read = items(folder)
    read.add_by_rule([{"run_id": run_id(1), "reason": "sample"}])
    read.remove([run_id(1)], "q")
    for _ in range(2):
        read.add_by_rule([{"run_id": run_id(number), "reason": "sample"} for number in (1, 2)])
    assert ids(read) == [run_id(2)] == ids(items(folder))
    read.add([{"run_id": run_id(1)}])
    assert set(ids(read)) == {run_id(1), run_id(2)}
    assert read.ever() == {run_id(1), run_id(2)}


def test_a_line_that_the_disk_took_in_part_swallows_no_other(folder: Path) -> None:
    part, lines = LogPart(), [json.loads(line("add", number, number)) for number in (1, 2, 3)]
    part.append(folder / ITEMS, lines[:1])
    size = sum(file.stat().st_size for file in (folder / ITEMS).iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
    try:
        with pytest.raises(StoreError, match="Can't write to"):
            part.append(folder / ITEMS, lines[1:2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    part.append(folder / ITEMS, lines[2:])
    assert ids(items(folder)) == [run_id(1), run_id(3)]


def decision(number: int, second: float = 0, **others: object) -> Decision:
    at = START + timedelta(seconds=second)
    known = {
        "id": f"d{number}-{second}",
        "run_id": run_id(number),
        "reviewer": "ada",
        "at": at,
        "rubric": "r",
    }
    return Decision(**{**known, **others})  # type: ignore[arg-type]


def test_decisions_stand_until_they_are_withdrawn(tmp_path: Path) -> None:
    mine, theirs = (Decisions(tmp_path, LogPart(), lambda: START) for _ in range(2))
    first = decision(
        1, correction={"a": "\ud83d half"}, answers={"tone": 4, "ok": True}, comment="line\nline"
    )
    mine.decide(first)
    theirs.decide(decision(1, 1, reviewer="bob", verdict="accept"))
    assert [kept.reviewer for kept in theirs.of(run_id(1))] == ["ada", "bob"]
    assert mine.standing()[0].answers == {"tone": 4, "ok": True}
    theirs.withdraw(mine.standing()[0])
    assert [kept.reviewer for kept in mine.standing()] == ["bob"]
    assert mine.reviewers_of(run_id(1)) == {"bob"}
    assert mine.take_changed() == {run_id(1)}
    assert mine.take_changed() == set()


def test_a_withdrawal_may_be_read_before_its_decision(tmp_path: Path) -> None:
    log = Decisions(tmp_path, LogPart(), lambda: START)
    log.decide(decision(1))
    log.withdraw(decision(1))
    (part,) = (tmp_path / "decisions").iterdir()
    decided, withdrawn = part.read_text().splitlines(keepends=True)
    part.write_text(withdrawn + decided)
    assert Decisions(tmp_path, LogPart(), lambda: START).standing() == []


def test_skips_are_kept_for_each_reviewer(tmp_path: Path) -> None:
    log = Decisions(tmp_path, LogPart(), lambda: START)
    log.skip(run_id(1), "ada")
    again = Decisions(tmp_path, LogPart(), lambda: START)
    assert (again.skipped("ada"), again.skipped("bob")) == ({run_id(1)}, set())


def test_nothing_is_made_of_a_queue_that_is_gone(tmp_path: Path) -> None:
    log = Decisions(tmp_path / "gone", LogPart(), lambda: START)
    with pytest.raises(FileNotFoundError):
        log.decide(decision(1))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Can't write"):
        Decisions(tmp_path / "file", LogPart(), lambda: START).decide(decision(1))
