from dataclasses import replace

import pytest

from pytest_llmobs.experiments.compare import ExperimentComparison, Move
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.reports.pages.comparison import comparison_text
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

BEFORE = Experiment(
    name="calm-heron", started="2026-11-22T10:00:00Z", duration=1, suites=(SuitePlan(name="s", path="s"),)
)
AFTER = replace(BEFORE, name="brave-otter", commit="921dd62f522ce20cacdc4a643b924e6371436e6a")
NOTHING = ExperimentComparison(added={}, removed={}, edited={})
MOVE = Move(suite="t.py::a", example_id="one", metric="pass", before=(1.0,), after=(0.0,), difference=-1.0)


def test_what_can_not_be_compared_is_named():
    comparison = replace(
        NOTHING,
        only_before=["t.py::old"],
        only_after=["t.py::new"],
        removed={"t.py::a": ["gone"]},
        added={"t.py::a": [f"e{number}" for number in range(12)]},
        edited={"t.py::a": ["other"]},
    )
    assert comparison_text(BEFORE, AFTER, comparison, Page()).split("\n")[-7:] == [
        "no example moved",
        "",
        "! only in A: t.py::old",
        "! only in B: t.py::new",
        "! t.py::a: 1 example only in A: gone",
        "! t.py::a: 12 examples only in B: e0, e1, e2, e3, e4, e5, e6, e7, … 4 more",
        "! t.py::a: 1 example edited in between: other",
    ]


def test_everything_names_every_example():
    comparison = replace(NOTHING, added={"s": [f"e{number}" for number in range(12)]}, moved=[MOVE] * 30)
    text = comparison_text(BEFORE, AFTER, comparison, Page(), everything=True)
    assert "e11" in text
    assert text.count("▼ one") == 30
    assert "more" not in text


def test_examples_of_several_suites_name_theirs():
    comparison = replace(NOTHING, moved=[MOVE, replace(MOVE, suite="t.py::b")])
    text = comparison_text(BEFORE, AFTER, comparison, Page())
    assert "2 examples moved" in text
    assert "▼ b[one]" in text


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_goes_beyond_the_page(width):
    comparison = replace(
        NOTHING,
        moved=[replace(MOVE, example_id="名前" * 30)],
        edited={"tests/a/long/path/test_support.py::test": ["x" * 20] * 9},
    )
    text = comparison_text(replace(BEFORE, name="n" * 90), AFTER, comparison, Page(width=width))
    assert [line for line in text.split("\n") if cells.width(line) > width] == []
