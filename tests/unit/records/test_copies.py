"""Whoever is handed a copy may change it, and nobody else sees that."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score


def test_containers_are_copied_at_every_depth_and_keep_their_types() -> None:
    inner: list[Any] = ["a"]
    value = {"list": [inner], "tuple": (inner,), "set": {1}, "ordered": OrderedDict(rows=inner)}
    copy = copied(value)
    assert copy == value
    assert list(map(type, copy.values())) == [list, tuple, set, OrderedDict]
    inner.append("b")
    assert copy == {"list": [["a"]], "tuple": (["a"],), "set": {1}, "ordered": {"rows": ["a"]}}


@pytest.mark.parametrize("value", ["text" * 1000, 10**30, 1.5, True, None, b"bytes"])
def test_what_nobody_can_change_is_shared(value: Any) -> None:
    assert copied([value])[0] is value


def test_what_can_not_be_copied_is_handed_on_and_its_neighbours_are_copied() -> None:
    lock, chunks, rows = threading.Lock(), iter_once(), ["a"]
    copy = copied({"lock": lock, "chunks": chunks, "rows": rows})
    assert (copy["lock"], copy["chunks"]) == (lock, chunks)
    assert copy["rows"] is not rows
    assert list(chunks) == [1, 2]  # not read by copying


def iter_once() -> Any:
    yield 1
    yield 2


def test_what_fails_to_copy_itself_is_handed_on() -> None:
    class Stubborn:
        def __deepcopy__(self, memo: Any) -> Any:
            raise ValueError("no copies")

    value = Stubborn()
    assert copied({"it": value})["it"] is value


@dataclass
class Holder:
    lock: Any
    rows: list[str]


class Ordered(dict[str, Any]):
    pass


@pytest.mark.parametrize(
    "build",
    [
        Holder,
        lambda lock, rows: SimpleNamespace(lock=[lock, iter_once()], rows=rows),
        lambda lock, rows: Ordered(lock=lock, rows=rows),
        lambda lock, rows: deque([lock, MappingProxyType({"rows": rows, "lock": lock})]),
    ],
    ids=["dataclass", "namespace", "dict", "proxy"],
)
def test_an_object_that_holds_what_can_not_be_copied_is_copied(build: Any) -> None:
    lock = threading.Lock()
    value = build(lock, ["a"])
    before = repr(value)
    copy = copied(value)
    assert repr(copy).count(repr(lock)) == before.count(repr(lock))
    rows = copy[1]["rows"] if isinstance(copy, deque) else getattr(copy, "rows", None) or copy["rows"]
    rows.append("b")
    assert repr(value) == before


def test_what_holds_itself_and_a_lock_is_copied() -> None:
    value: dict[str, Any] = {"rows": ["a"], "lock": threading.Lock()}
    value["self"] = value
    copied(value)["rows"].append("b")
    assert value["rows"] == ["a"]


def test_what_holds_itself_is_copied() -> None:
    value: dict[str, Any] = {"rows": ["a"]}
    value["self"] = value
    copy = copied(value)
    assert copy["self"]["self"] is copy["self"]
    copy["rows"].append("b")
    assert value["rows"] == ["a"]


def test_records_are_copied_with_what_they_hold() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    child = run("child", now)
    root = run("root", now, child)
    example = Example("e", {"rows": ["a"]}, {"want": ["b"]}, {"tags": ["c"]}, "hard")
    dataset = Dataset("mine", (example,))
    score = Score("tone", 1.0, metadata={"votes": [1]})
    for record in (root, example, dataset, score):
        assert type(copied(record)) is type(record)
    copy = copied(root)
    copy.child_runs[0].inputs["rows"].append("b")
    assert child.inputs == {"rows": ["a"]}
    assert copied(example) == example
    copied(dataset).examples[0].inputs["rows"].append("b")  # type: ignore[attr-defined]
    copied(example).metadata["tags"].append("b")
    copied(score).metadata["votes"].append(2)
    assert (example.inputs, example.metadata, score.metadata) == (
        {"rows": ["a"]},
        {"tags": ["c"]},
        {"votes": [1]},
    )


def run(name: str, start: datetime, *children: Run) -> Run:
    return Run(
        id=name,
        trace_id="root",
        parent_id=None,
        name=name,
        run_type="chain",
        project="unit",
        start_time=start,
        end_time=start,
        inputs={"rows": ["a"]},
        child_runs=children,
    )
