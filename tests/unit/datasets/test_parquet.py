from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq


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
