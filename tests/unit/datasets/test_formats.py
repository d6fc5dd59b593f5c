"""The contract of every format: rows or a message, never a traceback."""

import random

import pytest

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.extensions import Extensions, standalone_manager

BYTES = random.Random(7).randbytes
FORMATS = Extensions(standalone_manager()).formats
CONTENTS = {
    "empty": b"",
    "nul": b"\0" * 8,
    "noise": BYTES(512),
    "mark-only": b"\xef\xbb\xbf",
    "half-a-mark": b"\xff\xfe",
    "brackets": b"{" * 5000,
    "quotes": b'"' * 5001,
    "dashes": b"- " * 500,
    "parquet-head": b"PAR1" + BYTES(64) + b"PAR1",
    "anchors": b"- &a [*a]\n",
}


@pytest.mark.parametrize("reader", FORMATS, ids=lambda reader: type(reader).__name__)
def test_suffixes_are_written_as_they_are_compared(reader):
    assert reader.suffixes
    assert [suffix for suffix in reader.suffixes if suffix != suffix.lower() or suffix[0] != "."] == []


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("reader", FORMATS, ids=lambda reader: type(reader).__name__)
def test_any_bytes_give_an_example_or_a_message(load, reader, content):
    file = f"a{reader.suffixes[0]}"
    try:
        said = [example.id for example in load(file, content)]
    except DatasetError as error:
        said = str(error)
    assert said
