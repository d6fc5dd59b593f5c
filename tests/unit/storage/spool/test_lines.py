from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_llmobs.storage.spool.lines import Patches, PatchFound, Record, read_patches, read_records
from pytest_llmobs.storage.spool.segment import TORN


def read(*lines: bytes) -> tuple[list[Record], list[bytes], Patches]:
    patches = read_patches(lines)
    rejected: list[bytes] = []
    return read_records(lines, patches, rejected.append), rejected, patches


def test_payloads_are_taken_over_byte_by_byte(line: Callable[..., bytes]) -> None:
    records, rejected, _ = read(line(1, inputs=b'{"a":1.0e2, "b":"\\u00e9"}', outputs=b""))
    assert rejected == []
    assert records[0][1] == b'{"a":1.0e2, "b":"\\u00e9"}'
    assert records[0][2] == b""
    assert records[0][0]["name"] == "answer"


def test_the_last_patch_wins_wherever_it_stands(
    line: Callable[..., bytes], patch: Callable[..., bytes]
) -> None:
    records, rejected, patches = read(
        patch(1, attempt="early"),
        line(1, inputs={"q": 1}, attempt="unused", suite="s"),
        line(2, attempt="unused"),
        patch(1, attempt="consumed", scores={"tone": 1.0}),
        patch(1, outputs=b'{"o":2}', trial_status="passed"),
    )
    assert rejected == []
    assert records[0][0]["attempt"] == "consumed"
    assert records[0][0]["scores"] == {"tone": 1.0}
    assert records[0][0]["trial_status"] == "passed"
    assert records[0][0]["suite"] == "s"
    assert records[0][1:] == (b'{"q": 1}', b'{"o":2}')
    assert records[1][0]["attempt"] == "unused"
    assert list(patches.unused()) == []


def test_a_patch_can_clear_a_column(line: Callable[..., bytes], patch: Callable[..., bytes]) -> None:
    records, _, _ = read(line(1, error="no"), patch(1, error=None))
    assert records[0][0]["error"] is None


def test_a_patch_without_a_run_is_left_over(
    patch: Callable[..., bytes], run_id: Callable[[int], str]
) -> None:
    records, rejected, patches = read(patch(7, attempt="consumed"))
    assert (records, rejected) == ([], [])
    (left,) = patches.unused()
    assert json.loads(left.split(b"\t")[0]) == {"patch": run_id(7), "attempt": "consumed"}
    assert left.endswith(b"\t\t\n")


@pytest.mark.parametrize("cut", [0, 1, 50, 140, -20, -1])
def test_beginnings_that_the_writer_marked_as_torn_are_dropped(line: Callable[..., bytes], cut: int) -> None:
    whole = line(1, inputs={"q": 1}, outputs={"a": 2})
    records, rejected, _ = read(whole[:cut] + TORN, whole)
    assert len(records) == 1
    assert rejected == []


def test_a_patch_in_a_file_that_was_believed_to_hold_none(
    line: Callable[..., bytes], patch: Callable[..., bytes]
) -> None:
    with pytest.raises(PatchFound):
        read_records([line(1), patch(1, attempt="consumed")], None, [].append)


@pytest.mark.parametrize(
    "bad",
    [
        b"\n",
        b"{}\t\t\n",
        b"{\t\t\n",
        b"[]\t\t\n",
        b"null\t\t\n",
        b'{"id":"a"}\n',
        b'{"id":"a","trace_id":"a","start_time":1}\t\n',
        b'{"id":"a","trace_id":"a","start_time":1}\t\t\t\n',
        b'{"id":"a","trace_id":null,"start_time":1}\t\t\n',
        b'{"id":["a"],"trace_id":"a","start_time":1}\t\t\n',
        b'{"id":"\xff","trace_id":"a","start_time":1}\t\t\n',
        b'{"patch":null}\t\t\n',
        b'{"patch":"a"\t\t\n',
        b"\x00" * 50 + b"\n",
    ],
)
def test_an_unreadable_line_is_handed_on_as_it_is(line: Callable[..., bytes], bad: bytes) -> None:
    records, rejected, _ = read(line(1), bad, line(2))
    assert len(records) == 2
    assert rejected == [bad]
