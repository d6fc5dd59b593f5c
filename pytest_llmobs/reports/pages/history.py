"""Means over time: a line a metric with its course, the bound it would support, and slides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import (
    Table,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    swap,
)

if TYPE_CHECKING:
    from pytest_llmobs.experiments.history import Trend

_BARS = "▁▂▃▄▅▆▇█"
_LONG, _SHORT = 20, 8
"""Experiments that a course shows, the newest ones."""
_STEADY = 1e-9
"""Spread of the means below which a course is drawn flat."""


def history_section(trends: Sequence[Trend], page: Page) -> list[str]:
    """Return the table, grouped by suite, and one line for each slide.

    What gives way, in this order, until it fits the page: the length of the course, the middle of metrics' names,
    the lowest mean, the proposed bound, the red ones' number.
    """
    if not trends:
        return ["no whole experiment yet"]
    suites = list(dict.fromkeys(trend.suite for trend in trends))
    trends = sorted(trends, key=lambda trend: suites.index(trend.suite))
    steps = [
        swap(column("course", "course", trends, lambda trend: course(trend, page, _SHORT))),
        squeeze("metric", 12, page.width, page),
        drop("lowest"),
        drop("bound"),
        drop("red"),
        squeeze("metric", 6, page.width, page),
        drop("runs"),
    ]
    lines, rows = draw_painted(fitted(_table(trends, page), page.width, steps), page)
    suite = None
    for trend, row in zip(trends, rows, strict=True):
        if trend.suite != suite:
            suite = trend.suite
            lines.append(page.paint(page.clip_start(page.line(suite), page.width), "cyan"))
        style = ""
        if trend.drift:
            style = "yellow"
        lines.append(page.paint(row, style))
    return [*lines, *_proposal(trends, page), *slides(trends, page)]


def _proposal(trends: Sequence[Trend], page: Page) -> list[str]:
    """Return what the proposed bounds are good for; nothing where there is none."""
    if all(trend.proposed_min_mean is None for trend in trends):
        return []
    text = (
        "min_mean: from the experiments of accepted code, red or green; "
        "about 1 harmless build in 100 would be red by it"
    )
    return page.item(text, mark=page.signs.dot)


def slides(trends: Sequence[Trend], page: Page) -> list[str]:
    """Return one warning for each metric that slid over experiments which all passed."""
    lines: list[str] = []
    for trend in trends:
        if trend.drift is not None:
            lines += page.item(f"{trend.suite} {trend.metric} {trend.drift}", mark="!", style="yellow")
    return lines


def course(trend: Trend, page: Page, most: int = _LONG) -> str:
    """Return the newest means as bars from the lowest to the highest, or, in ASCII, the newest three as numbers."""
    means = _means(trend)[-most:]
    if not page.takes(_BARS):
        return " ".join(map(figures.rate, means[-3:]))
    low, high = min(means), max(means)
    highest = len(_BARS) - 1
    # the last digits of a mean would fill the whole height
    if high - low < _STEADY:
        return _BARS[len(_BARS) // 2] * len(means)
    bars = ""
    for mean in means:
        bars += _BARS[round((mean - low) / (high - low) * highest)]
    return bars


def _means(trend: Trend) -> list[float]:
    return [point.mean for point in trend.points]


def _table(trends: Sequence[Trend], page: Page) -> Table:
    def figure(key: str, title: str, cell: Callable[[Trend], str]) -> TextColumn:
        return column(key, title, trends, cell, right=True)

    return [
        column("metric", "  metric", trends, lambda trend: _metric(trend, page)),
        figure("runs", "experiments", lambda trend: f"{len(trend.points):,}"),
        figure("red", "red", _red),
        column("course", "course", trends, lambda trend: course(trend, page)),
        figure("newest", "newest", lambda trend: figures.rate(trend.points[-1].mean)),
        figure("lowest", "worst", lambda trend: figures.rate(_worst(trend))),
        figure("bound", "min_mean=", lambda trend: figures.rate(trend.proposed_min_mean)),
    ]


def _metric(trend: Trend, page: Page) -> str:
    mark = " "
    if trend.drift:
        mark = "!"
    return f"{mark} {page.line(trend.metric)}"


def _red(trend: Trend) -> str:
    red = 0
    for point in trend.points:
        if not point.accepted:
            red += 1
    if not red:
        return ""
    return f"{red:,}"


def _worst(trend: Trend) -> float:
    if trend.lower_is_better:
        return max(_means(trend))
    return min(_means(trend))
