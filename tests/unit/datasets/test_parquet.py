from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def written(tmp_path, rows):
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    return "a.parquet"


def test_reads_structs_and_drops_the_keys_a_row_has_not(load, tmp_path):
    rows = [
        {"id": "x", "inputs": {"q": "Hi"}, "outputs": {"words": ["a"], "least": None}, "split": None},
        {"id": "y", "inputs": {"q": "Ho"}, "outputs": {"words": None, "least": 3}, "split": "hard"},
    ]
    first, second = load(written(tmp_path, rows))
    assert (first.id, first.inputs, first.outputs, first.split) == ("x", {"q": "Hi"}, {"words": ["a"]}, None)
    assert (second.outputs, second.split) == ({"least": 3}, "hard")


def test_reads_flat_columns(load, tmp_path):
    (example,) = load(written(tmp_path, [{"inputs.q": "Hi", "outputs.a": "Hello", "metadata.tier": None}]))
    assert (example.inputs, example.outputs, example.metadata) == ({"q": "Hi"}, {"a": "Hello"}, {})


def test_maps_the_columns_that_the_user_names(load, tmp_path):
    file = written(tmp_path, [{"question": "Hi", "answer": "Hello", "source": "web"}])
    (example,) = load(file, inputs=["question"], outputs=["answer"])
    assert (example.inputs, example.outputs, example.metadata) == (
        {"question": "Hi"},
        {"answer": "Hello"},
        {},
    )


def test_turns_times_into_text_and_decimals_into_numbers(load, tmp_path):
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    row = {"inputs": {"day": date(2026, 1, 31), "at": [moment], "price": Decimal("1.50")}}
    (example,) = load(written(tmp_path, [row]))
    assert example.inputs == {"day": "2026-01-31", "at": ["2026-01-31T12:00:00+00:00"], "price": 1.5}


def test_names_the_row(refuse, tmp_path):
    message = refuse(written(tmp_path, [{"inputs.q": "Hi"}, {"inputs.q": None}]))
    assert message.startswith("a.parquet, row 2: 'inputs' is missing (it is empty).")


def test_refuses_bytes(refuse, tmp_path):
    message = refuse(written(tmp_path, [{"inputs.q": b"Hi"}]))
    assert message.startswith(
        "a.parquet, row 1: inputs.q is b'Hi', of type bytes, which JSON has no form for."
    )


def test_refuses_a_file_that_is_no_parquet(refuse):
    message = refuse("a.parquet", "nothing of the kind")
    assert message.startswith("a.parquet: no readable Parquet: ")
    assert message.endswith("Write it with pyarrow, pandas or DuckDB, or use .jsonl.")


BEYOND_PYTHON = pa.array([10**18], pa.timestamp("ms"))
NO_TEXT = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))


def column(tmp_path, array, **options):
    pq.write_table(pa.table({"id": ["x"], "inputs.t": array}), tmp_path / "a.parquet", **options)
    return "a.parquet"


