from dataclasses import replace

from pytest_llmobs.measures.means import scored_mean
from pytest_llmobs.records.decisions import ExampleRow
from pytest_llmobs.reports.digest.examples import ExampleDetail, detailed_examples, grouped

BASE = ExampleRow(suite="s", example_id="a", metric="pass", state="broken", red=True)


def row(example_id: str, **columns: object) -> ExampleRow:
    return replace(BASE, example_id=example_id, **columns)


def example(example_id: str, *changes: str) -> ExampleDetail:
    return ExampleDetail("s", example_id, (row(example_id, changes=changes),))


def test_red_and_suspect_examples_are_listed_worst_first():
    listed = detailed_examples(
        (
            row("small", baseline=(1.0,), candidate=(0.5,)),
            row("suspect", state="suspect", red=False, baseline=(1.0,), candidate=(0.0,)),
            row("fine", state="fixed", red=False),
            row("big", baseline=(1.0, None), candidate=(0.0,)),
            row("bound", state="known", red=True),
        )
    )
    assert [example.example_id for example in listed] == ["big", "small", "bound", "suspect"]


def test_rows_of_one_example_make_one_detail():
    listed = detailed_examples(
        (
            row("a", run_id=None, changes=("x",)),
            row("a", metric="tone", run_id="r", nodeid="t[a]", changes=("x", "y")),
            row("a", suite="other"),
        )
    )
    assert [(example.suite, len(example.rows), example.run_id, example.nodeid) for example in listed] == [
        ("s", 2, "r", "t[a]"),
        ("other", 1, None, ""),
    ]
    assert listed[0].changes == ("x", "y")


def test_examples_are_grouped_by_the_changes_they_share():
    found = grouped(
        [
            example("a", "prompt", "own a"),
            example("b", "model"),
            example("c", "prompt"),
            example("d", "model", "prompt"),
        ]
    )
    assert [(group.changes, [example.example_id for example in group.examples]) for group in found] == [
        (("prompt",), ["a", "c"]),
        (("model",), ["b"]),
        (("model", "prompt"), ["d"]),
    ]


def test_examples_without_a_shared_change_come_last():
    found = grouped([example("a"), example("b"), example("c", "own"), example("d", "x"), example("e", "x")])
    assert [[example.example_id for example in group.examples] for group in found] == [
        ["d", "e"],
        ["a", "b", "c"],
    ]


def test_means_leave_unscored_repeats_out():
    assert scored_mean((1.0, None, 0.0)) == 0.5
    assert scored_mean((None,)) is None
