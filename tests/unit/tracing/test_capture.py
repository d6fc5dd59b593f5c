"""Capturing never raises, never hangs, never runs the value's own code, never consumes an iterator."""

from __future__ import annotations

import enum
import gc
import hashlib
import json
import random
import sys
import threading
from array import array
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.tracing import capture, trace
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


def _captured(value: Any, limit: int = capture.MAX_PAYLOAD) -> Any:
    return json.loads(capture.encode(value, limit))


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


Point = namedtuple("Point", "x y")


@dataclass
class Order:
    id: int
    lines: list[str]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ({"a": [1, 2.5, "ü", None]}, {"a": [1, 2.5, "ü", None]}),
        (float("nan"), "NaN"),
        ((1, {2}), [1, [2]]),
        (Colour.RED, "red"),
        ([Level.HIGH], [3]),
        (Word("text"), "text"),
        ({"order": Order(1, ["a"])}, {"order": {"id": 1, "lines": ["a"]}}),
        ([Point(1, 2)], [[1, 2]]),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (deque([1, 2]), [1, 2]),
        (frozenset({1}), [1]),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02 03:04:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"),
        (b"text", "text"),
        (bytearray(b"text"), "text"),
        (b"\xff\x00", {"type": "bytes", "size": 2, "sha256": hashlib.sha256(b"\xff\x00").hexdigest()}),
        ("\ud800", "\\ud800"),
        (
            {1: "a", None: "b", (1, 2): "c", Colour.RED: "d"},
            {"1": "a", "None": "b", "1,2": "c", "red": "d"},
        ),
        (ValueError("no", 3), {"type": "ValueError", "args": ["no", 3]}),
        (object(), "<object object>"),
        (int, "<class builtins.int>"),
        (json.dumps, "<function json.dumps>"),
        (json, "<module json>"),
        (range(3), "range(0, 3)"),
        (10**10_000, "<an int of 33,220 bits>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_becomes_of_a_value(value: Any, expected: Any) -> None:
    assert _captured({"it": value, "beside": object()}) == {"it": expected, "beside": "<object object>"}


def test_plain_values_take_the_fast_way_and_come_out_the_same() -> None:
    value = {
        "messages": [{"role": "user", "content": 'hi\n\t"ü"'}],
        "n": 1,
        "t": 0.5,
        "ok": True,
        "none": None,
    }
    assert _captured(value) == value


def test_cycles() -> None:
    value: dict[str, Any] = {"name": "a"}
    value["self"] = value
    items: list[Any] = [1]
    items.append(items)
    assert _captured(value) == {"name": "a", "self": "<the dict this is part of>"}
    assert _captured(items) == [1, "<the list this is part of>"]


def test_the_same_value_twice_is_no_cycle() -> None:
    shared = {"a": object()}
    assert _captured([shared, shared]) == [{"a": "<object object>"}] * 2


def test_deep_nesting_is_kept_to_a_depth_that_is_named() -> None:
    value: Any = "bottom"
    for _ in range(100_000):
        value = [value]
    text = capture.encode(value).decode()
    assert "<nested deeper than 200 levels>" in text
    while isinstance(value, list):  # or the interpreter itself would recurse while freeing it
        value = value[0]


class Hostile:
    """Everything that could be called raises."""

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    __str__ = __iter__ = __len__ = __bool__ = __hash__ = __repr__  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Lazy:
    """As Django's lazy objects: looking at ``__class__`` loads it."""

    loaded = False

    @property
    def __class__(self) -> type:
        Lazy.loaded = True
        return dict

    def __getattr__(self, name: str) -> Any:
        Lazy.loaded = True
        raise AttributeError(name)


class Table(Mapping[str, int]):
    """As a database row: reading it is a query."""

    def __getitem__(self, key: str) -> int:
        raise RuntimeError("query")

    def __iter__(self) -> Any:
        raise RuntimeError("query")

    def __len__(self) -> int:
        raise RuntimeError("query")


@pytest.mark.parametrize(
    "kind", [Hostile, Lazy, Table, threading.Lock, lambda: sys.stdout, lambda: iter([1])]
)
def test_foreign_objects_are_named_and_left_alone(kind: Any) -> None:
    value = kind()
    written = _captured({"value": value})["value"]
    assert written.startswith("<")
    assert written.endswith(" object>")
    assert not Lazy.loaded


def test_a_column_is_not_taken_for_what_a_table_says_of_itself() -> None:
    class Table:
        shape = (2, 1)

        def __getattr__(self, name: str) -> Any:
            if name == "dtype":  # as pandas answers where a column is called so
                return ["a", "row"]
            raise AttributeError(name)

    Table.__module__ = "pandas"
    named = f"pandas.{Table.__qualname__}"
    assert _captured([Table()]) == [{"type": named, "shape": [2, 1]}]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda it: {"it": it},
        lambda it: {"a": {"it": it}},
        lambda it: [it, it],
        lambda it: (it,),
        lambda it: it,
    ],
)
def test_an_array_is_not_copied_to_be_looked_at(wrap: Any) -> None:
    import tracemalloc

    import numpy as np

    value = wrap(np.zeros(4_000_000))
    tracemalloc.start()
    try:
        capture.encode(value)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


