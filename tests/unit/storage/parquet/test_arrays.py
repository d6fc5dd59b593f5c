"""Arrays that are laid out here equal those that Arrow makes, and load no pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.storage.parquet.arrays import arrow_array, binary_array

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.floats(allow_nan=False) | st.integers(-(2**50), 2**50)


def column(
    values: st.SearchStrategy[Any], kind: pa.DataType
) -> st.SearchStrategy[tuple[list[Any], pa.DataType]]:
    return st.tuples(st.lists(st.none() | values, max_size=40), st.just(kind))


COLUMNS = st.one_of(
    column(INT64, pa.int64()),
    column(INT64, pa.timestamp("us", "UTC")),
    column(NUMBER, pa.float64()),
    column(TEXT, pa.string()),
    column(st.booleans(), pa.bool_()),
    column(st.lists(TEXT, max_size=4), pa.list_(pa.string())),
    column(st.dictionaries(TEXT, NUMBER, max_size=4), pa.map_(pa.string(), pa.float64())),
)


@given(COLUMNS)
@settings(deadline=None)  # the first array of Arrow's own loads pandas
def test_what_is_laid_out_is_what_arrow_makes(column: tuple[list[Any], pa.DataType]) -> None:
    values, kind = column
    made = arrow_array(values, kind)
    made.validate(full=True)
    assert made.equals(pa.array(values, kind))


@given(st.lists(st.binary(max_size=20), max_size=40))
def test_bytes_with_null_for_each_empty_one(values: list[bytes]) -> None:
    assert binary_array(values).equals(pa.array([value or None for value in values], pa.binary()))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True], pa.int64()),
        ([2**63], pa.int64()),
        (["1"], pa.int64()),
        ([1], pa.bool_()),
        ([1], pa.string()),
        (["\ud800"], pa.string()),
        ([[1]], pa.list_(pa.string())),
        ([{"a": "b"}], pa.map_(pa.string(), pa.float64())),
    ],
)
def test_a_value_of_another_type_is_refused_as_arrow_refuses_it(values: list[Any], kind: pa.DataType) -> None:
    with pytest.raises((pa.ArrowException, TypeError, ValueError, OverflowError)) as refusal:
        pa.array(values, kind)
    with pytest.raises(refusal.type):
        arrow_array(values, kind)


def test_no_pandas_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("pandas.py").write_text("print('pandas')\nraise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = """
import pyarrow as pa
from pytest_llmobs.storage.parquet.arrays import arrow_array, binary_array
from pytest_llmobs.storage.parquet.schema import arrow_schema

binary_array([b"a", b""])
samples = {
    "string": "a",
    "int64": 1,
    "double": 1.0,
    "bool": True,
    "timestamp[us, tz=UTC]": 1,
    "list<item: string>": ["a"],
    "map<string, double>": {"a": 1.0},
}
for field in arrow_schema():  # whatever columns there are
    arrow_array([samples[str(field.type)], None], field.type)
print("laid out")
pa.array([0])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("laid out\npandas\n")  # Arrow itself does look for it
