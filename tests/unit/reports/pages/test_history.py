import pytest

from pytest_llmobs.experiments.history import MeanDrift, Point, Trend
from pytest_llmobs.reports.pages.history import course, history_section, slides
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

SUITE = "tests/test_support.py::test_support_agent"


def trend(metric: str, *means: float, red: int = 0, suite: str = SUITE, **columns: object) -> Trend:
    points = [
        Point(experiment=f"e{number}", started="2026", mean=mean, accepted=number >= red)
        for number, mean in enumerate(means)
    ]
    known = {"lower_is_better": False, "proposed_min_mean": None, "drift": None}
    return Trend(suite=suite, metric=metric, points=points, **{**known, **columns})


SLID = MeanDrift(change=-0.051, p=0.0123, experiments=8)
TRENDS = [
    trend("pass", *(0.9 + 0.01 * (number % 5) for number in range(30)), proposed_min_mean=0.9),
    trend("required_keywords", *(0.95 - 0.01 * number for number in range(8)), red=1, drift=SLID),
    trend("latency", 2.0, 3.5, lower_is_better=True, suite="tests/test_other.py"),
    trend("tone_quality", 0.8),
]


def test_history_at_120_columns():
    assert history_section(TRENDS, Page(width=120)) == [
        "  metric             experiments  red  course                newest  worst  min_mean=",
        "─" * 85,
        SUITE,
        "  pass                        30       ▁▃▅▆█▁▃▅▆█▁▃▅▆█▁▃▅▆█   0.940  0.900      0.900",
        "! required_keywords            8    1  █▇▆▅▄▃▂▁               0.880  0.880",
        "  tone_quality                 1       ▅                      0.800  0.800",
        "tests/test_other.py",
        "  latency                      2       ▁█                     3.500  3.500",
        "· min_mean: from the experiments of accepted code, red or green; about 1 harmless build in 100 would be red "
        "by it",
        f"! {SUITE} required_keywords slid by -0.051 over 8 accepted experiments (p = 0.012)",
    ]


@pytest.mark.parametrize("width", [50, 60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_goes_beyond_the_page(width, encoding):
    lines = history_section([*TRENDS, trend("名前" * 30, 0.5)], Page(width=width, encoding=encoding))
    assert [line for line in lines if cells.width(line) > width] == []


def test_ascii_shows_the_newest_means_as_numbers():
    assert course(TRENDS[0], Page(encoding="ascii")) == "0.920 0.930 0.940"


def test_a_steady_course_is_flat():
    assert course(trend("pass", 1.0, 1.0, 1.0), Page()) == "▅▅▅"


def test_slides_are_yellow():
    assert slides(TRENDS, Page(width=200, color=True)) == [
        f"\x1b[33m! {SUITE} required_keywords slid by -0.051 over 8 accepted experiments (p = 0.012)\x1b[0m"
    ]


def test_no_history():
    assert history_section([], Page()) == ["no whole experiment yet"]
