from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, ExampleRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.examples import ExampleDetail, detailed_examples, shared_remarks
from pytest_llmobs.reports.terminal.example_details import Above, example_lines, outcome
from pytest_llmobs.reports.terminal.section import render
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

PAGE = Page()
NOTHING = Above((), (), False)
ROW = ExampleRow(suite="t.py::test_a", example_id="a", metric="pass", state="broken", red=True)


def lines(
    *rows: ExampleRow, above: Above = NOTHING, page: Page = PAGE, context: Context | None = None
) -> list[str]:
    return list(example_lines(ExampleDetail("t.py::test_a", "a", rows), above, page, context or Context()))


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [
        ((1.0,) * 5, (0.0,) * 6, "5/5 → 0/6 trials"),
        ((1.0, 0.0), (1.0,), "1/2 → 1/1 trials"),
        ((0.9, 0.95), (0.3,), "0.925 → 0.300"),
        ((1.0, None), (None,), "1/2 (1 unscored) → 0/1 (1 unscored) trials"),
        ((0.5, None), (None,), "0.500 (1 unscored) → - (1 unscored)"),
        ((), (0.0, 1.0), "1/2 trials"),
        ((), (), ""),
    ],
)
def test_scores_then_and_now(then, now, text):
    assert outcome(replace(ROW, baseline=then, candidate=now), PAGE) == text


def test_reasons_stand_beside_their_scores():
    tone = replace(
        ROW, metric="tone_quality", state="suspect", comment="0.4: The tone is cold.", candidate=(0.4,)
    )
    assert lines(replace(ROW, candidate=(0.0,), comment="one\ntwo", run_id="r"), tone) == [
        "✗ a",
        "    ✗ pass          0/1 trials  one",
        "                                two",
        "    ! tone_quality  0.400       0.4: The tone is cold.",
        "    llmobs show r",
    ]


def test_reasons_stand_below_where_there_is_no_room():
    row = replace(
        ROW, metric="a_metric_with_a_long_name", candidate=(0.0,), comment="the reason why it failed"
    )
    assert lines(row, page=Page(width=50)) == [
        "✗ a",
        "    ✗ a_metric_wit…a_long_name  0/1 trials",
        "        the reason why it failed",
    ]


def test_long_reasons_are_wrapped_and_never_cut():
    row = replace(ROW, candidate=(0.0,), comment="word " * 60)
    assert " ".join(lines(row)).count("word") == 60
    assert max(map(cells.width, lines(row))) <= 80


def test_a_sentence_said_of_many_examples_is_printed_once():
    sentence = "The tone is not apologetic, and the customer's name is missing."
    above = replace(NOTHING, reasons={})
    first = lines(replace(ROW, metric="tone", comment=sentence), above=above)
    again = replace(ROW, example_id="b", metric="tone", comment=sentence)
    assert sentence in " ".join(" ".join(first).split())
    assert "(as for a)" in " ".join(lines(again, above=above))
    # as short as the reference would be
    short = replace(ROW, metric="tone", comment="cold", example_id="c")
    assert "cold" in " ".join(lines(short, replace(short, example_id="d"), above=above))


def test_what_was_told_above_is_not_repeated():
    row = replace(ROW, comment="shared\nown", changes=("code: a -> b", "model: x -> y"))
    above = Above(("code: a -> b",), ("shared",), True)
    assert lines(row, above=above) == ["✗ test_a[a]", "    ✗ pass    own", "    model: x -> y"]


def test_remarks_of_most_suspects_are_said_once():
    suspect = replace(ROW, state="suspect", red=False, comment="not run again\nmissing: 'x'")
    rows = tuple(replace(suspect, example_id=f"e{number}") for number in range(3))
    other = replace(suspect, example_id="other", comment="alone")
    experiment = Experiment(name="n", started="", duration=0, decision=Decision(examples=(*rows, other)))
    detailed = detailed_examples(experiment.decision.examples)
    assert shared_remarks(detailed)["suspect"] == ["not run again", "missing: 'x'"]
    text = render(experiment, width=80, color=False)
    assert text.count("not run again") == 1
    assert shared_remarks(detailed[:2])["suspect"] == []