@pytest.mark.parametrize(
    ("array", "value"),
    [
        (pa.array([1700000000123456789], pa.timestamp("ns")), "2023-11-14T22:13:20.123456789"),
        (pa.array([1700000000123456000], pa.timestamp("ns")), "2023-11-14T22:13:20.123456"),
        (pa.array([-1], pa.timestamp("ns", "Europe/Berlin")), "1970-01-01T00:59:59.999999999+01:00"),
        (pa.array([2], pa.timestamp("ns")).dictionary_encode(), "1970-01-01T00:00:00.000000002"),
        (pa.array([123456789123], pa.time64("ns")), "00:02:03.456789123"),
        (pa.array([12345], pa.time32("s")), "03:25:45"),
        (pa.array([[{"at": datetime(2026, 1, 31), "n": None}]]), [{"at": "2026-01-31T00:00:00", "n": None}]),
        (pa.array([[("a", Decimal("0.10"))]], pa.map_(pa.string(), pa.decimal128(3, 2))), {"a": 0.1}),
        (pa.array(["a"]).dictionary_encode(), "a"),
        (pa.array(["a"], pa.large_string()), "a"),
        (pa.array([1.5]).cast(pa.float16()), 1.5),
        (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (pa.array([[1, 2]], pa.list_(pa.int8(), 2)), [1, 2]),
        (pa.array([Decimal("1e70")], pa.decimal256(76, 0)), 1e70),
    ],
    ids=str,
)
def test_reads_every_type_that_json_has_a_form_for(load, tmp_path, array, value):
    (example,) = load(column(tmp_path, array))
    assert example.inputs == {"t": value}


def test_reads_moments_of_spark_that_nanoseconds_do_not_reach(load, tmp_path):
    far = pa.array([200_000_000_000_000_000], pa.timestamp("us"))
    (example,) = load(column(tmp_path, far, use_deprecated_int96_timestamps=True))
    assert example.inputs == {"t": "8307-10-01T19:33:20"}


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (BEYOND_PYTHON, "Python int too large"),
        (pa.array([[0, 10**18]], pa.list_(pa.timestamp("ms"))), "Python int too large"),
        (pa.array([10**8], pa.int32()).cast(pa.date32()), "date value out of range"),
        (pa.array([1], pa.duration("s")), "JSON has no form for a duration"),
        (pa.array([1], pa.timestamp("us", "Mars/Base")), ""),
        (
            pa.array([Decimal("12345678901234567890.12")]),
            "12345678901234567890.12 has more digits than a number keeps",
        ),
        (
            pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int8())),
            "the key 'a' is given twice in one map",
        ),
        (NO_TEXT, "'utf-8' codec can't decode byte 0xff in position 0"),
    ],
    ids=["far", "far-in-list", "far-date", "duration", "zone", "digits", "map", "text"],
)
def test_names_the_column_of_a_value_that_cannot_be_read(refuse, tmp_path, array, reason):
    message = refuse(column(tmp_path, array))
    assert message.startswith(f"a.parquet, row 1: the column 'inputs.t' of type {str(array.type)[:4]}")
    assert f"can't be read: {reason}" in message
    assert message.endswith("Write it as text or as a number.")


def test_a_column_of_nulls_may_be_of_any_type(load, tmp_path):
    table = pa.table(
        {"inputs.q": ["Hi"], "inputs.d": pa.nulls(1, pa.duration("s")), "outputs.n": pa.nulls(1)}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (example,) = load("a.parquet")
    assert (example.inputs, example.outputs) == ({"q": "Hi"}, {})


def test_names_the_column_that_is_damaged(refuse, tmp_path):
    rows = {"inputs.q": [f"question {row}" for row in range(999)], "outputs.a": list(map(str, range(999)))}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[4:200] = bytes(196)
    message = refuse("a.parquet", bytes(content))
    assert message.startswith("a.parquet: the column 'inputs.q' can't be read: ")
    assert message.endswith("write it anew, or use .jsonl.")


def test_refuses_two_columns_of_one_name(refuse, tmp_path):
    pq.write_table(pa.table([["a"], ["b"]], names=["inputs.q", "inputs.q"]), tmp_path / "a.parquet")
    assert refuse("a.parquet") == "a.parquet: the column 'inputs.q' stands twice in the file. Rename one."


def test_refuses_a_small_file_that_fills_the_memory(refuse, tmp_path):
    # One text of a megabyte, and a thousand references to it: half a kilobyte on the disk.
    array = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), 1000), ["x" * 2**20])
    pq.write_table(
        pa.table({"inputs.q": array}), tmp_path / "a.parquet", compression="zstd", store_schema=False
    )
    assert (tmp_path / "a.parquet").stat().st_size < 1000
    assert refuse("a.parquet").startswith(
        "a.parquet holds more than 512 MB; a dataset has at most 20,000,000 values"
    )


def test_refuses_more_rows_than_a_dataset_has(refuse, tmp_path):
    array = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int8()), 21_000_000), ["x"])
    pq.write_table(pa.table({"inputs.q": array}), tmp_path / "a.parquet")
    assert refuse("a.parquet").startswith(
        "a.parquet holds 21,000,000 rows of 1 column; a dataset has at most"
    )
