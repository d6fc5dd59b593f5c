"""What a reviewer sees of a dataset's change."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.datasets.inspection.changes import changes_to_review
from pytest_llmobs.datasets.inspection.value_changes import ValueChange, value_changes
from pytest_llmobs.records.examples import Example

PLAN = "How can I cancel my plan before the end of the month?"


def example(id: str, query: Any = "Hello there", **parts: Any) -> Example:
    return Example(id=id, inputs={"query": query}, **parts)


def changed(before: Any, after: Any) -> list[ValueChange]:
    return value_changes(example("a", before), example("a", after))


def test_examples_are_told_by_their_ids() -> None:
    kept, old, new = example("kept"), example("old", "Where is it?"), example("new", "My invoice is wrong.")
    edited = example("edited", outputs={"answer": "Yes."}, split="hard")
    changes = changes_to_review([kept, old, example("edited")], [edited, kept, new])
    assert (changes.added, changes.removed) == ([new], [old])
    (only,) = changes.edited
    assert (only.after, only.parts) == (edited, ("outputs", "split"))
    assert changes.unchanged == 1
    assert dict(changes.parts) == {"outputs": 1, "split": 1}


def test_the_same_examples_in_another_order_are_no_change() -> None:
    changes = changes_to_review([example("a"), example("b")], [example("b"), example("a")])
    assert changes.is_none
    assert changes.unchanged == 2


def test_an_edit_that_moved_a_derived_id_is_one_edited_example() -> None:
    before = [example("how-can-i-cancel-1", PLAN), example("gone", "I was charged twice for the same order.")]
    after = [example("how-can-i-cancel-2", PLAN.replace("month", "year")), example("new", "Do you sell tea?")]
    changes = changes_to_review(before, after)
    assert [one.id for one in changes.added] == ["new"]
    assert [one.id for one in changes.removed] == ["gone"]
    (edited,) = changes.edited
    assert (edited.before.id, edited.after.id) == ("how-can-i-cancel-1", "how-can-i-cancel-2")
    assert edited.parts == ("inputs",)


def test_an_example_under_another_name_has_no_changed_part() -> None:
    changes = changes_to_review([example("a", PLAN)], [example("b", PLAN)])
    (edited,) = changes.edited
    assert (edited.before.id, edited.parts) == ("a", ())
    assert not changes.is_none


def test_of_two_with_equal_content_each_is_paired_once() -> None:
    changes = changes_to_review([example("a", PLAN)], [example("b", PLAN), example("c", PLAN)])
    assert [one.after.id for one in changes.edited] == ["b"]
    assert [one.id for one in changes.added] == ["c"]


def test_numbers_that_python_takes_for_equal_differ() -> None:
    changes = changes_to_review([example("a", 1)], [example("a", True)])
    (edited,) = changes.edited
    assert edited.parts == ("inputs",)
    assert changed(1, True) == [ValueChange("inputs.query", "changed", 1, True)]
    assert changed(1, 1.0) == [ValueChange("inputs.query", "changed", 1, 1.0)]


def test_splits_are_counted_before_and_after() -> None:
    before = [example("a", split="base"), example("b", "Other words", split=("base", "hard"))]
    changes = changes_to_review(
        before, [*before, example("c", "More of them", split="new"), example("d", "x")]
    )
    sizes = [(split.name, split.before, split.after) for split in changes.splits]
    assert sizes == [("", 0, 1), ("base", 2, 2), ("hard", 1, 1), ("new", 0, 1)]
    assert changes_to_review([example("a")], []).splits == ()


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["inputs.query.a.b"]),
        ({"a": 1}, {"b": 1}, ["inputs.query.a", "inputs.query.b"]),
        (["x", "y"], ["x", "y", "z"], ["inputs.query[2]"]),
        (["x", "y", "z"], ["y", "z"], ["inputs.query[0]"]),
        (
            [{"role": "user", "content": "hi"}],
            [{"role": "user", "content": "ho"}],
            ["inputs.query[0].content"],
        ),
        ("text", ["text"], ["inputs.query"]),
        ({"a": None}, {}, ["inputs.query.a"]),
    ],
)
def test_values_are_named_by_their_paths(before: Any, after: Any, paths: list[str]) -> None:
    assert [change.path for change in changed(before, after)] == paths


def test_long_lists_are_compared_as_a_whole() -> None:
    before = list(range(300))
    (change,) = changed(before, [*before, 300])
    assert change.path == "inputs.query"
    assert changed(before, list(before)) == []


def test_splits_come_and_go_by_name() -> None:
    def of(before: Any, after: Any) -> list[ValueChange]:
        return value_changes(example("a", split=before), example("a", split=after))

    assert of("base", "hard") == [ValueChange("split", "changed", "base", "hard")]
    assert of("base", ("base", "hard")) == [ValueChange("split", "added", after="hard")]
    assert of("base", None) == [ValueChange("split", "removed", before="base")]
    assert of(("a", "b"), ("b", "a")) == []
