"""Examples are added, changed and removed, and what isn't touched stays as somebody wrote it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pytest_llmobs.datasets import load_dataset
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.errors import ArgumentError, ConflictError, DatasetError, NotFoundError
from tests.unit.datasets.conftest import FORMATS
from tests.unit.datasets.editing.conftest import draft
from tests.unit.processes import run_at_once

HAND_WRITTEN = (
    '{"id":"a",  "inputs": {"query": "Where is my order?"}}\n'
    "\n"
    '{"inputs": {"query": "Hello"}, "split": "base"}\n'
    '{ "inputs.query": "Bye",\t"outputs.answer": "Bye!" }'
)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]


def test_an_example_is_appended_and_every_other_line_stays_as_it_is(
    catalog: Catalog, write: Callable[..., Path]
) -> None:
    file = write("golden.jsonl", HAND_WRITTEN)
    (added,) = changes.add(catalog, "golden", [draft("I was charged twice", split="hard")], "x").examples

    lines = file.read_text().split("\n")
    assert "\n".join(lines[:4]) == HAND_WRITTEN
    assert json.loads(lines[4]) == {
        "id": added.id,
        "inputs": {"query": "I was charged twice"},
        "split": "hard",
    }
    assert lines[5:] == [""]
    assert added.id.startswith("i-was-charged-twice-")
    assert (added.dataset_name, added.dataset_id) == ("golden", "golden")


def test_only_the_line_that_changes_is_written_anew(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.jsonl", HAND_WRITTEN)
    hello = catalog.examples("golden")[1]
    changes.update(catalog, "golden", [{"id": hello.id, "outputs": {"answer": "Hi"}}])

    before, after = HAND_WRITTEN.split("\n"), file.read_text().split("\n")
    assert [after[0], after[1], after[3]] == [before[0], before[1], before[3]]
    row = json.loads(after[2])
    assert datetime.fromisoformat(row.pop("modified_at")).tzinfo is not None
    assert row == {
        "id": hello.id,
        "inputs": {"query": "Hello"},
        "outputs": {"answer": "Hi"},
        "split": "base",
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_the_mark_of_utf_8_stay(
    catalog: Catalog, write: Callable[..., Path], mark: bytes
) -> None:
    content = mark + '{"id": "ä", "inputs": {}}\r\n{"id": "b", "inputs": {}}\r\n'.encode()
    file = write("golden.jsonl", content)
    changes.add(catalog, "golden", [{"id": "c", "inputs": {}}], "x")
    assert file.read_bytes() == content + b'{"id": "c", "inputs": {}}\r\n'
    changes.remove(catalog, "golden", ["c"])
    assert file.read_bytes() == content


def test_nothing_is_written_where_nothing_changes(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.jsonl", HAND_WRITTEN)
    written = file.stat().st_mtime_ns
    changes.update(catalog, "golden", [{"id": "a", "inputs": {"query": "Where is my order?"}}])
    assert file.stat().st_mtime_ns == written


def test_equal_examples_are_added_and_told_apart(catalog: Catalog) -> None:
    catalog.create("golden", {})
    first = changes.add(catalog, "golden", [draft("Hello"), draft("Hello")], "x").examples
    second = changes.add(catalog, "golden", [draft("Hello")], "x").examples
    ids = [example.id for example in (*first, *second)]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]


def test_the_same_example_has_another_id_in_another_dataset(catalog: Catalog) -> None:
    ids = set()
    for name in ("golden", "other"):
        catalog.create(name, {})
        ids.add(changes.add(catalog, name, [draft("Hello")], "x").examples[0].id)
    assert len(ids) == 2
    for id in ids:
        assert catalog.home_of(id) in ("golden", "other")


def test_the_id_of_an_equal_example_stays_when_the_one_before_it_goes(
    catalog: Catalog, write: Callable[..., Path]
) -> None:
    file = write("golden.jsonl", '{"inputs": {"q": 1}}\n{"inputs": {"q": 1}}\n{"inputs": {"q": 2}}\n')
    first, second, other = catalog.examples("golden")
    changes.remove(catalog, "golden", [first.id])

    assert [example.id for example in catalog.examples("golden")] == [second.id, other.id]
    assert file.read_text() == f'{{"id": "{second.id}", "inputs": {{"q": 1}}}}\n{{"inputs": {{"q": 2}}}}\n'


def test_what_the_client_wrote_every_reader_reads(catalog: Catalog) -> None:
    catalog.create("golden", {})
    full = {
        "id": UUID(int=1),
        "inputs": {"query": "Schön 😀\u2028"},
        "outputs": {"answer": 1.5},
        "metadata": {"tier": "gold"},
        "split": ["base", "hard"],
        "source_run_id": UUID(int=2),
        "created_at": datetime(2026, 1, 31, 12, tzinfo=UTC),
    }
    (added,) = changes.add(catalog, "golden", [full], "x").examples
    dataset = load_dataset(
        "golden.jsonl", base_dirs=[catalog.folder], formats=FORMATS, rootdir=catalog.folder
    )
    (example,) = dataset
    assert example == added
    assert (example.id, example.splits) == (str(UUID(int=1)), ("base", "hard"))
    assert example.created_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert example.source_run_id == str(UUID(int=2))
    assert dataset.version == catalog.dataset("golden").version


def test_splits_are_joined_and_left(catalog: Catalog) -> None:
    catalog.create("golden", {})
    ids = [
        example.id
        for example in changes.add(catalog, "golden", [draft("a", split="base"), draft("b")], "x").examples
    ]
    changes.put_into_split(catalog, "golden", "hard", ids)
    assert [example.split for example in catalog.examples("golden")] == [("base", "hard"), "hard"]
    changes.put_into_split(catalog, "golden", "hard", ids, out=True)
    assert [example.split for example in catalog.examples("golden")] == ["base", None]
    with pytest.raises(ArgumentError, match="split_name is ''"):
        changes.put_into_split(catalog, "golden", "", ids)


def test_a_change_is_made_whole_or_not_at_all(catalog: Catalog, write: Callable[..., Path]) -> None:
    file = write("golden.jsonl", HAND_WRITTEN)
    for change in (
        lambda: changes.add(catalog, "golden", [draft("x"), {"inputs": {}, "id": "a"}], "x"),
        lambda: changes.add(catalog, "golden", [draft("x"), {"inputs": {"when": START}}], "x"),
        lambda: changes.update(catalog, "golden", [{"id": "a", "outputs": {}}, {"id": "nobody"}]),
        lambda: changes.remove(catalog, "golden", ["a", "nobody"]),
    ):
        with pytest.raises((ConflictError, DatasetError, NotFoundError)):
            change()
    assert file.read_text() == HAND_WRITTEN


START = datetime(2026, 1, 1)


def test_messages_name_the_example_and_the_remedy(catalog: Catalog, write: Callable[..., Path]) -> None:
    write("golden.jsonl", HAND_WRITTEN)
    with pytest.raises(
        ConflictError, match=r"'golden' has an example 'a' already\. Choose another id, leave it out"
    ):
        changes.add(catalog, "golden", [{"inputs": {}, "id": "a"}], "x")
    with pytest.raises(NotFoundError, match=r"'golden' has no example 'b'.*Known: a, "):
        changes.remove(catalog, "golden", ["b"])
    with pytest.raises(DatasetError, match=r"examples\[1\]: inputs\.when is datetime.*no form for"):
        changes.add(catalog, "golden", [draft("x"), {"inputs": {"when": START}}], "examples")


APPENDING = """
import sys
from pathlib import Path
from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog

catalog = Catalog(Path("datasets"), Path(".llmobs"), formats=tuple)
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    changes.add(catalog, "golden", [{"inputs": {"process": sys.argv[1], "number": number}}], "x")
"""


def test_four_processes_that_append_lose_nothing(catalog: Catalog, tmp_path: Path) -> None:
    catalog.create("golden", {})
    run_at_once(APPENDING, range(4), tmp_path)

    examples = catalog.examples("golden")
    written = {(example.inputs["process"], example.inputs["number"]) for example in examples}
    assert len(examples) == len(written) == 100
    assert len(catalog.versions.history("golden")) == 101
