"""What is kept of each version: shared rows once, whole or not at all, and what is left where some were erased."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.datasets.notices import DatasetWarning
from pytest_llmobs.datasets.versions.differences import ChangedExample, changes_between
from pytest_llmobs.datasets.versions.versions import Change, ErasedRows, Versions, version_of
from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.records.examples import Example
from tests.unit.processes import run_at_once

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "datasets")


def example(number: int, text: str = "", **fields: object) -> Example:
    return Example(f"id {number}", {"query": f"{text}{number}"}, **fields)  # type: ignore[arg-type]


def keep(versions: Versions, examples: Sequence[Example], change: Change | None = None) -> str:
    version = version_of(examples)
    versions.keep(version, lambda: examples, change)
    return version


def test_a_version_comes_back_in_the_order_of_its_file(versions: Versions) -> None:
    chance = random.Random(7)
    rows = [example(number, split="easy", metadata={"n": 1.5}) for number in range(60)]
    kept: dict[str, list[Example]] = {}
    for step in range(40):
        rows.insert(chance.randrange(len(rows)), example(100 + step))
        rows.pop(chance.randrange(len(rows)))
        place = chance.randrange(len(rows))
        rows[place] = replace(rows[place], outputs={"answer": step})
        if step % 10 == 0:
            chance.shuffle(rows)
        kept[keep(versions, rows)] = list(rows)
    assert versions.all() == sorted(kept)
    for version, examples in kept.items():
        assert list(versions.examples(version)) == examples
        assert version_of(versions.examples(version)) == version


def test_rows_that_an_unrelated_writer_brings_again_are_stored_once(versions: Versions) -> None:
    rows = [example(number, "x" * 500) for number in range(200)]
    whole = versions.file(keep(versions, rows)).stat().st_size
    later = [example(999), *reversed(rows[:100]), *rows[150:]]
    assert versions.file(keep(versions, later)).stat().st_size < whole / 20


def test_a_change_asks_for_no_other_examples(versions: Versions) -> None:
    rows = [example(number) for number in range(50)]
    before = keep(versions, rows)
    changed = replace(rows[3], outputs={"answer": 1})
    after = [*rows[:3], changed, *rows[4:9], *rows[10:], example(77)]

    def nothing() -> Sequence[Example]:
        raise AssertionError("the examples aren't needed")

    change = Change(before, [changed, example(77)], [rows[9].id])
    versions.keep(version_of(after), nothing, change)
    assert list(versions.examples(version_of(after))) == after


def test_ids_and_texts_of_any_kind_come_back(versions: Versions) -> None:
    odd = ['a","inputs":{}', "\\", "ü\u2028\n", "null", "[0,1]", "\ud800 half"]
    rows = [Example(id, {"text": id, "number": 2**63, "flag": True}) for id in odd]
    before = keep(versions, rows)
    changed = [replace(row, outputs={"again": row.id}) for row in rows]
    after = keep(versions, changed, Change(before, changed, []))
    assert list(versions.examples(before)) == rows
    assert list(versions.examples(after)) == changed


def test_what_differs_is_told_without_what_is_shared(versions: Versions) -> None:
    rows = [example(number) for number in range(30)]
    changed = replace(rows[2], inputs={"query": 1}, split=("easy", "hard"))
    later = [*rows[:2], changed, *rows[4:], example(90)]
    first, second = keep(versions, rows), keep(versions, later)
    apart = versions.apart(first, second)
    assert (apart.earlier, apart.later) == ((rows[2], rows[3]), (changed, example(90)))
    changes = changes_between(apart.earlier, apart.later)
    assert changes.modified == [ChangedExample(rows[2], changed, ("inputs", "split"))]
    assert changes.added == [example(90)]
    assert changes.removed == [rows[3]]


def test_the_splits_of_what_is_shared_are_counted_whatever_stands_around_them(versions: Versions) -> None:
    rows = [
        example(1),
        Example("a}", {"query": {"split": "}"}}, split="base"),
        Example("b", {"split": "no"}, {"x": [{}]}, source_run_id="}"),
        Example("c", {}, metadata={"a": 1, "split": "no"}),
        Example("d", {}, split=("base", "}"), modified_at=NOW),
        Example("e", {}, split='},"split":"x"}', source_run_id="r"),
    ]
    first, second = keep(versions, rows), keep(versions, [*rows, example(2)])
    shared = versions.apart(first, second).shared
    assert len(shared.rows) == 6
    assert shared.splits == {"": 3, "base": 2, "}": 1, '},"split":"x"}': 1}


def test_one_and_true_and_1_0_are_different_content() -> None:
    assert changes_between([Example("a", {"n": 1})], [Example("a", {"n": True})]).modified[0].parts == (
        "inputs",
    )
    assert changes_between([Example("a", {"n": 1})], [Example("a", {"n": 1.0})]).modified
    assert not changes_between([Example("a", {"n": 1, "m": 2})], [Example("a", {"m": 2, "n": 1})]).modified


def test_a_damaged_file_is_named_and_harms_no_other_version(versions: Versions) -> None:
    rows = [example(number) for number in range(30)]
    first = keep(versions, rows)
    second = keep(versions, [*rows, example(40)])
    file = versions.file(first)
    file.write_text(file.read_text().replace("id 7", "id 8"))
    for version in (first, second):
        with pytest.raises(
            StoreError, match=rf"{file.name}' is damaged: it isn't as it was written\. Delete it"
        ):
            versions.examples(version)
    file.write_bytes(b"\xff")
    with pytest.raises(StoreError, match=f"{file.name}' is damaged"):
        versions.examples(first)
    third = [example(number, "other") for number in range(30)]
    assert list(versions.examples(keep(versions, third))) == third
    file.unlink()
    with pytest.raises(NotFoundError, match=f"What version {first} held isn't in the store"):
        versions.examples(second)


KEEPING = """
import sys
from pathlib import Path
from pytest_llmobs.datasets.versions.versions import Versions, version_of
from pytest_llmobs.records.examples import Example

