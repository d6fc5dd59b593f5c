"""Comments and confusion matrices of whole suites."""

from __future__ import annotations

import pytest

from pytest_llmobs.records.decisions import Decision, MetricRow
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.reports.digest.metrics import digest_metrics
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

MATRIX = {"ham": {"ham": 20, "spam": 1}, "spam": {"spam": 11, "(none)": 2}}


def score(matrix=None, comment="31 of 34 labels right", **fields):
    return SuiteScore(
        suite="t.py::a", metric="confusion", evaluator="c", comment=comment, matrix=matrix or {}, **fields
    )


def test_a_matrix_has_a_row_an_expected_label():
    assert suite_section([score(MATRIX)], Page()) == [
        "· confusion: 31 of 34 labels right",
        "    expected, then predicted →  ham  spam  (none)",
        "    ─────────────────────────────────────────────",
        "    ham                          20     1       ·",
        "    spam                          ·    11       2",
    ]


def test_beside_an_earlier_one_a_cell_that_differs_shows_both():
    then = {"ham": {"ham": 21}, "spam": {"spam": 11, "(none)": 2}}
    lines = suite_section([score(MATRIX)], Page(), before=[score(then)])
    assert lines[-2:] == [
        "    ham                         21→20   0→1       ·",
        "    spam                            ·    11       2",
    ]


def test_ascii_pages_get_ascii():
    text = "\n".join(
        suite_section([score(MATRIX)], Page(encoding="ascii"), before=[score({"ham": {"ham": 21}})])
    )
    assert text.isascii()
    assert "21->20" in text


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("labels", [2, 8, 30])
def test_no_line_goes_beyond_the_page(width, labels):
    names = [f"a rather long 名前 {number}" for number in range(labels)]
    matrix = {row: {column: len(row) for column in names} for row in names}
    lines = suite_section([score(matrix)], Page(width=width))
    assert max(map(cells.width, lines)) <= width


def test_one_too_wide_to_draw_names_the_largest_confusions():
    names = [f"label-{number:02}" for number in range(40)]
    matrix = {row: {row: 5, names[(n + 1) % 40]: n + 1} for n, row in enumerate(names)}
    lines = suite_section([score(matrix)], Page())
    assert lines[1] == "    40 × label-39 → label-00"
    assert lines[-1] == "    … 30 more kinds of confusion"
    assert len(suite_section([score(matrix)], Page(), everything=True)) == 1 + 40


def test_scores_of_several_suites_name_theirs():
    other = SuiteScore(suite="t.py::b", metric="f1", evaluator="f1", comment="ham 0.95")
    assert suite_section([score(), other], Page())[1] == "· b f1: ham 0.95"


def test_what_unpaired_means_is_said_once():
    suites = ("t.py::a", "t.py::b")
    rows = [
        MetricRow(suite=suite, metric="f1", verdict="UNPAIRED", candidate=0.9, n=3, expected=3)
        for suite in suites
    ]
    plans = [SuitePlan(name=suite, path="t.py") for suite in suites]
    experiment = Experiment(name="x", started="", duration=1, suites=plans, decision=Decision(metrics=rows))
    lines = metric_section(digest_metrics(experiment), Page())
    assert sum(line.startswith("· UNPAIRED: one number for the suite") for line in lines) == 1
    assert sum(line.endswith("· UNPAIRED") for line in lines) == 2
