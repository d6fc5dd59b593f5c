"""The contract of every format, whoever brings it: rows or a message, never a traceback.

The formats are those of the registry. What a format should read lies in ``samples``, a file a suffix.
"""

from __future__ import annotations

import codecs
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.datasets import DatasetFormat
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.records.examples import Dataset, Example

SAMPLES = Path(__file__).with_name("samples")
BYTES = random.Random(7).randbytes
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
DOUBLE_CHARGE = Example(
    "double-charge",
    {"query": 'Charged twice,\n"help" in größter Not'},
    {"answer": "refund", "limit": 40},
    {"tier": "critical"},
    "hard",
)
SEATS = Example("seats", {"query": "Add 3 seats"}, {"answer": "done", "limit": 1})
HELLO = Example("hello-4a90192d", {"query": "Hello"}, {"answer": "42", "limit": 2})

Load = Callable[..., Dataset]
Refuse = Callable[..., str]


def every_suffix() -> Iterator[Any]:
    for reader in Extensions(standalone_manager()).formats:
        for suffix in reader.suffixes:
            yield pytest.param(reader, suffix, id=suffix)


def every_suffix_of_text() -> Iterator[Any]:
    """Leave out what is no text, like Parquet: it has no encoding, no line and no mark."""
    for parameters in every_suffix():
        content = found_sample("good", *parameters.values)
        try:
            (content or b"").decode()
        except UnicodeDecodeError:
            continue
        yield parameters


def found_sample(stem: str, reader: DatasetFormat, suffix: str) -> bytes | None:
    """Return the sample of a suffix, or of the format's first one that has any, or None."""
    for candidate in (suffix, *reader.suffixes):
        path = SAMPLES / f"{stem}{candidate}"
        if path.exists():
            return path.read_bytes()
    return None


def sample(stem: str, reader: DatasetFormat, suffix: str) -> bytes:
    content = found_sample(stem, reader, suffix)
    if content is None:
        pytest.skip(f"there is no samples/{stem}{suffix} to hold the format to")
    return content


of_every_format = pytest.mark.parametrize(("reader", "suffix"), list(every_suffix()))
of_every_text_format = pytest.mark.parametrize(("reader", "suffix"), list(every_suffix_of_text()))


@of_every_format
def test_suffixes_are_written_as_they_are_compared(reader: DatasetFormat, suffix: str) -> None:
    assert suffix == suffix.lower()
    assert suffix.startswith(".")


@of_every_format
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_any_bytes_give_an_example_or_a_message_that_names_the_file(
    load: Load, reader: DatasetFormat, suffix: str, content: bytes
) -> None:
    file = f"a{suffix}"
    try:
        outcome = f"{file}: {load(file, content).examples}"
    except DatasetError as error:
        outcome = str(error)
    assert outcome.startswith(file)


@of_every_format
def test_the_examples_are_read_back_in_order(load: Load, reader: DatasetFormat, suffix: str) -> None:
    dataset = load(f"golden{suffix}", sample("good", reader, suffix))
    assert dataset.examples == (DOUBLE_CHARGE, SEATS, HELLO)
    assert (dataset.name, dataset.source) == ("golden", f"golden{suffix}")


@of_every_format
def test_the_suffix_may_be_written_in_capitals(load: Load, reader: DatasetFormat, suffix: str) -> None:
    dataset = load(f"GOLDEN{suffix.upper()}", sample("good", reader, suffix))
    assert dataset.examples == (DOUBLE_CHARGE, SEATS, HELLO)


@of_every_format
def test_every_row_has_a_place_of_its_own_below_the_path(
    load: Load, reader: DatasetFormat, suffix: str
) -> None:
    load(f"tests/golden{suffix}", sample("good", reader, suffix))
    places = [row.place for row in reader.rows(Path(f"tests/golden{suffix}"))]
    assert len(set(places)) == 3
    assert [place for place in places if not place.startswith(f"tests/golden{suffix}")] == []


@of_every_format
def test_a_row_that_is_no_example_is_named(refuse: Refuse, reader: DatasetFormat, suffix: str) -> None:
    file = f"tests/golden{suffix}"
    message = refuse(file, sample("broken", reader, suffix))
    _, second, _ = reader.rows(Path(file))
    assert message.startswith(f"{second.place}: 'inputs' is missing (it has id, outputs).")


@of_every_text_format
def test_the_mark_that_spreadsheets_write_is_no_text(load: Load, reader: DatasetFormat, suffix: str) -> None:
    dataset = load(f"golden{suffix}", codecs.BOM_UTF8 + sample("good", reader, suffix))
    assert dataset.examples == (DOUBLE_CHARGE, SEATS, HELLO)


@of_every_text_format
@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "UTF-16"), ("utf-32", "UTF-32")])
def test_another_encoding_is_named_with_what_converts_it(
    refuse: Refuse, reader: DatasetFormat, suffix: str, encoding: str, name: str
) -> None:
    content = sample("good", reader, suffix).decode().encode(encoding)
    message = refuse(f"golden{suffix}", content)
    assert message.startswith(f"golden{suffix} is encoded in {name}. Save it as UTF-8")
    assert f"iconv -f {name} -t UTF-8 golden{suffix}" in message


@of_every_text_format
def test_a_byte_that_is_no_text_is_named_with_its_line(
    refuse: Refuse, reader: DatasetFormat, suffix: str
) -> None:
    content = sample("good", reader, suffix).replace("größter".encode(), "größter".encode("cp1252"))
    line = content[: content.index(b"\xf6")].count(b"\n") + 1
    message = refuse(f"golden{suffix}", content)
    assert message.startswith(f"golden{suffix}:{line}: byte 0xf6 is not UTF-8.")


@of_every_text_format
def test_a_text_without_anything_holds_no_example(refuse: Refuse, reader: DatasetFormat, suffix: str) -> None:
    assert refuse(f"a{suffix}", b"").startswith(f"a{suffix} holds no example. Add at least one, ")


@of_every_format
def test_the_message_of_an_unknown_suffix_lists_it(
    refuse: Refuse, reader: DatasetFormat, suffix: str
) -> None:
    _, _, known = refuse("golden.unknown", b"").partition("Known: ")
    assert suffix in known.partition(". ")[0].split(", ")


@of_every_text_format
def test_a_checkout_with_other_line_breaks_is_the_same_dataset(
    load: Load, reader: DatasetFormat, suffix: str
) -> None:
    content = sample("good", reader, suffix).replace(b"\r\n", b"\n")
    ours = load(f"golden{suffix}", content)
    theirs = load(f"golden{suffix}", content.replace(b"\n", b"\r\n"))
    assert theirs.version == ours.version
    assert [example.hash for example in theirs] == [example.hash for example in ours]
