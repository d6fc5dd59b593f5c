from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, ExampleRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.cases import Case, cases, groups, mean, shares

BASE = ExampleRow(suite="s", example_id="a", metric="pass", state="broken", red=True)


def row(example_id: str, **columns: object) -> ExampleRow:
    return replace(BASE, example_id=example_id, **columns)


def case(example_id: str, *changes: str) -> Case:
    return Case("s", example_id, (row(example_id, changes=changes),))


def experiment(*rows: ExampleRow) -> Experiment:
    return Experiment(name="n", started="", duration=0, decision=Decision(examples=rows))


def test_red_and_suspect_examples_are_listed_worst_first():
    listed = cases(
        experiment(
            row("small", baseline=(1.0,), candidate=(0.5,)),
            row("suspect", state="suspect", red=False, baseline=(1.0,), candidate=(0.0,)),
            row("fine", state="fixed", red=False),
            row("big", baseline=(1.0, None), candidate=(0.0,)),
            row("bound", state="known", red=True),
        )
    )
    assert [case.example_id for case in listed] == ["big", "small", "bound", "suspect"]


def test_rows_of_one_example_make_one_case():
    listed = cases(
        experiment(
            row("a", run_id=None, changes=("x",)),
            row("a", metric="tone", run_id="r", nodeid="t[a]", changes=("x", "y")),
            row("a", suite="other"),
        )
    )
    assert [(case.suite, len(case.rows), case.run_id, case.nodeid) for case in listed] == [
        ("s", 2, "r", "t[a]"),
        ("other", 1, None, ""),
    ]
    assert listed[0].changes == ("x", "y")


def test_examples_are_grouped_by_the_changes_they_share():
    found = groups(
        [case("a", "prompt", "own a"), case("b", "model"), case("c", "prompt"), case("d", "model", "prompt")]
    )
    assert [(group.changes, [case.example_id for case in group.cases]) for group in found] == [
        (("prompt",), ["a", "c"]),
        (("model",), ["b"]),
        (("model", "prompt"), ["d"]),
    ]


def test_examples_without_a_shared_change_come_last():
    found = groups([case("a"), case("b"), case("c", "own"), case("d", "x"), case("e", "x")])
    assert [[case.example_id for case in group.cases] for group in found] == [["d", "e"], ["a", "b", "c"]]


@pytest.mark.parametrize(
    ("sizes", "most", "dealt"),
    [
        ([], 10, []),
        ([3, 2], 10, [3, 2]),
        ([500, 500], 10, [5, 5]),
        ([500, 1, 500], 10, [5, 1, 4]),
        ([1] * 12, 10, [1] * 10 + [0, 0]),
    ],
)
def test_places_are_dealt_in_turns(sizes, most, dealt):
    assert shares(sizes, most) == dealt


def test_means_leave_unscored_repeats_out():
    assert mean((1.0, None, 0.0)) == 0.5
    assert mean((None,)) is None
