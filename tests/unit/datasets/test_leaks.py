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


OTHER = "My parcel was left with a neighbour whom I don't know, and nobody told me about it"
CLOSE = [
    f"{TEXT}{end}"
    for end in ("", " now", " now, at once", " now, at once, all of it", " now, at once, all of it!!")
]


def moved(catalog: Catalog, *drafts: dict[str, object]) -> dict[str, object]:  # noqa: F811
    added = changes.add(catalog, "golden", list(drafts), "examples", on_leak="move").examples
    return {example.id: example.split for example in added}


def test_whatever_their_order_what_is_moved_leaks_nowhere_else(catalog: Catalog) -> None:  # noqa: F811
    catalog.create("golden", {})
    changes.add(catalog, "golden", [draft(CLOSE[0], split="train", id="a")], "examples")
    near = draft(CLOSE[1], split="train", id="b")
    far = draft(CLOSE[4], split="test", id="c")
    alone = draft(OTHER, split="test", id="d")
    alike = draft(f"{OTHER}!", split="hard", id="e")
    for drafts in ([far, near, alone, alike], [alike, near, far, alone]):
        splits = moved(catalog, *drafts)
        assert {splits["b"], splits["c"]} == {"train"}
        assert splits["d"] == splits["e"] == drafts[-2 if drafts[0] is far else 0]["split"]
        assert leaks(catalog.examples("golden")) == []
        changes.remove(catalog, "golden", splits)


def test_an_update_is_guarded_too(catalog: Catalog) -> None:  # noqa: F811
    catalog.create("golden", {})
    changes.add(
        catalog,
        "golden",
        [draft(TEXT, split="train", id="a"), draft(OTHER, split="test", id="b")],
        "examples",
    )
    leaking = {"id": "b", "inputs": {"query": f"{TEXT}!"}}
    with pytest.raises(LeakError, match="'b'"):
        changes.update(catalog, "golden", [leaking], on_leak="refuse")
    assert catalog.examples("golden")[1].inputs == {"query": OTHER}
    (changed,) = changes.update(catalog, "golden", [leaking], on_leak="move").examples
    assert (changed.split, catalog.examples("golden")[1].split) == ("train", "train")
    # where neither inputs nor split change nothing is asked
    changes.add(catalog, "golden", [draft(f"{TEXT}!!", split="test", id="c")], "examples")
    changes.update(catalog, "golden", [{"id": "c", "metadata": {"seen": True}}], on_leak="refuse")
