"""What has a plain form is logged in it, whatever it is an instance of."""

from __future__ import annotations

import argparse
import array
import enum
import ipaddress
import json
import re
import types
import zoneinfo
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import attrs
import pytest

from pytest_llmobs.tracing import capture


def _captured(value: Any) -> Any:
    return json.loads(capture.encode({"it": value}))["it"]


class Stamp(datetime):
    """As freezegun's and pendulum's; what it overrides isn't called."""

    def isoformat(self, *args: Any, **kwargs: Any) -> str:
        raise AssertionError("a subclass's own method was called")

    __str__ = __repr__ = __format__ = isoformat  # type: ignore[assignment]


class Day(date):
    __str__ = isoformat = Stamp.isoformat  # type: ignore[assignment]


class Hour(time):
    __str__ = isoformat = Stamp.isoformat  # type: ignore[assignment]


class Span(timedelta):
    __str__ = __repr__ = Stamp.isoformat  # type: ignore[assignment]


class Price(Decimal):
    __str__ = __repr__ = Stamp.isoformat  # type: ignore[assignment]


class Place(PurePosixPath):
    pass


class Key(UUID):
    pass


class Bits(bytes):
    def __len__(self) -> int:
        raise AssertionError("a subclass's own method was called")

    __bytes__ = __iter__ = __len__  # type: ignore[assignment]


class Count(int):
    __str__ = __repr__ = __int__ = __index__ = Stamp.isoformat  # type: ignore[assignment]