versions = Versions(Path("datasets"))
print("ready", flush=True)
sys.stdin.readline()
for step in range(60):
    rows = [Example(str(number), {"n": number}) for number in range(200) if number != step]
    versions.keep(version_of(rows), lambda: rows)
"""


def test_four_processes_may_keep_the_same_versions_at_once(versions: Versions, tmp_path: Path) -> None:
    run_at_once(KEEPING, range(4), tmp_path)
    assert len(versions.all()) == 60
    for version in versions.all():
        assert version_of(versions.examples(version)) == version
    assert len(list(versions.folder.iterdir())) == 60


def test_a_process_that_is_killed_leaves_whole_versions_alone(versions: Versions, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPING],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    process.stdin.write("go\n")
    process.stdin.flush()
    while len(versions.all()) < 5:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for version in versions.all():
        assert version_of(versions.examples(version)) == version
    run_at_once(KEEPING, range(1), tmp_path)
    assert len(versions.all()) == 60


def is_doomed(row: object) -> bool:
    return "Ada" in json.dumps(row)


@pytest.fixture
def personal(versions: Versions) -> list[str]:
    """Return three versions, the later two told by the first; one row of Ada's is in all, another in the last."""
    rows = [example(number) for number in range(40)]
    rows[5] = example(5, "Ada ")
    first = keep(versions, rows)
    second = keep(versions, [*rows[:10], *rows[11:]])
    third = keep(versions, [rows[20], *rows[:10], *rows[11:20], *rows[21:], example(50, "Ada ")])
    return [first, second, third]


def test_erased_rows_are_in_no_version_and_the_rest_stays(versions: Versions, personal: list[str]) -> None:
    first, second, third = personal
    before = [example.id for example in versions.examples(third)]
    assert [held.rows for held in versions.holding(is_doomed)] == [1, 1]
    erased = versions.erase(is_doomed, now=lambda: NOW)
    assert sorted(erased, key=str) == sorted(
        [ErasedRows(versions.file(first), 1), ErasedRows(versions.file(third), 1)], key=str
    )
    assert versions.holding(is_doomed) == []
    for file in versions.folder.iterdir():
        assert b"Ada" not in file.read_bytes()
        assert b"id 50" not in file.read_bytes()
    for version, count in ((first, "1 example was"), (second, "1 example was"), (third, "2 examples were")):
        with pytest.warns(
            DatasetWarning, match=f"Of version {version} {count} erased, the last on 2026-03-01"
        ):
            left = versions.examples(version)
        assert "id 5" not in [example.id for example in left]
    assert [example.id for example in left] == [id for id in before if id not in ("id 5", "id 50")]
    with pytest.warns(DatasetWarning, match=f"Of version {third} 2 examples were erased"):
        versions.apart(third, third)


def test_an_erasure_that_was_stopped_is_finished_by_the_next(versions: Versions, personal: list[str]) -> None:
    seen: list[object] = []

    def stopping(row: object) -> bool:
        if is_doomed(row):
            seen.append(row)
        if len(seen) > 1:
            raise KeyboardInterrupt
        return is_doomed(row)

    with pytest.raises(KeyboardInterrupt):
        versions.erase(stopping, now=lambda: NOW)
    assert len(versions.erase(is_doomed, now=lambda: NOW)) == 1
    assert versions.erase(is_doomed, now=lambda: NOW) == []
    assert versions.holding(is_doomed) == []


def test_a_damaged_file_keeps_no_other_one_from_being_erased(versions: Versions, personal: list[str]) -> None:
    versions.file(personal[0]).write_text("{}")
    with pytest.raises(StoreError, match=rf"What damaged files hold isn't known\. .*{personal[0]}"):
        versions.erase(is_doomed, now=lambda: NOW)
    assert b"Ada" not in versions.file(personal[2]).read_bytes()
