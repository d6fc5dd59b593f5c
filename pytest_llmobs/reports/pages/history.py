"""Means over time: a line a metric with its course, the bound it would support, and slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import Column, draw, drop, fitted, squeeze, swap

if TYPE_CHECKING:
    from pytest_llmobs.experiments.history import Trend

_BARS = "▁▂▃▄▅▆▇█"
_LONG, _SHORT = 20, 8
"""Experiments that a course shows, the newest ones."""


def history_section(trends: Sequence[Trend], page: Page) -> list[str]:
    """Return the table, grouped by suite, and one line for each slide.

    What gives way, in this order, until it fits the page: the length of the course, the middle of metrics' names,
    the lowest mean, the proposed bound, the red ones' number.
    """
    if not trends:
        return ["no whole experiment yet"]
    trends = sorted(trends, key=lambda trend: [each.suite for each in trends].index(trend.suite))
    steps = [
        swap(Column("course", "course", [course(trend, page, _SHORT) for trend in trends])),
        squeeze("metric", 12, page.width, page),
        drop("lowest"),
        drop("bound"),
        drop("red"),
        squeeze("metric", 6, page.width, page),
        drop("runs"),
    ]
    titles, rule, *drawn = draw(fitted(_columns(trends, page), page.width, steps), page)
    lines = [page.paint(titles, "bold"), page.paint(rule, "dim")]
    suite = None
    for trend, line in zip(trends, drawn, strict=True):
        if trend.suite != suite:
            suite = trend.suite
            lines.append(page.paint(page.clip_start(page.line(suite), page.width), "cyan"))
        lines.append(page.paint(line, "yellow" if trend.drift else ""))
    return [*lines, *slides(trends, page)]


def slides(trends: Sequence[Trend], page: Page) -> list[str]:
    """Return one warning for each metric that slid over experiments which all passed."""
    return [
        line
        for trend in trends
        if trend.drift is not None
        for line in page.item(f"{trend.suite} {trend.metric} {trend.drift}", mark="!", style="yellow")
    ]


def course(trend: Trend, page: Page, most: int = _LONG) -> str:
    """Return the newest means as bars from the lowest to the highest, or, in ASCII, the newest three as numbers."""
    means = [point.mean for point in trend.points][-most:]
    if not page.takes(_BARS):
        return " ".join(figures.rate(mean) for mean in means[-3:])
    low, high = min(means), max(means)
    if high - low < 1e-9:
        return _BARS[len(_BARS) // 2] * len(means)
    return "".join(_BARS[round((mean - low) / (high - low) * (len(_BARS) - 1))] for mean in means)


def _columns(trends: Sequence[Trend], page: Page) -> list[Column]:
    means = [[point.mean for point in trend.points] for trend in trends]
    red = [sum(not point.accepted for point in trend.points) for trend in trends]
    worst = [max(m) if trend.lower_is_better else min(m) for trend, m in zip(trends, means, strict=True)]
    return [
        Column("metric", "  metric", [f"{'!' if t.drift else ' '} {page.line(t.metric)}" for t in trends]),
        Column("runs", "experiments", [f"{len(trend.points):,}" for trend in trends], right=True),
        Column("red", "red", [f"{count:,}" if count else "" for count in red], right=True),
        Column("course", "course", [course(trend, page) for trend in trends]),
        Column("newest", "newest", [figures.rate(each[-1]) for each in means], right=True),
        Column("lowest", "worst", [figures.rate(each) for each in worst], right=True),
        Column("bound", "min_mean=", [figures.rate(trend.proposed_min_mean) for trend in trends], right=True),
    ]