class Lost(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta:
        raise RuntimeError("no offset today")


class Permission(enum.Flag):
    READ = 1
    WRITE = 2


class Mood(enum.StrEnum):
    GOOD = "good"


class Bag(UserDict[str, int]):
    def __iter__(self) -> Any:
        raise AssertionError("a subclass's own method was called")


class Space(types.SimpleNamespace):
    pass


@dataclass(frozen=True, slots=True)
class Item:
    sku: str
    price: Decimal


@dataclass
class Basket:
    items: list[Item]
    note: str = field(default="", repr=False)


@attrs.define
class Parcel:
    weight: float
    basket: Basket


MOVED: OrderedDict[str, int] = OrderedDict(a=1, b=2)
MOVED.move_to_end("a")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Stamp(2026, 1, 2), "2026-01-02 00:00:00"),
        (datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), "2026-01-02 00:00:00+01:00"),
        (datetime(2026, 1, 2, tzinfo=Lost()), "2026-01-02 00:00:00 (its tzinfo raised RuntimeError)"),
        (Day(2026, 1, 2), "2026-01-02"),
        (Hour(3, 4), "03:04:00"),
        (time(3, 4, tzinfo=UTC), "03:04:00+00:00"),
        (Span(days=1, seconds=2), "1 day, 0:00:02"),
        (timezone(timedelta(hours=2)), "UTC+02:00"),
        (zoneinfo.ZoneInfo("Europe/Berlin"), "Europe/Berlin"),
        (Price("1.50"), "1.50"),
        (Fraction(1, 3), "1/3"),
        (Place("/a/b"), "/a/b"),
        (Key(int=1), "00000000-0000-0000-0000-000000000001"),
        (ipaddress.ip_address("10.0.0.1"), "10.0.0.1"),
        (ipaddress.ip_interface("10.0.0.1/8"), "10.0.0.1/8"),
        (ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (Bits(b"text"), "text"),
        (memoryview(b"text"), "text"),
        (Count(3), 3),
        (float("-inf"), "-Infinity"),
        (1 + 2j, "1+2j"),
        ([1 + 2j, object()], ["1+2j", "<object object>"]),
        (array.array("i", [1, 2]), [1, 2]),
        (slice(1, 2), "slice(1, 2, None)"),
        (..., "Ellipsis"),
        (re.compile("a+"), "a+"),
        (re.compile(b"a+"), "a+"),
        (Permission.READ | Permission.WRITE, 3),
        (Mood.GOOD, "good"),
        ({Mood.GOOD: 1, Permission.READ: 2}, {"good": 1, "1": 2}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (MOVED, {"b": 2, "a": 1}),
        (ChainMap({"a": 1}, {"a": 2, "b": 3}), {"a": 1, "b": 3}),
        (types.MappingProxyType({"a": [Mood.GOOD]}), {"a": ["good"]}),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.items(), [["a", 1]]),
        (Bag(a=1), {"a": 1}),
        (UserList([1, {2}]), [1, [2]]),
        (UserString("text"), "text"),
        (types.SimpleNamespace(a=1, b=Space(c=2)), {"a": 1, "b": {"c": 2}}),
        (argparse.Namespace(verbose=True), {"verbose": True}),
        (Basket([Item("A-1", Decimal("9.50"))]), {"items": [{"sku": "A-1", "price": "9.50"}], "note": ""}),
        (
            Parcel(1.5, Basket([], "x")),
            {"weight": 1.5, "basket": {"items": [], "note": "x"}},
        ),
        (
            ExceptionGroup("two", [ValueError(1)]),
            {"type": "ExceptionGroup", "args": ["two", [{"type": "ValueError", "args": [1]}]]},
        ),
        ({object: 1, int: 2}, {"<class builtins.object>": 1, "<class builtins.int>": 2}),
        ([10**5_000, object()], ["<an int of 16,610 bits>", "<object object>"]),
        ([10**5_000], ["<an int of 16,610 bits>"]),
        ({"text": "7" * 9_000}, {"text": "7" * 9_000}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_plain_is_logged_in_its_plain_form(value: Any, expected: Any) -> None:
    assert _captured(value) == expected


def test_keys_that_look_alike_lose_no_entry() -> None:
    first, second = object(), object()
    assert _captured({first: 1, second: 2}) == {"<object object>": 1, "<object object> (2)": 2}


def test_numbers_of_numpy() -> None:
    import numpy as np

    values = {
        "half": np.float16(0.5),
        "count": np.int8(3),
        "yes": np.bool_(True),
        "text": np.str_("a"),
        "long": np.longdouble(1.5),
        "time": np.datetime64("2026-01-02T03", "ns"),
        "never": np.datetime64("NaT"),
        "complex": np.complex128(1 + 2j),
        "row": np.array([(1, "a")], dtype=[("n", int), ("t", "U1")])[0],
    }
    assert _captured(values) == {
        "half": 0.5,
        "count": 3,
        "yes": True,
        "text": "a",
        "long": 1.5,
        "time": "2026-01-02T03:00:00.000000000",
        "never": "NaT",
        "complex": "1+2j",
        "row": [1, "a"],
    }


def test_small_arrays_are_lists_and_others_are_told_by_type_and_shape() -> None:
    import numpy as np

    class Named(np.ndarray):  # type: ignore[type-arg]
        def tolist(self) -> Any:
            raise AssertionError("a subclass's own method was called")

    assert _captured(np.eye(2)) == [[1.0, 0.0], [0.0, 1.0]]
    assert _captured(np.array([1, 2]).view(Named)) == [1, 2]
    assert _captured(np.array(["2026-01-02"], dtype="M8[ns]")) == ["2026-01-02T00:00:00.000000000"]
    assert _captured(np.array([{"a": Mood.GOOD}, iter([1])])) == [{"a": "good"}, "<list_iterator object>"]
    assert _captured(np.ma.array([1, 2], mask=[False, True])) == [1, None]
    assert _captured(np.array(5)) == 5
    assert _captured(np.zeros((100, 100))) == {
        "type": "numpy.ndarray",
        "shape": [100, 100],
        "dtype": "float64",
        "first": [0.0] * 10,
    }


def test_tables_keep_their_first_rows() -> None:
    import pandas as pd

    table = pd.DataFrame({"when": [pd.Timestamp("2026-01-02"), pd.NaT], "n": [1, 2]})
    assert _captured(table) == {
        "type": "pandas.DataFrame",
        "shape": [2, 2],
        "columns": ["when", "n"],
        "rows": [["2026-01-02 00:00:00", 1], ["NaT", 2]],
    }
    long = _captured(pd.DataFrame({"n": range(3_000)}))
    assert (long["rows"][-2:], len(long["rows"])) == ([[999], "<cut: 2,000 of 3,000 rows>"], 1_001)
    column = _captured(pd.Series({"a": 1.5, "b": float("nan")}, name="scores"))
    assert column == {
        "type": "pandas.Series",
        "shape": [2],
        "dtype": "float64",
        "name": "scores",
        "values": [1.5, "NaN"],
        "index": ["a", "b"],
    }
    assert _captured([pd.Timedelta(1, "s"), pd.NA, pd.Period("2026")]) == ["0 days 00:00:01", "<NA>", "2026"]


def test_what_is_shared_over_and_over_is_cut_before_it_is_written_out() -> None:
    value: Any = "bottom"
    for _ in range(60):
        value = [value, value]
    written = capture.encode({"it": value})
    assert b"<cut: " in written
    assert len(written) < capture.MAX_PAYLOAD
