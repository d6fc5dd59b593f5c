import pytest

from pytest_llmobs.reports.pages.moves import Shift, moves_table
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

SHIFTS = [
    Shift("double-charge", "pass", (1.0,) * 5, (0.0,), -1.0),
    Shift("csv-export", "tone_quality", (0.4, None), (0.9, 0.8), 0.45),
]


def test_what_moved():
    assert moves_table(SHIFTS, ("HEAD", "now"), Page(), None) == [
        "  example        metric                      HEAD    now       Δ",
        "─" * 64,
        "▼ double-charge  pass                         5/5    0/1  −1.000",
        "▲ csv-export     tone_quality  0.400 (1 unscored)  0.850  +0.450",
    ]


def test_what_is_left_out_is_counted():
    assert moves_table(SHIFTS * 20, ("A", "B"), Page(), 20)[-1] == "… 20 more: --all"
    assert len(moves_table(SHIFTS * 20, ("A", "B"), Page(), None)) == 42


def test_nothing_moved():
    assert moves_table([], ("A", "B"), Page(), None) == []


def test_worse_is_red_and_better_green():
    lines = moves_table(SHIFTS, ("A", "B"), Page(color=True), None)
    assert [line[:5] for line in lines[2:]] == ["\x1b[31m", "\x1b[32m"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_goes_beyond_the_page(width):
    shifts = [Shift("名前" * 30, "a_metric_with_a_long_name", (1.0,), (0.0,), -1.0)]
    lines = moves_table(shifts, ("a-very-long-reference", "now"), Page(width=width), None)
    assert [line for line in lines if cells.width(line) > width] == []
