"""The columns of the table of metrics, and what gives way on a narrow page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_llmobs.records.decisions import MetricRow
from pytest_llmobs.reports.digest.metrics import MetricLine
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.table import (
    Step,
    Table,
    TextColumn,
    column,
    draw_painted,
    drop,
    fitted,
    squeeze,
    swap,
)

_LEVEL = "90 % CI"


def metric_table(lines: Sequence[MetricLine], page: Page) -> tuple[list[str], list[str]]:
    """Return the painted heading, and one drawn row for each of ``lines``."""
    return draw_painted(fitted(columns(lines, page), page.width, _steps(lines, page)), page)


def columns(lines: Sequence[MetricLine], page: Page) -> Table:
    """Return the whole table, nothing shortened; columns nobody has a value for fall out when it is fitted."""
    rows = _rows(lines)
    figure = _figure_columns(rows)
    return [
        column("metric", "  metric", rows, lambda row: f"{_mark(row, page)} {page.line(row.metric)}"),
        figure("baseline", "baseline", _baseline),
        figure("candidate", "candidate", _candidate),
        figure("delta", _title(rows, f"[{_LEVEL}]", page), lambda row: _interval(row, page)),
        figure("p", "p", lambda row: figures.probability(row.p)),
        figure("mde", _detectable_title(rows), lambda row: _detectable(row, page)),
        figure("n", "n", _pairs),
        column("verdict", "verdict", lines, lambda line: verdict_text(line, page)),
    ]


def _steps(lines: Sequence[MetricLine], page: Page) -> list[Step]:
    """What gives way, in this order, until the table fits the page.

    The repeats that would halve the detectable drop go, the interval is written with its half width, titles get
    short, the longest verdict is abbreviated, long metric names lose their middle; then the p-value goes, the
    detectable drop, the interval, the number of pairs; names shrink; on the narrowest pages only difference and
    verdict stay.
    """
    rows = _rows(lines)
    delta, signs = page.signs.delta, page.signs
    figure = _figure_columns(rows)
    half_widths = _title(rows, f"{signs.plusminus}{_LEVEL}", page)
    return [
        swap(figure("mde", "MDE", lambda row: figures.rate(row.mde))),
        swap(figure("delta", half_widths, lambda row: _half_width(row, page))),
        swap(figure("baseline", "base", _baseline), figure("candidate", "now", _candidate)),
        swap(
            column("verdict", "verdict", lines, lambda line: verdict_text(line, page).removesuffix("_DATA"))
        ),
        squeeze("metric", 16, page.width, page),
        drop("p"),
        drop("mde"),
        swap(figure("delta", delta, lambda row: figures.signed(row.delta, page))),
        drop("n"),
        squeeze("metric", 8, page.width, page),
        drop("baseline"),
        drop("candidate"),
    ]


def _rows(lines: Sequence[MetricLine]) -> list[MetricRow]:
    return [line.row for line in lines]


def _figure_columns(
    rows: Sequence[MetricRow],
) -> Callable[[str, str, Callable[[MetricRow], str]], TextColumn]:
    """Return what makes a column of figures of these rows."""

    def figure(key: str, title: str, cell: Callable[[MetricRow], str]) -> TextColumn:
        return column(key, title, rows, cell, right=True)

    return figure


def verdict_text(line: MetricLine, page: Page) -> str:
    """Return the verdict with its sign (``▼ REGRESSED``), or why there is none."""
    if line.label:
        return f"{page.signs.dot} {line.label}"
    signs = {
        "REGRESSED": page.signs.down,
        "IMPROVED": page.signs.up,
        "INCONCLUSIVE": "?",
        "NEUTRAL": page.signs.flat,
        "NO_BASELINE": page.signs.dot,
        "UNPAIRED": page.signs.dot,
    }
    return f"{signs.get(line.row.verdict, '!')} {line.row.verdict}"


def _baseline(row: MetricRow) -> str:
    return figures.rate(row.baseline)


def _candidate(row: MetricRow) -> str:
    return figures.rate(row.candidate)


def _mark(row: MetricRow, page: Page) -> str:
    if row.red:
        return page.signs.cross
    if row.warning:
        return "!"
    return " "


def _detectable_title(rows: Sequence[MetricRow]) -> str:
    if any(row.mde_repeats for row in rows):
        return "MDE (half at)"
    return "MDE"


def _detectable(row: MetricRow, page: Page) -> str:
    """Return the smallest drop that would be found, and the repeats (K) that would halve it."""
    drop_found = figures.rate(row.mde)
    if drop_found and row.mde_repeats:
        return f"{drop_found} ({row.mde_repeats}{page.signs.times})"
    return drop_found


def _title(rows: Sequence[MetricRow], interval: str, page: Page) -> str:
    """Return the title of the differences; it speaks of an interval only where there is one."""
    if any(row.low is not None for row in rows):
        return f"{page.signs.delta} {interval}"
    return page.signs.delta


def _pairs(row: MetricRow) -> str:
    if row.n < row.expected:
        return f"{row.n}/{row.expected}"
    if row.n:
        return f"{row.n}"
    return ""


def _interval(row: MetricRow, page: Page) -> str:
    delta = figures.signed(row.delta, page)
    if row.low is None or row.high is None:
        return delta
    return f"{delta} [{figures.signed(row.low, page)}, {figures.signed(row.high, page)}]"


def _wider_half(delta: float | None, low: float, high: float) -> float:
    """Return half the width of an interval; where one end stands at what is possible, up to the other."""
    if delta is None:
        return (high - low) / 2
    return max(delta - low, high - delta)


def _half_width(row: MetricRow, page: Page) -> str:
    delta = figures.signed(row.delta, page)
    if row.low is None or row.high is None:
        return delta
    return f"{delta} {page.signs.plusminus}{figures.rate(_wider_half(row.delta, row.low, row.high))}"
