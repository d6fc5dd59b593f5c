"""Near-duplicates across splits are found, refused or moved."""

from __future__ import annotations

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.leaks import LeakError, are_apart, leaks
from pytest_llmobs.errors import ArgumentError
from tests.unit.datasets.editing.conftest import catalog, draft  # noqa: F401 (a fixture)

TEXT = "I was charged twice for my order of last Tuesday and would like to have my money back"


def test_a_leak_is_refused_or_moved_and_by_default_stored(catalog: Catalog) -> None:  # noqa: F811
    catalog.create("golden", {})
    changes.add(catalog, "golden", [draft(TEXT, split="train", id="a")], "examples")
    near = draft(f"{TEXT}!", split="test", id="b")
    with pytest.raises(
        LeakError, match=r"1 example would leak.*\n  'b' \(split 'test'\).*'a' \(split 'train'\)"
    ):
        changes.add(catalog, "golden", [near], "examples", on_leak="refuse")
    assert [example.id for example in catalog.examples("golden")] == ["a"]
    (moved,) = changes.add(catalog, "golden", [near], "examples", on_leak="move").examples
    assert moved.split == "train"
    changes.add(catalog, "golden", [{**near, "id": "c"}], "examples")
    assert [leak.example_id for leak in leaks(catalog.examples("golden"))] == ["c"]
    with pytest.raises(ArgumentError, match=r"on_leak is 'mov'\. Did you mean 'move'"):
        changes.add(catalog, "golden", [near], "examples", on_leak="mov")


def test_examples_that_share_a_split_or_have_none_are_not_kept_apart() -> None:
    assert are_apart(["train"], ["test", "hard"])
    assert not are_apart(["train", "hard"], ["test", "hard"])
    assert not are_apart([], ["test"])
    assert not are_apart(["test"], [])
