import pytest

from pytest_llmobs.reports.terminal.progress import Progress, progress_line, time_left
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

MEANS = {"pass": 0.946, "tone_quality": 0.91, "required_keywords": 1.0}


def test_a_line_says_how_far_how_good_how_dear_and_how_long():
    progress = Progress(done=50, total=200, elapsed=15.4, means=MEANS, cost=0.615, failed=2)
    assert progress_line(progress, Page(width=120)) == (
        "llm 50/200 · 2 failed · pass 0.946 · tone_quality 0.910 · required_keywords 1.000 · $0.6150 · 46 s left"
    )


def test_metrics_give_way_from_the_last_one_on():
    progress = Progress(done=50, total=200, elapsed=15.4, means=MEANS, cost=0.615)
    assert progress_line(progress, Page(width=80)) == (
        "llm 50/200 · pass 0.946 · tone_quality 0.910 · +1 · $0.6150 · 46 s left"
    )
    assert progress_line(progress, Page(width=45)) == "llm 50/200 · +3 · $0.6150 · 46 s left"


@pytest.mark.parametrize("width", [10, 20, 40, 80])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_it_never_goes_beyond_the_line(width, encoding):
    progress = Progress(
        done=1500, total=20_000, elapsed=900.0, means={"日本語" * 9: 0.5, **MEANS}, cost=12.3, failed=9
    )
    line = progress_line(progress, Page(width=width, encoding=encoding))
    assert cells.width(line) <= width
    assert line.startswith("llm ")


def test_an_unknown_cost_is_left_out():
    assert progress_line(Progress(done=0, total=3, elapsed=0.0), Page()) == "llm 0/3"


@pytest.mark.parametrize(
    ("done", "total", "elapsed", "text"),
    [
        (0, 10, 0.0, ""),
        (2, 10, 5.0, ""),
        (10, 10, 5.0, ""),
        (3, 10, 0.03, "1 s left"),
        (5, 10, 12.0, "12 s left"),
        (5, 10, 125.0, "2 m 05 s left"),
        (5, 10, 7620.0, "2 h 07 m left"),
    ],
)
def test_time_left_by_the_pace_so_far(done, total, elapsed, text):
    assert time_left(Progress(done=done, total=total, elapsed=elapsed)) == text