class Query:
    """As SQLAlchemy's attributes: reading one that isn't loaded asks the database."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        if owner is not None:
            raise AssertionError("a query ran")
        return self

    def __set__(self, owner: Any, value: Any) -> None:
        """Only the mapper stores."""


@pytest.mark.parametrize("wrap", [lambda item: {"a": {"b": item}}, lambda item: {"a": ["x", item]}])
@pytest.mark.parametrize("held", [object(), Fraction(1), Colour, len, array("d", [1.0])])
def test_what_an_object_refers_to_is_not_counted(
    held: Any, wrap: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its class refers to its module, and that to half of the process: seconds for one call."""
    opened: list[Any] = []

    def held_by(*values: Any) -> list[Any]:
        opened.extend(values)
        return gc.get_referents(*values)

    monkeypatch.setattr(capture, "_held_by", held_by)
    capture.encode(wrap(held))
    assert opened
    assert not any(value is held for value in opened)


def test_attributes_are_read_where_they_are_stored() -> None:
    @dataclass
    class Mapped:
        id: int
        lines: Any = None
        unit: str = "piece"

    @dataclass(slots=True)
    class Slotted:
        id: int

    Mapped.lines = Query()
    mapped = Mapped(7)
    del mapped.__dict__["unit"]
    assert _captured([mapped, Slotted(8)]) == [{"id": 7, "lines": "<not loaded>", "unit": "piece"}, {"id": 8}]


def test_a_class_that_can_not_be_asked_for_its_name_costs_only_itself() -> None:
    class Closed(type):
        def __getattribute__(cls, name: str) -> Any:
            raise RuntimeError(name)

    class Thing(metaclass=Closed):
        pass

    assert list(_captured({"thing": Thing(), "beside": 1}).items())[1] == ("beside", 1)


def test_a_long_text_is_cut_and_says_how_much() -> None:
    written = _captured({"text": "x" * 5000, "after": "y"}, 1000)
    assert written["text"].startswith("xxx")
    assert written["text"].endswith(" of 5,000 characters>")
    assert len(capture.encode({"text": "x" * 5000}, 1000)) < 1100


def test_long_lists_and_objects_are_cut_and_say_how_much() -> None:
    numbers = _captured(list(range(10_000)), 1000)
    assert numbers[-1] == f"<cut: {10_000 - len(numbers) + 1:,} of 10,000 items>"
    pairs = _captured({str(n): n for n in range(10_000)}, 1000)
    assert pairs["<cut>"] == f"{10_000 - len(pairs) + 1:,} of 10,000 entries"


def test_outputs_that_are_cut_stay_an_object() -> None:
    assert json.loads(capture.encode_outputs("x" * 5000, 100))["output"].startswith("x")
    assert isinstance(json.loads(capture.encode_mapping({"a": "x" * 5000}, 100)), dict)


class Sleepy(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        raise AssertionError("a subclass's own items() was called")


def test_a_dict_subclass_is_read_without_its_own_methods() -> None:
    assert _captured([Sleepy(a=object())]) == [{"a": "<object object>"}]


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(object),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(_anything, st.integers(10, 2000))
def test_anything_becomes_one_line_of_json(value: Any, limit: int) -> None:
    written = capture.encode(value, limit)
    json.loads(written)
    assert b"\n" not in written
    assert b"\t" not in written


def test_randomly_broken_objects_never_raise() -> None:
    rng = random.Random(3)
    for _ in range(200):
        broken = type(
            "Broken", (), {name: property(lambda self: 1 / 0) for name in rng.sample(dir(object), 3)}
        )
        assert capture.encode_outputs([object.__new__(broken)]).startswith(b'{"output":')


def test_a_limit_above_the_usual_one_holds_on_every_way() -> None:
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, max_payload=6 << 20))
    rest = " x" * (5 << 19)
    try:
        with trace("giant") as run:
            run.add_outputs({"first": 1})
            run.add_outputs({"text": f"sk-ant-api03-AbCdEfGhIjKlMnOp{rest}"})
    finally:
        uninstall()
    assert kept.run("giant").outputs == {"first": 1, "text": f"[redacted: anthropic key]{rest}"}
