from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_llmobs.storage.lines import Patches, Record, read_patches, read_records
from pytest_llmobs.storage.spool import TORN


def read(*lines: bytes) -> tuple[list[Record], list[bytes], Patches]:
    patches = read_patches(lines)
    found = list(read_records(lines, patches))
    return [r for r in found if isinstance(r, Record)], [r for r in found if isinstance(r, bytes)], patches


def test_payloads_are_taken_over_byte_by_byte(line: Callable[..., bytes]) -> None:
    records, rejected, _ = read(line(1, inputs=b'{"a":1.0e2, "b":"\\u00e9"}', outputs=b""))
    assert rejected == []
    assert records[0].inputs == b'{"a":1.0e2, "b":"\\u00e9"}'
    assert records[0].outputs == b""
    assert records[0].header["name"] == "answer"


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
    assert records[0].header["attempt"] == "consumed"
    assert records[0].header["scores"] == {"tone": 1.0}
    assert records[0].header["trial_status"] == "passed"
    assert records[0].header["suite"] == "s"
    assert (records[0].inputs, records[0].outputs) == (b'{"q": 1}', b'{"o":2}')
    assert records[1].header["attempt"] == "unused"
    assert list(patches.unused()) == []


def test_a_patch_can_clear_a_column(line: Callable[..., bytes], patch: Callable[..., bytes]) -> None:
    records, _, _ = read(line(1, error="no"), patch(1, error=None))
    assert records[0].header["error"] is None


def test_a_patch_without_a_run_is_left_over(
    patch: Callable[..., bytes], run_id: Callable[[int], str]
) -> None:
    records, rejected, patches = read(patch(7, attempt="consumed"))
    assert (records, rejected) == ([], [])
    (left,) = patches.unused()
    assert json.loads(left.split(b"\t")[0]) == {"patch": run_id(7), "attempt": "consumed"}
    assert left.endswith(b"\t\t\n")


def test_a_torn_last_line_and_marked_beginnings_are_dropped(line: Callable[..., bytes]) -> None:
    records, rejected, _ = read(line(1)[:20] + TORN, TORN, line(1), line(2)[:-1])
    assert len(records) == 1
    assert rejected == []


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
